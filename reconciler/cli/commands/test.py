"""``test``: decision cases, run."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from reconciler.cli.asking import make_setting, refuse_unknown_offers, setting_options, state_option
from reconciler.cli.command import catalogue_options, makes_product, output_options
from reconciler.cli.ending import FINE, Ending, Exit, Product
from reconciler.cli.loading import Request
from reconciler.cli.screen import Screen
from reconciler.cli.states import States


@click.command()
@catalogue_options
@state_option
@click.option("--coverage", "covers", is_flag=True, help="Tell which offers, rules and fallbacks no case reaches.")
@setting_options
@output_options("text", "json", "junit")
@makes_product
def test(
    screen: Screen,
    request: Request,
    state: str,
    covers: bool,
    seed: str,
    id_field: str | None,
    timezone: str,
    counters: Path | None,
) -> Product:
    """Run the decision cases in decisions/*.yaml.

    A case says who is expected to be shown what. A failure shows what was decided, and why.
    """
    from reconciler.catalogue.decisions import read_decisions
    from reconciler.decision.cases import read_cases
    from reconciler.decision.coverage import cover
    from reconciler.decision.state import build_state
    from reconciler.decision.trial import run_cases
    from reconciler.model.errors import ReconcilerError
    from reconciler.model.problem import CatalogueInvalid
    from reconciler.report.trials import trials_document, trials_junit, trials_text

    setting = make_setting(datetime.now(UTC), seed=seed, id_field=id_field, timezone=timezone, counters=counters)
    read = States.named(request, screen, state).read(state)
    decides = build_state(read.catalogue)
    refuse_unknown_offers(setting, counters, decides)
    documents = read_decisions(request.catalogue)
    if documents.documents and not decides.activities:
        raise ReconcilerError(
            f"there is no activity at all in what decides: {read.label}",
            remedy="Apply the catalogue first, or decide from another state.",
        )
    found = read_cases(documents.documents, decides)
    if documents.problems or found.problems:
        raise CatalogueInvalid((*documents.problems, *found.problems))
    if not found.cases:
        raise ReconcilerError(
            f"there are no decision cases in {request.catalogue / 'decisions'}",
            remedy="Write some: README, section `decide` and `test`, shows how.",
        )
    trials = run_cases(decides, found.cases, setting)
    coverage = cover(decides, (trial.decision for trial in trials)) if covers else None
    failed = sum(not trial.passed for trial in trials)
    ending = Ending(Exit.ERROR, f"{failed} of {len(trials)} decision cases failed") if failed else FINE
    if screen.format == "junit":
        text = trials_junit(trials)
    else:
        text = trials_text(read.label, trials, coverage, screen.paint, screen.width)
    return Product(text, trials_document(read.label, trials, coverage), ending)
