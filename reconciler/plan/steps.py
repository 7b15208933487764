"""A plan as data: steps, what they require, what was left out, what is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from reconciler.diff.changes import FieldChange
from reconciler.model.errors import ReconcilerError
from reconciler.model.kinds import EntityKey
from reconciler.model.problem import SourceSpan
from reconciler.model.stamp import PendingBase
from reconciler.plan.reach import Reach
from reconciler.plan.renames import Rename


class Action(StrEnum):
    """What a step does."""

    CREATE = "create"
    PATCH = "patch"
    ARCHIVE = "archive"
    DELETE = "delete"
    ADOPT = "adopt"
    STAMP = "stamp"
    MOVE = "move"
    FORGET = "forget"


LEAVING = frozenset({Action.DELETE, Action.FORGET})  # the instance is gone after these, or its stamp is


@dataclass(frozen=True, slots=True)
class After:
    """The etag that another step of the plan leaves behind."""

    step: str


@dataclass(frozen=True, slots=True)
class Ref:
    """A place in a payload or patch that takes the URI of an entity created by this plan. path: a JSON pointer."""

    path: str
    key: EntityKey


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """A field change and where the file says so; the place is None where the file has nothing."""

    change: FieldChange
    source: SourceSpan | None


@dataclass(frozen=True, slots=True)
class Step:
    """One write.

    id: ``<action>:<kind>/<key>``, with ``:n`` where an entity has several of one action.   if_match: an etag.
    payload: the body of a create.   patch: the JSON Patch of the others.   pending: bases for the stamp's title
    that need URIs first.   uri, address: by which others refer to the instance, and where it was read.
    touched: hashes of what a patch or a delete touches, as it was read.
    """

    id: str
    action: Action
    key: EntityKey
    reason: str
    remote_id: str | None = None
    if_match: str | After | None = None
    requires: tuple[str, ...] = ()
    payload: Mapping[str, Any] | None = None
    patch: tuple[Mapping[str, Any], ...] = ()
    refs: tuple[Ref, ...] = ()
    pending: tuple[PendingBase, ...] = ()
    changes: tuple[PlannedChange, ...] = ()
    name: str = ""
    source: SourceSpan | None = None
    uri: str | None = None
    address: str | None = None
    touched: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class PlanProblem:
    """Why something cannot be planned. It leaves out this entity's steps, and those that require them.

    source: where the file has the entity; None when Git has it no longer.
    """

    key: EntityKey
    message: str
    remedy: str
    source: SourceSpan | None = None


@dataclass(frozen=True, slots=True)
class PlanWarning:
    """Something the reader should know that stops nothing. key: what it is about; a pattern where about several."""

    key: EntityKey | str
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A guard that the plan trips.

    limit: how many it allows.   keys: what it counts, sorted.   allow: the number that overrules it; 0: none does,
    and ``remedy`` says what to do.
    """

    guard: str
    message: str
    keys: tuple[EntityKey, ...]
    limit: int
    allow: int
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a plan is to be carried out."""

    repository: str
    container: str
    sandbox: str


@dataclass(frozen=True, slots=True)
class Summary:
    """How many entities, not steps."""

    create: int = 0
    patch: int = 0
    delete: int = 0
    stamp: int = 0
    adopt: int = 0
    move: int = 0
    forget: int = 0

    @property
    def changes(self) -> int:
        """How many entities change, stamps aside."""
        return self.create + self.patch + self.delete + self.adopt + self.move + self.forget

    def sentence(self) -> str:
        """The line that every format of a plan ends with."""
        rare = {"adopt": self.adopt, "move": self.move, "forget": self.forget}
        more = "".join(f", {count} to {word}" for word, count in rare.items() if count)
        return f"Plan: {self.create} to create, {self.patch} to patch, {self.delete} to delete{more}."


@dataclass(frozen=True, slots=True)
class Plan:
    """Ordered steps for one environment of one catalogue. created, expires: canonical instants.

    unpruned: ours, gone from Git, and kept because pruning is off.
    left_out: entities that need what a problem leaves out.   allowed: the numbers somebody gave.
    renames: pairs of a create and a delete that look like one entity.
    hidden: fields that differ and are left to the live side, with the entity that has them.
    deselected: entities that differ and are not in this plan, because only a part was asked for.
    reach: what each update and delete reaches; not those that reach nothing.
    destroy: nothing of the catalogue is to stay, its anchor included.
    """

    catalog: str
    environment: str
    target: Target
    created: str
    expires: str
    made_by: str
    commit: str | None
    dirty: bool
    steps: tuple[Step, ...]
    problems: tuple[PlanProblem, ...] = ()
    warnings: tuple[PlanWarning, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    unpruned: tuple[EntityKey, ...] = ()
    left_out: tuple[EntityKey, ...] = ()
    allowed: Mapping[str, int] = field(default_factory=dict)
    renames: tuple[Rename, ...] = ()
    hidden: tuple[tuple[EntityKey, str], ...] = ()
    deselected: tuple[EntityKey, ...] = ()
    reach: Mapping[EntityKey, Reach] = field(default_factory=dict)
    destroy: bool = False

    @property
    def blocked(self) -> tuple[EntityKey, ...]:
        """Every entity that loses steps: those with a problem, and those that need them."""
        return tuple(sorted({problem.key for problem in self.problems} | set(self.left_out)))

    @property
    def summary(self) -> Summary:
        """How many entities the plan creates, patches, deletes and restamps."""
        by_action: dict[Action, set[EntityKey]] = {action: set() for action in Action}
        for step in self.steps:
            by_action[step.action].add(step.key)
        deletes = by_action[Action.DELETE]
        adopts, moves = by_action[Action.ADOPT], by_action[Action.MOVE]
        patches = by_action[Action.PATCH] - deletes - adopts - moves
        return Summary(
            len(by_action[Action.CREATE]),
            len(patches),
            len(deletes),
            len(by_action[Action.STAMP]),
            len(adopts),
            len(moves),
            len(by_action[Action.FORGET]),
        )

    def by_entity(self) -> list[list[Step]]:
        """The steps of each entity, in order."""
        chains: dict[EntityKey, list[Step]] = {}
        for step in self.steps:
            chains.setdefault(step.key, []).append(step)
        return list(chains.values())

    def of(self, key: EntityKey) -> Iterator[Step]:
        """The steps of one entity, in order."""
        return (step for step in self.steps if step.key == key)


class PlanRefused(ReconcilerError):
    """A guard refuses the plan."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        super().__init__("; ".join(refusal.message for refusal in plan.refusals))


class IncompleteRead(ReconcilerError):
    """The live state could not be read to its end, so no step is made from it."""
