"""Representations whose bases would make the stamp's title too long share one."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import jsonpatch

from reconciler.diff.changes import Ahead, Patch
from reconciler.live.snapshot import LiveInstance, LiveState
from reconciler.model.stamp import LINK, read_stamp
from tests.plan_builders import Documents, add, changes_between, edited, live_after, state_of

PLACEMENTS = [f"{'x' * 90}-{number:02}" for number in range(50)]
FIRST, LAST = PLACEMENTS[0], PLACEMENTS[-1]


def documents(**changes: list[dict[str, Any]] | None) -> Documents:
    """An offer in every placement. ``first`` and ``last`` are its components there; None takes the placement out."""
    components: dict[str, Any] = {placement: [{"type": "text", "copyline": "A"}] for placement in PLACEMENTS}
    components |= {{"first": FIRST, "last": LAST}[name]: value for name, value in changes.items()}
    shown = [{"placement": name, "components": value} for name, value in components.items() if value is not None]
    return {f"placement/{name}": {} for name in PLACEMENTS} | {"offer/o": {"representations": shown}}


def only_patch(now: Documents, live: LiveState) -> Patch:
    (patch,) = changes_between(now, live).patches
    return patch


def aheads(now: Documents, live: LiveState) -> list[Ahead]:
    return [change.ahead for change in only_patch(now, live).changes]


LIVE = live_after(documents())
EDIT = add("/xdm:representations/49/xdm:components/0/xdm:copyline", "B")
UNKNOWN = add("/xdm:representations/49/xdm:components/0/acme", 1)


def test_the_title_holds_one_base_for_all() -> None:
    (stamp,) = (item.stamp for item in LIVE if item.stamp and item.stamp.key.name == "o")
    assert set(stamp.bases or {}) == {"name", "representations"}
    assert changes_between(documents(), LIVE).empty


def test_a_change_of_the_file_puts_git_ahead() -> None:
    assert aheads(documents(first=[{"type": "text", "copyline": "C"}]), LIVE) == [Ahead.GIT]
    assert aheads(documents(first=None), LIVE) == [Ahead.GIT]


def test_an_edit_made_live_puts_live_ahead() -> None:
    assert aheads(documents(), edited(LIVE, "offer/o", EDIT)) == [Ahead.LIVE]


def test_an_unknown_property_is_no_edit_of_what_git_drops() -> None:
    assert aheads(documents(last=None), edited(LIVE, "offer/o", UNKNOWN)) == [Ahead.GIT]


def test_changes_on_both_sides_cannot_be_told_apart() -> None:
    now = documents(first=[{"type": "text", "copyline": "C"}])
    assert aheads(now, edited(LIVE, "offer/o", EDIT)) == [Ahead.BOTH, Ahead.BOTH]


def test_a_component_that_is_being_replaced_is_no_edit() -> None:
    was, now = (documents(first=[{"type": "html", "asset": {"id": name}}]) for name in "AB")
    patch = only_patch(now, live_after(was))
    assert set(patch.between) == {"representations"}
    rest = only_patch(now, _half_sent(live_after(was), patch))
    assert [change.ahead for change in rest.changes] == [Ahead.GIT]
    assert not rest.first


def _half_sent(live: LiveState, patch: Patch) -> LiveState:
    """After the first of the two patches, with the bases that it writes."""
    assert patch.live.stamp is not None
    told = {**(patch.live.stamp.bases or {}), **patch.between}
    links = {LINK: replace(patch.live.stamp, bases=told).link()}  # type: ignore[arg-type]  # no URI is pending
    envelope = {"_instance": copy.deepcopy(dict(patch.live.instance.properties))}
    properties = jsonpatch.apply_patch(envelope, list(patch.first))["_instance"]
    half = LiveInstance(
        patch.live.kind, replace(patch.live.instance, properties=properties, links=links), read_stamp(links)
    )
    return state_of(half if item.uri == half.uri else item for item in live)
