"""Likely renames: an entity that goes and one that comes, alike in all but their names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from reconciler.diff.changes import Changes
from reconciler.model.kinds import EntityKey, Kind
from reconciler.model.spelling import Flat, flatten, flatten_live

ALIKE = 0.8
_LOOKED_AT = 20  # deletes that one create is compared with; else this would be quadratic


@dataclass(frozen=True, slots=True)
class Rename:
    """A key that seems to have another name now. alike: the share of fields that agree, 0..1."""

    old: EntityKey
    new: EntityKey
    alike: float


@dataclass(frozen=True, slots=True)
class _Side:
    """One entity that goes or comes. fields: those other than the name."""

    key: EntityKey
    name: object
    fields: Flat
    values: frozenset[str]  # of the fields, spelled


@dataclass(frozen=True, slots=True)
class _Pair:
    old: _Side
    new: _Side
    alike: float

    @property
    def order(self) -> tuple[float, bool, EntityKey, EntityKey]:
        """The most alike first; of those alike, the ones of one name."""
        return (-self.alike, self.old.name != self.new.name, self.new.key, self.old.key)


def likely_renames(changes: Changes, name_uri: Callable[[str, Kind], str]) -> tuple[Rename, ...]:
    """The creates and deletes that agree in enough fields other than the name, one with one, the most alike first.

    What has no other field is alike where the names are equal.
    """
    kinds = {create.key.kind for create in changes.creates} & {delete.key.kind for delete in changes.deletes}
    gone = [
        _side(delete.key, flatten_live(delete.key.kind, delete.live.instance.properties, name_uri))
        for delete in changes.deletes
        if delete.key.kind in kinds
    ]
    come = [_side(create.key, flatten(create.entity)) for create in changes.creates if create.key.kind in kinds]
    pairs = list(_equal(gone, come))
    paired = {side.key for pair in pairs for side in (pair.old, pair.new)}
    gone, come = ([side for side in sides if side.key not in paired and side.fields] for sides in (gone, come))
    pairs += _best(_near(gone, come))
    return tuple(sorted((Rename(pair.old.key, pair.new.key, pair.alike) for pair in pairs), key=lambda each: each.new))


def _side(key: EntityKey, flat: Flat) -> _Side:
    fields = {name: value for name, value in flat.items() if name != "name"}
    return _Side(key, flat.get("name"), fields, frozenset(f"{name} {value!r}" for name, value in fields.items()))


def _equal(gone: Iterable[_Side], come: Iterable[_Side]) -> Iterator[_Pair]:
    """Those that agree in every field: the ones of one name together, the others in the order of their keys."""
    groups: defaultdict[tuple[Kind, frozenset[str]], tuple[list[_Side], list[_Side]]] = defaultdict(lambda: ([], []))
    for position, sides in enumerate((gone, come)):
        for side in sides:
            groups[side.key.kind, side.values][position].append(side)
    for (_kind, values), (old, new) in groups.items():
        by_name: defaultdict[object, list[_Side]] = defaultdict(list)
        for side in sorted(old, key=_by_key, reverse=True):
            by_name[side.name].append(side)
        rest = []
        for side in sorted(new, key=_by_key):
            if by_name.get(side.name):
                yield _Pair(by_name[side.name].pop(), side, 1.0)
            else:
                rest.append(side)
        left = sorted((side for sides in by_name.values() for side in sides), key=_by_key)
        for one, other in zip(left, rest, strict=False) if values else ():
            yield _Pair(one, other, 1.0)


def _by_key(side: _Side) -> EntityKey:
    return side.key


@dataclass(frozen=True, slots=True)
class _Shared:
    """The deletes that have one value, by their keys. nearest: the index of the one that takes a create's place."""

    gone: Sequence[_Side]
    nearest: int

    def around(self, room: int) -> Sequence[_Side]:
        """So many of them, around the nearest."""
        start = max(0, min(self.nearest - room // 2, len(self.gone) - room))
        return self.gone[start : start + room]


def _near(gone: Iterable[_Side], come: Iterable[_Side]) -> Iterator[_Pair]:
    """Each create with those deletes that it agrees enough with, of the ones that share its rarest values."""
    holders, seekers = _by_value(gone), _by_value(come)
    shared: defaultdict[EntityKey, list[_Shared]] = defaultdict(list)
    for value, sides in seekers.items():
        if old := holders.get(value):
            for rank, side in enumerate(sides):
                shared[side.key].append(_Shared(old, rank * len(old) // len(sides)))
    for new in come:
        for old_side in _looked_at(shared[new.key]):
            fields = new.fields.keys() | old_side.fields.keys()
            agreed = len(new.values & old_side.values)
            if agreed >= ALIKE * len(fields):
                yield _Pair(old_side, new, agreed / len(fields))


def _by_value(sides: Iterable[_Side]) -> dict[tuple[Kind, str], list[_Side]]:
    """Those that have a value, the name included, in the order of their keys."""
    found: defaultdict[tuple[Kind, str], list[_Side]] = defaultdict(list)
    for side in sorted(sides, key=_by_key):
        for value in sorted(side.values | {f"name {side.name!r}"}):
            found[side.key.kind, value].append(side)
    return found


def _looked_at(shared: Iterable[_Shared]) -> Iterable[_Side]:
    """The deletes that share a value, those of rarer values first; of very many those nearest."""
    found: dict[EntityKey, _Side] = {}
    for each in sorted(shared, key=lambda each: len(each.gone)):
        found |= {side.key: side for side in each.around(_LOOKED_AT - len(found))}
    return found.values()


def _best(pairs: Iterable[_Pair]) -> Iterator[_Pair]:
    """The pairs that are most alike, each key in one of them."""
    taken: set[EntityKey] = set()
    for pair in sorted(pairs, key=lambda pair: pair.order):
        if not {pair.old.key, pair.new.key} & taken:
            taken |= {pair.old.key, pair.new.key}
            yield pair
