"""Warnings about what customers would see: RC101 to RC107."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from reconciler.decision.selection import select_offers
from reconciler.graph.build import Graph
from reconciler.model.catalogue import Catalogue
from reconciler.model.entities import Activity, Fallback, Offer
from reconciler.model.instant import canonical_instant, instant_sort_key
from reconciler.model.kinds import EntityKey, Kind
from reconciler.model.problem import Code, Problem


@dataclass(frozen=True, slots=True)
class _Selection:
    """Which offers each filter selects; the same set object for filters that select alike by tags.

    placements: for each filter, those of the activities that use it.
    """

    offers: Mapping[str, frozenset[str]]
    placements: Mapping[str, frozenset[str]]


def check_selection(catalogue: Catalogue, graph: Graph, at: str) -> Iterator[Problem]:
    """Offers that nobody sees, activities that show nothing but their fallback. at: a canonical instant."""
    yield from _expired(catalogue, at)
    yield from _fallbacks(catalogue)
    if catalogue.whole and not catalogue.unread:  # else what seems to be missing may be written there
        selection = _select(catalogue)
        yield from _offers(catalogue, selection)
        yield from _filters(catalogue, selection)
        yield from _activities(catalogue, selection)
        yield from _unused(catalogue, graph)


def _select(catalogue: Catalogue) -> _Selection:
    placements: defaultdict[str, set[str]] = defaultdict(set)
    for entity in catalogue.entities.values():
        if isinstance(entity, Activity) and entity.filter is not None and entity.placement is not None:
            placements[entity.filter].add(entity.placement)
    return _Selection(select_offers(catalogue.entities), {name: frozenset(found) for name, found in placements.items()})


def _offers(catalogue: Catalogue, selection: _Selection) -> Iterator[Problem]:
    wanted = _wanted_placements(selection)
    for key, entity in catalogue.entities.items():
        if not isinstance(entity, Offer) or entity.status == "archived" or entity.external is not None:
            continue
        placements = wanted.get(entity.key)
        if placements is None:
            yield Problem(
                Code.UNSELECTED_OFFER,
                catalogue.span(key),
                "no filter selects this offer, so nobody sees it",
                "Tag it for a filter, list it in one, or archive it.",
            )
        elif placements and not any(item.placement in placements for item in entity.representations):
            said = ", ".join(f"`{name}`" for name in sorted(placements))
            yield Problem(
                Code.UNPLACED_OFFER,
                catalogue.span(key, "representations"),
                f"the activities that select this offer use {said}, for which it has no representation",
                "Add a representation for one of them.",
            )


def _wanted_placements(selection: _Selection) -> Mapping[str, frozenset[str]]:
    """For each offer that a filter selects: the placements of all activities that choose it."""
    by_set: defaultdict[frozenset[str], set[str]] = defaultdict(set)
    for name, offers in selection.offers.items():
        by_set[offers] |= selection.placements.get(name, frozenset())
    wanted: dict[str, frozenset[str]] = {}
    for offers, found in by_set.items():
        placements = frozenset(found)
        for offer in offers:
            before = wanted.get(offer)
            wanted[offer] = placements if before is None else before | placements
    return wanted


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
    users: defaultdict[str, list[EntityKey]] = defaultdict(list)
    for key, entity in catalogue.entities.items():
        if isinstance(entity, Activity) and entity.filter is not None and entity.filter in selection.offers:
            users[entity.filter].append(key)
    external = {key.name for key in catalogue.entities if key.kind is Kind.OFFER and _is_external(catalogue, key)}
    for name, activities in users.items():
        offers = selection.offers[name]
        if not _is_external(catalogue, EntityKey(Kind.FILTER, name)) and not offers & external:  # else plan knows
            yield from (problem for _key, problem in only_fallback_problems(catalogue, activities, offers))


def _is_external(catalogue: Catalogue, key: EntityKey) -> bool:
    return catalogue.entities[key].external is not None


def only_fallback_problems(
    catalogue: Catalogue, activities: Iterable[EntityKey], offers: frozenset[str]
) -> Iterator[tuple[EntityKey, Problem]]:
    """Of the activities that use one filter, those that can only show their fallback. offers: what it selects."""
    shown = _shown_in(catalogue, offers)
    for key in activities:
        entity = catalogue.entities[key]
        if not isinstance(entity, Activity) or entity.status == "archived" or entity.placement in shown:
            continue
        why = f"no approved offer of `{entity.filter}` has a representation for `{entity.placement}`"
        problem = Problem(
            Code.ONLY_FALLBACK,
            catalogue.span(key, "filter"),
            f"this activity can only show its fallback: {why if offers else f'`{entity.filter}` selects no offer'}",
            "Approve an offer, or give one a representation for the placement."
            if offers
            else "Mend the filter, or use another.",
        )
        yield key, problem


def _shown_in(catalogue: Catalogue, offers: frozenset[str]) -> frozenset[str]:
    """The placements for which an approved one of these offers has a representation."""
    found = (catalogue.entities[EntityKey(Kind.OFFER, name)] for name in offers)
    return frozenset(
        item.placement
        for offer in found
        if isinstance(offer, Offer) and offer.status == "approved"
        for item in offer.representations
    )


def _fallbacks(catalogue: Catalogue) -> Iterator[Problem]:
    for key, entity in catalogue.entities.items():
        if isinstance(entity, Activity):
            yield from fallback_problems(catalogue, key, entity)


def fallback_problems(catalogue: Catalogue, key: EntityKey, activity: Activity) -> Iterator[Problem]:
    """A live activity whose fallback is not in service."""
    fallback = catalogue.entities.get(EntityKey(Kind.FALLBACK, activity.fallback or ""))
    if activity.status != "live" or not isinstance(fallback, Fallback) or fallback.external is not None:
        return
    if fallback.status != "approved":
        yield Problem(
            Code.FALLBACK_STATUS,
            catalogue.span(key, "fallback"),
            f"a live activity uses the fallback `{fallback.key}`, whose status is `{fallback.status}`",
            "Approve the fallback, or use another.",
        )


def _expired(catalogue: Catalogue, at: str) -> Iterator[Problem]:
    now = instant_sort_key(at)
    for key, entity in catalogue.entities.items():
        if not isinstance(entity, Offer | Activity) or entity.end is None or entity.status == "archived":
            continue
        end = canonical_instant(entity.end)
        if end is not None and instant_sort_key(end) <= now:
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
