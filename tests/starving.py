"""A repository in memory that judges every state by what customers see. Independent of how plans are made.

A *world* is the instances by URI: kind and properties. ``starving`` gives each live activity's faults; a plan is
faultless if no state on any way through it has a fault that is neither there before nor after.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

import jsonpatch

from reconciler.apply.filling import fill
from reconciler.live.snapshot import LiveState
from reconciler.model.kinds import EntityKey
from reconciler.plan.steps import Action, Plan, Step
from tests.plan_builders import uri_of

World = dict[str, tuple[str, dict[str, Any]]]
NOW = "2026-11-22T00:00:00Z"


def world_of(live: LiveState) -> World:
    return {item.uri: (item.kind.value, dict(item.instance.properties)) for item in live}


def carry_out(world: World, step: Step, uris: Mapping[EntityKey, str]) -> World:
    """The world after one step; what the repository would refuse fails."""
    after = dict(world)
    uri = uri_of(step.key)
    if step.action is Action.DELETE:
        users = [name for name, (_, properties) in world.items() if name != uri and uri in targets(properties)]
        assert not users, f"{step.id}: still used by {users}"
        del after[uri]
        return after
    body = fill(step, uris, None)
    if step.action is Action.CREATE:
        properties = {**body["_instance"], "@id": uri}
    else:
        envelope = {"_instance": copy.deepcopy(world[uri][1]), "_links": {}}
        properties = jsonpatch.apply_patch(envelope, body)["_instance"]
    after[uri] = (step.key.kind.value, properties)
    missing = targets(properties) - after.keys()
    assert not missing, f"{step.id}: {missing} are not there"
    if step.key.kind.value == "activity":
        assert _fits(after, properties), f"{step.id}: its fallback lacks its placement"
    return after


def targets(properties: Mapping[str, Any]) -> set[str]:
    """URIs of what these properties refer to."""
    found: set[str] = set()
    for name, value in properties.items():
        found |= set() if name == "@id" else _uris(value)
    return found


def _uris(value: Any) -> set[str]:
    match value:
        case str():
            return {value} if value.startswith("xcore:") else set()
        case dict():
            return set().union(*(_uris(item) for item in value.values()))
        case list():
            return set().union(*(_uris(item) for item in value))
        case _:
            return set()


# ---------------------------------------------------------------- what customers see


def faults(world: World) -> dict[str, frozenset[str]]:
    """Of each activity, live or not: what it lacks."""
    return {
        uri: frozenset(_faults(world, properties)) for uri, (kind, properties) in world.items() if kind == "activity"
    }


def live_ones(world: World) -> set[str]:
    return {uri for uri, (kind, item) in world.items() if kind == "activity" and item.get("xdm:status") == "live"}


def _faults(world: World, activity: Mapping[str, Any]) -> Iterator[str]:
    if not _fits(world, activity):
        yield "fallback without the placement"
    chosen = [item for item in _offers(world) if _chooses(world[activity["xdm:filter"]][1], item)]
    if not chosen:
        yield "filter selects nothing"
    chosen = [item for item in chosen if item.get("xdm:status") == "approved"]
    if not chosen:
        yield "filter selects nothing approved"
    chosen = [item for item in chosen if activity["xdm:placement"] in _placements(item)]
    if not chosen:
        yield "filter selects nothing for the placement"
    if not [item for item in chosen if _open(item)]:
        yield "filter selects nothing in its calendar"


def _offers(world: World) -> list[dict[str, Any]]:
    return [item for kind, item in world.values() if kind == "offer"]


def _chooses(chosen: Mapping[str, Any], offer: Mapping[str, Any]) -> bool:
    ids, tags = set(chosen.get("ids") or ()), set(offer.get("xdm:tags") or ())
    match chosen["xdm:filterType"]:
        case "offers":
            return offer["@id"] in ids
        case "anyTags":
            return bool(ids & tags)
        case _:
            return bool(ids) and ids <= tags


def _placements(offer: Mapping[str, Any]) -> set[str]:
    return {item["xdm:placement"] for item in offer.get("xdm:representations") or ()}


def _open(offer: Mapping[str, Any]) -> bool:
    constraint = offer.get("xdm:selectionConstraint") or {}
    start, end = constraint.get("xdm:startDate"), constraint.get("xdm:endDate")
    return (start is None or start <= NOW) and (end is None or end > NOW)


def _fits(world: World, activity: Mapping[str, Any]) -> bool:
    fallback = world.get(activity["xdm:fallback"])
    return fallback is not None and activity["xdm:placement"] in _placements(fallback[1])


# ---------------------------------------------------------------- ways through a plan


@dataclass(frozen=True, slots=True)
class Walk:
    """A plan from a state. excused: faults of each activity that are there at one of the ends at which it is live."""

    plan: Plan
    start: World
    excused: Mapping[str, frozenset[str]]

    def uris(self) -> dict[EntityKey, str]:
        return {step.key: uri_of(step.key) for step in self.plan.steps}

    def run(self, random: Random) -> None:
        """Carry the steps out in a random order that the plan allows, judging every state."""
        world, done, left = self.start, set[str](), list(self.plan.steps)
        while left:
            ready = [step for step in left if done.issuperset(step.requires)]
            step = random.choice(ready)
            world = carry_out(world, step, self.uris())
            self.judge(world, step)
            done.add(step.id)
            left.remove(step)

    def judge(self, world: World, step: Step) -> None:
        found = faults(world)
        for uri in live_ones(world):
            new = found[uri] - self.excused.get(uri, frozenset())
            assert not new, f"after {step.id}: {uri}: {sorted(new)}"


def walk_of(plan: Plan, live: LiveState) -> Walk:
    start = world_of(live)
    uris = {step.key: uri_of(step.key) for step in plan.steps}
    end = start
    for step in plan.steps:
        end = carry_out(end, step, uris)
    return Walk(plan, start, excuses(start, end))


def excuses(start: World, end: World) -> dict[str, frozenset[str]]:
    """What each activity may lack on the way: what it lacks at one of the ends at which it is live, or at the end if it
    is live at neither.
    """
    excused: dict[str, frozenset[str]] = {}
    for world, other in ((start, end), (end, start)):
        found, lives, other_lives = faults(world), live_ones(world), live_ones(other)
        for uri, lacking in found.items():
            passing = world is end and uri not in lives and uri not in other_lives
            if uri in lives or passing:
                excused[uri] = excused.get(uri, frozenset()) | lacking
    return excused
