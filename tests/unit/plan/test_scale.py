"""Planning takes steps in proportion to what there is: twice the entities, about twice the calls. Nothing is timed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from reconciler.plan.build import Options
from reconciler.plan.selection import Selection
from reconciler.plan.steps import Plan
from tests.plan_builders import UNGUARDED, Documents, key_of, live_after, make_plan

PLACED: list[Any] = [{"placement": "p"}]
BASE: Documents = {"placement/p": {}, "tag/t": {}, "tag/u": {}, "fallback/b": {"representations": PLACED}}
Scene = Callable[[int], tuple[Documents, Documents]]


def offers(count: int, **fields: Any) -> Documents:
    shared = {"status": "approved", "tags": ["t"], "representations": PLACED, **fields}
    return {f"offer/o{number:05}": {**shared, "name": f"O{number}"} for number in range(count)}


def activities(count: int, **fields: Any) -> Documents:
    """Each with a filter of its own, all of which choose by the same tag."""
    found: dict[str, dict[str, Any]] = {}
    for number in range(count):
        found[f"filter/f{number:05}"] = {"any_tags": ["t"], **fields}
        used = {"placement": "p", "filter": f"f{number:05}", "fallback": "b"}
        found[f"activity/a{number:05}"] = {"status": "live", **used}
    return found


def everything_new(count: int) -> tuple[Documents, Documents]:
    return {}, {**BASE, **offers(count // 2), **activities(count // 4)}


def everything_gone(count: int) -> tuple[Documents, Documents]:
    return {**BASE, **offers(count // 2), **activities(count // 4)}, {}


def everything_changes_its_tag(count: int) -> tuple[Documents, Documents]:
    was = {**BASE, **offers(count // 2), **activities(count // 4)}
    return was, {**BASE, **offers(count // 2, tags=["u"]), **activities(count // 4, any_tags=["u"])}


def every_filter_lists_its_offers(count: int) -> tuple[Documents, Documents]:
    used = activities(count // 4)
    was = {**used, **{key: {"offers": [f"o{int(key[-5:]):05}"]} for key in used if key.startswith("filter/")}}
    now = {**used, **{key: {"offers": [f"o{int(key[-5:]) + 1:05}"]} for key in used if key.startswith("filter/")}}
    return {**BASE, **offers(count // 2), **was}, {**BASE, **offers(count // 2), **now}


def every_name_is_handed_on(count: int) -> tuple[Documents, Documents]:
    was = {f"tag/x{number:05}": {"name": f"N{number}"} for number in range(count)}
    return was, {f"tag/x{number:05}": {"name": f"N{(number + 1) % count}"} for number in range(count)}


def everything_is_drained(count: int) -> tuple[Documents, Documents]:
    was = {**BASE, **offers(count // 2), **activities(count // 4)}
    return was, {**BASE, **offers(count // 2, status="archived"), **activities(count // 4)}


def every_key_changes(count: int) -> tuple[Documents, Documents]:
    """All alike, so that each could be the new key of any other."""
    was, now = offers(count // 2), offers(count // 2, priority=1, caps={"global": 1, "profile": 1})
    was = {key: {**now[key], "name": f"old {key}"} for key in was}
    return {**BASE, **was}, {**BASE, **{key.replace("/o", "/new-o"): fields for key, fields in now.items()}}


def every_key_and_a_common_field_change(count: int) -> tuple[Documents, Documents]:
    """Each agrees in five fields of six with any of the others."""
    was, now = every_key_changes(count)
    return was, {**now, **{key: {**fields, "priority": 2} for key, fields in now.items() if key.startswith("offer/")}}


SCENES = [
    everything_new,
    everything_gone,
    everything_changes_its_tag,
    every_filter_lists_its_offers,
    every_name_is_handed_on,
    everything_is_drained,
    every_key_changes,
    every_key_and_a_common_field_change,
]


@pytest.mark.parametrize("scene", SCENES)
def test_twice_the_entities_take_about_twice_the_steps(scene: Scene) -> None:
    few, many = (calls_of_planning(*scene(count)) for count in (500, 1000))
    assert many < 2.4 * few


@pytest.mark.parametrize("scene", SCENES)
def test_what_steps_require_grows_no_faster_than_they_do(scene: Scene) -> None:
    few, many = (required(plan_of(*scene(count))) for count in (500, 1000))
    assert many < 2.4 * few + 10


def test_a_part_of_a_plan_takes_no_more_steps_than_all_of_it() -> None:
    few, many = (calls_of_planning(*everything_new(count), _targeting(count)) for count in (500, 1000))
    assert many < 2.4 * few


def test_of_many_that_are_alike_each_is_offered_as_the_new_key_of_one() -> None:
    for scene in (every_key_changes, every_key_and_a_common_field_change):
        renames = plan_of(*scene(1000)).renames
        assert len({rename.old for rename in renames}) == len({rename.new for rename in renames}) == 500


def _targeting(count: int) -> Options:
    chosen = frozenset(key_of(f"offer/o{number:05}") for number in range(count // 2))
    return replace(UNGUARDED, selection=Selection(chosen))


def plan_of(was: Documents, now: Documents) -> Plan:
    return make_plan(now, live_after(was))


def required(plan: Plan) -> int:
    return sum(len(step.requires) for step in plan.steps)


def calls_of_planning(was: Documents, now: Documents, options: Options = UNGUARDED) -> int:
    """How many functions are called while a plan is made, C's included."""
    live = live_after(was)
    make_plan(now, live, options=options)  # what is remembered between runs is so after one
    return _counted(lambda: make_plan(now, live, options=options))


def _counted(work: Callable[[], Any]) -> int:
    calls = 0

    def count(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return calls
