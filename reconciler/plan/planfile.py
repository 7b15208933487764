"""A saved plan: written with its checksum, read back strictly."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from reconciler.diff.changes import Ahead, FieldChange
from reconciler.model.canonical import canonical_json, digest
from reconciler.model.errors import ReconcilerError
from reconciler.model.intents import parse_key
from reconciler.model.kinds import EntityKey, Kind
from reconciler.model.problem import SourceSpan
from reconciler.model.stamp import PendingBase
from reconciler.plan.document import BESIDE, FORMAT, plan_digest, plan_document
from reconciler.plan.reach import Reach
from reconciler.plan.renames import Rename
from reconciler.plan.steps import (
    Action,
    After,
    Plan,
    PlannedChange,
    PlanProblem,
    PlanWarning,
    Ref,
    Refusal,
    Step,
    Target,
)

MAX_BYTES = 256 * 1024 * 1024


class DamagedPlan(ReconcilerError):
    """A plan file that cannot be trusted: not a plan, of another format, or changed since it was written."""


def write_plan(plan: Plan, path: Path) -> None:
    """Write a plan where ``apply --plan`` finds it; only its owner may read it."""
    text = json.dumps(plan_document(plan), ensure_ascii=False, indent=1)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text + "\n")
    except OSError as error:
        raise ReconcilerError(f"{path} cannot be written: {error.strerror}", remedy="Name another file.") from error


def read_plan(path: Path) -> Plan:
    """The plan in a file. Raises ``DamagedPlan``."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise _damaged(path, "it is larger than any plan")
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise ReconcilerError(f"{path} cannot be read: {error.strerror}", remedy="Name the plan's file.") from error
    except (ValueError, RecursionError):
        raise _damaged(path, "it is not JSON") from None
    if not isinstance(document, dict) or "steps" not in document:
        raise _damaged(path, "it is no plan")
    if document.get("format") != FORMAT:
        raise _damaged(path, f"its format is {document.get('format')!r}; this version knows {FORMAT}")
    bare = {name: value for name, value in document.items() if name not in BESIDE}
    told = bare.pop("checksum", None)
    if told != digest(canonical_json(bare)):
        raise _damaged(path, "it was changed after it was written")
    try:
        plan = _Plan.model_validate(bare).plan()
    except (ValidationError, ValueError) as error:
        raise _damaged(path, f"it is not as this version writes plans ({_first(error)})") from None
    if plan_digest(plan) != bare["digest"]:
        raise _damaged(path, "its digest does not fit its steps")
    return plan


def _damaged(path: Path, why: str) -> DamagedPlan:
    return DamagedPlan(f"{path} cannot be used: {why}", remedy="Make it anew with `plan --out`.")


def _first(error: ValidationError | ValueError) -> str:
    if not isinstance(error, ValidationError):
        return "a value"
    return ".".join(str(step) for step in error.errors()[0]["loc"])


# ---------------------------------------------------------------- the document, part by part


def _key(text: Any) -> EntityKey:
    key = parse_key(text) if isinstance(text, str) else None
    if key is None:
        raise ValueError("not a key")
    return key


Key = Annotated[Any, BeforeValidator(_key)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)


class _Place(_Part):
    file: str
    line: int

    def span(self) -> SourceSpan:
        return SourceSpan(self.file, self.line, 1 if self.line else 0)


class _Change(_Part):
    path: str
    before: Any
    after: Any
    source: _Place | None = None
    reverts: bool = False
    ahead: Literal["git", "live", "both"] | None = None

    def planned(self) -> PlannedChange:
        ahead = Ahead(self.ahead) if self.ahead else Ahead.GIT
        change = FieldChange(self.path, (), self.before, self.after, ahead)
        return PlannedChange(change, _span(self.source))


class _Ref(_Part):
    path: str
    key: Key


class _After(_Part):
    after: str


class _Pending(_Part):
    field: str
    kind: str
    references: list[str]
    single: bool


