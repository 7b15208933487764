"""``list``: what a catalogue manages."""

from __future__ import annotations

import click

from reconciler.cli.command import catalogue_options, makes_product, output_options
from reconciler.cli.commands.import_ import KINDS
from reconciler.cli.comparing import compare_live
from reconciler.cli.ending import Product
from reconciler.cli.loading import Request
from reconciler.cli.screen import Screen


@click.command("list")
@catalogue_options
@click.option("--kind", "kinds", multiple=True, type=click.Choice(KINDS), help="Only these; repeatable.")
@output_options("text", "json")
@makes_product
def list_(screen: Screen, request: Request, kinds: tuple[str, ...]) -> Product:
    """List what this catalogue manages: key, live status, name, URI.

    Entities of the files, and instances that carry the stamp of this catalogue.
    """
    from reconciler.diff.listing import list_managed
    from reconciler.model.kinds import Kind
    from reconciler.report.listings import listing_document, listing_text

    compared = compare_live(request, screen)
    wanted = frozenset(Kind(name) for name in kinds) or frozenset(Kind)
    managed = [item for item in list_managed(compared.catalogue, compared.ownership) if item.key.kind in wanted]
    text = listing_text(managed, screen.paint, screen.width)
    return Product(f"{compared.line}\n\n{text}", {**compared.document, "entities": listing_document(managed)})
