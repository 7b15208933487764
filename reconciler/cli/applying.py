"""What ``apply`` and ``destroy`` do alike: plan, show, ask, take the lease, carry out, give it back."""

from __future__ import annotations

import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.command import Decorator, all_of, command_line
from reconciler.cli.commands.plan import plan_ending
from reconciler.cli.durations import Duration
from reconciler.cli.ending import FINE, Ending, Exit, Product
from reconciler.cli.loading import Request, place_of, plan_from
from reconciler.cli.screen import Progress, Screen
from reconciler.model.errors import ReconcilerError

if TYPE_CHECKING:
    from reconciler.apply.engine import Stop
    from reconciler.apply.events import Event
    from reconciler.apply.journal import EventLog
    from reconciler.apply.lease import HeldLease, Terms
    from reconciler.apply.outcomes import Report
    from reconciler.apply.rate import Rate
    from reconciler.apply.resuming import Resumed
    from reconciler.live.snapshot import LiveState
    from reconciler.model.catalogue import Catalogue
    from reconciler.plan.build import Options
    from reconciler.plan.steps import Plan
    from reconciler.repository.client import RepositoryWriter

lease_options: Decorator = all_of(
    click.option("--lease-term", type=Duration(), metavar="TIME", help="How long the lease lasts; 60s, embedded 10s."),
    click.option("--settle", type=Duration(), metavar="TIME", help="How long a lost request may act; 30s, embedded 0."),
    click.option(
        "--lock-timeout",
        type=Duration(),
        default="0s",
        metavar="TIME",
        help="How long to wait for another run's lease.",
    ),
    click.option(
        "--allow-takeover",
        metavar="CATALOG",
        allow_from_autoenv=False,
        help="Take over this catalogue from another Git repository.",
    ),
)


@dataclass(frozen=True, slots=True)
class Run:
    """One apply or destroy. ask: whether a person is asked; saved: a plan that was made earlier; expect: its digest."""

    screen: Screen
    request: Request
    catalogue: Catalogue
    options: Options
    terms: Terms
    ask: bool
    takeover: bool = False
    saved: Plan | None = None
    expect: str | None = None
    events: Path | None = None
    shown: dict[str, Any] = field(default_factory=dict)  # the plan's document, once it is shown


def terms_of(catalogue: Catalogue, lease_term: float | None, settle: float | None, lock_timeout: float) -> Terms:
    """The terms that the options say, else those of the kind of repository."""
    from reconciler.apply.lease import Terms

    usual = Terms(10.0, 0.0) if catalogue.target.embedded else Terms()
    return Terms(
        usual.term_s if lease_term is None else lease_term,
        usual.settle_s if settle is None else settle,
        lock_timeout,
    )


async def carry_out(run: Run) -> Product:
    """The product of a whole run."""
    from reconciler.apply.rate import Rate
    from reconciler.connect import open_for_writing

    rate = Rate(run.request.parallelism)
    place = place_of(run.request, run.catalogue, run.screen, on_pause=rate.refused)
    async with open_for_writing(place) as writer:
        agreed: Plan | None = None
        if run.ask:
            agreed = await _plan(run, writer)
            _show(run, agreed)
            if agreed.refusals or not agreed.steps:
                return Product("", run.shown, plan_ending(agreed, detailed=False))
            if not _confirmed():
                return Product("", run.shown, Ending(Exit.ERROR, "not applied: the answer was no"))
        async with _lease(run, writer) as held:
            return await _with_lease(run, writer, rate, held, agreed)


@asynccontextmanager
async def _lease(run: Run, writer: RepositoryWriter) -> AsyncIterator[HeldLease]:
    from reconciler.apply.lease import leased
    from reconciler.apply.runner import this_runner
    from reconciler.catalogue.revision import read_roots

    roots = read_roots(Path(run.catalogue.root), run.catalogue.settings.uid)
    runner = this_runner(roots, local=run.catalogue.target.embedded)
    async with leased(writer, run.catalogue.name, runner, run.terms, writer.clock, takeover=run.takeover) as held:
        yield held


