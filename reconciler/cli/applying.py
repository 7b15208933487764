"""What ``apply`` and ``destroy`` do alike: plan, show, ask, take the lease, carry out, give it back."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.command import Decorator, all_of, command_line
from reconciler.cli.commands.plan import plan_ending
from reconciler.cli.durations import Duration
from reconciler.cli.ending import FINE, Ending, Exit, Product
from reconciler.cli.loading import Request, judged_again, place_of, plan_from
from reconciler.cli.screen import Progress, Screen
from reconciler.model.errors import ReconcilerError

if TYPE_CHECKING:
    from reconciler.apply.engine import Stop
    from reconciler.apply.events import Event
    from reconciler.apply.journal import EventLog
    from reconciler.apply.lease import Terms
    from reconciler.apply.outcomes import Report
    from reconciler.apply.resuming import Resumed
    from reconciler.apply.run import Run, Stage
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
)


@dataclass(frozen=True, slots=True)
class Job:
    """One apply or destroy. ask: whether a person is asked; saved: a plan that was made earlier; expect: its digest."""

    screen: Screen
    request: Request
    catalogue: Catalogue
    options: Options
    terms: Terms
    ask: bool
    saved: Plan | None = None
    expect: str | None = None
    events: Path | None = None
    shown: dict[str, Any] = field(default_factory=dict)  # the plan's document, once it is shown

    @property
    def takeover(self) -> bool:
        """Whether a catalogue of another Git repository may be taken, as was said here or when the plan was made."""
        from reconciler.plan.guards import TAKEOVER

        recorded = self.saved is not None and bool(self.saved.allowed.get(TAKEOVER))
        return self.options.allow_takeover or recorded


def terms_of(catalogue: Catalogue, lease_term: float | None, settle: float | None, lock_timeout: float) -> Terms:
    """The terms that the options say, else those of the kind of repository."""
    from reconciler.apply.lease import Terms

    usual = Terms(10.0, 0.0) if catalogue.target.embedded else Terms()
    return Terms(
        usual.term_s if lease_term is None else lease_term,
        usual.settle_s if settle is None else settle,
        lock_timeout,
    )


async def carry_out(job: Job) -> Product:
    """The product of a whole run."""
    from reconciler.apply.rate import Rate
    from reconciler.apply.run import carry_out as run_through
    from reconciler.connect import open_for_writing

    rate = Rate(job.request.parallelism)
    place = place_of(job.request, job.catalogue, job.screen, on_pause=rate.refused)
    async with open_for_writing(place) as writer:
        agreed: Plan | None = None
        if job.ask:
            agreed = await _plan(job, writer)
            _show(job, agreed)
            if agreed.refusals or not agreed.steps:
                return Product("", job.shown, plan_ending(agreed, detailed=False))
            if not _confirmed():
                return Product("", job.shown, Ending(Exit.ERROR, "not applied: the answer was no"))
        run = _run(job, agreed)
        ended = await run_through(
            run, writer, writer.clock, rate=rate, stage=lambda plan: _stage(job, run.runner.run, plan)
        )
    if ended.in_flight:
        job.screen.say("Something of this run may still arrive; the next run has to wait until its lease has run out.")
    elif ended.unlisted:
        job.screen.say(f"{len(ended.unlisted)} of what was created is not in the repository's lists yet.")
    if ended.report is None:
        _log_nothing(job, run.runner.run)
        return Product("", job.shown, plan_ending(ended.plan, detailed=False))
    return _reported(job, ended.report)


def _run(job: Job, agreed: Plan | None) -> Run:
    from reconciler.apply.run import Run
    from reconciler.apply.runner import this_runner
    from reconciler.catalogue.revision import read_roots

    roots = read_roots(Path(job.catalogue.root), job.catalogue.settings.uid)
    return Run(
        job.catalogue.name,
        lambda live: _ready(job, live),
        this_runner(roots, local=job.catalogue.target.embedded),
        job.terms,
        lambda resumed: _decide(job, resumed.plan, agreed),
        takeover=job.takeover,
    )


def _ready(job: Job, live: LiveState) -> Resumed:
    """The plan to carry out, made from, or held against, what is live now. Raises ``PlanStale``."""
    from reconciler.apply.resuming import Resumed

    if job.saved is not None:
        return _resumed(job, job.saved, live)
    return Resumed(_guarded(job, plan_from(job.catalogue, live, job.options)), {})


def _decide(job: Job, plan: Plan, agreed: Plan | None) -> None:
    """Show the plan, and refuse one that is not what somebody has agreed to. Raises ``PlanStale``."""
    from reconciler.apply.resuming import PlanStale
    from reconciler.plan.document import plan_digest

    if agreed is None or plan.refusals:
        _show(job, plan)
    elif plan_digest(plan) != plan_digest(agreed):
        raise PlanStale("live has changed since the plan was shown", remedy="Nothing was written. Apply again.")
    if job.expect is not None and plan_digest(plan) != job.expect:
        raise PlanStale(
            f"the plan is not the one that was expected; its digest is {plan_digest(plan)}",
            remedy="Nothing was written. Look at the plan above; if it is right, expect its digest.",
        )


def _resumed(job: Job, saved: Plan, live: LiveState) -> Resumed:
    """A saved plan, held against what is live, and judged by the guards again."""
    from reconciler.apply.resuming import Resumed, refuse_other_target, resume
    from reconciler.plan.build import refuse_incomplete

    refuse_incomplete(live)
    refuse_other_target(saved, job.catalogue, live.container, datetime.now(UTC))
    plan = judged_again(saved, job.catalogue, live, job.options)
    return Resumed(plan, {}) if plan.refusals else resume(plan, live, job.catalogue.pins)


def _guarded(job: Job, plan: Plan) -> Plan:
    """The plan; without a person to look at it, edits made live are not undone unless that was said."""
    from reconciler.plan.guards import judge_reverts

    if sys.stdin.isatty():
        return plan
    return replace(plan, refusals=(*plan.refusals, *judge_reverts(plan, job.options.allow_reverts)))


async def _plan(job: Job, writer: RepositoryWriter) -> Plan:
    from reconciler.live.snapshot import read_live_async

    return plan_from(job.catalogue, await read_live_async(writer), job.options)


def _show(job: Job, plan: Plan) -> None:
    from reconciler.plan.document import plan_document
    from reconciler.report.plans import plan_target_line, plan_text, with_remedies

    screen = job.screen
    if screen.json:
        job.shown["plan"] = plan_document(with_remedies(plan, command_line()))
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


def _reported(job: Job, report: Report) -> Product:
    from reconciler.report.outcomes import report_document, report_text

    if job.screen.json:
        return Product("", {**job.shown, **report_document(report)}, apply_ending(report))
    return Product("\n" + report_text(report, job.screen.paint, job.screen.width), {}, apply_ending(report))


def apply_ending(report: Report) -> Ending:
    """How ``apply`` ends: interrupted, unknown, partial, failed, in this order."""
    from reconciler.apply.outcomes import Done

    tally = report.tally
    something_done = any(isinstance(outcome, Done) for outcome in report.outcomes.values())
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
def _stage(job: Job, run_id: str, plan: Plan) -> Iterator[Stage]:
    """What surrounds the writes: Ctrl-C, the journal, a progress bar."""
    from reconciler.apply.engine import Stop
    from reconciler.apply.run import Stage

    stop = Stop()
    progress = Progress(job.screen, len(plan.steps), "Applying")
    with _interruptible(job.screen, stop), _logs(job, run_id) as logs:
        try:
            yield Stage(lambda event: _hear(event, progress, logs), stop)
        finally:
            progress.finish()


def _log_nothing(job: Job, run_id: str) -> None:
    """Who asked for a file of events finds one, also when there was nothing to do."""
    from reconciler.apply.events import Ended

    if job.events is not None:
        with _logs(job, run_id) as logs:
            for log in logs:
                log.hear(Ended(interrupted=False, complete=True))


def _hear(event: Event, progress: Progress, logs: list[EventLog]) -> None:
    from reconciler.apply.events import Finished

    for log in logs:
        log.hear(event)
    if isinstance(event, Finished):
        progress.advance()


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
def _logs(job: Job, run_id: str) -> Iterator[list[EventLog]]:
    """The journal, and the file of events that was asked for."""
    from reconciler.apply.journal import FOLDER, EventLog
    from reconciler.connect import state_folder

    now = datetime.now
    paths = [] if job.events is None else [job.events]
    try:
        folder = state_folder(Path(job.catalogue.root)) / FOLDER
        folder.mkdir(mode=0o700, exist_ok=True)
        paths.append(folder / f"{now(UTC):%Y%m%dT%H%M%SZ}-{run_id[:8]}.jsonl")
    except (OSError, ReconcilerError) as error:
        job.screen.say(f"There is no journal of this run: {error}")
    logs = [EventLog(path, run_id, lambda: now(UTC), job.screen.say) for path in paths]
    for log in logs:
        log.write("began", {"catalog": job.catalogue.name, "environment": job.catalogue.environment})
    try:
        yield logs
    finally:
        for log in logs:
            log.close()
