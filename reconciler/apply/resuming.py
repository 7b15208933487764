"""A plan that was made earlier, held against what is live now: what is done, what is ready, what no longer fits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from reconciler.apply.filling import fill
from reconciler.apply.holding import holds
from reconciler.live.ownership import Copies, tell_copies
from reconciler.live.snapshot import LiveInstance, LiveState
from reconciler.model.catalogue import Catalogue, Pin
from reconciler.model.errors import ReconcilerError
from reconciler.model.instant import read_instant
from reconciler.model.kinds import EntityKey
from reconciler.plan.integrity import copy_problems, last_of_a_stamp_problems
from reconciler.plan.steps import LEAVING, Action, After, Plan, PlanProblem, Step
from reconciler.plan.touched import is_untouched

_SHOWN = 10


class PlanStale(ReconcilerError):
    """What is live or in Git is not what the plan was made for. Nothing was written."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """A plan ready to be carried out. already: the steps whose wanted state is there, with the instance they left."""

    plan: Plan
    already: Mapping[str, LiveInstance | None]


def refuse_other_target(plan: Plan, catalogue: Catalogue, container: str, now: datetime) -> None:
    """Raises ``PlanStale`` when a plan was made for something else, or too long ago."""
    target = catalogue.target
    made_for = (plan.catalog, plan.environment, plan.target.repository, plan.target.sandbox, plan.target.container)
    here = (catalogue.name, catalogue.environment, target.repository, target.sandbox, container)
    if made_for != here:
        different = " and ".join(
            f"{there}, not {ours}" for there, ours in zip(made_for, here, strict=True) if there != ours
        )
        raise PlanStale(f"the plan was made for {different}", remedy="Nothing was written. Plan for this target.")
    expires = read_instant(plan.expires)
    if expires is None or now >= expires:
        raise PlanStale(f"the plan expired at {plan.expires}", remedy="Nothing was written. Plan again.")


def resume(plan: Plan, live: LiveState, pins: Mapping[EntityKey, Pin] | None = None) -> Resumed:
    """Hold every step against what is live. pins: the catalogue's, which tell an original from its copies.

    Raises ``PlanStale`` naming every step that no longer fits.
    """
    return _Resumer(plan, live, pins or {}).resumed()


class _Resumer:
    def __init__(self, plan: Plan, live: LiveState, pins: Mapping[EntityKey, Pin]) -> None:
        self.plan = plan
        self.by_id = {item.instance.instance_id: item for item in live}
        self.created = _told_apart(plan, live, pins)
        self.uris = {key: told.original.uri for key, told in self.created.items() if told.original is not None}

    def resumed(self) -> Resumed:
        already = self._already()
        steps: list[Step] = []
        conflicts: list[str] = []
        posing = {problem.key: problem for problem in self._posing(already)}
        untold = {problem.key: problem for problem in copy_problems(self.created.values(), self.created)}
        for step in self.plan.steps:
            ready = step if step.id in already else self._ready(step, already)
            if ready is None or _is_copied(step, posing, untold):
                conflicts.append(step.id)
            else:
                steps.append(ready)
        if conflicts:
            raise _stale(conflicts, [*posing.values(), *untold.values()])
        return Resumed(replace(self.plan, steps=tuple(steps)), already)

    def _posing(self, already: Mapping[str, LiveInstance | None]) -> Iterator[PlanProblem]:
        """What was copied since, so that its copies would pass for it once it is gone."""
        leaving = [step for step in self.plan.steps if step.action in LEAVING and step.id not in already]
        by_stamp: defaultdict[tuple[str, EntityKey], list[LiveInstance]] = defaultdict(list)
        for item in self.by_id.values() if leaving else ():
            if item.stamp is not None:
                by_stamp[item.stamp.catalog, item.stamp.key].append(item)
        originals = {step.key: self._instance(step) for step in leaving}
        copies = [
            Copies(key, item, tuple(each for each in by_stamp[item.stamp.catalog, item.stamp.key] if each is not item))
            for key, item in originals.items()
            if item is not None and item.stamp is not None
        ]
        return last_of_a_stamp_problems(copies, originals.keys())

    def _already(self) -> dict[str, LiveInstance | None]:
        """The steps that are done; with one of an instance those that come before it."""
        done: dict[str, LiveInstance | None] = {}
        followed: set[str] = set()  # by a step of the same entity that is done
        keys = {step.id: step.key for step in self.plan.steps}
        for step in reversed(self.plan.steps):
            if step.id in followed or self._is_done(step):
                done[step.id] = self._instance(step)
                followed.update(need for need in step.requires if keys[need] == step.key)
        return done

    def _instance(self, step: Step) -> LiveInstance | None:
        if step.action is Action.CREATE:
            told = self.created.get(step.key)
            return None if told is None else told.original
        return self.by_id.get(step.remote_id or "")

    def _is_done(self, step: Step) -> bool:
        item = self._instance(step)
        if step.action is Action.DELETE:
            return item is None
        if item is None or any(ref.key not in self.uris for ref in step.refs):
            return False
        if step.action is Action.CREATE:
            body = fill(step, self.uris, None)
            return all(item.instance.properties.get(name) == value for name, value in body["_instance"].items())
        commit = item.stamp.commit if item.stamp is not None else None  # a newer one may have written the same
        return holds(item.instance, fill(step, self.uris, commit))

    def _ready(self, step: Step, already: Container[str]) -> Step | None:
        """The step with the etag that its instance has now; None when it no longer fits."""
        item = self._instance(step)
        if step.action is Action.CREATE:
            return step if item is None else None
        if item is None:
            return None
        if isinstance(step.if_match, After):
            # The one before it may have been done long ago, and somebody may have been there since.
            stands = step.if_match.step not in already or is_untouched(step.touched, item.instance)
            return replace(step, address=item.instance.address) if stands else None
        same = step.if_match == item.instance.etag or is_untouched(step.touched, item.instance)
        return replace(step, if_match=item.instance.etag, address=item.instance.address) if same else None


def _told_apart(plan: Plan, live: LiveState, pins: Mapping[EntityKey, Pin]) -> dict[EntityKey, Copies]:
    """What the plan creates and is there already, told from its copies as the planner tells it."""
    created = {step.key for step in plan.steps if step.action is Action.CREATE}
    found: defaultdict[EntityKey, list[LiveInstance]] = defaultdict(list)
    for item in live:
        stamp = item.stamp
        if stamp is not None and stamp.catalog == plan.catalog and stamp.key in created and stamp.key.kind is item.kind:
            found[stamp.key].append(item)
    return {key: tell_copies(key, items, pins[key].uri if key in pins else None) for key, items in found.items()}


def _is_copied(step: Step, posing: Container[EntityKey], untold: Container[EntityKey]) -> bool:
    """Whether copies would pass for what this step takes away, or cannot be told from what it makes."""
    return step.key in (posing if step.action in LEAVING else untold)


def _stale(conflicts: Sequence[str], copied: Sequence[PlanProblem]) -> PlanStale:
    more = f" and {len(conflicts) - _SHOWN} more" if len(conflicts) > _SHOWN else ""
    why = "".join(f"; {problem.key} was copied: {problem.message}" for problem in copied[:_SHOWN])
    return PlanStale(
        f"live has changed since the plan was made: {', '.join(conflicts[:_SHOWN])}{more} no longer fits{why}",
        remedy="Nothing was written. Plan again, and look at what is different.",
    )
