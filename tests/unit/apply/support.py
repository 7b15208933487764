"""Short ways to carry a plan out against a fake repository."""

from __future__ import annotations

import asyncio
from typing import Any

from reconciler.apply.engine import apply_plan_async
from reconciler.apply.outcomes import Report
from reconciler.live.snapshot import LiveState
from reconciler.plan.steps import Plan
from tests.plan_builders import Documents, live_after, make_plan, state_of
from tests.unit.apply.fakes import FakeWriter, as_writer


def plan_from(before: Documents, after: Documents) -> tuple[Plan, LiveState]:
    live = live_after(before)
    return make_plan(after, live), live


def created(after: Documents, **writer: Any) -> tuple[Report, FakeWriter]:
    """A catalogue is applied where nothing is live."""
    return carried_out(make_plan(after, state_of([])), FakeWriter(**writer))


def changed(before: Documents, after: Documents, **writer: Any) -> tuple[Report, FakeWriter]:
    """A catalogue is applied where another one was."""
    plan, live = plan_from(before, after)
    return carried_out(plan, FakeWriter(live, **writer))


def carried_out(plan: Plan, writer: FakeWriter, **options: Any) -> tuple[Report, FakeWriter]:
    return asyncio.run(apply_plan_async(plan, as_writer(writer), **options)), writer
