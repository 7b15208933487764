"""Which offers each filter selects."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from reconciler.model.entities import Entity, Filter, Offer
from reconciler.model.kinds import EntityKey, Kind


def select_offers(entities: Mapping[EntityKey, Entity]) -> Mapping[str, frozenset[str]]:
    """For each filter that says how it selects: its offers, of any status, by key.

    An empty list selects nothing, in every form. The same set object for filters that select alike by tags.
    """
    tagged: defaultdict[str, set[str]] = defaultdict(set)
    filters: list[Filter] = []
    for entity in entities.values():
        if isinstance(entity, Offer):
            for tag in entity.tags:
                tagged[tag].add(entity.key)
        elif isinstance(entity, Filter) and any(form is not None for form in _forms(entity)):
            filters.append(entity)
    known: dict[tuple[bool, frozenset[str]], frozenset[str]] = {}
    return {entity.key: _selected(entities, entity, tagged, known) for entity in filters}


def _selected(
    entities: Mapping[EntityKey, Entity],
    entity: Filter,
    tagged: Mapping[str, set[str]],
    known: dict[tuple[bool, frozenset[str]], frozenset[str]],
) -> frozenset[str]:
    if entity.offers is not None:
        return frozenset(name for name in entity.offers if EntityKey(Kind.OFFER, name) in entities)
    form = (entity.any_tags is not None, frozenset(entity.any_tags or entity.all_tags or ()))
    if form not in known:
        groups = [tagged.get(tag, set()) for tag in sorted(form[1])]
        combine = set[str].union if form[0] else set[str].intersection
        known[form] = frozenset(combine(*groups)) if groups else frozenset()
    return known[form]


def _forms(entity: Filter) -> tuple[tuple[str, ...] | None, ...]:
    return (entity.offers, entity.any_tags, entity.all_tags)
