"""Steps in an order that every requirement allows, and what falls away when an entity is blocked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from heapq import heappop, heappush

from reconciler.diff.patch import pointer
from reconciler.graph.build import Graph
from reconciler.model.kinds import KINDS, EntityKey, Kind
from reconciler.plan.steps import Action, After, Step

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
_STATUS = pointer("xdm:status")


@dataclass(frozen=True, slots=True)
class Blocked:
    """Entities that cannot be planned. owned: those that have an instance, so that others can still refer to them."""

    keys: frozenset[EntityKey]
    owned: frozenset[EntityKey]


def sort_steps(steps: Iterable[Step]) -> tuple[Step, ...]:
    """The steps, each after those it requires; as early as that allows creates, as late deletes; then by key.

    What brings an activity into service comes after all that does not take anything away. A delete that needs an
    archiving directly follows it: nobody should find it archived, and nobody begin to refer to it, in between.
    """
    by_id = {step.id: step for step in steps}
    sorter = TopologicalSorter({step.id: step.requires for step in by_id.values()})
    sorter.prepare()
    ordered: list[Step] = []
    free: list[tuple[float, EntityKey, str]] = []
    archived = ""
    while sorter.is_active():
        for step in (by_id[name] for name in sorter.get_ready()):
            heappush(free, (-1 if archived and step.if_match == After(archived) else _turn(step), step.key, step.id))
        name = heappop(free)[-1]
        ordered.append(by_id[name])
        archived = name if by_id[name].action is Action.ARCHIVE else ""
        sorter.done(name)
    return tuple(ordered)


def _turn(step: Step) -> float:
    """The place of a step among those that could be next."""
    launches = step.key.kind is Kind.ACTIVITY and step.action in {Action.CREATE, Action.PATCH} and _in_service(step)
    return _TURN[Action.PATCH] + 0.5 if launches else _TURN[step.action]


def _in_service(step: Step) -> bool:
    status = KINDS[Kind.ACTIVITY].lifecycle
    assert status is not None  # noqa: S101 - the registry says so
    if step.payload is not None:
        return bool(step.payload["_instance"].get("xdm:status") == status.in_service)
    return any(operation["path"] == _STATUS and operation["value"] == status.in_service for operation in step.patch)


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
    unsettled = reached(blocked.keys, lambda key: () if key in blocked.owned else graph.referrers(key))
    dropped = reached(unsettled, lambda key: waiting[key])
    left_out = (dropped & set(owner.values())) - blocked.keys
    return tuple(step for step in steps if step.key not in dropped), tuple(sorted(left_out))


def reached(start: Iterable[EntityKey], following: Callable[[EntityKey], Iterable[EntityKey]]) -> set[EntityKey]:
    """These keys, and all that follows them at any distance."""
    found = set(start)
    queue = list(found)
    while queue:
        fresh = set(following(queue.pop())) - found
        found |= fresh
        queue.extend(fresh)
    return found
