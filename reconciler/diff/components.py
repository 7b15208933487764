"""Which live component is which component of the file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from reconciler.model.spelling import Flat


@dataclass(frozen=True, slots=True)
class Matched:
    """pairs: (index in the file, index live).   added: in the file only.   removed: live only."""

    pairs: tuple[tuple[int, int], ...]
    added: tuple[int, ...]
    removed: tuple[int, ...]


Choice = Callable[[Sequence[Flat], Sequence[Flat], list[int], list[int]], Iterable[tuple[int, int]]]


def _in_order(
    _wanted: Sequence[Flat], _live: Sequence[Flat], here: list[int], there: list[int]
) -> Iterable[tuple[int, int]]:
    return zip(here, there, strict=False)


def _with_all_it_has(
    wanted: Sequence[Flat], live: Sequence[Flat], here: list[int], there: list[int]
) -> Iterator[tuple[int, int]]:
    """Pairs each with a live one that has all its properties, and as few others as can be; the fullest first."""
    free = list(there)
    for index in sorted(here, key=lambda index: -len(wanted[index])):
        holders = [partner for partner in free if wanted[index].items() <= live[partner].items()]
        if holders:
            partner = min(holders, key=lambda partner: len(live[partner]))
            free.remove(partner)
            yield index, partner


def match_components(wanted: Sequence[Flat], live: Sequence[Flat]) -> Matched:
    """Pair what is alike; else components by asset id; else by type, format and languages; else by type.

    Equals are paired in their order. A component never becomes one with another asset: what the repository does not
    let change is no pair.
    """
    pairs: dict[int, int] = {}
    left, right = set(range(len(wanted))), set(range(len(live)))

    def pair(identity: Callable[[Flat], Hashable], choose: Choice = _in_order) -> None:
        here, there = _grouped(wanted, left, identity), _grouped(live, right, identity)
        for name in here:
            found = dict(choose(wanted, live, here[name], there.get(name, [])))
            pairs.update(found)
            left.difference_update(found.keys())
            right.difference_update(found.values())

    pair(lambda item: frozenset(own_part({}, item).items()), _with_all_it_has)
    pair(lambda item: (item["asset.id"], *_form(item)) if "asset.id" in item else None)
    pair(lambda item: item.get("asset.id"))
    pair(lambda item: (*asset_of(item), *_form(item)))
    pair(lambda item: (*asset_of(item), item["type"]) if "type" in item else None)
    return Matched(tuple(sorted(pairs.items())), tuple(sorted(left)), tuple(sorted(right)))


def _grouped(
    items: Sequence[Flat], indexes: Iterable[int], identity: Callable[[Flat], Hashable]
) -> dict[Hashable, list[int]]:
    """The indexes by identity, in order; what has none is in no group."""
    groups: defaultdict[Hashable, list[int]] = defaultdict(list)
    for index in sorted(indexes):
        name = identity(items[index])
        if name is not None and "" not in items[index]:  # "" stands for a live value that is no object
            groups[name].append(index)
    return groups


def asset_of(item: Flat) -> tuple[Hashable, Hashable]:
    """What cannot change once set: the id and address of a component's asset."""
    return item.get("asset.id"), item.get("asset.url")


def _form(item: Flat) -> tuple[Hashable, ...]:
    return (item.get("type"), item.get("format"), item.get("language"))


def own_part(wanted: Flat, live: Flat) -> Flat:
    """A live component without the raw properties that its partner in the file does not name."""
    return {name: value for name, value in live.items() if not name.startswith("extra.") or name in wanted}
