"""Drift: who is ahead, over all that differs."""

from __future__ import annotations

import pytest

from reconciler.catalogue.applied import Applied
from reconciler.diff.changes import Ahead
from reconciler.diff.drift import Drift, DriftedEntity, Whole, build_drift
from reconciler.live.snapshot import LiveState
from reconciler.model.settings import IgnoreRule
from reconciler.report.drifts import drift_text
from tests.plan_builders import (
    Documents,
    add,
    changes_between,
    edited,
    identity_of,
    key_of,
    live_after,
    make_catalogue,
)

WAS: Documents = {"offer/o": {"priority": 1, "characteristics": {"a": "1"}}, "tag/t": {}}
LATER: Documents = {"offer/o": {"priority": 2, "characteristics": {"a": "1"}}, "tag/t": {}}


def drift(documents: Documents, live: LiveState) -> Drift:
    return build_drift(
        make_catalogue(documents), changes_between(documents, live), identity_of(documents, live).ownership
    )


def test_nothing_differs_and_nobody_is_ahead() -> None:
    assert drift(WAS, live_after(WAS)) == Drift((), 2)
    assert drift(WAS, live_after(WAS)).answer is None


def test_a_change_of_the_file_puts_git_ahead() -> None:
    assert drift(LATER, live_after(WAS)).answer is Ahead.GIT


def test_an_edit_made_live_puts_live_ahead() -> None:
    live = edited(live_after(WAS), "offer/o", add("/xdm:rank/xdm:priority", 9))
    assert drift(WAS, live).answer is Ahead.LIVE


def test_one_field_changed_on_both_sides_is_both() -> None:
    live = edited(live_after(WAS), "offer/o", add("/xdm:rank/xdm:priority", 9))
    assert drift(LATER, live).answer is Ahead.BOTH


def test_two_fields_changed_on_one_side_each_are_both_in_all_and_one_each_alone() -> None:
    found = drift(LATER, edited(live_after(WAS), "offer/o", add("/xdm:characteristics/a", "9")))
    assert found.answer is Ahead.BOTH
    assert [(field.change.path, field.change.ahead) for field in found.entities[0].fields] == [
        ("priority", Ahead.GIT),
        ("characteristics.a", Ahead.LIVE),
    ]
    assert found.count(Ahead.GIT) == found.count(Ahead.LIVE) == 1


def test_an_entity_without_an_instance_is_missing_and_one_without_a_file_is_to_delete() -> None:
    found = drift({"offer/n": {}, "tag/t": {}}, live_after(WAS))
    assert [(str(entity.key), entity.whole) for entity in found.entities] == [
        ("offer/n", Whole.MISSING),
        ("offer/o", Whole.TO_DELETE),
    ]
    assert found.answer is Ahead.BOTH


def without_instance(applied: Applied) -> list[tuple[str, Whole | None]]:
    documents: Documents = {"offer/n": {}, "offer/o": {}}
    live = live_after({})
    found = build_drift(
        make_catalogue(documents), changes_between(documents, live), identity_of(documents, live).ownership, applied
    )
    return [(str(entity.key), entity.whole) for entity in found.entities]


def test_the_last_applied_commit_tells_deleted_from_new() -> None:
    assert without_instance(Applied(frozenset({key_of("offer/o")}))) == [
        ("offer/n", Whole.NEW),
        ("offer/o", Whole.DELETED),
    ]


def test_without_that_commit_both_are_missing() -> None:
    assert without_instance(Applied(None, "because")) == [("offer/n", Whole.MISSING), ("offer/o", Whole.MISSING)]


@pytest.mark.parametrize(
    ("whole", "answer"),
    [
        (Whole.DELETED, Ahead.LIVE),
        (Whole.NEW, Ahead.GIT),
        (Whole.TO_DELETE, Ahead.GIT),
        (Whole.MISSING, Ahead.BOTH),
        (Whole.UNDECIDED, Ahead.BOTH),
    ],
)
def test_each_state_of_a_whole_entity_has_its_answer(whole: Whole, answer: Ahead) -> None:
    assert DriftedEntity(key_of("tag/t"), None, None, whole).answers == {answer}


def test_what_is_missing_says_why_and_what_ends_it() -> None:
    applied = Applied(None, "the last applied commit cannot be read: it is not here", "Fetch with `fetch-depth: 0`.")
    entity = DriftedEntity(key_of("tag/t"), None, None, Whole.MISSING)
    assert drift_text(Drift((entity,), 1, applied)).splitlines() == [
        "tag/t",
        "    both: in Git, not live: deleted there, or not applied yet",
        "",
        "What is missing live may be deleted there or not applied yet: the last applied",
        "commit cannot be read: it is not here.",
        "  -> Fetch with `fetch-depth: 0`.",
        "",
        "Drift: 1 of 1 entity differs; by field: 0 Git ahead, 0 live ahead, 1 both.",
    ]


def test_what_is_ignored_is_counted_and_an_ended_rule_is_named() -> None:
    rule = IgnoreRule(select="offer/*", field="priority", reason="ranked elsewhere", until="2026-01-31")
    found = Drift((), 3, Applied(None), ((key_of("offer/o"), "priority"),), (rule,))
    assert drift_text(found).splitlines() == [
        "No drift. The live catalogue matches Git.",
        "",
        "1 difference left to the live side (`ignore`).",
        "",
        "`ignore` of offer/*: priority ended on 2026-01-31; it hides nothing now.",
    ]


def test_a_stamp_that_is_not_current_is_no_drift() -> None:
    live = edited(live_after(WAS), "offer/o", add("/xdm:rank/xdm:priority", 2))
    assert drift(LATER, live).answer is None
