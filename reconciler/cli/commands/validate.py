"""``validate``: everything that can be told without a repository."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.command import (
    at_option,
    environment_option,
    folder_option,
    invalid_meaning,
    makes_product,
    output_options,
    strict_option,
)
from reconciler.cli.ending import FINE, Ending, Exit, Product
from reconciler.cli.loading import Request, load_all
from reconciler.cli.screen import Screen
from reconciler.model.errors import ReconcilerError

SETTINGS_FILE = "catalog.yaml"


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[CATALOG | FILES...]")
@folder_option
@environment_option
@strict_option
@at_option
@output_options("text", "json")
@makes_product
def validate(screen: Screen, files: tuple[Path, ...], env: str | None, strict: bool, at: str | None) -> Product:
    """Check a catalogue offline, without a repository.

    FILES name the catalogue they lie in; they never narrow the checks.
    """
    from reconciler.model.problem import CatalogueInvalid, Problem, Severity
    from reconciler.report.problems import problems_document, problems_text, verdict

    problems: list[Problem] = []
    entities = 0
    for root in _roots(files or (Path(),), screen):
        try:
            catalogue, found = load_all(Request(root, env, at))
        except CatalogueInvalid as invalid:
            problems += invalid.problems
            continue
        problems += found
        entities += len(catalogue.entities)
    said = verdict(problems, entities)
    failed = any(strict or problem.severity is Severity.ERROR for problem in problems)
    text = problems_text(problems, screen.paint, screen.width)
    document = {"entities": entities, "problems": problems_document(problems)}
    ending = Ending(Exit.ERROR, invalid_meaning(problems)) if failed else FINE
    return Product(f"{text}\n\n{said}" if text else said, document, ending)


def _roots(paths: tuple[Path, ...], screen: Screen) -> list[Path]:
    """The catalogues that these paths lie in, each once; a file in no catalogue is passed over, and told."""
    roots: dict[Path, Path] = {}
    for path in paths:
        if not path.exists():
            raise ReconcilerError(f"{path} does not exist", remedy="Name a catalogue's folder, or files in it.")
        root = path if path.is_dir() else _catalogue_above(path)
        if root is None:
            screen.say(f"{path} lies in no catalogue: there is no {SETTINGS_FILE} above it. Passed over.")
        else:
            roots.setdefault(root.resolve(), root)
    if not roots:
        raise ReconcilerError("none of these files lies in a catalogue", remedy="Name a catalogue's folder.")
    return sorted(roots.values())


def _catalogue_above(file: Path) -> Path | None:
    above = [*file.parents, *(folder for folder in file.absolute().parents if folder not in file.parents)]
    return next((folder for folder in above if (folder / SETTINGS_FILE).is_file()), None)
