"""What became of each step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.model.kinds import EntityKey, Kind
from reconciler.plan.steps import Action, Plan, Step


@dataclass(frozen=True, slots=True)
class Done:
    """Carried out."""


@dataclass(frozen=True, slots=True)
class AlreadyDone:
    """The wanted state was there before we came, or an earlier attempt of ours had made it."""


@dataclass(frozen=True, slots=True)
class Failed:
    """Not carried out. stale: because somebody changed it since it was read."""

    message: str
    remedy: str | None = None
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Skipped:
    """Not tried, because a step that it requires was not carried out. because: the first of them, the root cause."""

    because: str


@dataclass(frozen=True, slots=True)
class NotAttempted:
    """Not tried, because the run was stopped."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """It cannot be told: the request may have been carried out. in_flight: or may still be."""

    message: str
    in_flight: bool = False


Outcome = Done | AlreadyDone | Failed | Skipped | NotAttempted | Unknown


OUTCOME_NAMES: Mapping[type[Outcome], str] = {
    Done: "done",
    AlreadyDone: "already done",
    Failed: "failed",
    Skipped: "skipped",
    NotAttempted: "not attempted",
    Unknown: "unknown",
}


def outcome_fields(outcome: Outcome) -> dict[str, Any]:
    """One outcome as JSON."""
    told: dict[str, Any] = {"outcome": OUTCOME_NAMES[type(outcome)]}
    match outcome:
        case Failed(message, remedy):
            told |= {"message": message, "remedy": remedy}
        case Unknown(message, _):
            told |= {"message": message}
        case Skipped(because):
            told |= {"because": because}
        case Done() | AlreadyDone() | NotAttempted():
            pass
    return told


def is_done(outcome: Outcome) -> bool:
    """Whether the wanted state is there."""
    return isinstance(outcome, Done | AlreadyDone)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many entities came how far, and how many steps ended otherwise.

    already_done: entities that were as wanted before this run did anything.
    archived: entities taken out of service and not deleted.
    """

    created: int = 0
    patched: int = 0
    deleted: int = 0
    stamped: int = 0
    failed: int = 0
    skipped: int = 0
    not_attempted: int = 0
    unknown: int = 0
    left_out: int = 0
    adopted: int = 0
    moved: int = 0
    forgotten: int = 0
    already_done: int = 0
    archived: int = 0

    @property
    def complete(self) -> bool:
        """Whether every step is done, and nothing was left out of the plan."""
        return not (self.failed or self.skipped or self.not_attempted or self.unknown or self.left_out)

    @property
    def written(self) -> int:
        """Entities of which something was done."""
        return self.changed + self.stamped

    @property
    def changed(self) -> int:
        """Entities of which more than the stamp was written, or that came or went from this catalogue."""
        return self.created + self.patched + self.deleted + self.adopted + self.moved + self.forgotten

    def sentence(self) -> str:
        """The line that every format of a report ends with."""
        rare = {"adopted": self.adopted, "moved": self.moved, "forgotten": self.forgotten}
        more = "".join(f", {count} {word}" for word, count in rare.items() if count)
        done = f"{self.created} created, {self.patched} patched, {self.deleted} deleted{more}"
        if self.complete:
            return f"Apply complete: {done}."
        rest = f"{self.failed} failed, {self.skipped} skipped, {self.not_attempted} not attempted"
        return f"Apply incomplete: {done}; {rest}, {self.unknown} unknown."


@dataclass(frozen=True, slots=True)
class Report:
    """A plan and what became of its steps.

    interrupted: somebody stopped the run.   unauthorised: the repository stopped accepting the credentials.
    lost_lease: somebody else may write now.   created: the URIs of what this run created.
    """

    plan: Plan
    outcomes: Mapping[str, Outcome]
    interrupted: bool = False
    unauthorised: bool = False
    lost_lease: bool = False
    created: Mapping[EntityKey, str] = field(default_factory=dict)

    @property
    def created_by_kind(self) -> dict[Kind, list[str]]:
        """The URIs of what this run created."""
        found: dict[Kind, list[str]] = {}
        for step in self.plan.steps:
            if step.action is Action.CREATE and isinstance(self.outcomes[step.id], Done) and step.key in self.created:
                found.setdefault(step.key.kind, []).append(self.created[step.key])
        return found

    @property
    def stale(self) -> bool:
        """Whether something was refused because it had been changed since it was read."""
        return any(isinstance(outcome, Failed) and outcome.stale for outcome in self.outcomes.values())

    @property
    def tally(self) -> Tally:
        """The counts. An entity counts as patched or deleted when all its steps of this plan are done."""
        done = {step.id for step in self.plan.steps if is_done(self.outcomes[step.id])}
        finished = _finished(self.plan.steps, done)
        ours = {step.key for step in self.plan.steps if isinstance(self.outcomes[step.id], Done)}
        became = Counter(action for key, action in finished.items() if key in ours)
        archived = {step.key for step in self.plan.steps if step.action is Action.ARCHIVE and step.id in done}
        kinds = [type(self.outcomes[step.id]) for step in self.plan.steps]
        return Tally(
            became[Action.CREATE],
            became[Action.PATCH],
            became[Action.DELETE],
            became[Action.STAMP],
            kinds.count(Failed),
            kinds.count(Skipped),
            kinds.count(NotAttempted),
            kinds.count(Unknown),
            len(self.plan.blocked),
            became[Action.ADOPT],
            became[Action.MOVE],
            became[Action.FORGET],
            len(finished.keys() - ours),
            len(archived - finished.keys()),
        )

    @property
    def in_flight(self) -> bool:
        """Whether a write may still arrive whose answer nobody has waited for.

        A late create is one too many; a late patch or delete is of a plan that the next run may have taken back.
        """
        return any(isinstance(outcome, Unknown) and outcome.in_flight for outcome in self.outcomes.values())


def _finished(steps: Iterable[Step], done: set[str]) -> dict[EntityKey, Action]:
    """What became of each entity whose last step is done; an adoption or a move counts as that, whatever follows."""
    first: dict[EntityKey, Step] = {}
    last: dict[EntityKey, Step] = {}
    for step in steps:
        first.setdefault(step.key, step)
        last[step.key] = step
    taken = {Action.ADOPT, Action.MOVE}
    return {
        key: first[key].action if first[key].action in taken else step.action
        for key, step in last.items()
        if step.id in done
    }
