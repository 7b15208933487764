"""Drift: who is ahead, over all that differs."""

from __future__ import annotations

from reconciler.diff.changes import Ahead
from reconciler.diff.drift import Drift, Whole, build_drift
from reconciler.live.snapshot import LiveState
from tests.plan_builders import Documents, add, changes_between, edited, identity_of, live_after, make_catalogue

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


def test_a_stamp_that_is_not_current_is_no_drift() -> None:
    live = edited(live_after(WAS), "offer/o", add("/xdm:rank/xdm:priority", 2))
    assert drift(LATER, live).answer is None
