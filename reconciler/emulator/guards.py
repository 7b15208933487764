"""What may not change on update: immutable and not editable properties (G1, G4), and the lifecycle (I)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from enum import Enum

from reconciler.emulator.annotations import Guard, Lifecycle
from reconciler.emulator.jsontext import Json, JsonObject
from reconciler.emulator.problems import Fault
from reconciler.emulator.registry import pointer


class Absence(Enum):
    """What it means when a property that clients cannot edit is not in the wanted instance."""

    STAYS = "stays"  # PUT: the stored value is put back
    REMOVAL = "removal"  # PATCH: something took it away


def guard_faults(guard: Guard, stored: Json, wanted: Json, absence: Absence) -> list[Fault]:
    """Every change that is not allowed. With ``Absence.STAYS`` the wanted instance is completed in place."""
    return list(_compare(guard, stored, wanted, absence, ("_instance",)))


def _compare(
    guard: Guard, stored: Json, wanted: Json, absence: Absence, path: tuple[str | int, ...]
) -> Iterator[Fault]:
    if isinstance(stored, dict) and isinstance(wanted, dict):
        for name, inner in guard.properties.items():
            yield from _compare_property(inner, stored, wanted, name, absence, path)
    elif isinstance(stored, list) and isinstance(wanted, list) and guard.items is not None:
        for before, index in _pairs(guard, stored, wanted):
            yield from _compare(guard.items, before, wanted[index], absence, (*path, index))


def _compare_property(
    guard: Guard, stored: JsonObject, wanted: JsonObject, name: str, absence: Absence, path: tuple[str | int, ...]
) -> Iterator[Fault]:
    here = (*path, name)
    if name in wanted:
        if _may_become(guard, stored, name, wanted[name]):
            yield from _compare(guard, stored.get(name), wanted[name], absence, here)
        else:
            yield Fault(pointer(*here), "cannot change once set" if guard.immutable else "cannot be edited")
    elif name in stored and absence is Absence.STAYS and not guard.editable:
        wanted[name] = stored[name]
    elif name in stored and (guard.immutable or not guard.editable):
        yield Fault(pointer(*here), "cannot be removed")


def _may_become(guard: Guard, stored: JsonObject, name: str, value: Json) -> bool:
    if name in stored:
        return (guard.editable and not guard.immutable) or same(stored[name], value)
    return guard.editable


def same(one: Json, other: Json) -> bool:
    """Equal as JSON: numbers by value, and true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[name]) for name, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


def _pairs(guard: Guard, stored: Sequence[Json], wanted: Sequence[Json]) -> Iterator[tuple[Json, int]]:
    """Each stored item with the index of the wanted item that is its next revision.

    Items of equal key are paired first, in order. The others are paired by place, when neither list is longer and both
    items are of one kind (ours: an item put in the place of a removed one is not its next revision).
    """
    by_key: dict[str, deque[Json]] = {}
    for item in stored:
        if (key := _key(guard, item)) is not None:
            by_key.setdefault(key, deque()).append(item)
    taken = {_key(guard, item) for item in wanted} & by_key.keys()
    for index, item in enumerate(wanted):
        key = _key(guard, item)
        if key is not None and by_key.get(key):
            yield by_key[key].popleft(), index
        elif _paired_by_place(guard, stored, wanted, index) and _key(guard, stored[index]) not in taken:
            yield stored[index], index


def _key(guard: Guard, item: Json) -> str | None:
    key = item.get(guard.key) if guard.key is not None and isinstance(item, dict) else None
    return key if isinstance(key, str) else None


def _paired_by_place(guard: Guard, stored: Sequence[Json], wanted: Sequence[Json], index: int) -> bool:
    if len(stored) != len(wanted):
        return False
    if guard.key is None:
        return True
    before, after = stored[index], wanted[index]
    if guard.position is None or not isinstance(before, dict) or not isinstance(after, dict):
        return False
    return same(before.get(guard.position), after.get(guard.position))


def lifecycle_faults(lifecycle: Lifecycle | None, stored: JsonObject, wanted: JsonObject) -> list[Fault]:
    """The status may stay, or move along the lifecycle; it can be taken away only where it starts."""
    if lifecycle is None:
        return []
    before, after = lifecycle.status(stored), lifecycle.status(wanted)
    path = pointer("_instance", lifecycle.property)
    if lifecycle.property not in wanted and before != lifecycle.initial:
        return [Fault(path, f"cannot be removed while it is {before}")]
    if after == before or (isinstance(before, str) and after in lifecycle.transitions.get(before, ())):
        return []
    return [Fault(path, f"cannot move from {before} to {after}")]
