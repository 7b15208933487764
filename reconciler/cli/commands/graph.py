"""``graph``: who refers to whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.cli.command import catalogue_options, makes_product, output_options
from reconciler.cli.ending import Product
from reconciler.cli.loading import Request, load_checked
from reconciler.cli.screen import Screen
from reconciler.model.errors import ReconcilerError

if TYPE_CHECKING:
    from reconciler.model.kinds import EntityKey


@click.command()
@catalogue_options
@click.option("--focus", metavar="KIND/KEY", help="Only this entity, what it needs, and what needs it.")
@output_options("mermaid", "dot", "json")
@makes_product
def graph(screen: Screen, request: Request, focus: str | None) -> Product:
    """Draw who refers to whom."""
    from reconciler.graph.build import build_graph
    from reconciler.report.graphs import dot, graph_document, mermaid

    found, _ = load_checked(request, screen)
    built = build_graph(found)
    keys = frozenset(built.keys) if focus is None else built.neighbourhood(_key(focus, built.keys))
    if screen.json:
        return Product("", graph_document(found, built, keys))
    return Product((mermaid if screen.format == "mermaid" else dot)(found, built, keys))


def _key(text: str, keys: tuple[EntityKey, ...]) -> EntityKey:
    from difflib import get_close_matches

    names = {str(key): key for key in keys}
    if text in names:
        return names[text]
    near = get_close_matches(text, names, n=1)
    remedy = f"Did you mean `{near[0]}`?" if near else "Write KIND/KEY, such as offer/summer-10."
    raise ReconcilerError(f"there is no entity `{text}`", remedy=remedy)
