"""Warnings about what customers would see: RC101 to RC107."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reconciler.graph.build import Graph
from reconciler.model.catalogue import Catalogue
from reconciler.model.entities import Activity, Entity, Fallback, Filter, Offer
from reconciler.model.instant import canonical_instant, instant_sort_key
from reconciler.model.kinds import EntityKey, Kind
from reconciler.model.problem import Code, Problem


@dataclass(frozen=True, slots=True)
class _Selection:
    """Which offers each filter selects, and by which activities each filter is used."""

    offers: Mapping[str, frozenset[str]]
    activities: Mapping[str, tuple[Activity, ...]]


def check_selection(catalogue: Catalogue, graph: Graph, at: str) -> Iterator[Problem]:
    """Offers that nobody sees, activities that show nothing but their fallback. at: a canonical instant."""
    selection = _select(catalogue)
    yield from _offers(catalogue, selection)
    yield from _filters(catalogue, selection)
    yield from _activities(catalogue, selection)
    yield from _expired(catalogue, at)
    yield from _unused(catalogue, graph)


def _select(catalogue: Catalogue) -> _Selection:
    tagged: defaultdict[str, set[str]] = defaultdict(set)
    activities: defaultdict[str, list[Activity]] = defaultdict(list)
    for entity in catalogue.entities.values():
        if isinstance(entity, Offer):
            for tag in entity.tags:
                tagged[tag].add(entity.key)
        elif isinstance(entity, Activity) and entity.filter is not None:
            activities[entity.filter].append(entity)
    offers = {
        entity.key: _selected(catalogue, entity, tagged)
        for entity in catalogue.entities.values()
        if isinstance(entity, Filter)
    }
    return _Selection(offers, {name: tuple(found) for name, found in activities.items()})


def _selected(catalogue: Catalogue, entity: Filter, tagged: Mapping[str, set[str]]) -> frozenset[str]:
    """The offers that a filter selects. An empty list selects nothing, in every form."""
    if entity.offers is not None:
        return frozenset(name for name in entity.offers if EntityKey(Kind.OFFER, name) in catalogue.entities)
    groups = [tagged.get(tag, set()) for tag in entity.any_tags or entity.all_tags or ()]
    if not groups:
        return frozenset()
    return frozenset(set.union(*groups) if entity.any_tags is not None else set.intersection(*groups))


def _in_play(offer: Entity | None) -> bool:
    return isinstance(offer, Offer) and offer.status != "archived"


def _offers(catalogue: Catalogue, selection: _Selection) -> Iterator[Problem]:
    by_offer: defaultdict[str, list[str]] = defaultdict(list)
    for name, offers in selection.offers.items():
        for offer in offers:
            by_offer[offer].append(name)
    for key, entity in catalogue.entities.items():
        if not isinstance(entity, Offer) or not _in_play(entity):
            continue
        filters = by_offer.get(entity.key, [])
        if not filters:
            yield Problem(
                Code.UNSELECTED_OFFER,
                catalogue.span(key),
                "no filter selects this offer, so nobody sees it",
                "Tag it for a filter, list it in one, or archive it.",
            )
            continue
        placements = {activity.placement for name in filters for activity in selection.activities.get(name, ())}
        own = {item.placement for item in entity.representations}
        if placements and not placements & own:
            wanted = ", ".join(f"`{name}`" for name in sorted(name for name in placements if name))
            yield Problem(
                Code.UNPLACED_OFFER,
                catalogue.span(key, "representations"),
                f"the activities that select this offer use {wanted}, for which it has no representation",
                "Add a representation for one of them.",
            )


def _filters(catalogue: Catalogue, selection: _Selection) -> Iterator[Problem]:
    for name, offers in selection.offers.items():
        key = EntityKey(Kind.FILTER, name)
        if not offers and catalogue.entities[key].external is None:
            yield Problem(
                Code.EMPTY_FILTER,
                catalogue.span(key),
                "this filter selects no offer",
                "Tag offers for it, or list some.",
            )


def _activities(catalogue: Catalogue, selection: _Selection) -> Iterator[Problem]:
    for key, entity in catalogue.entities.items():
        if not isinstance(entity, Activity) or entity.status == "archived" or entity.filter is None:
            continue
        offers = selection.offers.get(entity.filter)
        if offers and not any(_can_win(catalogue, name, entity.placement) for name in offers):
            yield Problem(
                Code.ONLY_FALLBACK,
                catalogue.span(key, "filter"),
                f"this activity can only show its fallback: no approved offer of `{entity.filter}` "
                f"has a representation for `{entity.placement}`",
                "Approve an offer, or give one a representation for the placement.",
            )
        fallback = catalogue.entities.get(EntityKey(Kind.FALLBACK, entity.fallback or ""))
        if entity.status == "live" and isinstance(fallback, Fallback) and fallback.status != "approved":
            yield Problem(
                Code.FALLBACK_STATUS,
                catalogue.span(key, "fallback"),
                f"a live activity uses the {'draft' if fallback.status == 'draft' else 'archived'} "
                f"fallback `{fallback.key}`",
                "Approve the fallback.",
            )


def _can_win(catalogue: Catalogue, name: str, placement: str | None) -> bool:
    offer = catalogue.entities.get(EntityKey(Kind.OFFER, name))
    return (
        isinstance(offer, Offer)
        and offer.status == "approved"
        and any(item.placement == placement for item in offer.representations)
    )


def _expired(catalogue: Catalogue, at: str) -> Iterator[Problem]:
    for key, entity in catalogue.entities.items():
        if not isinstance(entity, Offer | Activity) or entity.end is None or entity.status == "archived":
            continue
        end = canonical_instant(entity.end)
        if end is not None and instant_sort_key(end) <= instant_sort_key(at):
            yield Problem(
                Code.EXPIRED,
                catalogue.span(key, "end"),
                f"this {entity.KIND.value} ended at {entity.end}",
                "Move the end, archive it, or remove it.",
            )


def _unused(catalogue: Catalogue, graph: Graph) -> Iterator[Problem]:
    for key in catalogue.entities:
        if key.kind in {Kind.TAG, Kind.RULE, Kind.PLACEMENT} and not graph.incoming.get(key):
            yield Problem(
                Code.UNUSED, catalogue.span(key), f"nothing uses this {key.kind.value}", "Use it, or remove it."
            )
