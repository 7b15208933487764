"""``drift``: who is ahead, Git or live."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.cli.command import live_options, makes_product, output_options
from reconciler.cli.comparing import compare_live, last_applied
from reconciler.cli.ending import FINE, Ending, Exit, Product
from reconciler.cli.loading import Request
from reconciler.cli.screen import Screen

if TYPE_CHECKING:
    from reconciler.diff.changes import Ahead


@click.command()
@live_options
@output_options("text", "json")
@makes_product
def drift(
    screen: Screen,
    request: Request,
) -> Product:
    """Tell who is ahead, Git or live, field by field.

    Compares the files, the live values and what was last written. Writes nothing.

    Exits 2 when live is ahead, 3 when Git is, 4 when both are.
    """
    from reconciler.diff.drift import build_drift
    from reconciler.report.drifts import drift_document, drift_text
    from reconciler.report.problems import problems_document

    compared = compare_live(request, screen)
    applied = last_applied(compared)
    expired = compared.ignored.expired
    found = build_drift(compared.catalogue, compared.changes, compared.ownership, applied, expired)
    document = {
        **compared.document,
        **drift_document(found),
        "validation": problems_document(compared.warnings),
    }
    text = drift_text(found, screen.paint, screen.width)
    return Product(f"{compared.line}\n\n{text}", document, _ending(found.answer))


def _ending(answer: Ahead | None) -> Ending:
    if answer is None:
        return FINE
    return {
        "live": Ending(Exit.LIVE_AHEAD, "live is ahead of Git"),
        "git": Ending(Exit.GIT_AHEAD, "Git is ahead of live"),
        "both": Ending(Exit.BOTH_AHEAD, "Git and live have both moved"),
    }[answer.value]
