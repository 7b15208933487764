"""``plan``: what apply would do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.command import command_line, makes_product, output_options, plan_choices, plan_options
from reconciler.cli.ending import FINE, Ending, Exit, Product
from reconciler.cli.loading import Request, load_live, place_of, plan_from, run_async
from reconciler.cli.screen import Screen

if TYPE_CHECKING:
    from reconciler.model.catalogue import Catalogue
    from reconciler.plan.build import Options
    from reconciler.plan.steps import Plan


@click.command()
@plan_options
@click.option("--destroy", is_flag=True, help="Show what deleting all that this catalogue manages would do.")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Save it for apply --plan."
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when there are changes.")
@output_options("text", "json", "markdown")
@makes_product
def plan(
    screen: Screen,
    request: Request,
    out: Path | None,
    detailed_exitcode: bool,
    **chosen: Any,
) -> Product:
    """Show what apply would do. Writes nothing."""
    from reconciler.plan.document import plan_digest, plan_document
    from reconciler.plan.planfile import write_plan
    from reconciler.report.plans import plan_target_line, plan_text, with_remedies
    from reconciler.report.plans_markdown import plan_markdown
    from reconciler.report.problems import problems_document

    loaded, warnings = load_live(request, screen)
    options = plan_choices(loaded.name, **chosen)
    screen.say_on_terminal("Reading the live catalogue …")
    made = run_async(_made(screen, request, loaded, options))
    if out is not None:
        write_plan(made, out)
        screen.say(f"Saved to {out}; digest {plan_digest(made)}")
    ending = plan_ending(made, detailed=detailed_exitcode)
    if screen.json:
        return Product(
            "",
            {**plan_document(with_remedies(made, command_line())), "validation": problems_document(warnings)},
            ending,
        )
    if screen.format == "markdown":
        return Product(plan_markdown(made, command_line()), {}, ending)
    text = plan_text(made, screen.paint, screen.width, command_line())
    return Product(f"{plan_target_line(made)}\n\n{text}", {}, ending)


async def _made(screen: Screen, request: Request, catalogue: Catalogue, options: Options) -> Plan:
    from reconciler.connect import open_for_reading
    from reconciler.live.snapshot import read_live_async
    from reconciler.report.words import visible

    async with open_for_reading(place_of(request, catalogue, screen)) as reader:
        live = await read_live_async(reader)
    anchor = live.anchor(catalogue.name)
    if anchor is not None and anchor.state.lease is not None:
        lease = anchor.state.lease
        note = f"Note: {lease.holder} is applying to this catalogue (run {lease.run}); this may be old news soon."
        screen.say(visible(note))
    return plan_from(catalogue, live, options)


def plan_ending(made: Plan, *, detailed: bool) -> Ending:
    """How ``plan`` ends: a guard before what could not be planned, that before changes."""
    if made.refusals:
        return Ending(Exit.GUARD, "a guard refuses this plan")
    if made.problems:
        return Ending(Exit.ERROR, "some entities cannot be planned")
    if detailed and made.summary.changes:
        return Ending(Exit.CHANGES, "there are changes")
    return FINE
