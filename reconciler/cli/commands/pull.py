"""``pull``: edits made live, into the files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.command import live_options, makes_product, output_options
from reconciler.cli.comparing import compare_live, last_applied
from reconciler.cli.ending import FINE, Ending, Exit, Product
from reconciler.cli.loading import Request, load
from reconciler.cli.screen import Screen

if TYPE_CHECKING:
    from reconciler.cli.comparing import Compared
    from reconciler.diff.pull import Pull


@click.command()
@live_options
@click.option("--dry-run", is_flag=True, help="Show the edits, as a patch; write nothing.")
@click.option(
    "--deletes",
    type=click.IntRange(0),
    default=0,
    metavar="N",
    allow_from_autoenv=False,
    help="Take up to N entities that were deleted live out of the files.",
)
@output_options("text", "json")
@makes_product
def pull(screen: Screen, request: Request, dry_run: bool, deletes: int) -> Product:
    """Take edits made live into the files.

    Changes only the lines of fields of which live is ahead; `git diff` then shows them for review. What the overlay of
    the environment says is changed there. Fields of which Git has moved too are left, and named.
    """
    from reconciler.catalogue.files import read_files
    from reconciler.catalogue.writer import write_texts
    from reconciler.diff.pull import build_pull
    from reconciler.report.pulls import pull_document, pull_text

    files = read_files(request.catalogue)  # before they are compared, so that a change meanwhile is noticed
    compared = compare_live(request, screen)
    found = build_pull(
        compared.catalogue,
        compared.changes.patches,
        compared.ownership.name_uri,
        files,
        _deleted(compared),
        deletes,
    )
    if not dry_run:
        write_texts(request.catalogue, found.texts)
    errors = 0 if dry_run or not found.texts else _errors(request)
    text = pull_text(found, screen.paint, screen.width, written=not dry_run)
    if errors:
        text += f"\n\nThe catalogue now has errors: `reconciler validate {request.catalogue}` shows them."
    document: dict[str, Any] = {**compared.document, **pull_document(found), "written": not dry_run, "errors": errors}
    return Product(f"{compared.line}\n\n{text}", document, _ending(found, errors))


def _deleted(compared: Compared) -> list[Any]:
    """The entities that were deleted live."""
    from reconciler.diff.drift import Whole, build_drift

    applied = last_applied(compared)
    drift = build_drift(compared.catalogue, compared.changes, compared.ownership, applied)
    return [entity.key for entity in drift.entities if entity.whole is Whole.DELETED]


def _errors(request: Request) -> int:
    """How many errors the catalogue has as it now stands."""
    from reconciler.model.problem import CatalogueInvalid, Severity

    try:
        _, problems = load(request)
    except CatalogueInvalid as invalid:
        problems = invalid.problems
    return sum(problem.severity is Severity.ERROR for problem in problems)


def _ending(found: Pull, errors: int) -> Ending:
    if errors:
        return Ending(Exit.ERROR, "the catalogue now has errors")
    return FINE if found.complete else Ending(Exit.ERROR, "some drift is left, told above")
