"""A repository of the imagination: records what it is asked, and fails where it is told to."""
# ruff: noqa: ARG002 - the arguments are the protocol's

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import jsonpatch

from reconciler.apply.events import Ended, Event, Finished, Started
from reconciler.live.snapshot import LiveState
from reconciler.repository.errors import Call, NameTaken, Problem, RepositoryError, Stale, Unauthorised, Unreachable
from reconciler.repository.port import Container, Deleted, DeleteOutcome, Instance, Match, Page, Permit, Receipt, Writer

POST, PATCH, DELETE, GET = (Call(method, "/there", "request-1") for method in ("POST", "PATCH", "DELETE", "GET"))

Answer = Exception | DeleteOutcome


def refused(call: Call = POST) -> RepositoryError:
    return RepositoryError("refused", call=call, remedy="Correct it.")


def lost(call: Call) -> Unreachable:
    """No answer, and perhaps carried out."""
    return Unreachable("no answer", call=call, maybe_carried_out=True)


def unreached(call: Call = POST) -> Unreachable:
    """No connection at all, so certainly not carried out."""
    return Unreachable("no connection", call=call, maybe_carried_out=False)


def stale() -> Stale:
    return Stale(Problem(type="etag-mismatch"), call=PATCH)


def taken(call: Call = POST) -> NameTaken:
    return NameTaken(Problem(type="name-taken", holder="xcore:tag:holder"), call=call)


def unauthorised(call: Call = POST) -> Unauthorised:
    return Unauthorised("the token is not valid", call=call)


@dataclass
class FakeWriter:
    """Keeps the protocol ``Writer``. A write is called by its verb and the instance's key, e.g. ``patch t``.

    answers: what happens to a write, by its call or the key alone.   carries_out: whether it is done all the same.
    held: calls that are answered only after another call was.   lists: what every list fails with.
    """

    live: LiveState | None = None
    answers: Mapping[str, Answer] = field(default_factory=dict)
    lookups: Mapping[str, RepositoryError] = field(default_factory=dict)
    lists: RepositoryError | None = None
    carries_out: bool = False
    held: Mapping[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    bodies: dict[str, Any] = field(default_factory=dict)
    etags: list[str | None] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    stored: dict[str, Instance] = field(default_factory=dict)
    answered: defaultdict[str, asyncio.Event] = field(default_factory=lambda: defaultdict(asyncio.Event))

    def __post_init__(self) -> None:
        for item in self.live or ():
            self.stored[item.instance.address] = item.instance

    @property
    def container(self) -> str:
        return "box"

    def permitted(self, permit: Permit) -> FakeWriter:
        return self

    async def containers(self) -> tuple[Container, ...]:
        return ()

    async def pages(
        self, schema: str, *, limit: int = 500, properties: Sequence[str] = (), ids: Sequence[str] = ()
    ) -> AsyncIterator[Page]:
        if self.lists is not None:
            raise self.lists
        yield Page((), 0, 0, has_next=False)

    async def search(
        self, schema: str, terms: str, *, fields: Sequence[str] = (), match: Match = Match.ANY, limit: int = 500
    ) -> AsyncIterator[Page]:
        yield Page((), 0, 0, has_next=False)

    async def lookup(self, address: str, schema: str, *, known: Instance | None = None) -> Instance | None:
        self.asked.append(f"lookup {_end(address)}")
        if _end(address) in self.lookups:
            raise self.lookups[_end(address)]
        return self.stored.get(address)

    def address_of(self, instance_id: str) -> str:
        return f"http://test/{instance_id}"

    async def create(self, schema: str, properties: Mapping[str, Any], links: Mapping[str, Any]) -> Receipt:
        name = str(properties["xdm:name"])
        await self._answer(name, "create", {"_instance": properties, "_links": links})
        return Receipt(f"{name}-new", f"xcore:new:{name}", "1", f"http://test/{name}-new", "")

    async def replace(
        self,
        address: str,
        schema: str,
        properties: Mapping[str, Any],
        links: Mapping[str, Any],
        *,
        if_match: str | None,
    ) -> Receipt:
        raise NotImplementedError

    async def patch(
        self, address: str, schema: str, operations: Sequence[Mapping[str, Any]], *, if_match: str
    ) -> Receipt:
        self.etags.append(if_match)
        name = _end(address)
        if self.carries_out or self._said(f"patch {name}") is None:
            self._store(address, operations)
        await self._answer(name, "patch", list(operations))
        return Receipt("", "", self.stored[address].etag, address, "")

    def _store(self, address: str, operations: Sequence[Mapping[str, Any]]) -> None:
        old = self.stored[address]
        after = jsonpatch.apply_patch({"_instance": old.properties, "_links": old.links}, list(operations))
        etag = str(int(old.etag) + 1)
        self.stored[address] = replace(old, etag=etag, properties=after["_instance"], links=after["_links"])

    async def delete(self, address: str, *, if_match: str | None) -> DeleteOutcome:
        self.etags.append(if_match)
        if self.carries_out or self._said(f"delete {_end(address)}") is None:
            self.stored.pop(address, None)
        return await self._answer(_end(address), "delete", None) or Deleted()

    def _said(self, call: str) -> Answer | None:
        return self.answers.get(call) or self.answers.get(call.partition(" ")[2])

    async def _answer(self, name: str, verb: str, body: Any) -> DeleteOutcome | None:
        call = f"{verb} {name}"
        self.asked.append(call)
        self.bodies[call] = body
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0)  # lets the others begin
        if call in self.held:
            await self.answered[self.held[call]].wait()
        self.at_once -= 1
        self.answered[call].set()
        answer = self._said(call)
        if isinstance(answer, Exception):
            raise answer
        return answer


def _end(address: str) -> str:
    return address.rpartition("/")[2].partition("-")[0]


def as_writer(fake: FakeWriter) -> Writer:
    """The type checker's word that the fake keeps the protocol."""
    return fake


@dataclass
class Listener:
    """Remembers what it was told."""

    events: list[Event] = field(default_factory=list)

    def __call__(self, event: Event) -> None:
        self.events.append(event)

    @property
    def lines(self) -> list[str]:
        return [_line(event) for event in self.events]


def _line(event: Event) -> str:
    match event:
        case Started(step):
            return f"started {step.id}"
        case Finished(step, _):
            return f"finished {step.id}"
        case Ended(_, complete):
            return f"ended {'complete' if complete else 'incomplete'}"
