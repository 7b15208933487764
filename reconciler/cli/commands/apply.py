"""``apply``: make live as Git says."""

from __future__ import annotations

import signal
import sys
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.command import (
    allow_reverts_option,
    command_line,
    makes_product,
    output_options,
    plan_choices,
    plan_options,
)
from reconciler.cli.commands.plan import plan_ending
from reconciler.cli.ending import FINE, Ending, Exit, Product
from reconciler.cli.loading import Request, load_live, place_of, run_async
from reconciler.cli.screen import Progress, Screen

if TYPE_CHECKING:
    from reconciler.apply.events import Event
    from reconciler.apply.outcomes import Report
    from reconciler.model.catalogue import Catalogue
    from reconciler.plan.build import Options
    from reconciler.plan.steps import Plan
    from reconciler.repository.port import Writer


@click.command()
@plan_options
@allow_reverts_option
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@output_options("text", "json")
@makes_product
def apply(
    screen: Screen,
    request: Request,
    yes: bool,
    **chosen: Any,
) -> Product:
    """Make live as Git says: plan, ask, carry out."""
    from reconciler.report.problems import problems_document

    if not yes and (screen.json or not sys.stdin.isatty()):
        raise click.UsageError("apply asks before it writes, and cannot ask here. Say --yes to go ahead without.")
    loaded, warnings = load_live(request, screen)
    options = plan_choices(**chosen)
    screen.say_on_terminal("Reading the live catalogue …")
    product = run_async(_applied(screen, request, loaded, options, ask=not yes))
    return product.plus(validation=problems_document(warnings))


async def _applied(screen: Screen, request: Request, catalogue: Catalogue, options: Options, *, ask: bool) -> Product:
    from reconciler.connect import open_for_writing
    from reconciler.live.snapshot import read_live_async
    from reconciler.plan.build import build_plan
    from reconciler.plan.document import plan_document
    from reconciler.plan.guards import judge_reverts
    from reconciler.report.outcomes import report_document, report_text
    from reconciler.report.plans import plan_target_line, plan_text

    async with open_for_writing(place_of(request, catalogue, screen)) as writer:
        live = await read_live_async(writer)
        plan = build_plan(catalogue, live, now=datetime.now(UTC), options=options)
        if not sys.stdin.isatty():
            plan = replace(plan, refusals=(*plan.refusals, *judge_reverts(plan, options.allow_reverts)))
        document: dict[str, Any] = {}
        if screen.json:
            document = {"plan": plan_document(plan)}
        else:
            shown = plan_text(plan, screen.paint, screen.width, command_line())
            screen.show(f"{plan_target_line(plan)}\n\n{shown}")
        if plan.refusals or not plan.steps:
            return Product("", document, plan_ending(plan, detailed=False))
        if ask and not _confirmed():
            return Product("", document, Ending(Exit.ERROR, "not applied: the answer was no"))
        report = await _carried_out(screen, plan, writer, request.parallelism)
    if screen.json:
        return Product("", {**document, **report_document(report)}, apply_ending(report))
    return Product("\n" + report_text(report, screen.paint, screen.width), {}, apply_ending(report))


def _confirmed() -> bool:
    """The user's answer. Ctrl-C must end the program here, and not only tell the event loop that waits for it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return click.confirm("\nApply this plan?", err=True)
    finally:
        signal.signal(signal.SIGINT, before)


async def _carried_out(screen: Screen, plan: Plan, writer: Writer, parallelism: int) -> Report:
    import asyncio

    from reconciler.apply.engine import Stop, apply_plan_async
    from reconciler.apply.events import Finished

    stop = Stop()
    progress = Progress(screen, len(plan.steps), "Applying")
    loop = asyncio.get_running_loop()

    def interrupted() -> None:
        stop.ask()
        screen.say("Giving up." if stop.now.is_set() else "Stopping when what is in flight is answered.")

    def listen(event: Event) -> None:
        if isinstance(event, Finished):
            progress.advance()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupted)
    try:
        return await apply_plan_async(plan, writer, on_event=listen, parallelism=parallelism, stop=stop)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
        progress.finish()


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
        return Ending(Exit.PARTIAL, f"some steps were carried out, others not{why}")
    if report.unauthorised:
        return Ending(Exit.AUTHENTICATION, "not authenticated")
    return Ending(Exit.ERROR, "nothing was carried out")
