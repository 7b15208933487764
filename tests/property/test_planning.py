"""What holds of every plan between two catalogues."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.catalogue.reading import read_catalogue
from reconciler.plan.build import build_plan
from reconciler.plan.document import plan_digest, plan_document
from tests.plan_builders import CATALOG, NOW, UNGUARDED, changes_between, live_after, make_plan
from tests.property.catalogues import Documents, catalogues

pytestmark = pytest.mark.property


@settings(deadline=None, max_examples=60)
@given(catalogues())
def test_nothing_differs_from_itself(documents: Documents) -> None:
    assert changes_between(documents, live_after(documents)).empty


@settings(deadline=None, max_examples=60)
@given(catalogues(), catalogues())
def test_every_step_comes_after_all_that_it_requires(before: Documents, after: Documents) -> None:
    met: set[str] = set()
    for step in make_plan(after, live_after(before)).steps:
        assert met.issuperset(step.requires)
        assert step.id not in met
        met.add(step.id)


@settings(deadline=None, max_examples=60)
@given(catalogues(), catalogues())
def test_no_plan_undoes_what_only_git_changed(before: Documents, after: Documents) -> None:
    plan = make_plan(after, live_after(before))
    assert not plan.problems
    assert not [change for step in plan.steps for change in step.changes if change.change.reverts]


@settings(deadline=None, max_examples=25)
@given(catalogues(), catalogues(), st.randoms(use_true_random=False))
def test_shuffling_the_files_changes_nothing(before: Documents, after: Documents, random: Random) -> None:
    with TemporaryDirectory() as one, TemporaryDirectory() as other:
        _write(Path(one), after, Random(0))  # noqa: S311 - only shuffles
        _write(Path(other), after, random)
        live = live_after(before)
        plans = [
            build_plan(read_catalogue(Path(root)).catalogue, live, now=NOW, options=UNGUARDED) for root in (one, other)
        ]
        assert plan_digest(plans[0]) == plan_digest(plans[1])
        first, second = ([_without_places(step) for step in plan_document(plan)["steps"]] for plan in plans)
        assert first == second


def _write(root: Path, documents: Documents, random: Random) -> None:
    """The documents in files at random, in random order. JSON is YAML."""
    settings = {"catalog": CATALOG, "environments": {"test": {"repository": "embedded"}}}
    (root / "catalog.yaml").write_text(json.dumps(settings))
    texts: dict[int, list[str]] = {}
    for key, fields in random.sample(sorted(documents.items()), len(documents)):
        kind, _, name = key.partition("/")
        document = {"kind": kind, "key": name, "name": name, **fields}
        texts.setdefault(random.randrange(4), []).append(json.dumps(document, ensure_ascii=False))
    for number, items in texts.items():
        (root / f"{number}.yaml").write_text("\n---\n".join(items), encoding="utf-8")


def _without_places(step: dict[str, Any]) -> dict[str, Any]:
    changes = [{name: value for name, value in change.items() if name != "source"} for change in step["changes"]]
    return {**step, "changes": changes, "source": None}
