"""The golden plans of ``tests/cases/plan``: earlier catalogue, edits made live, catalogue now -> steps.

A case is one YAML document with ``title`` and ``now``; ``was`` (what was applied before; default: nothing), ``edits``
(JSON Patches that somebody made live, by key; paths below ``_instance``), ``others`` (instances that are not ours:
``kind``, ``id``, ``properties``, ``stamp``, ``created``), ``overlays`` (documents of the environment, laid over ``now``
as the files of a catalogue are), ``settings`` (of catalog.yaml; and ``pins``, URIs by key) and
``options``; and what is expected: ``steps`` (every step in order; ``patch``, ``payload``, ``changes``, ``requires``,
``refs``, ``if_match`` and ``reason`` where said), ``problems``, ``warnings``, ``refusals``, ``unpruned``, ``left_out``,
``renames``, ``hidden``, ``deselected``; ``reach`` where said. Without refusals and unless ``converges`` is false, the
plan is also carried out on the embedded repository, and nothing may be left to plan.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from reconciler.apply.engine import apply_plan_async
from reconciler.apply.outcomes import Report
from reconciler.catalogue.documents import parse_documents
from reconciler.catalogue.files import Files, TextFile
from reconciler.catalogue.places import SourceText
from reconciler.catalogue.reading import read_catalogue
from reconciler.catalogue.revision import Revision
from reconciler.catalogue.writer import new_text
from reconciler.diff.changes import FieldChange
from reconciler.live.snapshot import LiveInstance, LiveState, read_live_async
from reconciler.model.kinds import KINDS, Kind
from reconciler.model.stamp import LINK
from reconciler.plan.build import Options
from reconciler.plan.reach import Reach
from reconciler.plan.selection import Selection
from reconciler.plan.steps import After, Plan, Step
from reconciler.repository.client import RepositoryWriter
from tests.plan_builders import (
    CATALOG,
    Documents,
    applied,
    edited,
    key_of,
    live_after,
    make_instance,
    make_plan,
    patch_of,
    plan_for,
    repository,
    uri_of,
)

Case = dict[str, Any]
ENVIRONMENTS = {name: {"repository": "embedded", "sandbox": name} for name in ("test", "prod")}
EARLY = "2026-01-01T00:00:00.000Z"  # as all that was applied before
FOLDER = Path(__file__).parents[2] / "cases" / "plan"


def _cases() -> list[Any]:
    found = []
    for file in sorted(FOLDER.glob("*.yaml")):
        documents, complaints = parse_documents(file.read_bytes())
        assert not complaints, (file.name, complaints)
        found += [pytest.param(case.value, id=f"{file.stem}: {case.value['title']}") for case in documents]
    return found


CASES = _cases()
RESTS = ("problems", "warnings", "refusals", "unpruned", "left_out", "renames", "hidden", "deselected")


@pytest.mark.parametrize("case", CASES)
def test_a_golden_plan_is_made(case: Case) -> None:
    plan = make_plan(_now(case), _live(case), options=_options(case), **case.get("settings", {}))
    expected = {name: case.get(name, []) for name in RESTS}
    assert [step.id for step in plan.steps] == [step["id"] for step in case.get("steps", [])]
    for step, said in zip(plan.steps, case.get("steps", []), strict=True):
        assert _told(step, said) == said
    assert _rest(plan) == expected
    if "reach" in case:
        assert {str(key): _reach(reach) for key, reach in plan.reach.items()} == case["reach"]


def _options(case: Case, **more: Any) -> Options:
    given = {**case.get("options", {}), **more}
    adopt, target, exclude, protected = (
        frozenset(key_of(key) for key in given.pop(name, [])) for name in ("adopt", "target", "exclude", "protected")
    )
    return Options(**given, adopt=adopt, selection=Selection(target, exclude), protected=protected)


def _now(case: Case) -> Documents:
    """The documents as they are in the environment."""
    if "overlays" not in case:
        return dict(case["now"])
    written = [_document(key, fields) for key, fields in case["now"].items()]
    files = Files(
        _file("catalog.yaml", {"catalog": CATALOG, "environments": ENVIRONMENTS}),
        (_file("all.yaml", *written),),
        (_file("environments/test/all.yaml", *case["overlays"]),),
        (),
    )
    read = read_catalogue(Path(), "test", files, Revision())
    assert not read.problems
    entities = read.catalogue.entities.items()
    return {
        str(key): entity.model_dump(by_alias=True, exclude_unset=True, exclude={"kind", "key"})
        for key, entity in entities
    }


def _document(key: str, fields: dict[str, Any]) -> dict[str, Any]:
    kind, _, name = key.partition("/")
    return {"kind": kind, "key": name, "name": name, **fields}


def _file(path: str, *documents: dict[str, Any]) -> TextFile:
    return TextFile(path, path, SourceText(new_text(documents).encode()))


CARRIED_OUT = [case for case in CASES if not case.values[0].get("refusals") and case.values[0].get("converges", True)]


@pytest.mark.parametrize("case", CARRIED_OUT)
def test_a_golden_plan_can_be_carried_out_and_leaves_nothing_to_plan(case: Case) -> None:
    report, left = asyncio.run(_carry_out(case))
    assert report.tally.complete, report.outcomes
    assert not left.steps
    assert not left.problems


async def _carry_out(case: Case) -> tuple[Report, Plan]:
    """What became of the plan, and the plan after it."""
    async with repository() as writer:
        uris = await _bring_about(case, writer)
        settings = _mapped(case.get("settings", {}), uris)
        now = _mapped(_now(case), uris)
        options = _options(case, allow_deletes=10**9)
        report = await apply_plan_async(await plan_for(now, writer, options=options, **settings), writer)
        return report, await plan_for(now, writer, **settings)


# ---------------------------------------------------------------- what is live


def _live(case: Case) -> LiveState:
    others = (
        make_instance(
            Kind(item["kind"]), item["id"], item["properties"], links=_links(item), created=item.get("created", EARLY)
        )
        for item in case.get("others", [])
    )
    live = live_after(case.get("was", {}), *others)
    for key, operations in case.get("edits", {}).items():
        live = edited(live, key, *_below_instance(operations))
    return live


def _links(item: dict[str, Any]) -> dict[str, Any]:
    return {LINK: {"href": item["stamp"], "title": "b1"}} if "stamp" in item else {}


def _below_instance(operations: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        operation if operation["path"].startswith("/_links") else operation | {"path": f"/_instance{operation['path']}"}
        for operation in operations
    ]


async def _bring_about(case: Case, writer: RepositoryWriter) -> dict[str, str]:
    """The same in a repository, whose URIs take the place of the made-up ones; returned by those."""
    report = await applied(case.get("was", {}), writer)
    assert report.tally.complete, report.outcomes
    live = {str(item.stamp.key): item for item in await read_live_async(writer) if item.stamp}
    uris = {uri_of(key_of(key)): item.uri for key, item in live.items()}
    for item in case.get("others", []):
        properties = _mapped(item["properties"], uris)
        kind = Kind(item["kind"])
        receipt = await writer.create(KINDS[kind].schema, properties, _links(item))
        uris[uri_of(key_of(f"{kind}/{item['id']}"))] = receipt.uri
    for key, operations in case.get("edits", {}).items():
        await _patch(writer, live[key], _mapped(_below_instance(operations), uris))
    return uris


async def _patch(writer: RepositoryWriter, item: LiveInstance, operations: Any) -> None:
    instance = item.instance
    await writer.patch(instance.address, KINDS[item.kind].schema, operations, if_match=instance.etag)


def _mapped(value: Any, uris: dict[str, str]) -> Any:
    text = json.dumps(value)
    for made_up in sorted(uris, key=len, reverse=True):
        text = text.replace(json.dumps(made_up), json.dumps(uris[made_up]))
    return json.loads(text)


# ---------------------------------------------------------------- what is told of a plan


def _told(step: Step, said: dict[str, Any]) -> dict[str, Any]:
    """Of a step, what the case speaks of."""
    whole = {
        "id": step.id,
        "if_match": {"after": step.if_match.step} if isinstance(step.if_match, After) else step.if_match,
        "requires": list(step.requires),
        "reason": step.reason,
        "patch": patch_of(step),
        "payload": (step.payload or {}).get("_instance"),
        "refs": [{"path": ref.path, "key": str(ref.key)} for ref in step.refs],
        "changes": [_change(planned.change) for planned in step.changes],
    }
    return {name: whole[name] for name in said}


def _reach(reach: Reach) -> list[str]:
    return [str(key) for key in reach.activities] + list(reach.outside)


def _change(change: FieldChange) -> dict[str, Any]:
    told = {"path": change.path, "before": change.before, "after": change.after}
    return told | {"reverts": True} if change.reverts else told


def _rest(plan: Plan) -> dict[str, Any]:
    return {
        "problems": [{"key": str(problem.key), "message": problem.message} for problem in plan.problems],
        "warnings": [{"key": str(warning.key), "message": warning.message} for warning in plan.warnings],
        "refusals": [
            {"keys": [str(key) for key in refusal.keys], "limit": refusal.limit, "allow": refusal.allow}
            for refusal in plan.refusals
        ],
        "unpruned": [str(key) for key in plan.unpruned],
        "left_out": [str(key) for key in plan.left_out],
        "deselected": [str(key) for key in plan.deselected],
        "renames": [f"{rename.old} -> {rename.new}" for rename in plan.renames],
        "hidden": [f"{key} {field}" for key, field in plan.hidden],
    }
