"""Rules between instances: references, representations and their placements, unique names (C6, C7)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.emulator.annotations import Path
from reconciler.emulator.jsontext import Json, JsonObject
from reconciler.emulator.problems import MOST_FAULTS, NOT_LISTED, Fault, name_taken
from reconciler.emulator.registry import EntityType, pointer
from reconciler.emulator.store import Store

_ACTIVITY = "https://ns.adobe.com/experience/offer-management/offer-activity"

Parts = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """One URI that an instance holds: where, in which property, and what it must name."""

    parts: Parts
    property: str
    uri: str
    schema: str


def links_of(entity: EntityType, instance: JsonObject) -> list[Link]:
    """Every reference that a valid instance holds. ``property`` is a path as in the ``property`` parameter of lists."""
    links: list[Link] = []
    for place in entity.rules.references:
        schema, dotted = place.target(instance), _dotted(place.path)
        if schema is not None:
            found = values_at(instance, place.path)
            links += [Link(parts, dotted, value, schema) for parts, value in found if isinstance(value, str)]
    return links


def values_at(value: Json, path: Path, parts: Parts = ()) -> Iterator[tuple[Parts, Json]]:
    """The values that a path leads to, with the way that leads there."""
    if not path:
        yield parts, value
    elif path[0] is None:
        for index, item in enumerate(value if isinstance(value, list) else ()):
            yield from values_at(item, path[1:], (*parts, index))
    elif isinstance(value, dict) and path[0] in value:
        yield from values_at(value[path[0]], path[1:], (*parts, path[0]))


def _dotted(path: Path) -> str:
    return ".".join(["_instance", *(part.replace(".", "\\.") for part in path if part is not None)])


def integrity_faults(
    store: Store, scope: str, entity: EntityType, instance: JsonObject, links: list[Link]
) -> list[Fault]:
    """Everything that is wrong between this instance and the others of its container."""
    faults = [*_dangling(store, scope, links), *_repeated_items(entity, instance)]
    if not faults and entity.schema == _ACTIVITY:
        faults.extend(_uncovered_placement(store, scope, instance))
    return faults


def _dangling(store: Store, scope: str, links: list[Link]) -> Iterator[Fault]:
    known = store.schemas_of(scope, (link.uri for link in links)) if links else {}
    dangling = [link for link in links if known.get(link.uri) != link.schema]
    yield from (_to_fault(link, known.get(link.uri)) for link in dangling[:MOST_FAULTS])
    yield from [NOT_LISTED] * (len(dangling) - MOST_FAULTS)  # sentences for a hundred thousand would take seconds


def _to_fault(link: Link, found: str | None) -> Fault:
    reason = "which does not exist" if found is None else f"which is an instance of {found}"
    wanted = link.schema.rpartition("/")[2]
    sentence = f"must name an existing {wanted}; names {link.uri}, {reason}"
    return Fault(pointer("_instance", *link.parts), sentence)


def _repeated_items(entity: EntityType, instance: JsonObject) -> Iterator[Fault]:
    for path, key in entity.rules.unique_items:
        for parts, items in values_at(instance, path):
            seen: dict[Json, int] = {}
            for index, item in enumerate(items if isinstance(items, list) else ()):
                value = item.get(key) if isinstance(item, dict) else None
                if isinstance(value, str) and seen.setdefault(value, index) != index:
                    where = pointer("_instance", *parts, index, key)
                    yield Fault(where, f"{value} is already used by item {seen[value]}")


def _uncovered_placement(store: Store, scope: str, activity: JsonObject) -> Iterator[Fault]:
    placement, fallback = activity["xdm:placement"], activity["xdm:fallback"]
    stored = store.find_uri(scope, str(fallback))
    covered = values_at({} if stored is None else stored.values, ("xdm:representations", None, "xdm:placement"))
    if placement not in (value for _, value in covered):
        yield Fault(pointer("_instance", "xdm:fallback"), f"{fallback} has no representation for {placement}")


def unique_name(entity: EntityType, instance: JsonObject) -> tuple[str, str] | None:
    """The group in which the name of an instance must be unique, and the name."""
    if entity.rules.unique_name is None:
        return None
    property_, group = entity.rules.unique_name
    name = instance.get(property_)
    return (group, name) if isinstance(name, str) else None


def refuse_taken_name(store: Store, scope: str, name: tuple[str, str] | None, *, own_row: int | None) -> None:
    """Refuse a name that another instance has; ``own_row`` is the instance being written."""
    if name is None:
        return
    holder = store.name_holder(scope, *name)
    if holder is not None and holder.row != own_row:
        raise name_taken(name[1], holder.uri or holder.instance_id)
