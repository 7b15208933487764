"""Steps in an order that every requirement allows, and what falls away when an entity is blocked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from heapq import heappop, heappush

from reconciler.graph.build import Graph
from reconciler.model.kinds import EntityKey
from reconciler.plan.steps import Action, Step

_TURN = {
    action: turn
    for turn, action in enumerate(
        (
            Action.CREATE,
            Action.ADOPT,
            Action.MOVE,
            Action.PATCH,
            Action.STAMP,
            Action.FORGET,
            Action.ARCHIVE,
            Action.DELETE,
        )
    )
}


@dataclass(frozen=True, slots=True)
class Blocked:
    """Entities that cannot be planned. owned: those that have an instance, so that others can still refer to them."""

    keys: frozenset[EntityKey]
    owned: frozenset[EntityKey]


def sort_steps(steps: Iterable[Step]) -> tuple[Step, ...]:
    """The steps, each after those it requires; as early as that allows creates, as late deletes; then by key."""
    by_id = {step.id: step for step in steps}
    sorter = TopologicalSorter({step.id: step.requires for step in by_id.values()})
    sorter.prepare()
    ordered: list[Step] = []
    free: list[tuple[int, EntityKey, str]] = []
    while sorter.is_active():
        for step in (by_id[name] for name in sorter.get_ready()):
            heappush(free, (_TURN[step.action], step.key, step.id))
        name = heappop(free)[-1]
        ordered.append(by_id[name])
        sorter.done(name)
    return tuple(ordered)


def drop_blocked(
    steps: Sequence[Step], blocked: Blocked, graph: Graph
) -> tuple[tuple[Step, ...], tuple[EntityKey, ...]]:
    """The steps that can still be taken, and the other entities that lose theirs.

    A blocked entity loses all its steps; so does what requires one of them; so does what refers to a blocked entity
    that has no instance of its own. Nobody keeps some of their steps: half of them would leave a temporary name or an
    entity out of service.
    """
    owner = {step.id: step.key for step in steps}
    waiting: defaultdict[EntityKey, set[EntityKey]] = defaultdict(set)
    for step in steps:
        for need in step.requires:
            waiting[owner[need]].add(step.key)
    unsettled = _reached(blocked.keys, lambda key: () if key in blocked.owned else graph.referrers(key))
    dropped = _reached(unsettled, lambda key: waiting[key])
    left_out = (dropped & set(owner.values())) - blocked.keys
    return tuple(step for step in steps if step.key not in dropped), tuple(sorted(left_out))


def _reached(start: Iterable[EntityKey], following: Callable[[EntityKey], Iterable[EntityKey]]) -> set[EntityKey]:
    found = set(start)
    queue = list(found)
    while queue:
        fresh = set(following(queue.pop())) - found
        found |= fresh
        queue.extend(fresh)
    return found
