"""Errors between entities: RC020, RC021, RC024 to RC026."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from reconciler.graph.build import Graph
from reconciler.model.catalogue import Catalogue
from reconciler.model.entities import Activity, Component, Entity, Fallback, Offer, Placement
from reconciler.model.kinds import COMPONENT_TYPES, EntityKey, Kind
from reconciler.model.problem import Code, Problem, Source, SourceSpan


def check_references(catalogue: Catalogue, graph: Graph) -> Iterator[Problem]:
    """References that name nothing, or something of another kind, and fallbacks that lack a placement."""
    by_name, by_kind = _names(catalogue)
    for key, references in graph.outgoing.items():
        for reference in references:
            if reference.target not in catalogue.entities:
                source = catalogue.sources[key]
                yield _dangling(reference.target, source.span(*reference.path), by_name, by_kind)
    for entity in catalogue.entities.values():
        if isinstance(entity, Activity):
            yield from _fallback_placement(catalogue, entity)


def _names(catalogue: Catalogue) -> tuple[Mapping[str, list[Kind]], Mapping[Kind, list[str]]]:
    by_name: defaultdict[str, list[Kind]] = defaultdict(list)
    by_kind: defaultdict[Kind, list[str]] = defaultdict(list)
    for key in catalogue.entities:
        by_name[key.name].append(key.kind)
        by_kind[key.kind].append(key.name)
    return by_name, by_kind


def _dangling(
    target: EntityKey, span: SourceSpan, by_name: Mapping[str, list[Kind]], by_kind: Mapping[Kind, list[str]]
) -> Problem:
    others = by_name.get(target.name)
    if others:
        return Problem(
            Code.WRONG_KIND,
            span,
            f"`{target.name}` is {_article(others[0].value)}; {_article(target.kind.value)} belongs here",
            f"Name {_article(target.kind.value)}.",
        )
    near = get_close_matches(target.name, by_kind.get(target.kind, ()), n=1)
    remedy = f"Did you mean `{near[0]}`?" if near else f"Add the {target.kind.value}, or name another."
    return Problem(Code.DANGLING, span, f"there is no {target.kind.value} `{target.name}`", remedy)


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
    for key, entity in catalogue.entities.items():
        if isinstance(entity, Offer | Fallback):
            yield from _components(catalogue, entity, catalogue.sources[key])


def _components(catalogue: Catalogue, entity: Offer | Fallback, source: Source) -> Iterator[Problem]:
    for index, representation in enumerate(entity.representations):
        placement: Entity | None = catalogue.entities.get(EntityKey(Kind.PLACEMENT, representation.placement))
        if not isinstance(placement, Placement):
            continue
        for position, component in enumerate(representation.components):
            path = ("representations", index, "components", position)
            yield from _component(component, placement, source, path)


def _component(
    component: Component, placement: Placement, source: Source, path: tuple[str | int, ...]
) -> Iterator[Problem]:
    wanted, given = _long(placement.component_type), _long(component.type)
    if wanted and given and wanted != given:
        yield Problem(
            Code.COMPONENT_TYPE,
            source.span(*path, "type"),
            f"a component of type `{component.type}`; the placement `{placement.key}` "
            f"shows `{placement.component_type}`",
            "Change the type, or use another placement.",
        )
    if placement.content_types and component.format and component.format not in placement.content_types:
        yield Problem(
            Code.COMPONENT_FORMAT,
            source.span(*path, "format"),
            f"a component of format `{component.format}`; the placement `{placement.key}` takes "
            f"{', '.join(f'`{item}`' for item in sorted(set(placement.content_types)))}",
            "Change the format, or add it to the placement's content_types.",
        )


def _long(name: str | None) -> str | None:
    return COMPONENT_TYPES.get(name, name) if name else None
