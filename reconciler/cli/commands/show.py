"""``show``: a saved plan."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.command import folder_option, makes_product, output_options
from reconciler.cli.ending import Product
from reconciler.cli.screen import Screen


@click.command()
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@folder_option
@output_options("text", "json")
@makes_product
def show(screen: Screen, file: Path) -> Product:
    """Show a saved plan as ``plan`` showed it."""
    from reconciler.plan.document import plan_digest, plan_document
    from reconciler.plan.planfile import read_plan
    from reconciler.report.plans import plan_target_line, plan_text
    from reconciler.report.words import visible

    plan = read_plan(file)
    about = f"Made {plan.created} by {plan.made_by}, good until {plan.expires}; digest {plan_digest(plan)}"
    text = f"{plan_target_line(plan)}\n{visible(about)}\n\n{plan_text(plan, screen.paint, screen.width)}"
    return Product(text, plan_document(plan))