async def _with_lease(run: Run, writer: RepositoryWriter, rate: Rate, held: HeldLease, agreed: Plan | None) -> Product:
    """Read, plan and write while the lease is ours; it is given back whatever happens."""
    commit: str | None = None
    left: int | None = None
    try:
        resumed, live = await _ready(run, writer, agreed)
        plan = resumed.plan
        if plan.refusals or not plan.steps:
            commit = _applied_commit(plan, complete=not plan.refusals)
            left = _left(plan, live, done=not plan.refusals) if run.options.destroy else None
            return Product("", run.shown, plan_ending(plan, detailed=False))
        report = await _apply(run, writer, rate, held, resumed)
        commit = _applied_commit(plan, complete=report.tally.complete)
        left = _left(plan, live, done=report.tally.complete) if run.options.destroy else None
    finally:
        if left == 0:
            await held.dissolve()
        else:
            await held.release(commit)
    return _reported(run, report)


async def _ready(run: Run, writer: RepositoryWriter, agreed: Plan | None) -> tuple[Resumed, LiveState]:
    """The plan to carry out, made or held against what is live now. Raises ``PlanStale``."""
    from reconciler.apply.resuming import PlanStale, Resumed
    from reconciler.live.snapshot import read_live_async
    from reconciler.plan.document import plan_digest

    live = await read_live_async(writer)
    if run.saved is not None:
        return _resumed(run, run.saved, live), live
    plan = _guarded(run, plan_from(run.catalogue, live, run.options))
    if agreed is None:
        _show(run, plan)
    elif plan_digest(plan) != plan_digest(agreed):
        raise PlanStale("live has changed since the plan was shown", remedy="Nothing was written. Apply again.")
    if run.expect is not None and plan_digest(plan) != run.expect:
        raise PlanStale(
            f"the plan is not the one that was expected; its digest is {plan_digest(plan)}",
            remedy="Nothing was written. Look at the plan above; if it is right, expect its digest.",
        )
    return Resumed(plan, {}), live


def _resumed(run: Run, saved: Plan, live: LiveState) -> Resumed:
    """A saved plan, held against what is live. The numbers given here overrule guards as those given with it."""
    from reconciler.apply.resuming import Resumed, refuse_other_target, resume
    from reconciler.plan.build import refuse_incomplete
    from reconciler.plan.guards import still_refused

    refuse_incomplete(live)
    refuse_other_target(saved, run.catalogue, live.container, datetime.now(UTC))
    plan = replace(saved, refusals=still_refused(saved.refusals, run.options.allowed))
    _show(run, plan)
    return Resumed(plan, {}) if plan.refusals else resume(plan, live)


def _guarded(run: Run, plan: Plan) -> Plan:
    """The plan; without a person to look at it, edits made live are not undone unless that was said."""
    from reconciler.plan.guards import judge_reverts

    if sys.stdin.isatty():
        return plan
    return replace(plan, refusals=(*plan.refusals, *judge_reverts(plan, run.options.allow_reverts)))


async def _plan(run: Run, writer: RepositoryWriter) -> Plan:
    from reconciler.live.snapshot import read_live_async

    return plan_from(run.catalogue, await read_live_async(writer), run.options)


def _show(run: Run, plan: Plan) -> None:
    from reconciler.plan.document import plan_document
    from reconciler.report.plans import plan_target_line, plan_text

    screen = run.screen
    if screen.json:
        run.shown["plan"] = plan_document(plan)
    else:
        shown = plan_text(plan, screen.paint, screen.width, command_line())
        screen.show(f"{plan_target_line(plan)}\n\n{shown}")


