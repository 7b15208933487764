"""``import``: files for what is live and has none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.cli.command import catalogue_options, makes_product, output_options
from reconciler.cli.comparing import compare_live
from reconciler.cli.ending import FINE, Ending, Exit, Product
from reconciler.cli.loading import Request
from reconciler.cli.screen import Screen

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.diff.importing import Import
    from reconciler.model.edits import FileText

KINDS = ("tag", "placement", "rule", "offer", "fallback", "filter", "activity")


@click.command("import")
@catalogue_options
@click.option(
    "--kind", "kinds", multiple=True, type=click.Choice(KINDS), help="Only these, and what they refer to; repeatable."
)
@click.option("--dry-run", is_flag=True, help="Tell what would be written; write nothing.")
@output_options("text", "json")
@makes_product
def import_(screen: Screen, request: Request, kinds: tuple[str, ...], dry_run: bool) -> Product:
    """Write files for live instances that have none.

    A folder for each kind, keys made from names, references as keys. Which instance each entity is stands in
    environments/NAME/ids.yaml; the next apply takes these instances over, and changes nothing else of them. No file
    is ever written over. Instances that belong to another catalogue are only declared, as external, where something
    refers to them.
    """
    from reconciler.catalogue.writer import write_texts
    from reconciler.diff.importing import build_import
    from reconciler.model.kinds import Kind
    from reconciler.report.imports import import_document, import_text

    compared = compare_live(request, screen)
    root = request.catalogue
    found = build_import(
        compared.catalogue,
        compared.live,
        compared.identity,
        frozenset(Kind(name) for name in kinds) or frozenset(Kind),
        lambda path: (root / path).exists() or (root / path).is_symlink(),
    )
    texts = import_texts(root, found, compared.catalogue.environment)
    if not dry_run:
        write_texts(root, texts)
    document = {**compared.document, **import_document(found), "written": not dry_run}
    text = import_text(found, texts, screen.paint, screen.width, written=not dry_run)
    return Product(f"{compared.line}\n\n{text}", document, _ending(found))


def import_texts(root: Path, found: Import, environment: str) -> list[FileText]:
    """The new files, and the pins of the environment with those that it gets."""
    from reconciler.catalogue.writer import appended, new_text
    from reconciler.model.edits import FileText

    texts = [
        FileText(item.path, None, new_text([item.document]).encode()) for item in (*found.entities, *found.externals)
    ]
    if found.pins:
        path = f"environments/{environment}/ids.yaml"
        before = (root / path).read_bytes() if (root / path).is_file() else None
        texts.append(FileText(path, before, appended(before or b"", found.pins)))
    return texts


def _ending(found: Import) -> Ending:
    return Ending(Exit.ERROR, "some instances are left out, told above") if found.left_out else FINE
