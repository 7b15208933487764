"""Which patches have to be split in two, and which waits cannot be had: where what waits for what is a ring."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from reconciler.model.kinds import EntityKey, Kind
from reconciler.plan.growth import Point, Wait

_ROUNDS = 20  # of giving up waits one activity at a time; then all that are left in a ring
Arrow = tuple[Point, Point]
Ring = frozenset[Point]


@dataclass(frozen=True, slots=True)
class Settled:
    """split: the entities whose patch is split.   kept: the waits that hold.   given_up: those that cannot."""

    split: frozenset[EntityKey] = frozenset()
    kept: tuple[Wait, ...] = ()
    given_up: tuple[Wait, ...] = ()


def settle(waits: Sequence[Wait], fixed: Sequence[Arrow], splittable: Collection[EntityKey]) -> Settled:
    """Split as few patches as make the waits possible; where none does, give up waits of one activity after another.

    fixed: what comes before what in any case: references, deletes, names. They alone are no ring.
    """
    if not waits:
        return Settled()
    split: set[EntityKey] = set()
    for kinds in ({Kind.OFFER, Kind.FALLBACK}, {Kind.FILTER}):
        for ring in _rings(waits, fixed, split):
            split.update(point.key for point in ring if point.key in splittable and point.key.kind in kinds)
    kept, given_up = list(waits), list[Wait]()
    for number in range(_ROUNDS + 1):
        rings = _rings(kept, fixed, split)
        if not rings:
            break
        dropped = _weakest(kept, rings, split, all_of_them=number == _ROUNDS)
        given_up += [wait for wait in kept if wait in dropped]
        kept = [wait for wait in kept if wait not in dropped]
    return Settled(frozenset(split), tuple(kept), tuple(given_up))


def _weakest(
    waits: Sequence[Wait], rings: Sequence[Ring], split: Collection[EntityKey], *, all_of_them: bool
) -> frozenset[Wait]:
    """Of each ring the waits of one activity: those that keep what is old, if there are any.

    So it still waits for what is new, and takes it as soon as it is there.
    """
    ring_of = {point: number for number, ring in enumerate(rings) for point in ring}
    inside: defaultdict[int, list[Wait]] = defaultdict(list)
    for wait in waits:
        ring = ring_of.get(_at(wait.first, split))
        if ring is not None and ring == ring_of.get(_at(wait.then, split)):
            inside[ring].append(wait)
    dropped: set[Wait] = set()
    for found in inside.values():
        late = [wait for wait in found if wait.late] or found
        chosen = min(wait.activity for wait in late)
        dropped.update(found if all_of_them else (wait for wait in late if wait.activity == chosen))
    return frozenset(dropped)


def _at(point: Point, split: Collection[EntityKey]) -> Point:
    return point if point.key in split else Point(point.key)


def _rings(waits: Iterable[Wait], fixed: Iterable[Arrow], split: Collection[EntityKey]) -> list[Ring]:
    following: defaultdict[Point, set[Point]] = defaultdict(set)
    for first, then in (*fixed, *((wait.first, wait.then) for wait in waits)):
        one, other = _at(first, split), _at(then, split)
        if one != other:
            following[one].add(other)
    for key in split:
        following[Point(key)].add(Point(key, shrinking=True))
    return [ring for ring in _components(following) if len(ring) > 1]


def _components(following: Mapping[Point, Iterable[Point]]) -> Iterator[Ring]:
    """The sets of points that all lead to one another. Source: Tarjan's algorithm, without recursion."""
    index: dict[Point, int] = {}
    low: dict[Point, int] = {}
    stack: list[Point] = []
    on_stack: set[Point] = set()
    for start in list(following):
        if start in index:
            continue
        work = [(start, iter(following.get(start, ())))]
        _enter(start, index, low, stack, on_stack)
        while work:
            point, rest = work[-1]
            then = next((item for item in rest if item not in index or item in on_stack), None)
            if then is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[point])
                if low[point] == index[point]:
                    yield _leave(point, stack, on_stack)
            elif then in index:
                low[point] = min(low[point], index[then])
            else:
                _enter(then, index, low, stack, on_stack)
                work.append((then, iter(following.get(then, ()))))


def _enter(
    point: Point, index: dict[Point, int], low: dict[Point, int], stack: list[Point], on_stack: set[Point]
) -> None:
    index[point] = low[point] = len(index)
    stack.append(point)
    on_stack.add(point)


def _leave(point: Point, stack: list[Point], on_stack: set[Point]) -> Ring:
    ring = set[Point]()
    while point not in ring:
        ring.add(stack.pop())
    on_stack -= ring
    return frozenset(ring)
