"""Carries out the steps of a plan, several at once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.apply.creating import Creator
from reconciler.apply.events import Ended, Finished, Listener, Started
from reconciler.apply.outcomes import AlreadyDone, NotAttempted, Outcome, Report, Skipped, Unknown, is_done
from reconciler.apply.rate import Rate
from reconciler.apply.schedule import Schedule
from reconciler.apply.writing import StepWriter
from reconciler.plan.steps import Plan, PlanRefused, Step
from reconciler.repository.errors import NotPermitted, Unauthorised
from reconciler.repository.port import Instance, Permit, Writer, always
from reconciler.repository.retry import Clock, SystemClock

PARALLELISM = 10


async def apply_plan_async(
    plan: Plan,
    writer: Writer,
    *,
    on_event: Listener = lambda _event: None,
    parallelism: int = PARALLELISM,
    stop: Stop | None = None,
    rate: Rate | None = None,
    already: Mapping[str, Instance | None] | None = None,
    permit: Permit = always,
    settle_s: float = 0.0,
    clock: Clock | None = None,
) -> Report:
    """Carry out a plan; every step has its outcome in the report.

    stop: how the run can be ended early.   rate: how many writes at once, where somebody else slows it too.
    already: steps that an earlier run carried out, with the instances that they left.
    permit: asked before each step and before each request that writes; False ends the run.
    settle_s: how long a create whose answer was lost is looked for.
    Raises ``PlanRefused`` when a guard refuses the plan, before anything is sent.
    """
    if plan.refusals:
        raise PlanRefused(plan)
    clock = clock or SystemClock()
    writer = writer.permitted(permit)
    steps = StepWriter(plan, writer, Creator(writer, plan.catalog, clock, settle_s))
    stop, rate = stop or Stop(), rate or Rate(parallelism)
    return await _Engine(plan, steps, on_event, rate, stop, permit, already or {}).run()


@dataclass(frozen=True, slots=True)
class Stop:
    """How a run is ended early. soon: what is in flight is finished, nothing more is started.

    now: what is in flight is given up; whether it was carried out is then unknown.
    """

    soon: asyncio.Event = field(default_factory=asyncio.Event)
    now: asyncio.Event = field(default_factory=asyncio.Event)

    def ask(self) -> None:
        """End the run soon; asked a second time, now."""
        (self.now if self.soon.is_set() else self.soon).set()


@dataclass(slots=True)
class _Engine:
    """Starts each step when its turn has come, and keeps what became of it."""

    plan: Plan
    steps: StepWriter
    on_event: Listener
    rate: Rate
    stop: Stop
    permit: Permit
    already: Mapping[str, Instance | None]
    outcomes: dict[str, Outcome] = field(default_factory=dict)

    async def run(self) -> Report:
        schedule = Schedule(self.plan.steps)
        self._pass_over(schedule)
        running: dict[asyncio.Task[Outcome], Step] = {}
        given_up = asyncio.ensure_future(self.stop.now.wait())
        try:
            await self._carry_out(schedule, running, given_up)
        finally:
            for task in (given_up, *running):
                task.cancel()
            await asyncio.gather(given_up, *running, return_exceptions=True)
        for step in running.values():
            self._settle(schedule, step, Unknown("given up before its answer came", in_flight=True))
        for step in schedule.remaining():
            self._record(step, NotAttempted())
        interrupted = self.stop.soon.is_set() or self.stop.now.is_set()
        report = Report(
            self.plan,
            self.outcomes,
            interrupted,
            unauthorised=self.steps.prospects.hopeless is Unauthorised,
            lost_lease=self.steps.prospects.hopeless is NotPermitted,
            created=self.steps.uris,
        )
        self.on_event(Ended(interrupted, report.tally.complete))
        return report

    def _pass_over(self, schedule: Schedule) -> None:
        """Settle the steps of an earlier run."""
        for step in self.plan.steps:
            if step.id in self.already:
                self.steps.take_over(step, self.already[step.id])
                self._settle(schedule, step, AlreadyDone())

    async def _carry_out(
        self, schedule: Schedule, running: dict[asyncio.Task[Outcome], Step], given_up: asyncio.Task[bool]
    ) -> None:
        """Run until every step that can be is settled, nothing more may start, or the run is given up."""
        while not given_up.done():
            while self._may_start(len(running)):
                step = schedule.next_ready()
                if step is None:
                    break
                if not await self.permit():
                    self.steps.prospects.hopeless = NotPermitted
                    break
                self.on_event(Started(step))
                running[asyncio.ensure_future(self.steps.carry_out(step))] = step
            if not running:
                break
            finished, _ = await asyncio.wait([given_up, *running], return_when=asyncio.FIRST_COMPLETED)
            for task in [task for task in running if task in finished]:
                self.rate.answered()
                self._settle(schedule, running.pop(task), task.result())

    def _may_start(self, running: int) -> bool:
        return running < self.rate.allowed and not self.steps.prospects.hopeless and not self.stop.soon.is_set()

    def _settle(self, schedule: Schedule, step: Step, outcome: Outcome) -> None:
        self._record(step, outcome)
        if is_done(outcome):
            schedule.done(step)
            return
        for dependent in schedule.not_done(step):
            self._record(dependent, Skipped(step.id))

    def _record(self, step: Step, outcome: Outcome) -> None:
        self.outcomes[step.id] = outcome
        self.on_event(Finished(step, outcome))
