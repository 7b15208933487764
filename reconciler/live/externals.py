"""Others' instances as entities, so that the checks can judge what ours make of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from reconciler.live.identity import Identity
from reconciler.live.snapshot import LiveInstance
from reconciler.model.catalogue import Catalogue
from reconciler.model.entities import Entity, Fallback, Offer, Placement, Representation
from reconciler.model.kinds import EntityKey, Kind
from reconciler.model.spelling import REPRESENTED, Flat, flatten_live, live_field_references


def with_externals(catalogue: Catalogue, identity: Identity) -> Catalogue:
    """The catalogue in which each external placement, offer and fallback says what its live instance does.

    Only what other entities are judged by: what a placement takes; of the others the status and the placements. A
    value that no file could hold counts as absent.
    """
    found = {key: _entity(key, item, identity) for key, item in identity.externals.items()}
    filled: Mapping[EntityKey, Entity] = {key: entity for key, entity in found.items() if entity is not None}
    return replace(catalogue, entities={**catalogue.entities, **filled}) if filled else catalogue


def _entity(key: EntityKey, item: LiveInstance, identity: Identity) -> Entity | None:
    name_uri = identity.ownership.name_uri
    properties = item.instance.properties
    flat = flatten_live(key.kind, properties, name_uri)
    named: dict[str, Any] = {"kind": key.kind.value, "key": key.name}
    match key.kind:
        case Kind.PLACEMENT:
            takes: dict[str, Any] = {
                "component_type": _text(flat, "component_type"),
                "content_types": _texts(flat.get("content_types")),
            }
            return Placement.model_construct(**named, **takes)
        case Kind.OFFER | Kind.FALLBACK:
            uris = live_field_references(key.kind, properties).get(REPRESENTED, ())
            shown = tuple(
                Representation.model_construct(placement=name_uri(uri, Kind.PLACEMENT), components=()) for uri in uris
            )
            fields: dict[str, Any] = {"status": _text(flat, "status") or "draft", "representations": shown}
            made = Offer if key.kind is Kind.OFFER else Fallback
            return made.model_construct(**named, **fields)
        case _:
            return None


def _text(flat: Flat, name: str) -> str | None:
    value = flat.get(name)
    return value if isinstance(value, str) else None


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, list | tuple | frozenset) else ()
