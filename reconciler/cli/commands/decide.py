"""``decide``: what a profile would be shown, and why not something else."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.asking import make_setting, read_mapping, refuse_unknown_offers, setting_options, state_option
from reconciler.cli.command import catalogue_options, makes_product, output_options
from reconciler.cli.ending import Product
from reconciler.cli.loading import Request, parse_at
from reconciler.cli.screen import Screen
from reconciler.cli.states import States


@click.command()
@catalogue_options
@click.option("--activity", "activities", multiple=True, required=True, metavar="KEY", help="Decides; repeatable.")
@click.option(
    "--profile",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="The profile as JSON, with its xEvent; - for stdin.",
)
@click.option("--context", type=click.Path(path_type=Path), metavar="FILE", help="Context data as JSON, for @{…}.")
@click.option("--at", metavar="TIME", help="Decide as at this instant, e.g. 2027-01-31T09:00:00Z; default: now.")
@state_option
@setting_options
@click.option("--allow-duplicates", is_flag=True, help="Let several activities show one offer.")
@output_options("text", "json")
@makes_product
def decide(
    screen: Screen,
    request: Request,
    activities: tuple[str, ...],
    profile: Path,
    context: Path | None,
    state: str,
    allow_duplicates: bool,
    seed: str,
    id_field: str | None,
    timezone: str,
    counters: Path | None,
) -> Product:
    """Decide what a profile is shown, and why not the other offers.

    Tells the winner and its content, and of every other offer the step that took it out and the values that decided.
    """
    from reconciler.decision.decide import decide_in
    from reconciler.decision.state import build_state
    from reconciler.report.decisions import Asked, decisions_document, decisions_text

    setting = make_setting(parse_at(request.at), seed=seed, id_field=id_field, timezone=timezone, counters=counters)
    person = read_mapping(profile, "profile")
    given = {} if context is None else read_mapping(context, "context data")
    read = States.named(request, screen, state).read(state)
    decides = build_state(read.catalogue)
    refuse_unknown_offers(setting, counters, decides)
    decisions = decide_in(setting, decides, activities, person, given, allow_duplicates=allow_duplicates)
    asked = Asked(read.label, setting.at, seed, timezone)
    text = decisions_text(asked, decisions, screen.paint, screen.width)
    return Product(text, decisions_document(asked, decisions))
