"""What is live, as a ``Catalogue``: for those who ask what it means, not what differs from the files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from pydantic import ValidationError

from reconciler.diff.importing import KIND_TYPES, Namer, is_anchor, live_age, live_fields
from reconciler.diff.pulling import Unspellable
from reconciler.live.identity import Identity
from reconciler.live.ownership import describe
from reconciler.live.snapshot import LiveInstance, LiveState
from reconciler.model.canonical import digest
from reconciler.model.catalogue import Catalogue
from reconciler.model.collector import collector_paused
from reconciler.model.entities import Entity
from reconciler.model.kinds import EntityKey, Kind
from reconciler.model.problem import Source
from reconciler.model.spelling import flatten_live


@dataclass(frozen=True, slots=True)
class Living:
    """Every live instance as an entity, whoever manages it. left_out: those that no file could spell, described."""

    catalogue: Catalogue
    left_out: tuple[str, ...]


def live_catalogue(catalogue: Catalogue, live: LiveState, identity: Identity) -> Living:
    """The live catalogue under the keys of ours.

    What no file or stamp names has the key that an import would give it, or that of the entity that it may be.
    catalogue: gives the names and the settings.
    """
    with collector_paused():
        keys = _keys(catalogue, live, identity)
        entities: dict[EntityKey, Entity] = {}
        left_out: list[str] = []
        for item in live:
            if item.uri not in keys:
                continue
            try:
                entities[keys[item.uri]] = _entity(item, keys)
            except (ValidationError, Unspellable):
                left_out.append(describe(item))
    ordered = {key: entities[key] for key in sorted(entities, key=lambda key: key.order)}
    sources = {keys[item.uri]: Source(item.uri, lambda _path, _part: (0, 0)) for item in live if item.uri in keys}
    nothing: frozenset[EntityKey] = frozenset()
    made = replace(catalogue, entities=ordered, sources=sources, unread=nothing, whole=True, elsewhere=nothing)
    return Living(made, tuple(left_out))


def _keys(catalogue: Catalogue, live: LiveState, identity: Identity) -> dict[str, EntityKey]:
    """A key for each instance, by URI; an instance of ours comes before its copies and candidates."""
    keys = dict(identity.ownership.names)
    taken = {*keys.values(), *catalogue.entities, *identity.forgotten, *catalogue.unread}
    for key, item in _alone(identity):
        if item.uri not in keys and key not in keys.values():
            keys[item.uri] = key
    namer = Namer(taken)
    for item in sorted(live, key=live_age):
        if item.uri not in keys and not is_anchor(item):
            keys[item.uri] = namer.new_key(item)
    return keys


def _alone(identity: Identity) -> Iterator[tuple[EntityKey, LiveInstance]]:
    """The instances that were handed back, and those that may be an entity's where only one may."""
    yield from identity.forgotten.items()
    for candidate in identity.candidates:
        if len(candidate.instances) == 1:
            yield candidate.key, candidate.instances[0]


def _entity(item: LiveInstance, keys: dict[str, EntityKey]) -> Entity:
    """One instance as an entity. Raises ``ValidationError`` or ``Unspellable`` where it cannot be one."""

    def name_uri(uri: str, kind: Kind) -> str:
        key = keys.get(uri)
        return key.name if key is not None and key.kind is kind else f"gone-{digest(uri)[:12]}"

    key = keys[item.uri]
    flat = flatten_live(item.kind, item.instance.properties, name_uri)
    document = {"kind": key.kind.value, "key": key.name, **dict(live_fields(key.kind, flat))}
    return KIND_TYPES[key.kind].model_validate(document)
