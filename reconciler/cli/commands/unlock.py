"""``unlock``: free the lease of a dead run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.cli.command import catalogue_options, makes_product, output_options
from reconciler.cli.ending import Product
from reconciler.cli.loading import Request, load_live, place_of, run_async
from reconciler.cli.screen import Screen

if TYPE_CHECKING:
    from reconciler.live.anchor import Lease
    from reconciler.model.catalogue import Catalogue


@click.command()
@catalogue_options
@click.option("--run", required=True, metavar="ID", help="The run that holds the lease, as exit 14 names it.")
@output_options("text", "json")
@makes_product
def unlock(screen: Screen, request: Request, run: str) -> Product:
    """Free the lease of a dead run.

    Make sure that it is dead: a run that lost its lease stops writing, but what it has sent still arrives.
    """
    from reconciler.report.words import visible

    loaded, _warnings = load_live(request, screen)
    freed = run_async(_freed(screen, request, loaded, run))
    text = visible(f"Freed the lease of {freed.holder} (run {freed.run}).")
    return Product(text, {"run": freed.run, "holder": freed.holder})


async def _freed(screen: Screen, request: Request, catalogue: Catalogue, run: str) -> Lease:
    from reconciler.apply.lease import unlock as free
    from reconciler.connect import open_for_writing

    async with open_for_writing(place_of(request, catalogue, screen)) as writer:
        return await free(writer, catalogue.name, run)
