"""A create, and what to do when its answer is lost: look before asking again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.apply.outcomes import Done, Failed, Outcome, Unknown
from reconciler.model.kinds import KINDS
from reconciler.model.stamp import read_stamp
from reconciler.plan.steps import Step
from reconciler.repository.errors import NameTaken, RepositoryError, Unauthorised
from reconciler.repository.port import Instance, Receipt, Writer
from reconciler.repository.retry import Clock

ATTEMPTS = 3  # to create one entity of a kind with unique names
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.2, 5.0


@dataclass(frozen=True, slots=True)
class Made:
    """What came of a create. uri, etag: of the instance, where there is one.   refused: what ended the look for it."""

    outcome: Outcome
    uri: str | None = None
    etag: str = ""
    refused: RepositoryError | None = None


async def looks(clock: Clock, settle_s: float) -> AsyncIterator[None]:
    """When to look for the effect of a request whose answer was lost: until nothing of it can arrive any more."""
    deadline = clock.now() + settle_s
    pause = _FIRST_PAUSE_S
    while True:
        is_last = clock.now() >= deadline
        yield
        if is_last:
            return
        await clock.sleep(min(pause, max(0.0, deadline - clock.now())))
        pause = min(2 * pause, _LONGEST_PAUSE_S)


def _made(receipt: Receipt) -> Made:
    if not receipt.uri:
        return Made(Unknown("the repository gave no URI for it"))
    return Made(Done(), receipt.uri, receipt.etag)


@dataclass(frozen=True, slots=True)
class Creator:
    """Creates instances for one catalogue. settle_s: how long a request may take to have its effect."""

    writer: Writer
    catalog: str
    clock: Clock
    settle_s: float

    async def create(self, step: Step, body: Mapping[str, Any]) -> Made:
        """Create it once, whichever answer is lost.

        Where the repository keeps names unique, a create that left nothing is asked again; elsewhere nobody can tell
        whether it is still to come, so it ends unknown, and the next run finds it by its stamp.
        """
        schema = KINDS[step.key.kind].schema
        lost: RepositoryError | None = None
        for _ in range(ATTEMPTS if KINDS[step.key.kind].unique_names else 1):
            try:
                return _made(await self.writer.create(schema, body["_instance"], body["_links"]))
            except NameTaken as error:
                return await self._name_taken(step, body, error, in_doubt=lost is not None)
            except RepositoryError as error:
                if not error.maybe_carried_out:
                    raise (lost or error) from error
                lost = error
            try:
                found = await self._find(step, body)
            except Unauthorised as error:
                return Made(_unseen(lost, error), refused=error)
            except RepositoryError as error:
                raise lost from error
            if found is not None:
                return Made(Done(), found.uri, found.etag)
        return Made(Unknown(f"{lost.message if lost else ''}; it was not found within {self.settle_s:g} s"))

    async def _name_taken(self, step: Step, body: Mapping[str, Any], error: NameTaken, *, in_doubt: bool) -> Made:
        """The name is held: by our own create whose answer was lost, or by somebody."""
        if not in_doubt:
            raise error
        named = [item async for item in self._named(step, body)]
        ours = next((item for item in named if self._is_ours(item, step)), None)
        if ours is not None:
            return Made(Done(), ours.uri, ours.etag)
        if not named:
            return Made(
                Unknown(f"{error.message}, which the lists lack: it may be what this run created", in_flight=True)
            )
        return Made(Failed(f"its name is taken by {named[0].uri}", error.remedy or "Plan again to see who holds it."))

    async def _find(self, step: Step, body: Mapping[str, Any]) -> Instance | None:
        """The instance that the lost request made, once the lists have it."""
        async for _ in looks(self.clock, self.settle_s):
            async for item in self._named(step, body):
                if self._is_ours(item, step):
                    return item
        return None

    async def _named(self, step: Step, body: Mapping[str, Any]) -> AsyncIterator[Instance]:
        """The instances of its name; of other kinds too, where those share the names."""
        name = body["_instance"].get("xdm:name", "")
        group = KINDS[step.key.kind].unique_names
        for kind, info in KINDS.items():
            if kind is step.key.kind or (group is not None and info.unique_names == group):
                async for page in self.writer.pages(info.schema, properties=(f"_instance.xdm:name=={name}",)):
                    for item in page.items:
                        if item.properties.get("xdm:name") == name:
                            yield item

    def _is_ours(self, item: Instance, step: Step) -> bool:
        stamp = read_stamp(item.links)
        return stamp is not None and stamp.catalog == self.catalog and stamp.key == step.key


def _unseen(lost: RepositoryError, error: RepositoryError) -> Unknown:
    return Unknown(f"{lost.message}; looking for it failed too: {error.message}", in_flight=True)
