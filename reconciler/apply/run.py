"""One whole run: the lease, a fresh look at what is live, the writes, the wait until lists show them, the way out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from reconciler.apply.engine import Stop, apply_plan_async
from reconciler.apply.events import Listener
from reconciler.apply.lease import HeldLease, Runner, Terms, leased
from reconciler.apply.outcomes import Report
from reconciler.apply.rate import Rate
from reconciler.apply.resuming import Resumed
from reconciler.apply.settling import until_listed
from reconciler.live.ownership import names_another
from reconciler.live.snapshot import LiveState, read_live_async
from reconciler.model.kinds import Kind
from reconciler.plan.steps import LEAVING, Plan
from reconciler.repository.port import Writer
from reconciler.repository.retry import Clock

T = TypeVar("T")
Prepare = Callable[[LiveState], Resumed]


@dataclass(frozen=True, slots=True)
class Stage:
    """What surrounds the writes. on_event: is told of each step; stop: ends the run early."""

    on_event: Listener = lambda _event: None
    stop: Stop | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One apply or destroy of a catalogue.

    prepare: the plan to carry out, made from, or held against, what is live once the lease is ours; it raises what
    forbids it.   think: carries that out; on a thread of its own, so that the lease is renewed meanwhile.
    decided: hears of the plan before anything is written, and may forbid it too.
    takeover: whether a catalogue of another Git repository may be taken.
    """

    catalog: str
    prepare: Prepare
    runner: Runner
    terms: Terms
    decided: Callable[[Resumed], None] = lambda _resumed: None
    think: Callable[[Prepare, LiveState], Awaitable[Resumed]] = asyncio.to_thread
    takeover: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended. report: None when there was nothing to do, or a guard refused it.

    unlisted: URIs that were created and that the lists still lacked at the end.
    in_flight: something of ours may still appear, so that the lease was left to run out.
    """

    plan: Plan
    report: Report | None = None
    unlisted: tuple[str, ...] = ()
    in_flight: bool = False

    @property
    def complete(self) -> bool:
        """Whether all that the plan says is live now."""
        return not self.plan.refusals if self.report is None else self.report.tally.complete


async def carry_out(
    run: Run,
    writer: Writer,
    clock: Clock,
    *,
    rate: Rate | None = None,
    stage: Callable[[Plan], AbstractContextManager[Stage]] = lambda _plan: nullcontext(Stage()),
) -> Ended:
    """Take the lease, read, prepare, write, wait for the lists, and give the lease back, whatever happens.

    It is not given back while a write of ours may still arrive: then it runs out, which takes longer than that.
    stage: entered around the writes, when there are any.
    Raises as ``leased``, ``run.prepare`` and ``run.decided`` do; nothing was written then.
    """
    async with leased(writer, run.catalog, run.runner, run.terms, clock, takeover=run.takeover) as held:
        ended: Ended | None = None
        nothing_left = False
        try:
            live = await read_live_async(writer)
            resumed = await run.think(run.prepare, live)
            run.decided(resumed)
            ended = Ended(resumed.plan)
            if resumed.plan.steps and not resumed.plan.refusals:
                ended = replace(ended, in_flight=True)  # until the report says otherwise
                ended = await _write(run, writer, clock, held, resumed, _counts(live), rate, stage)
            nothing_left = _leaves_nothing(ended, live)
        finally:
            if ended is not None and ended.in_flight:
                pass  # whoever came next could not see it, and would make it again
            elif not nothing_left or not await held.dissolve():
                await held.release(_applied_commit(ended), undone=_has_destroyed(ended))
        return ended


async def _write(
    run: Run,
    writer: Writer,
    clock: Clock,
    held: HeldLease,
    resumed: Resumed,
    before: Mapping[Kind, int],
    rate: Rate | None,
    stage: Callable[[Plan], AbstractContextManager[Stage]],
) -> Ended:
    with stage(resumed.plan) as around:
        report = await apply_plan_async(
            resumed.plan,
            writer,
            on_event=around.on_event,
            rate=rate,
            stop=around.stop,
            already={name: item.instance if item else None for name, item in resumed.already.items()},
            permit=held.assured,
            settle_s=run.terms.settle_s,
            clock=clock,
        )
        ended = Ended(resumed.plan, report, _created(report), in_flight=report.in_flight)
        if report.in_flight or report.lost_lease:
            return ended
        listing = until_listed(writer, report.created_by_kind, before, clock, run.terms.settle_s)
        missing = await _unless(around.stop, listing)
        return replace(ended, unlisted=ended.unlisted if missing is None else missing, in_flight=missing is None)


async def _unless(stop: Stop | None, waiting: Coroutine[Any, Any, T]) -> T | None:
    """What comes of it; None when somebody wants to leave at once."""
    work = asyncio.ensure_future(waiting)
    now = asyncio.ensure_future(stop.now.wait()) if stop is not None else None
    try:
        await asyncio.wait([work, *([now] if now else [])], return_when=asyncio.FIRST_COMPLETED)
        return work.result() if work.done() else None
    finally:
        for task in filter(None, (work, now)):
            task.cancel()
        await asyncio.gather(work, *([now] if now else []), return_exceptions=True)


def _created(report: Report) -> tuple[str, ...]:
    return tuple(sorted(uri for uris in report.created_by_kind.values() for uri in uris))


def _counts(live: LiveState) -> dict[Kind, int]:
    return {kind: len(found) for kind, found in live.instances.items()}


def _applied_commit(ended: Ended | None) -> str | None:
    """The commit that is applied in full; None when it is not, or when no commit says what was applied."""
    if ended is None or not ended.complete or ended.plan.destroy:
        return None
    plan = ended.plan
    return None if plan.dirty or plan.problems or plan.unpruned or plan.deselected else plan.commit


def _has_destroyed(ended: Ended | None) -> bool:
    """Whether no commit is applied any more: something of it was deleted on purpose."""
    return ended is not None and ended.plan.destroy and ended.report is not None


def _leaves_nothing(ended: Ended, live: LiveState) -> bool:
    """Whether a destroy leaves no instance of ours. A copy of what is gone is nobody's."""
    plan = ended.plan
    if not plan.destroy or not ended.complete:
        return False
    leaving = {step.remote_id for step in plan.steps if step.action in LEAVING}
    blocked = frozenset(plan.blocked)
    return not any(
        item.stamp is not None
        and item.stamp.catalog == plan.catalog
        and item.instance.instance_id not in leaving
        and (item.stamp.key in blocked or not names_another(item))
        for item in live
    )
