"""What a plan is, beside its steps."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from reconciler.catalogue.reading import read_catalogue
from reconciler.live.snapshot import Incomplete
from reconciler.model.kinds import Kind
from reconciler.model.settings import Guards
from reconciler.plan.build import Options, build_plan
from reconciler.plan.document import plan_digest, plan_document
from reconciler.plan.guards import allowed_share
from reconciler.plan.steps import IncompleteRead, PlannedChange
from tests.plan_builders import (
    NOW,
    UNGUARDED,
    Documents,
    add,
    edited,
    live_after,
    make_catalogue,
    make_plan,
    state_of,
    step_of,
)

OLD: Documents = {"tag/t": {"name": "Old"}, "tag/gone": {}, "offer/o": {}}
NEW: Documents = {"tag/t": {"name": "New"}, "offer/o": {"tags": ["u"]}, "tag/u": {}}


def test_an_incomplete_reading_makes_no_plan_and_names_kinds_and_pages() -> None:
    faults = (Incomplete(Kind.TAG, 2, "gives x a second time"), Incomplete(Kind.OFFER, 1, "does not come"))
    live = replace(live_after(OLD), incomplete=faults)
    with pytest.raises(IncompleteRead, match="tag, page 2: gives x a second time; offer, page 1: does not come"):
        make_plan(NEW, live)


def test_the_digest_is_the_same_on_any_day() -> None:
    catalogue, live = make_catalogue(NEW), live_after(OLD)
    days = [build_plan(catalogue, live, now=NOW + timedelta(days=day), options=UNGUARDED) for day in (0, 400)]
    assert plan_digest(days[0]) == plan_digest(days[1])
    assert plan_document(days[0])["checksum"] != plan_document(days[1])["checksum"]


def test_the_digest_is_the_same_for_another_commit_that_says_the_same() -> None:
    live = live_after(OLD)
    plans = [
        build_plan(replace(make_catalogue(NEW), commit=commit, dirty=dirty), live, now=NOW, options=UNGUARDED)
        for commit, dirty in (("a", False), ("b", True))
    ]
    assert plan_digest(plans[0]) == plan_digest(plans[1])


def test_a_commit_alone_makes_no_step() -> None:
    catalogue = replace(make_catalogue(OLD), commit="b")
    live = edited(live_after(OLD), "tag/t", {"op": "add", "path": "/_links/reconciler:managed/name", "value": "a"})
    assert build_plan(catalogue, live, now=NOW).steps == ()


def test_the_digest_changes_with_what_is_live() -> None:
    live = live_after(OLD)
    plans = [make_plan(NEW, state) for state in (live, edited(live, "tag/t", add("/acme", 1)))]
    assert plan_digest(plans[0]) != plan_digest(plans[1])


def test_the_order_of_what_was_read_changes_nothing() -> None:
    live = live_after(OLD)
    backwards = replace(live, instances={kind: items[::-1] for kind, items in live.instances.items()})
    assert plan_document(make_plan(NEW, live)) == plan_document(make_plan(NEW, backwards))


def test_the_document_has_what_its_format_promises() -> None:
    document = plan_document(make_plan(NEW, live_after(OLD)))
    assert {name: document[name] for name in ("format", "catalog", "environment", "target", "created", "expires")} == {
        "format": 1,
        "catalog": "skyline-air",
        "environment": "test",
        "target": {"repository": "embedded", "container": "box", "sandbox": "prod"},
        "created": "2026-11-22T00:00:00Z",
        "expires": "2026-11-23T00:00:00Z",
    }
    rare = {"stamp": 0, "adopt": 0, "move": 0, "forget": 0}
    assert document["summary"] == {"create": 1, "patch": 2, "delete": 1, **rare}
    assert set(document["steps"][0]) >= {"id", "action", "key", "remote_id", "if_match", "requires", "refs", "changes"}


def test_the_summary_counts_entities_not_steps() -> None:
    before: Documents = {"offer/a": {"status": "archived"}, "offer/b": {"status": "approved", "name": "B"}}
    after: Documents = {"offer/a": {"status": "approved"}, "offer/c": {"name": "B"}}
    plan = make_plan(after, live_after(before))
    assert len(plan.steps) == 6
    assert plan.summary.sentence() == "Plan: 1 to create, 1 to patch, 1 to delete."


def test_stamps_do_not_count_as_changes() -> None:
    live = edited(live_after({"tag/t": {}}), "tag/t", {"op": "remove", "path": "/_links/reconciler:managed/title"})
    plan = make_plan({"tag/t": {}}, live)
    assert (plan.summary.stamp, plan.summary.changes) == (1, 0)


def test_a_create_writes_a_stamp_with_the_base_of_every_field() -> None:
    plan = make_plan({"tag/t": {"extra": {"a;b": 1}}}, state_of([]))
    link = (step_of(plan, "create:tag/t").payload or {})["_links"]["reconciler:managed"]
    assert link["href"] == "urn:reconciler:skyline-air/tag/t"
    assert [part.partition("=")[0] for part in link["title"].split(";")] == ["b1", "extra.a%3Bb", "name"]


def test_a_long_old_name_is_cut_in_the_temporary_one() -> None:
    plan = make_plan({"tag/b": {"name": "x" * 300}}, live_after({"tag/a": {"name": "x" * 300}}))
    assert step_of(plan, "patch:tag/a").patch[0]["value"] == "x" * 200 + " (replaced, a-tag)"


def test_a_plan_that_is_refused_says_so_only_in_its_refusals() -> None:
    plan = make_plan({"tag/a": {}}, live_after({"tag/a": {}, "tag/b": {}, "tag/c": {}}), options=Options())
    assert plan.refusals[0].message == ("2 of 3 entities would be deleted or taken out of service; the guard allows 1")
    assert len(plan.steps) == 2


@pytest.mark.parametrize(
    ("population", "share", "limit"),
    [(0, 0.3, 1), (1, 0.3, 1), (3, 0.3, 1), (9, 0.3, 4), (10, 0.3, 3), (100, 0.29, 29), (10, 0.05, 0), (50, 1.0, 50)],
)
def test_so_many_of_a_population_may_go(population: int, share: float, limit: int) -> None:
    assert allowed_share(population, share, Guards(max_delete_share=share)) == limit


# ---------------------------------------------------------------- places


FILE = """\
kind: offer
key: o
name: O
priority: 2
characteristics: {a: "1"}
representations:
  - placement: p
    components:
      - type: text
      - type: html
        copyline: Two
