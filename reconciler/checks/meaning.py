"""Warnings about what offers and activities can never do, whoever asks: RC111, and RC104 by rules and times."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.decision.meaning import find_impossible
from reconciler.graph.build import Graph
from reconciler.model.catalogue import Catalogue
from reconciler.model.kinds import EntityKey, Kind
from reconciler.model.problem import Code, Problem

_SHOWN = 3


def check_meaning(catalogue: Catalogue, _graph: Graph) -> Iterator[Problem]:
    """What can be proved; while an entity or file cannot be read, nothing: it may change the proof."""
    if not catalogue.whole or catalogue.unread:
        return
    impossible = find_impossible(catalogue.entities)
    for name, beaters in impossible.never_wins.items():
        pairs = [f"`{beater}` in `{activity}`" for activity, beater in sorted(beaters.items())]
        more = f" and {len(pairs) - _SHOWN} more" if len(pairs) > _SHOWN else ""
        yield Problem(
            Code.NEVER_WINS,
            catalogue.span(EntityKey(Kind.OFFER, name), "priority"),
            "this offer can never win: another of a higher priority is there whenever it is: "
            f"{', '.join(pairs[:_SHOWN])}{more}",
            "Raise its priority, narrow the other one, or archive it.",
        )
    for name, why in impossible.in_vain.items():
        yield Problem(
            Code.ONLY_FALLBACK,
            catalogue.span(EntityKey(Kind.ACTIVITY, name), "filter"),
            f"this activity can only show its fallback: {why}",
            "Mend the offers, or select others.",
        )
