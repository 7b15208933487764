"""Grow before shrink: on no way through any plan is a live activity starved, or a reference left dangling."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from reconciler.apply.engine import apply_plan_async
from tests.plan_builders import applied, live_after, make_plan, plan_for, repository
from tests.property.catalogues import Documents, some
from tests.starving import walk_of

pytestmark = pytest.mark.property

TAGS, PLACES, OFFERS = ["t0", "t1", "t2"], ["p0", "p1"], ["o0", "o1", "o2"]
DATES = [None, None, None, "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"]


def mostly(value: str, *others: str) -> st.SearchStrategy[str]:
    return st.sampled_from([value, value, value, *others])


@st.composite
def busy(draw: st.DrawFn) -> Documents:
    """A catalogue in which nearly everything is in service, and in use."""
    found: Documents = {f"tag/{key}": {} for key in TAGS} | {f"placement/{key}": {} for key in PLACES}
    names = draw(st.permutations(["A", "B", "C", "D", "E"]))
    offers = draw(some(OFFERS, 1))
    fallbacks = draw(some(["b0", "b1"], 1))
    for key, name in zip((*offers, *fallbacks), names, strict=False):
        placed: Any = [{"placement": place} for place in draw(some(PLACES, 1))]
        kind = "offer" if key in offers else "fallback"
        found[f"{kind}/{key}"] = {"name": name, "tags": draw(some(TAGS)), "representations": placed}
        found[f"{kind}/{key}"]["status"] = draw(mostly("approved", "draft", "archived"))
    for key in offers:
        found[f"offer/{key}"] |= {"start": draw(st.sampled_from(DATES)), "end": draw(st.sampled_from(DATES))}
    filters = draw(some(["f0", "f1"], 1))
    for key in filters:
        form = draw(st.sampled_from(["offers", "any_tags", "all_tags"]))
        found[f"filter/{key}"] = {form: draw(some(offers if form == "offers" else TAGS, 1))}
    covered = [(key, item["placement"]) for key in fallbacks for item in found[f"fallback/{key}"]["representations"]]
    for key in draw(some(["a0", "a1"], 1)):
        fallback, placement = draw(st.sampled_from(covered))
        activity = {"placement": placement, "filter": draw(st.sampled_from(filters)), "fallback": fallback}
        found[f"activity/{key}"] = {**activity, "status": draw(mostly("live", "draft", "archived"))}
    return found


@settings(deadline=None, max_examples=300)
@given(busy(), busy(), st.integers(0, 2**32))
def test_no_way_through_a_plan_starves_anybody(before: Documents, after: Documents, seed: int) -> None:
    live = live_after(before)
    plan = make_plan(after, live)
    assert not plan.problems
    assume(not plan.warnings)
    walk = walk_of(plan, live)
    for number in range(5):
        walk.run(Random(seed + number))  # noqa: S311 - only shuffles


@settings(deadline=None, max_examples=60)
@given(busy(), busy(), st.data())
def test_a_run_cut_off_between_the_parts_of_a_patch_is_no_edit(
    before: Documents, after: Documents, data: st.DataObject
) -> None:
    async def scenario() -> None:
        async with repository() as writer:
            await applied(before, writer)
            plan = await plan_for(after, writer)
            cut = data.draw(st.integers(0, len(plan.steps)))
            await apply_plan_async(replace(plan, steps=plan.steps[:cut]), writer, parallelism=1)
            rest = await plan_for(after, writer)
            assert not [change for step in rest.steps for change in step.changes if change.change.reverts]
            assert (await apply_plan_async(rest, writer)).tally.complete
            assert not (await plan_for(after, writer)).steps

    asyncio.run(scenario())
