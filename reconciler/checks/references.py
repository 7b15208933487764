"""Errors between entities: RC020, RC021, RC024 to RC026."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from reconciler.graph.build import Graph
from reconciler.model.catalogue import Catalogue
from reconciler.model.entities import Activity, Component, Fallback, Offer, Placement
from reconciler.model.kinds import COMPONENT_TYPES, EntityKey, Kind
from reconciler.model.problem import Code, Problem, Source, SourceSpan

MAX_COMPARISONS = 100_000  # of names, for suggestions: about a second


def check_references(catalogue: Catalogue, graph: Graph) -> Iterator[Problem]:
    """References that name nothing, or something of another kind, and fallbacks that lack a placement."""
    if catalogue.whole:
        names = _Names(catalogue)
        for target in sorted(graph.incoming.keys() - catalogue.entities.keys() - catalogue.unread):
            for reference in graph.incoming[target]:
                span = catalogue.span(reference.source, *reference.path)
                yield names.missing(target, span)
    for entity in catalogue.entities.values():
        if isinstance(entity, Activity):
            yield from _fallback_placement(catalogue, entity)


class _Names:
    """The names of a catalogue, to tell what a reference that names nothing may have meant."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.elsewhere, self.environment = catalogue.elsewhere, catalogue.environment
        self.kinds: defaultdict[str, list[Kind]] = defaultdict(list)
        self.names: defaultdict[Kind, list[str]] = defaultdict(list)
        for key in catalogue.entities:
            self.kinds[key.name].append(key.kind)
            self.names[key.kind].append(key.name)
        self.comparisons = 0
        self.remedies: dict[EntityKey, str] = {}

    def missing(self, target: EntityKey, span: SourceSpan) -> Problem:
        """The problem of one reference."""
        wanted = _article(target.kind.value)
        if target in self.elsewhere:
            message = f"{target} is not meant for the environment `{self.environment}`"
            return Problem(Code.DANGLING, span, message, f"Add `{self.environment}` to its `only`, or name another.")
        found = self.kinds.get(target.name)
        if found:
            message = f"`{target.name}` is {_article(found[0].value)}; {wanted} belongs here"
            return Problem(Code.WRONG_KIND, span, message, f"Name {wanted}.")
        return Problem(Code.DANGLING, span, f"there is no {target.kind.value} `{target.name}`", self._remedy(target))

    def _remedy(self, target: EntityKey) -> str:
        if target not in self.remedies:
            near = self._nearest(target)
            add = f"Add the {target.kind.value}, or name another."
            self.remedies[target] = f"Did you mean `{near}`?" if near else add
        return self.remedies[target]

    def _nearest(self, target: EntityKey) -> str | None:
        """The name most like this one; not looked for any more when a run has compared very many."""
        names = self.names.get(target.kind, [])
        self.comparisons += len(names)
        if self.comparisons > MAX_COMPARISONS:
            return None
        return next(iter(get_close_matches(target.name, names, n=1)), None)


def _article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _fallback_placement(catalogue: Catalogue, activity: Activity) -> Iterator[Problem]:
    if activity.fallback is None or activity.placement is None:
        return
    fallback = catalogue.entities.get(EntityKey(Kind.FALLBACK, activity.fallback))
    if not isinstance(fallback, Fallback) or fallback.external is not None:
        return
    if all(item.placement != activity.placement for item in fallback.representations):
        yield Problem(
            Code.FALLBACK_PLACEMENT,
            catalogue.span(activity.entity_key, "fallback"),
            f"the fallback `{activity.fallback}` has no representation for `{activity.placement}`, "
            f"the placement of this activity",
            f"Add one to it ({catalogue.span(fallback.entity_key, 'representations')}), or use another fallback.",
        )


def check_components(catalogue: Catalogue, _graph: Graph) -> Iterator[Problem]:
    """Components that their placement cannot show."""
    placements = {
        key.name: _Takes(entity, _long(entity.component_type), frozenset(entity.content_types))
        for key, entity in catalogue.entities.items()
        if isinstance(entity, Placement)
    }
    for key, entity in catalogue.entities.items():
        if isinstance(entity, Offer | Fallback):
            for index, representation in enumerate(entity.representations):
                takes = placements.get(representation.placement)
                for position, component in enumerate(representation.components if takes else ()):
                    if takes and not (takes.fits_type(component) and takes.fits_format(component)):
                        path = ("representations", index, "components", position)
                        yield from _component(component, takes, catalogue.sources[key], path)


@dataclass(frozen=True, slots=True)
class _Takes:
    """What one placement can show; an empty set of formats and no type: anything."""

    placement: Placement
    type: str | None
    formats: frozenset[str]

    def fits_type(self, component: Component) -> bool:
        return self.type is None or component.type is None or self.type == _long(component.type)

    def fits_format(self, component: Component) -> bool:
        return not self.formats or component.format is None or component.format in self.formats


def _component(component: Component, takes: _Takes, source: Source, path: tuple[str | int, ...]) -> Iterator[Problem]:
    placement = takes.placement
    if not takes.fits_type(component):
        yield Problem(
            Code.COMPONENT_TYPE,
            source.span(*path, "type"),
            f"a component of type `{component.type}`; the placement `{placement.key}` "
            f"shows `{placement.component_type}`",
            "Change the type, or use another placement.",
        )
    if not takes.fits_format(component):
        yield Problem(
            Code.COMPONENT_FORMAT,
            source.span(*path, "format"),
            f"a component of format `{component.format}`; the placement `{placement.key}` takes "
            f"{', '.join(f'`{item}`' for item in sorted(takes.formats))}",
            "Change the format, or add it to the placement's content_types.",
        )


def _long(name: str | None) -> str | None:
    return COMPONENT_TYPES.get(name, name) if name else None
