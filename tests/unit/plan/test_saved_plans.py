"""A saved plan: read back as it was written, and refused when it is not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reconciler.apply.engine import apply_plan_async
from reconciler.apply.outcomes import AlreadyDone, Done, Report
from reconciler.apply.resuming import PlanStale, resume
from reconciler.live.snapshot import LiveState, read_live_async
from reconciler.model.kinds import Kind
from reconciler.model.stamp import LINK
from reconciler.plan.build import Options
from reconciler.plan.document import plan_document
from reconciler.plan.planfile import DamagedPlan, read_plan, write_plan
from reconciler.plan.steps import Plan
from reconciler.repository.client import RepositoryWriter
from tests.plan_builders import (
    Documents,
    add,
    applied,
    edited,
    live_after,
    make_catalogue,
    make_instance,
    make_plan,
    plan_for,
    repository,
    state_of,
)

OLD: Documents = {
    "tag/t": {},
    "rule/r": {"condition": "a"},
    "offer/gone": {"status": "approved"},
    "offer/o": {"tags": ["t"], "rule": "r", "priority": 1},
}
NEW: Documents = {
    "tag/t": {"name": "T"},
    "tag/u": {},
    "rule/r": {"condition": "b"},
    "offer/o": {"tags": ["t", "u"], "rule": "r", "priority": 2, "status": "archived"},
    "offer/new": {"tags": ["u"], "name": "gone"},
}


def saved(folder: Path, plan: Plan) -> Plan:
    write_plan(plan, folder / "plan.json")
    return read_plan(folder / "plan.json")


def test_a_plan_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    live = edited(live_after(OLD), "offer/o", add("/xdm:rank/xdm:priority", 7))
    plan = make_plan(NEW, live)
    assert plan.renames or plan.steps
    assert plan_document(saved(tmp_path, plan)) == plan_document(plan)


@pytest.mark.parametrize("destroy", [False, True])
def test_a_plan_keeps_whether_it_destroys(tmp_path: Path, destroy: bool) -> None:
    plan = make_plan(NEW, live_after(OLD), options=Options(destroy=destroy))
    assert saved(tmp_path, plan).destroy is destroy


def test_a_plan_of_before_it_said_whether_it_destroys_is_one_to_apply(tmp_path: Path) -> None:
    document = plan_document(make_plan(NEW, live_after(OLD)))
    del document["destroy"]
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(_checksummed(document)))
    assert not read_plan(path).destroy


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    saved(tmp_path, make_plan(NEW, live_after(OLD)))
    assert (tmp_path / "plan.json").stat().st_mode & 0o777 == 0o600


def _checksummed(document: dict[str, Any]) -> dict[str, Any]:
    from reconciler.model.canonical import canonical_json, digest

    bare = {name: value for name, value in document.items() if name != "checksum"}
    return {**bare, "checksum": digest(canonical_json(bare))}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda _document: "{", "it is not JSON"),
        (lambda _document: "[" * 100_000, "it is not JSON"),
        (lambda _document: "[]", "it is no plan"),
        (lambda document: {**document, "format": 2}, "its format is 2; this version knows 1"),
        (lambda document: {**document, "catalog": "other"}, "it was changed after it was written"),
        (lambda document: _checksummed({**document, "steps": []}), "its digest does not fit its steps"),
        (lambda document: _checksummed({**document, "extra": 1}), "it is not as this version writes plans (extra)"),
        (
            lambda document: _checksummed({**document, "steps": [{**document["steps"][0], "action": "burn"}]}),
            "it is not as this version writes plans (a value)",
        ),
        (
            lambda document: _checksummed({**document, "steps": [{**document["steps"][0], "requires": ["x"]}]}),
            "it is not as this version writes plans (a value)",
        ),
    ],
)
def test_a_plan_that_cannot_be_trusted_is_refused(tmp_path: Path, change: Callable[[Any], Any], why: str) -> None:
    path = tmp_path / "plan.json"
    changed = change(plan_document(make_plan(NEW, live_after(OLD))))
    path.write_text(changed if isinstance(changed, str) else json.dumps(changed))
    with pytest.raises(DamagedPlan) as told:
        read_plan(path)
    assert told.value.message == f"{path} cannot be used: {why}"


# ---------------------------------------------------------------- carried out later


def scenario(body: Callable[[RepositoryWriter, Plan], Any], tmp_path: Path) -> Any:
    async def run() -> Any:
        async with repository() as writer:
            await applied(OLD, writer)
            return await body(writer, saved(tmp_path, await plan_for(NEW, writer)))

    return asyncio.run(run())


async def carried_out(plan: Plan, writer: RepositoryWriter) -> Report:
    resumed = resume(plan, await read_live_async(writer))
    already = {name: item.instance if item else None for name, item in resumed.already.items()}
    return await apply_plan_async(resumed.plan, writer, already=already)


def test_a_saved_plan_does_what_it_says(tmp_path: Path) -> None:
    async def body(writer: RepositoryWriter, plan: Plan) -> None:
        report = await carried_out(plan, writer)
        assert set(report.outcomes.values()) == {Done()}, report.outcomes
        assert not (await plan_for(NEW, writer)).steps

    scenario(body, tmp_path)


def test_a_plan_carried_out_twice_does_nothing_the_second_time(tmp_path: Path) -> None:
    async def body(writer: RepositoryWriter, plan: Plan) -> None:
        await carried_out(plan, writer)
        report = await carried_out(plan, writer)
        assert set(report.outcomes.values()) == {AlreadyDone()}, report.outcomes

    scenario(body, tmp_path)


@pytest.mark.parametrize("count", range(1, 9))
def test_a_plan_that_was_cut_off_goes_on_where_it_ended(tmp_path: Path, count: int) -> None:
    async def body(writer: RepositoryWriter, plan: Plan) -> None:
        from dataclasses import replace

        await apply_plan_async(replace(plan, steps=plan.steps[:count]), writer)
        report = await carried_out(plan, writer)
        assert list(report.outcomes.values()).count(AlreadyDone()) == min(count, len(plan.steps)), report.outcomes
        assert report.tally.complete
        assert not (await plan_for(NEW, writer)).steps

    scenario(body, tmp_path)


async def _edit(writer: RepositoryWriter, key: str, operation: dict[str, Any]) -> None:
    live = {str(item.stamp.key): item.instance for item in await read_live_async(writer) if item.stamp}
    item = live[key]
    await writer.patch(item.address, item.schemas[0].split(";")[0], [operation], if_match=item.etag)


def test_an_edit_of_something_else_does_not_stop_it(tmp_path: Path) -> None:
    async def body(writer: RepositoryWriter, plan: Plan) -> None:
        await _edit(writer, "tag/t", add("/acme", 1))
        assert (await carried_out(plan, writer)).tally.complete

    scenario(body, tmp_path)


def test_an_edit_of_what_it_changes_stops_all_of_it(tmp_path: Path) -> None:
    async def body(writer: RepositoryWriter, plan: Plan) -> None:
        await _edit(writer, "tag/t", add("/xdm:name", "theirs"))
        with pytest.raises(PlanStale, match="patch:tag/t no longer fits"):
            await carried_out(plan, writer)

    scenario(body, tmp_path)


@pytest.mark.parametrize(
    "settings", [{}, {"forget": [{"key": "offer/o", "reason": "theirs"}]}], ids=["deleted", "forgotten"]
)
def test_what_was_copied_since_is_not_deleted_while_its_copy_would_pass_for_it(settings: dict[str, Any]) -> None:
    was: Documents = {"offer/o": {"priority": 1}}
    live = live_after(was)
    plan = make_plan({}, live, **settings)
    assert plan.steps
    [original] = live
    copied = make_instance(original.kind, "copied", {"xdm:name": "Copy"}, links=original.instance.links)
    with pytest.raises(PlanStale, match=r"offer/o was copied: once it is gone its copies would pass for it"):
        resume(plan, live_after(was, copied))
    named = {LINK: {**original.instance.links[LINK], "href": "urn:reconciler:skyline-air/offer/o#gone"}}
    resume(plan, live_after(was, make_instance(original.kind, "copied", {"xdm:name": "Copy"}, links=named)))


RULED: Documents = {"rule/r": {"condition": "a"}, "offer/o": {"rule": "r"}}


def _cut_off_and_copied(created: str) -> tuple[Plan, LiveState]:
    """A plan of a rule and its offer, and what is live: the rule, and a copy that somebody made of it."""
    was: Documents = {"rule/r": RULED["rule/r"]}
    [rule] = live_after(was)
    instance = rule.instance
    copied = make_instance(rule.kind, "copied", instance.properties, links=instance.links, created=created)
    return make_plan(RULED, live_after({})), live_after(was, copied)


def test_what_was_created_is_told_from_its_copy_before_the_rest_refers_to_it() -> None:
    resumed = resume(*_cut_off_and_copied("2026-01-01T00:00:01.000Z"))
    assert {name: item.uri for name, item in resumed.already.items() if item} == {
        "create:rule/r": "xcore:eligibility-rule:r"
    }


def test_what_was_created_is_the_pinned_one_of_its_copies() -> None:
    plan, live = _cut_off_and_copied("2026-01-01T00:00:00.000Z")
    resumed = resume(plan, live, make_catalogue({}, {"rule/r": "xcore:eligibility-rule:r"}).pins)
    assert {name: item.uri for name, item in resumed.already.items() if item} == {
        "create:rule/r": "xcore:eligibility-rule:r"
    }


def test_what_was_created_and_cannot_be_told_from_its_copy_stops_it() -> None:
    why = "create:rule/r no longer fits; rule/r was copied: which instance is its original cannot be told"
    with pytest.raises(PlanStale, match=why):
        resume(*_cut_off_and_copied("2026-01-01T00:00:00.000Z"))


def test_a_copy_of_what_was_created_and_is_gone_stops_it() -> None:
    plan, _ = _cut_off_and_copied("2026-01-01T00:00:00.000Z")
    stamp = {LINK: {"href": "urn:reconciler:skyline-air/rule/r#gone", "title": "b1"}}
    copied = make_instance(Kind.RULE, "copied", {"xdm:name": "r"}, links=stamp)
    with pytest.raises(PlanStale, match="rule/r was copied: the instance that its stamp names is gone"):
        resume(plan, state_of([copied]))


def test_a_live_state_without_what_it_patches_stops_it() -> None:
    plan = make_plan(NEW, live_after(OLD))
    with pytest.raises(PlanStale):
        resume(plan, LiveState("box", {}))
