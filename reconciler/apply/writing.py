"""Carries out one step of a plan: its write, and what to make of an answer that is lost, late or a refusal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from reconciler.apply.creating import Creator, looks
from reconciler.apply.filling import fill
from reconciler.apply.holding import holds
from reconciler.apply.outcomes import AlreadyDone, Done, Failed, NotAttempted, Outcome, Unknown
from reconciler.apply.referrers import find_referrers
from reconciler.model.errors import ReconcilerError
from reconciler.model.kinds import KINDS, EntityKey
from reconciler.plan.steps import Action, After, Plan, Step
from reconciler.plan.touched import is_untouched
from reconciler.repository.errors import Conflict, NameTaken, NotPermitted, RepositoryError, Unauthorised, Unreachable
from reconciler.repository.port import DeleteOutcome, DeleteRejected, Instance, Receipt, Writer

_SHOWN = 5  # referrers that a message names
DELETIONS = 3  # tries of one delete whose etag somebody's edits make stale
UNREACHED = 3  # steps in a row that did not reach the repository, after which no more are sent


@dataclass(slots=True)
class Prospects:
    """Whether other steps can do better than those that failed.

    unreached: steps in a row that never reached the repository.   hopeless: every other call would fail so.
    """

    unreached: int = 0
    hopeless: type[RepositoryError] | None = None

    def brighten(self) -> None:
        """The repository answered a step."""
        self.unreached = 0

    def darken(self, error: RepositoryError) -> None:
        """A step ended so."""
        match error:
            case Unauthorised() | NotPermitted():
                self.hopeless = type(error)
            case Unreachable():
                self.unreached += 1
                if self.unreached >= UNREACHED:
                    self.hopeless = Unreachable
            case _:
                self.unreached = 0


@dataclass(slots=True)
class StepWriter:
    """Carries out the steps of one plan, each when it is asked to; several may be under way.

    prospects: hears how steps end.   uris: of what was created, by key; later steps refer to them.
    """

    plan: Plan
    writer: Writer
    creator: Creator
    prospects: Prospects = field(default_factory=Prospects)
    uris: dict[EntityKey, str] = field(default_factory=dict)
    _etags: dict[str, str] = field(default_factory=dict)  # left behind, by step id
    _archived: set[str] = field(default_factory=set)  # steps that took an instance out of service
    _keys: Mapping[str, EntityKey] = field(init=False)  # of what the plan writes, by URI

    def __post_init__(self) -> None:
        self._keys = {step.uri: step.key for step in self.plan.steps if step.uri}

    def take_over(self, step: Step, found: Instance | None) -> None:
        """Go on from what a step of an earlier run left; None: nothing."""
        if found is not None:
            self._etags[step.id] = found.etag
            self.uris.setdefault(step.key, found.uri)

    async def carry_out(self, step: Step) -> Outcome:
        """Carry out one step; whatever comes of it becomes an outcome, and the other steps go on."""
        try:
            outcome = await self._carried_out(step)
        except RepositoryError as error:
            self.prospects.darken(error)
            outcome = _failure(error)
        except ReconcilerError as error:
            outcome = Failed(error.message, error.remedy)
        except Exception as error:  # noqa: BLE001 - one step's defect must not hide what became of the others
            outcome = Unknown(f"a defect of this program: {type(error).__name__}", in_flight=True)
        else:
            self.prospects.brighten()
        return self._with_its_archiving(step, outcome)

    def _with_its_archiving(self, step: Step, outcome: Outcome) -> Outcome:
        """A delete that failed after this run took its instance out of service says so, and how to undo that."""
        if step.action is Action.ARCHIVE and isinstance(outcome, Done):
            self._archived.add(step.id)
        before = step.if_match.step if isinstance(step.if_match, After) else ""
        if step.action is not Action.DELETE or before not in self._archived or not isinstance(outcome, Failed):
            return outcome
        revive = f"To revive it, put its file back and run: reconciler apply --target {step.key}"
        return replace(
            outcome,
            message=f"archived, not deleted; {outcome.message}",
            remedy=f"{outcome.remedy} {revive}" if outcome.remedy else revive,
        )

    async def _carried_out(self, step: Step) -> Outcome:
        match step.action:
            case Action.CREATE:
                return await self._create(step)
            case Action.DELETE:
                return await self._delete(step)
            case Action.PATCH | Action.ARCHIVE | Action.STAMP | Action.ADOPT | Action.MOVE | Action.FORGET:
                return await self._patch(step)

    def _body(self, step: Step) -> Any:
        return fill(step, self.uris, None if self.plan.dirty else self.plan.commit)

    def _etag(self, step: Step) -> str:
        if isinstance(step.if_match, After):
            return self._etags[step.if_match.step]
        return step.if_match or ""

    def _address(self, step: Step) -> str:
        return step.address or self.writer.address_of(step.remote_id or "")

    async def _create(self, step: Step) -> Outcome:
        made = await self.creator.create(step, self._body(step))
        if made.refused is not None:
            self.prospects.darken(made.refused)
        if made.uri is not None:
            self.uris[step.key] = made.uri
            self._etags[step.id] = made.etag
        return made.outcome

    async def _patch(self, step: Step) -> Outcome:
        if step.action is Action.ARCHIVE and step.uri is not None:
            found = await find_referrers(self.writer, step.key.kind, step.uri)
            if found:
                names = ", ".join(item.uri for item in found[:_SHOWN])
                return Failed(f"not archived: {names} still refers to it", "Plan again to see it.")
        return await self._patched(step, self._body(step), self._etag(step))

    async def _patched(self, step: Step, operations: list[dict[str, Any]], etag: str) -> Outcome:
        """What comes of a patch that is sent to this revision."""
        try:
            receipt = await self.writer.patch(self._address(step), _schema(step), operations, if_match=etag)
        except RepositoryError as error:
            if not isinstance(error, Conflict) and not error.maybe_carried_out:
                raise
            return await self._after_doubt(step, operations, etag, error)
        self._keep(step, receipt)
        return Done()

    async def _after_doubt(
        self, step: Step, operations: list[dict[str, Any]], etag: str, error: RepositoryError
    ) -> Outcome:
        """Look at the instance: a stale etag, a taken name and a lost answer leave different things behind.

        etag: under which the patch was sent.
        """
        try:
            found = await self._seen_after(step, operations, etag, error)
        except RepositoryError as failure:
            if isinstance(failure, Unauthorised):
                self.prospects.darken(failure)
            if error.maybe_carried_out:
                return Unknown(f"{error.message}; looking at it failed too: {failure.message}", in_flight=True)
            return Failed(error.message, error.remedy)
        if found is None:
            return Failed("it was deleted meanwhile", "Plan again.")
        if holds(found, operations):
            self._etags[step.id] = found.etag
            return Done() if error.maybe_carried_out else AlreadyDone()
        if isinstance(error, Conflict) and not error.maybe_carried_out and self._may_go_on(step, found, etag):
            return await self._patched(step, operations, found.etag)
        if found.etag != etag and error.maybe_carried_out:
            return Unknown(f"{error.message}; it was changed since, and is not as this step leaves it")
        if found.etag != etag:
            return _changed_since(found)
        if isinstance(error, NameTaken | Conflict):
            holder = getattr(error, "holder", None)
            by = f" by {holder}" if holder else ""
            return Failed(f"its name is taken{by}", "Choose another name, or rename that instance.")
        return Failed(error.message, error.remedy)

    async def _seen_after(
        self, step: Step, operations: list[dict[str, Any]], etag: str, error: RepositoryError
    ) -> Instance | None:
        """The instance as a patch left it. Where its answer was lost, it may still arrive for as long as nobody else
        has written: only then is it certain that it never does.
        """
        found: Instance | None = None
        async for _ in looks(self.creator.clock, self.creator.settle_s if error.maybe_carried_out else 0.0):
            found = await self.writer.lookup(self._address(step), _schema(step))
            if found is None or found.etag != etag or holds(found, operations):
                break
        return found

    def _may_go_on(self, step: Step, found: Instance, etag: str) -> bool:
        """Whether the edit that came between touched nothing of what this step touches."""
        if found.etag == etag or (isinstance(step.if_match, After) and step.action is not Action.DELETE):
            return False
        return is_untouched(step.touched, found)

    async def _delete(self, step: Step) -> Outcome:
        """Delete it; after a stale etag once more, if all that was read of it still stands."""
        etag = self._etag(step)
        for _ in range(DELETIONS):
            outcome = await self._asked_to_go(step, etag)
            if outcome is not None:
                return outcome
            found = await self.writer.lookup(self._address(step), _schema(step))
            if found is None:
                return Done()
            if not self._may_go_on(step, found, etag):
                return _changed_since(found)
            etag = found.etag
        return Failed("it is changed again and again", "Plan again to see the changes.", stale=True)

    async def _asked_to_go(self, step: Step, etag: str) -> Outcome | None:
        """What came of one request to delete; None when its etag is stale, at once or when it was decided."""
        try:
            outcome = await self.writer.delete(self._address(step), if_match=etag)
        except RepositoryError as error:
            if error.maybe_carried_out and await self._is_gone(step):
                return Done()
            if isinstance(error, Conflict):
                return None
            raise
        if isinstance(outcome, DeleteRejected) and outcome.reason == "etag":
            return None
        return self._deleted(outcome)

    async def _is_gone(self, step: Step) -> bool:
        """Whether an instance is certainly not there."""
        try:
            return await self.writer.lookup(self._address(step), _schema(step)) is None
        except RepositoryError:
            return False

    def _deleted(self, outcome: DeleteOutcome) -> Outcome:
        if not isinstance(outcome, DeleteRejected):
            return Done()
        if not outcome.referrers:
            reason = f": {outcome.reason}" if outcome.reason else ""
            return Failed(f"the repository rejected it{reason}", "Plan again to see what it is like now.")
        told = ((f"{self._keys[item.uri]} " if item.uri in self._keys else "", item) for item in outcome.referrers)
        names = ", ".join(f"{key}{item.uri} ({item.property})" for key, item in told)
        return Failed(f"still referred to by {names}", "Plan again: what refers to it has to go first.")

    def _keep(self, step: Step, receipt: Receipt) -> None:
        self._etags[step.id] = receipt.etag


def _failure(error: RepositoryError) -> Outcome:
    """What a step that ended so has come to."""
    if error.maybe_carried_out:
        return Unknown(error.message, in_flight=True)
    return NotAttempted() if isinstance(error, NotPermitted) else Failed(error.message, error.remedy)


def _changed_since(found: Instance) -> Failed:
    who = f" by {found.modified_by}" if found.modified_by else ""
    return Failed(
        f"it was changed{who} at {found.modified}, after it was read", "Plan again to see the change.", stale=True
    )


def _schema(step: Step) -> str:
    return KINDS[step.key.kind].schema