class _Step(_Part):
    id: str
    action: str
    key: Key
    remote_id: str | None
    uri: str | None
    name: str
    if_match: str | _After | None
    requires: list[str]
    refs: list[_Ref]
    changes: list[_Change]
    reason: str
    payload: dict[str, Any] | None = None
    patch: list[dict[str, Any]] = Field(default_factory=list)
    pending: list[_Pending] = Field(default_factory=list)
    touched: dict[str, str] = Field(default_factory=dict)
    source: _Place | None = None

    def step(self) -> Step:
        match self.if_match:
            case _After(after=name):
                if_match: str | After | None = After(name)
            case other:
                if_match = other
        return Step(
            self.id,
            Action(self.action),
            self.key,
            self.reason,
            self.remote_id,
            if_match,
            tuple(self.requires),
            self.payload,
            tuple(self.patch),
            tuple(Ref(ref.path, ref.key) for ref in self.refs),
            tuple(
                PendingBase(base.field, Kind(base.kind), tuple(base.references), base.single) for base in self.pending
            ),
            tuple(change.planned() for change in self.changes),
            self.name,
            _span(self.source),
            self.uri,
            touched=self.touched,
        )


def _span(place: _Place | None) -> SourceSpan | None:
    return None if place is None else place.span()


class _Target(_Part):
    repository: str
    container: str
    sandbox: str


class _Problem(_Part):
    key: Key
    message: str
    remedy: str
    source: _Place | None


class _Warning(_Part):
    key: str
    message: str
    remedy: str


class _Refusal(_Part):
    guard: str
    message: str
    keys: list[Key]
    limit: int
    allow: int
    remedy: str


class _Reached(_Part):
    count: int
    keys: list[Key]


class _Outside(_Part):
    count: int
    instances: list[str]


class _Reach(_Part):
    activities: _Reached
    outside: _Outside

    def reach(self) -> Reach:
        activities, outside = self.activities, self.outside
        return Reach(activities.count, tuple(activities.keys), outside.count, tuple(outside.instances))


class _Rename(_Part):
    from_: Key = Field(alias="from")
    to: Key
    alike: float


class _Hidden(_Part):
    key: Key
    field: str


class _Plan(_Part):
    format: int
    catalog: str
    environment: str
    target: _Target
    created: str
    expires: str
    made_by: str
    commit: str | None
    dirty: bool
    digest: str
    steps: list[_Step]
    summary: dict[str, int]
    problems: list[_Problem]
    warnings: list[_Warning]
    refusals: list[_Refusal]
    unpruned: list[Key]
    left_out: list[Key]
    allowed: dict[str, int]
    renames: list[_Rename]
    hidden: list[_Hidden]
    deselected: list[Key]
    reach: dict[str, _Reach]
    destroy: bool = False  # a plan of an earlier version does not say

    def plan(self) -> Plan:
        """The plan as the other rooms know it. Raises ``ValueError`` when its steps do not hang together."""
        steps = tuple(step.step() for step in self.steps)
        names = [step.id for step in steps]
        known = set(names)
        if len(known) < len(names) or any(need not in known for step in steps for need in step.requires):
            raise ValueError("steps")
        return Plan(
            self.catalog,
            self.environment,
            Target(self.target.repository, self.target.container, self.target.sandbox),
            self.created,
            self.expires,
            self.made_by,
            self.commit,
            self.dirty,
            steps,
            tuple(PlanProblem(each.key, each.message, each.remedy, _span(each.source)) for each in self.problems),
            tuple(PlanWarning(parse_key(each.key) or each.key, each.message, each.remedy) for each in self.warnings),
            tuple(_refusal(each) for each in self.refusals),
            tuple(self.unpruned),
            tuple(self.left_out),
            self.allowed,
            tuple(Rename(each.from_, each.to, each.alike) for each in self.renames),
            tuple((each.key, each.field) for each in self.hidden),
            tuple(self.deselected),
            {_key(key): reach.reach() for key, reach in self.reach.items()},
            self.destroy,
        )


def _refusal(told: _Refusal) -> Refusal:
    return Refusal(told.guard, told.message, tuple(told.keys), told.limit, told.allow, told.remedy)
