"""Steps in an order that every requirement allows, and what falls away when an entity is blocked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter

from reconciler.graph.build import Graph
from reconciler.model.kinds import EntityKey
from reconciler.plan.steps import Action, Step

_TURN = {
    action: turn
    for turn, action in enumerate((Action.CREATE, Action.PATCH, Action.STAMP, Action.ARCHIVE, Action.DELETE))
}


@dataclass(frozen=True, slots=True)
class Blocked:
    """Entities that cannot be planned. owned: those that have an instance, so that others can still refer to them."""

    keys: frozenset[EntityKey]
    owned: frozenset[EntityKey]


def sort_steps(steps: Iterable[Step]) -> tuple[Step, ...]:
    """The steps, each after those it requires; among free ones creates first, deletes last, then by key."""
    by_id = {step.id: step for step in steps}
    sorter = TopologicalSorter({step.id: step.requires for step in by_id.values()})
    sorter.prepare()
    ordered: list[Step] = []
    while sorter.is_active():
        ready = sorted(
            (by_id[name] for name in sorter.get_ready()), key=lambda step: (_TURN[step.action], step.key, step.id)
        )
        ordered.extend(ready)
        sorter.done(*(step.id for step in ready))
    return tuple(ordered)


def drop_blocked(
    steps: Sequence[Step], blocked: Blocked, graph: Graph
) -> tuple[tuple[Step, ...], tuple[EntityKey, ...]]:
    """The steps that can still be taken, and the other entities that lose theirs.

    A blocked entity loses all its steps; so does what requires one of them; so does what refers to a blocked entity
    that has no instance of its own.
    """
    keys = set(blocked.keys)
    waiting = [key for key in keys if key not in blocked.owned]
    while waiting:
        for referrer in graph.referrers(waiting.pop()):
            if referrer not in keys:
                keys.add(referrer)
                if referrer not in blocked.owned:
                    waiting.append(referrer)
    dependents: defaultdict[str, list[Step]] = defaultdict(list)
    for step in steps:
        for need in step.requires:
            dependents[need].append(step)
    dropped = {step.id for step in steps if step.key in keys}
    queue = list(dropped)
    while queue:
        for step in dependents[queue.pop()]:
            if step.id not in dropped:
                dropped.add(step.id)
                queue.append(step.id)
    left_out = {step.key for step in steps if step.id in dropped} - blocked.keys
    return tuple(step for step in steps if step.id not in dropped), tuple(sorted(left_out))
