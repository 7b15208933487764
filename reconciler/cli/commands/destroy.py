"""``destroy``: delete all that this catalogue manages."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from reconciler.cli.applying import Job, carry_out, lease_options, terms_of
from reconciler.cli.command import (
    allow_deletes_option,
    allow_takeover_option,
    live_options,
    makes_product,
    output_options,
)
from reconciler.cli.ending import Product
from reconciler.cli.loading import Request, load_live, run_async
from reconciler.cli.screen import Screen


@click.command()
@live_options
@allow_deletes_option
@allow_takeover_option
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option(
    "--json-events",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="What happens, as JSON lines.",
)
@lease_options
@output_options("text", "json")
@makes_product
def destroy(
    screen: Screen,
    request: Request,
    allow_deletes: int | None,
    yes: bool,
    json_events: Path | None,
    lease_term: float | None,
    settle: float | None,
    lock_timeout: float,
    allow_takeover: str | None,
) -> Product:
    """Delete all that this catalogue manages.

    Everything with its stamp goes, in order; instances of others stay. The number of entities must be allowed.
    """
    from reconciler.plan.build import Options

    if not yes and (screen.json or not sys.stdin.isatty()):
        raise click.UsageError("destroy asks before it deletes, and cannot ask here. Say --yes to go ahead without.")
    loaded, _warnings = load_live(request, screen)
    screen.say_on_terminal("Reading the live catalogue …")
    job = Job(
        screen,
        request,
        loaded,
        Options(allow_deletes=allow_deletes, destroy=True, allow_takeover=allow_takeover == loaded.name),
        terms_of(loaded, lease_term, settle, lock_timeout),
        ask=not yes,
        events=json_events,
    )
    return run_async(carry_out(job))
