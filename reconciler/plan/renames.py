"""Likely renames: an entity that goes and one that comes, alike in all but their names."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from reconciler.diff.changes import Changes
from reconciler.model.kinds import EntityKey, Kind
from reconciler.model.spelling import Flat, flatten, flatten_live

ALIKE = 0.8
_COMMON = 50  # entities with one value; more of them say nothing, and would make this quadratic


@dataclass(frozen=True, slots=True)
class Rename:
    """A key that seems to have another name now. alike: the share of fields that agree, 0..1."""

    old: EntityKey
    new: EntityKey
    alike: float


def likely_renames(changes: Changes, name_uri: Callable[[str, Kind], str]) -> tuple[Rename, ...]:
    """Each create with the delete that it is most like, if they agree in enough fields other than the name."""
    kinds = {create.key.kind for create in changes.creates} & {delete.key.kind for delete in changes.deletes}
    if not kinds:
        return ()
    gone = {
        delete.key: _without_name(flatten_live(delete.key.kind, delete.live.instance.properties, name_uri))
        for delete in changes.deletes
        if delete.key.kind in kinds
    }
    holders: defaultdict[tuple[Kind, str, str], list[EntityKey]] = defaultdict(list)
    for key, flat in gone.items():
        for name, value in flat.items():
            holders[key.kind, name, repr(value)].append(key)
    pairs = []
    for create in changes.creates:
        if create.key.kind in kinds:
            pairs += _matches(create.key, _without_name(flatten(create.entity)), gone, holders)
    return _best(pairs)


def _without_name(flat: Flat) -> Flat:
    return {name: value for name, value in flat.items() if name != "name"}


def _matches(
    key: EntityKey,
    flat: Flat,
    gone: Mapping[EntityKey, Flat],
    holders: Mapping[tuple[Kind, str, str], list[EntityKey]],
) -> list[Rename]:
    lists = (holders.get((key.kind, name, repr(value)), []) for name, value in flat.items())
    shared = Counter(holder for found in lists if len(found) <= _COMMON for holder in found)
    found = []
    for old in shared:
        fields = flat.keys() | gone[old].keys()
        agreed = sum(name in flat and name in gone[old] and flat[name] == gone[old][name] for name in fields)
        if agreed >= ALIKE * len(fields):
            found.append(Rename(old, key, agreed / len(fields)))
    return found


def _best(pairs: list[Rename]) -> tuple[Rename, ...]:
    """The pairs that are most alike, each key in one of them."""
    taken: set[EntityKey] = set()
    best = []
    for pair in sorted(pairs, key=lambda pair: (-pair.alike, pair.new, pair.old)):
        if not {pair.old, pair.new} & taken:
            taken |= {pair.old, pair.new}
            best.append(pair)
    return tuple(sorted(best, key=lambda pair: pair.new))
