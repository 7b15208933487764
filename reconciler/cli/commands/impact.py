"""``impact``: what customers would be shown otherwise."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.asking import make_setting, read_mapping, refuse_unknown_offers, setting_options
from reconciler.cli.command import catalogue_options, makes_product, output_options
from reconciler.cli.ending import FINE, Ending, Exit, Product
from reconciler.cli.loading import Request, parse_at
from reconciler.cli.screen import Progress, Screen
from reconciler.cli.states import States

if TYPE_CHECKING:
    from reconciler.decision.impact import Impact
    from reconciler.report.impacts import Compared

_PERCENTS = re.compile(r"(\d+(?:\.\d+)?) ?%", re.ASCII)


def _read_share(ctx: click.Context, param: click.Parameter, value: str | None) -> float | None:
    """A share as ``5%``, as 0..1."""
    if value is None:
        return None
    match = _PERCENTS.fullmatch(value.strip())
    if match is None or float(match[1]) > 100:
        raise click.BadParameter(f"{value!r} is no share of the profiles, such as 5%", ctx, param)
    return float(match[1]) / 100


@click.command()
@catalogue_options
@click.option(
    "--profiles",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="Customers: lines of JSON (.ndjson), .csv or .parquet; .gz too; - for lines from stdin.",
)
@click.option(
    "--base", default="live", show_default=True, metavar="STATE", help="Before: live, a plan file, or a Git revision."
)
@click.option(
    "--head",
    default="files",
    show_default=True,
    metavar="STATE",
    help="After: files, live, a plan file, or a Git revision (git:REF).",
)
@click.option("--activity", "activities", multiple=True, metavar="KEY", help="Only this one; repeatable; default: all.")
@click.option("--context", type=click.Path(path_type=Path), metavar="FILE", help="Context data as JSON, for @{…}.")
@click.option("--at", metavar="TIME", help="Decide as at this instant, e.g. 2027-01-31T09:00:00Z; default: now.")
@setting_options
@click.option(
    "--fail-over",
    callback=_read_share,
    metavar="SHARE",
    help="End 2 when in any activity more than this share of the profiles change, e.g. 5%.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    metavar="N",
    help="Processes that count; default: 2; 1 on one core or for Parquet.",
)
@output_options("text", "json", "markdown", "html")
@makes_product
def impact(
    screen: Screen,
    request: Request,
    profiles: Path,
    base: str,
    head: str,
    activities: tuple[str, ...],
    context: Path | None,
    fail_over: float | None,
    workers: int | None,
    seed: str,
    id_field: str | None,
    timezone: str,
    counters: Path | None,
) -> Product:
    """Tell which customers a change shows other offers.

    Every profile is decided under both states: how many keep their offer, who moves where, who falls to the fallback.
    """
    from reconciler.decision.impact import compare_states, summarise
    from reconciler.decision.profiles import how_to_fill
    from reconciler.decision.state import RuleBook, build_state
    from reconciler.decision.workers import Labour, count_profiles, usual_workers
    from reconciler.model.errors import ReconcilerError
    from reconciler.report.impacts import Compared, verdict

    setting = make_setting(parse_at(request.at), seed=seed, id_field=id_field, timezone=timezone, counters=counters)
    given = {} if context is None else read_mapping(context, "context data")
    labour = Labour(workers or usual_workers(profiles))
    screen.say(f"Comparing {base} with {head} for the profiles in {profiles}.")
    if profiles != Path("-") and (profiles.is_dir() or not profiles.exists()):
        what = f"{profiles} is a folder" if profiles.exists() else f"there is no file {profiles}"
        raise ReconcilerError(what, remedy="Name a file of profiles: .ndjson, .csv or .parquet.")
    states = States.named(request, screen, base, head)
    before, after = states.read(base, before=True), states.read(head)
    book = RuleBook()
    sides = build_state(before.catalogue, book), build_state(after.catalogue, book)
    refuse_unknown_offers(setting, counters, *sides)
    comparison = compare_states(*sides, setting, given, activities)
    counted = count_profiles(profiles, comparison, labour, _bar(screen))
    if not counted.profiles:
        raise ReconcilerError(f"there are no profiles in {profiles}", remedy=how_to_fill(profiles))
    found = summarise(comparison, counted)
    compared = Compared(str(profiles), before.label, after.label, setting.at, seed, timezone, fail_over)
    over = fail_over is not None and found.over(fail_over)
    ending = Ending(Exit.OVER, verdict(compared, found).rstrip(".")) if over else FINE
    return _product(screen, compared, found, ending)


def _product(screen: Screen, compared: Compared, found: Impact, ending: Ending) -> Product:
    from reconciler.report.impacts import impact_document, impact_text

    match screen.format:
        case "markdown":
            from reconciler.report.impacts_markdown import impact_markdown

            text = impact_markdown(compared, found)
        case "html":
            from reconciler.report.impacts_html import impact_html

            text = impact_html(compared, found)
        case _:
            text = impact_text(compared, found, screen.paint, screen.width)
    return Product(text, impact_document(compared, found), ending)


def _bar(screen: Screen) -> Callable[[float], None]:
    """Moves a bar of a hundred to a share of the work."""
    progress = Progress(screen, 100, "profiles")
    shown = 0

    def move(done: float) -> None:
        nonlocal shown
        while shown < int(done * 100):
            progress.advance()
            shown += 1
        if shown == 100:
            progress.finish()

    return move
