"""Instances without a stamp that may be an entity's: only somebody's word makes them ours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from reconciler.live.ownership import Ownership
from reconciler.live.snapshot import LiveInstance, LiveState
from reconciler.model.catalogue import Catalogue
from reconciler.model.entities import Entity
from reconciler.model.kinds import KINDS, EntityKey
from reconciler.model.spelling import field_references, live_field_references


@dataclass(frozen=True, slots=True)
class Candidate:
    """Instances that nobody owns and that may be this entity's.

    reason: why; the end of a sentence.   rivals: other entities that one of them may be of as well.
    """

    key: EntityKey
    instances: tuple[LiveInstance, ...]
    reason: str
    rivals: tuple[EntityKey, ...] = ()

    @property
    def is_alone(self) -> bool:
        """Whether no other instance may be this entity's."""
        return len(self.instances) == 1


def find_candidates(catalogue: Catalogue, live: LiveState, ownership: Ownership) -> tuple[Candidate, ...]:
    """The candidates of every entity that has no instance, sorted by key.

    By the copy of a lost original first, then by who refers to it, then by name: a page's save can strip a stamp and
    change the name in one go, but it leaves the URI as it is.
    """
    missing = {
        key: entity
        for key, entity in catalogue.entities.items()
        if entity.external is None and key not in ownership.owned
    }
    if not missing:
        return ()
    unowned = {item.uri: item for item in live if item.stamp is None}
    taken = {pin.uri for key, pin in catalogue.pins.items() if key not in missing}
    unowned = {uri: item for uri, item in unowned.items() if uri not in taken}
    if not unowned:
        return ()
    found: dict[EntityKey, Candidate] = {}
    for candidates in (
        _copied(missing, unowned, ownership),
        _referred(catalogue, missing, unowned, ownership),
        _named(missing, unowned),
    ):
        for candidate in candidates:
            found.setdefault(candidate.key, candidate)
    return _contested([found[key] for key in sorted(found, key=lambda key: key.order)], missing)


Missing = Mapping[EntityKey, Entity]
Unowned = Mapping[str, LiveInstance]


def _copied(missing: Missing, unowned: Unowned, ownership: Ownership) -> Iterator[Candidate]:
    """The instance that a copy's stamp names, itself without a stamp."""
    by_id = {item.instance.instance_id: item for item in unowned.values()}
    for copies in ownership.copies:
        named = {item.stamp.instance_id for item in copies.copies if item.stamp is not None}
        originals = tuple(by_id[name] for name in sorted(named - {None}, key=str) if name in by_id)
        if copies.original is None and copies.key in missing and originals:
            yield Candidate(copies.key, originals, "is the one that the stamp of its copy names")


def _referred(catalogue: Catalogue, missing: Missing, unowned: Unowned, ownership: Ownership) -> Iterator[Candidate]:
    """What an instance of ours refers to where its file refers to an entity that has no instance."""
    found: defaultdict[EntityKey, dict[str, EntityKey]] = defaultdict(dict)
    for source, item in ownership.owned.items():
        entity = catalogue.entities.get(source)
        if entity is None:
            continue
        for place, targets in field_references(entity).items():
            lost = [target for target in targets if target in missing]
            if len(lost) != 1:
                continue
            uris = live_field_references(item.kind, item.instance.properties).get(place, ())
            strangers = [uri for uri in uris if uri in unowned and unowned[uri].kind is lost[0].kind]
            if len(strangers) == 1:
                found[lost[0]].setdefault(strangers[0], source)
    for key, uris_and_sources in found.items():
        instances = tuple(unowned[uri] for uri in sorted(uris_and_sources))
        source = min(uris_and_sources.values())
        yield Candidate(key, instances, f"is what {source} refers to in its place")


def _contested(candidates: Sequence[Candidate], missing: Missing) -> tuple[Candidate, ...]:
    """An instance becomes one entity: its name settles which, else all of them are told of each other."""
    claims: defaultdict[str, list[EntityKey]] = defaultdict(list)
    for candidate in candidates:
        for item in candidate.instances:
            claims[item.uri].append(candidate.key)

    def claimants(item: LiveInstance) -> list[EntityKey]:
        keys = claims[item.uri]
        named = [key for key in keys if missing[key].name == item.instance.properties.get("xdm:name")]
        return named if len(named) == 1 else keys

    found: list[Candidate] = []
    for candidate in candidates:
        left = tuple(item for item in candidate.instances if candidate.key in claimants(item))
        rivals = {key for item in left for key in claimants(item)} - {candidate.key}
        if left:
            found.append(replace(candidate, instances=left, rivals=tuple(sorted(rivals, key=lambda key: key.order))))
    return tuple(found)


def _named(missing: Missing, unowned: Unowned) -> Iterator[Candidate]:
    by_name: defaultdict[tuple[object, object], list[LiveInstance]] = defaultdict(list)
    for item in unowned.values():
        name = item.instance.properties.get("xdm:name")
        by_name[item.kind, name if isinstance(name, str) else None].append(item)
    for key, entity in missing.items():
        instances = by_name.get((key.kind, entity.name), ())
        if entity.name is not None and instances:
            unique = KINDS[key.kind].unique_names is not None
            reason = "has its name" if unique else "has its name, which need not be unique"
            yield Candidate(key, tuple(sorted(instances, key=lambda item: item.uri)), reason)
