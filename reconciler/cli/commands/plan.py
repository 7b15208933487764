"""``plan``: what apply would do."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

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
from reconciler.cli.ending import FINE, Ending, Exit, Product
from reconciler.cli.loading import Request, load_checked, place_of, run_async
from reconciler.cli.screen import Screen

if TYPE_CHECKING:
    from reconciler.model.catalogue import Catalogue
    from reconciler.plan.build import Options
    from reconciler.plan.steps import Plan


@click.command()
@catalogue_argument
@folder_option
@environment_option
@strict_option
@at_option
@no_prune_option
@allow_deletes_option
@parallelism_option
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when there are changes.")
@output_options("text", "json")
@makes_product
def plan(
    screen: Screen,
    catalogue: Path,
    folder: Path,
    env: str | None,
    strict: bool,
    at: str | None,
    no_prune: bool,
    allow_deletes: int | None,
    parallelism: int,
    detailed_exitcode: bool,
) -> Product:
    """Show what apply would do. Writes nothing."""
    from reconciler.plan.build import Options
    from reconciler.plan.document import plan_document
    from reconciler.report.plans import plan_target_line, plan_text

    request = Request(folder, catalogue, env, at, strict, parallelism)
    loaded, _ = load_checked(request, screen)
    options = Options(prune=False if no_prune else None, allow_deletes=allow_deletes)
    screen.say_on_terminal("Reading the live catalogue …")
    made = run_async(_made(screen, request, loaded, options))
    ending = plan_ending(made, detailed=detailed_exitcode)
    if screen.json:
        return Product("", plan_document(made), ending)
    text = plan_text(made, screen.paint, screen.width, f"reconciler plan {request.root}")
    return Product(f"{plan_target_line(made)}\n\n{text}", {}, ending)


async def _made(screen: Screen, request: Request, catalogue: Catalogue, options: Options) -> Plan:
    from reconciler.connect import open_for_reading
    from reconciler.live.snapshot import read_live_async
    from reconciler.plan.build import build_plan

    async with open_for_reading(place_of(request, catalogue, screen)) as reader:
        live = await read_live_async(reader)
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
