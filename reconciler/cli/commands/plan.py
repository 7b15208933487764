"""``plan``: what apply would do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.command import command_line, makes_product, output_options, plan_choices, plan_options
from reconciler.cli.ending import FINE, Ending, Exit, Product
from reconciler.cli.loading import Request, history_options, load_live, place_of, run_async
from reconciler.cli.screen import Screen

if TYPE_CHECKING:
    from reconciler.model.catalogue import Catalogue
    from reconciler.plan.build import Options
    from reconciler.plan.steps import Plan


@click.command()
@plan_options
@click.option("--destroy", is_flag=True, help="Plan to delete all that this catalogue manages.")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Save it for apply --plan."
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when there are changes.")
@output_options("text", "json")
@makes_product
def plan(
    screen: Screen,
    request: Request,
    no_prune: bool,
    allow_deletes: int | None,
    allow_rollback: bool,
    adopt: tuple[str, ...],
    adopt_up_to: int,
    destroy: bool,
    out: Path | None,
    detailed_exitcode: bool,
) -> Product:
    """Show what apply would do. Writes nothing."""
    from reconciler.plan.document import plan_digest, plan_document
    from reconciler.plan.planfile import write_plan
    from reconciler.report.plans import plan_target_line, plan_text
    from reconciler.report.problems import problems_document

    loaded, warnings = load_live(request, screen)
    options = plan_choices(
        no_prune=no_prune,
        allow_deletes=allow_deletes,
        allow_rollback=allow_rollback,
        adopt=adopt,
        adopt_up_to=adopt_up_to,
    )
    options = replace(options, destroy=destroy)
    screen.say_on_terminal("Reading the live catalogue …")
    made = run_async(_made(screen, request, loaded, options))
    if out is not None:
        write_plan(made, out)
        screen.say(f"Saved to {out}; digest {plan_digest(made)}")
    ending = plan_ending(made, detailed=detailed_exitcode)
    if screen.json:
        return Product("", {**plan_document(made), "validation": problems_document(warnings)}, ending)
    text = plan_text(made, screen.paint, screen.width, command_line("--allow-deletes"))
    return Product(f"{plan_target_line(made)}\n\n{text}", {}, ending)


async def _made(screen: Screen, request: Request, catalogue: Catalogue, options: Options) -> Plan:
    from reconciler.connect import open_for_reading
    from reconciler.live.snapshot import read_live_async
    from reconciler.plan.build import build_plan

    async with open_for_reading(place_of(request, catalogue, screen)) as reader:
        live = await read_live_async(reader)
    anchor = live.anchor(catalogue.name)
    if anchor is not None and anchor.state.lease is not None:
        lease = anchor.state.lease
        screen.say(f"Note: {lease.holder} is applying to this catalogue (run {lease.run}); this may be old news soon.")
    options = history_options(options, catalogue, live)
    return build_plan(catalogue, live, now=datetime.now(UTC), options=options)


def plan_ending(made: Plan, *, detailed: bool) -> Ending:
    """How ``plan`` ends: a guard before what could not be planned, that before changes."""
    if made.refusals:
        return Ending(Exit.GUARD, "a guard refuses this plan")
    if made.problems:
        return Ending(Exit.ERROR, "some entities cannot be planned")
    if detailed and made.summary.changes:
        return Ending(Exit.CHANGES, "there are changes")
    return FINE
