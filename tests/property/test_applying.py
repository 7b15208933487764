"""What holds of every apply, on the embedded repository."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.apply.engine import apply_plan_async
from tests.plan_builders import applied, plan_for, repository
from tests.property.catalogues import Documents, catalogues

pytestmark = pytest.mark.property


@settings(deadline=None, max_examples=60)
@given(catalogues(), catalogues())
def test_after_an_apply_there_is_nothing_to_plan(before: Documents, after: Documents) -> None:
    async def scenario() -> None:
        async with repository() as writer:
            for documents in (before, after):
                report = await applied(documents, writer)
                assert report.tally.complete, report.outcomes
                assert not (await plan_for(documents, writer)).steps

    asyncio.run(scenario())


@settings(deadline=None, max_examples=60)
@given(catalogues(), catalogues(), st.data())
def test_a_run_cut_off_anywhere_is_no_edit_and_the_next_one_ends_it(
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
            report = await apply_plan_async(rest, writer)
            assert report.tally.complete, report.outcomes
            assert not (await plan_for(after, writer)).steps

    asyncio.run(scenario())
