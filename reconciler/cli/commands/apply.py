"""``apply``: make live as Git says."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from reconciler.cli.applying import Job, carry_out, lease_options, terms_of
from reconciler.cli.command import allow_reverts_option, makes_product, output_options, plan_choices, plan_options
from reconciler.cli.ending import Product
from reconciler.cli.loading import Request, load_live, run_async
from reconciler.cli.screen import Screen

_file = click.Path(path_type=Path, dir_okay=False)


@click.command()
@plan_options
@allow_reverts_option
@click.option("--plan", "plan_file", type=_file, metavar="FILE", help="Carry out this saved plan; asks no question.")
@click.option("--expect", metavar="DIGEST", help="Go on only if the plan has this digest.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option("--json-events", type=_file, metavar="FILE", help="Write what happens as lines of JSON.")
@lease_options
@output_options("text", "json")
@makes_product
def apply(
    screen: Screen,
    request: Request,
    plan_file: Path | None,
    expect: str | None,
    yes: bool,
    json_events: Path | None,
    lease_term: float | None,
    settle: float | None,
    lock_timeout: float,
    **chosen: Any,
) -> Product:
    """Make live as Git says: plan, ask, carry out."""
    from reconciler.plan.planfile import read_plan
    from reconciler.report.problems import problems_document

    unasked = yes or plan_file is not None
    if not unasked and (screen.json or not sys.stdin.isatty()):
        raise click.UsageError("apply asks before it writes, and cannot ask here. Say --yes to go ahead without.")
    _refuse_choices(plan_file, chosen)
    loaded, warnings = load_live(request, screen)
    saved = None if plan_file is None else read_plan(plan_file)
    screen.say_on_terminal("Reading the live catalogue …")
    job = Job(
        screen,
        request,
        loaded,
        plan_choices(loaded.name, **chosen),
        terms_of(loaded, lease_term, settle, lock_timeout),
        ask=not unasked,
        saved=saved,
        expect=expect,
        events=json_events,
    )
    return run_async(carry_out(job)).plus(validation=problems_document(warnings))


def _refuse_choices(plan_file: Path | None, chosen: dict[str, Any]) -> None:
    """A saved plan is carried out as it is: what would make another one is refused rather than passed over."""
    choices = ("target", "exclude", "adopt", "adopt_up_to", "no_prune")
    given = [f"--{name.replace('_', '-')}" for name in choices if chosen.get(name)]
    if plan_file is not None and given:
        raise click.UsageError(f"a saved plan is carried out as it is; leave out {', '.join(given)}, or plan again.")