"""


def test_every_change_says_where_the_file_has_it(tmp_path: Path) -> None:
    representations: list[dict[str, Any]] = [{"placement": "p", "components": [{"type": "text"}, {"type": "html"}]}]
    was = {"name": "O", "characteristics": {"b": "1"}, "representations": representations}
    changes = _changes(tmp_path, {"placement/p": {}, "offer/o": was})
    assert {change.change.path: _line(change) for change in changes} == {
        "priority": "offer.yaml:4",
        "characteristics.a": "offer.yaml:5",
        "characteristics.b": "offer.yaml:5",
        "representations[p].components[1].copyline": "offer.yaml:11",
    }


def test_a_field_that_the_file_leaves_out_points_to_the_document(tmp_path: Path) -> None:
    changes = _changes(tmp_path, {"placement/p": {}, "offer/o": {"name": "O", "start": "2026-01-01T00:00:00Z"}})
    assert next(_line(change) for change in changes if change.change.path == "start") == "offer.yaml:1"


def _changes(root: Path, was: Documents) -> tuple[PlannedChange, ...]:
    (root / "catalog.yaml").write_text("{catalog: skyline-air, environments: {test: {repository: embedded}}}")
    (root / "offer.yaml").write_text(FILE)
    (root / "p.yaml").write_text("{kind: placement, name: p}")
    catalogue = read_catalogue(root).catalogue
    return step_of(build_plan(catalogue, live_after(was), now=NOW), "patch:offer/o").changes


def _line(planned: PlannedChange) -> str:
    assert planned.source is not None
    return f"{Path(planned.source.file).name}:{planned.source.line}"
