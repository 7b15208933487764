"""Names: RC022 where the repository wants them unique, RC108 where two of one name only confuse."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.graph.build import Graph
from reconciler.model.catalogue import Catalogue
from reconciler.model.kinds import KINDS, EntityKey
from reconciler.model.problem import Code, Problem


def check_names(catalogue: Catalogue, _graph: Graph) -> Iterator[Problem]:
    """Two entities of one name. Letter case and spaces count, as they do in the repository."""
    first: dict[tuple[str, str], EntityKey] = {}
    for key, entity in catalogue.entities.items():
        if entity.name is None or entity.external is not None:
            continue
        group = KINDS[key.kind].unique_names
        other = first.setdefault((group or key.kind.value, entity.name), key)
        if other == key:
            continue
        place = catalogue.span(other, "name")
        if group:
            yield Problem(
                Code.NAME_TAKEN,
                catalogue.span(key, "name"),
                f"the name `{entity.name}` is also that of {other} ({place})",
                f"Give one another name: it must be unique among {group}"
                + (", personalised and fallback together." if group == "offers" else "."),
            )
        else:
            yield Problem(
                Code.SAME_NAME,
                catalogue.span(key, "name"),
                f"the name `{entity.name}` is also that of {other} ({place})",
                "Give one another name, so that people can tell them apart.",
            )
