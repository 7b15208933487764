"""``apply``: make live as Git says."""

from __future__ import annotations

import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.command import (
    allow_deletes_option,
    at_option,
    catalogue_argument,
    environment_option,
    folder_option,
    makes_product,
    no_prune_option,
    output_options,
    parallelism_option,
    strict_option,
)
from reconciler.cli.commands.plan import plan_ending
from reconciler.cli.ending import FINE, Ending, Exit, Product
from reconciler.cli.loading import Request, load_checked, place_of, run_async
from reconciler.cli.screen import Progress, Screen

if TYPE_CHECKING:
    from reconciler.apply.events import Event
    from reconciler.apply.outcomes import Report
    from reconciler.model.catalogue import Catalogue
    from reconciler.plan.build import Options
    from reconciler.plan.steps import Plan
    from reconciler.repository.port import Writer


@click.command()
@catalogue_argument
@folder_option
@environment_option
@strict_option
@at_option
@no_prune_option
@allow_deletes_option
@parallelism_option
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@output_options("text", "json")
@makes_product
def apply(
    screen: Screen,
    catalogue: Path,
    folder: Path,
    env: str | None,
    strict: bool,
    at: str | None,
    no_prune: bool,
    allow_deletes: int | None,
    parallelism: int,
    yes: bool,
) -> Product:
    """Make live as Git says: plan, ask, carry out."""
    from reconciler.plan.build import Options

    if not yes and (screen.json or not sys.stdin.isatty()):
        raise click.UsageError("apply asks before it writes, and cannot ask here. Say --yes to go ahead without.")
    request = Request(folder, catalogue, env, at, strict, parallelism)
    loaded, _ = load_checked(request, screen)
    options = Options(prune=False if no_prune else None, allow_deletes=allow_deletes)
    screen.say_on_terminal("Reading the live catalogue …")
    return run_async(_applied(screen, request, loaded, options, ask=not yes))


async def _applied(screen: Screen, request: Request, catalogue: Catalogue, options: Options, *, ask: bool) -> Product:
    from reconciler.connect import open_for_writing
    from reconciler.live.snapshot import read_live_async
    from reconciler.plan.build import build_plan
    from reconciler.plan.document import plan_document
    from reconciler.report.outcomes import report_document, report_text
    from reconciler.report.plans import plan_target_line, plan_text

    async with open_for_writing(place_of(request, catalogue, screen)) as writer:
        live = await read_live_async(writer)
        plan = build_plan(catalogue, live, now=datetime.now(UTC), options=options)
        document: dict[str, Any] = {}
        if screen.json:
            document = {"plan": plan_document(plan)}
        else:
            shown = plan_text(plan, screen.paint, screen.width, f"reconciler apply {request.root}")
            screen.show(f"{plan_target_line(plan)}\n\n{shown}")
        if plan.refusals or not plan.steps:
            return Product("", document, plan_ending(plan, detailed=False))
        if ask and not click.confirm("\nApply this plan?", err=True):
            return Product("", document, Ending(Exit.ERROR, "not applied: the answer was no"))
        report = await _carried_out(screen, plan, writer, request.parallelism)
    if screen.json:
        return Product("", {**document, **report_document(report)}, apply_ending(report))
    return Product("\n" + report_text(report, screen.paint, screen.width), {}, apply_ending(report))


async def _carried_out(screen: Screen, plan: Plan, writer: Writer, parallelism: int) -> Report:
    import asyncio

    from reconciler.apply.engine import apply_plan_async
    from reconciler.apply.events import Finished

    stop = asyncio.Event()
    progress = Progress(screen, len(plan.steps), "Applying")

    def interrupted() -> None:
        screen.say("Stopping: what is in flight is finished, nothing more is started.")
        stop.set()
        asyncio.get_running_loop().remove_signal_handler(signal.SIGINT)  # a second Ctrl-C ends at once

    def listen(event: Event) -> None:
        if isinstance(event, Finished):
            progress.advance()

    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, interrupted)
    try:
        return await apply_plan_async(plan, writer, on_event=listen, parallelism=parallelism, stop=stop)
    finally:
        asyncio.get_running_loop().remove_signal_handler(signal.SIGINT)
        progress.finish()


def apply_ending(report: Report) -> Ending:
    """How ``apply`` ends: interrupted, unknown, partial, failed, in this order."""
    from reconciler.apply.outcomes import NotAttempted, is_done

    tally = report.tally
    something_done = any(is_done(outcome) for outcome in report.outcomes.values())
    stopped = any(isinstance(outcome, NotAttempted) for outcome in report.outcomes.values())
    if report.interrupted and stopped and not tally.failed:
        return Ending(Exit.INTERRUPTED, "interrupted; run it again to go on")
    if tally.unknown:
        return Ending(Exit.UNKNOWN, "it cannot be told whether some steps were carried out; plan again to see")
    if tally.complete and not report.plan.problems:
        return FINE
    if something_done:
        return Ending(Exit.PARTIAL, "some steps were carried out, others not")
    return Ending(Exit.ERROR, "nothing was carried out")