def _confirmed() -> bool:
    """The user's answer. Ctrl-C must end the program here, and not only tell the event loop that waits for it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return click.confirm("\nApply this plan?", err=True)
    finally:
        signal.signal(signal.SIGINT, before)


def _applied_commit(plan: Plan, *, complete: bool) -> str | None:
    """The commit that is applied in full; None when it is not, or when no commit says what was applied."""
    whole = complete and not (plan.dirty or plan.problems or plan.unpruned or plan.deselected)
    return plan.commit if whole else None


def _left(plan: Plan, live: LiveState, *, done: bool) -> int:
    """How many instances carry our stamp once the plan is carried out."""
    from reconciler.plan.steps import Action

    ours = sum(item.stamp is not None and item.stamp.catalog == plan.catalog for item in live)
    return ours - sum(step.action is Action.DELETE for step in plan.steps) if done else ours


async def _apply(run: Run, writer: RepositoryWriter, rate: Rate, held: HeldLease, resumed: Resumed) -> Report:
    """Carry the plan out, with the journal, and wait until the lists show what was created."""
    from reconciler.apply.engine import Stop, apply_plan_async
    from reconciler.apply.settling import until_listed

    stop = Stop()
    with _interruptible(run.screen, stop), _logs(run, held.lease.run) as logs:
        progress = Progress(run.screen, len(resumed.plan.steps), "Applying")
        try:
            report = await apply_plan_async(
                resumed.plan,
                writer,
                on_event=lambda event: _hear(event, progress, logs),
                rate=rate,
                stop=stop,
                already={name: item.instance if item else None for name, item in resumed.already.items()},
                may_write=held.may_write,
                settle_s=run.terms.settle_s,
                clock=writer.clock,
            )
        finally:
            progress.finish()
        for log in logs:
            log.write("ended", {"interrupted": report.interrupted, "complete": report.tally.complete})
    if held.may_write() and not report.interrupted:
        missing = await until_listed(writer, report.created_by_kind, writer.clock, run.terms.settle_s)
        if missing:
            run.screen.say(f"{len(missing)} of what was created is not in the repository's lists yet.")
    return report


def _hear(event: Event, progress: Progress, logs: list[EventLog]) -> None:
    from reconciler.apply.events import Finished

    for log in logs:
        log.hear(event)
    if isinstance(event, Finished):
        progress.advance()


def _reported(run: Run, report: Report) -> Product:
    from reconciler.report.outcomes import report_document, report_text

    if run.screen.json:
        return Product("", {**run.shown, **report_document(report)}, apply_ending(report))
    return Product("\n" + report_text(report, run.screen.paint, run.screen.width), {}, apply_ending(report))


def apply_ending(report: Report) -> Ending:
    """How ``apply`` ends: interrupted, unknown, partial, failed, in this order."""
    from reconciler.apply.outcomes import is_done

    tally = report.tally
    something_done = any(is_done(outcome) for outcome in report.outcomes.values())
    if report.interrupted:
        then = "everything was done" if tally.complete else "run it again to go on"
        return Ending(Exit.INTERRUPTED, f"interrupted; {then}")
    if tally.unknown:
        return Ending(Exit.UNKNOWN, "it cannot be told whether some steps were carried out; plan again to see")
    if tally.complete:
        return FINE
    if something_done:
        why = "; the credentials are no longer accepted" if report.unauthorised else ""
        why += "; the lease was lost to another run" if report.lost_lease else ""
        return Ending(Exit.PARTIAL, f"some steps were carried out, others not{why}")
    if report.unauthorised:
        return Ending(Exit.AUTHENTICATION, "not authenticated")
    if report.lost_lease:
        return Ending(Exit.LOCKED, "the lease was lost to another run")
    if report.stale:
        return Ending(Exit.STALE, "live has changed since it was read; nothing was carried out")
    return Ending(Exit.ERROR, "nothing was carried out")


# ---------------------------------------------------------------- signals and logs


@contextmanager
def _interruptible(screen: Screen, stop: Stop) -> Iterator[None]:
    """Let Ctrl-C end the run: once when what is in flight is answered, twice at once."""
    import asyncio

    loop = asyncio.get_running_loop()

    def interrupted() -> None:
        stop.ask()
        screen.say("Giving up." if stop.now.is_set() else "Stopping when what is in flight is answered.")

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupted)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


@contextmanager
def _logs(run: Run, run_id: str) -> Iterator[list[EventLog]]:
    """The journal, and the file of events that was asked for."""
    from reconciler.apply.journal import FOLDER, EventLog
    from reconciler.connect import state_folder

    now = datetime.now
    paths = [] if run.events is None else [run.events]
    try:
        folder = state_folder(Path(run.catalogue.root)) / FOLDER
        folder.mkdir(mode=0o700, exist_ok=True)
        paths.append(folder / f"{now(UTC):%Y%m%dT%H%M%SZ}-{run_id[:8]}.jsonl")
    except (OSError, ReconcilerError) as error:
        run.screen.say(f"There is no journal of this run: {error}")
    logs = [EventLog(path, run_id, lambda: now(UTC), run.screen.say) for path in paths]
    for log in logs:
        log.write("began", {"catalog": run.catalogue.name, "environment": run.catalogue.environment})
    try:
        yield logs
    finally:
        for log in logs:
            log.close()
