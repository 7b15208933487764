"""The repository as a function from request to response: no sockets, any caller (clauses A, J)."""

from __future__ import annotations

import math
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto
from functools import cached_property, partial
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO
from uuid import UUID, uuid4

from reconciler.emulator.annotations import Document
from reconciler.emulator.containers import CONTAINERS, ensure_container
from reconciler.emulator.database import Busy, Database
from reconciler.emulator.deletion import decide_what_is_due
from reconciler.emulator.faults import Dropped, Faults, Mishaps
from reconciler.emulator.gateway import Accepted, Caller, identify
from reconciler.emulator.instants import format_instant, system_clock
from reconciler.emulator.jsontext import MAX_BODY, JsonObject, dump, load_object
from reconciler.emulator.messages import BASE_PATH, Request, Response
from reconciler.emulator.openapi import openapi_document
from reconciler.emulator.problems import Refused, not_found, problem
from reconciler.emulator.registry import built_in_registry
from reconciler.emulator.routes import answer, method_not_allowed, writes
from reconciler.emulator.snapshot import Moved, read_snapshot, write_snapshot
from reconciler.emulator.staleness import without_newest
from reconciler.emulator.store import TAKEN_IN_TOGETHER, Store
from reconciler.emulator.turns import Answer
from reconciler.emulator.views import Views
from reconciler.emulator.writes import Parts, sandbox_scope
from reconciler.model.errors import ReconcilerError

HEALTH, DESCRIPTION = "/healthz", "/openapi.json"
OUTSIDE = (HEALTH, DESCRIPTION)  # at the root, and without credentials
AT_ONCE_S = 0.02  # what readers wait for writers, at most; or for one of them
LIGHT_S = 0.005  # a write that takes longer has much to bring to the disk
# The ends of addresses that give lists; new instances may be late there (J4).
_LISTS = (["instances"], ["queries", "core", "search"])


class Access(Enum):
    """What may become of the file."""

    READ = auto()
    WRITE = auto()


@dataclass(frozen=True, slots=True)
class Begun:
    """Requests of one transaction, the first of them answered. Nobody else writes until it is on the disk.

    is_light: whether all are answered, and that took so little that the disk will not take long either.
    finish: gives all answers, in the order of the requests, once they hold. To be called once, from any thread.
    """

    is_light: bool
    finish: Callable[[], list[Answer]]


class Emulator:
    """One repository over one SQLite file. Calls may come from any thread; writes take turns, and so do reads."""

    def __init__(self, database: Database, parts: Parts, accepted: Accepted, sandbox: str, container: str) -> None:
        self._database = database
        self._parts = parts
        self._accepted = accepted
        self._sandbox = sandbox
        self._turn = threading.Lock()
        # Where there is a file, reads have a connection of their own, and do not wait until a write is on the disk.
        self._second = database.second()
        self._reading = parts if self._second is None else replace(parts, store=Store(self._second), views=Views())
        self._reading_turn = self._turn if self._second is None else threading.Lock()
        self.container = container
        self.mishaps = parts.faults

    @classmethod
    def open(
        cls,
        path: str | Path = ":memory:",
        *,
        sandbox: str = "prod",
        container: str | None = None,
        clock: Callable[[], datetime] = system_clock,
        new_uuid: Callable[[], UUID] = uuid4,
        faults: Faults = Faults(),  # noqa: B008  (frozen)
        schemas: Sequence[Document] = (),
        snapshot: Iterable[str] | None = None,
        accepted: Accepted = Accepted(),  # noqa: B008  (frozen)
        access: Access = Access.WRITE,
        taken_in_together: int = TAKEN_IN_TOGETHER,
    ) -> Emulator:
        """Open a repository, making the file and the sandbox's container when they are not there.

        container: its id; by default the first one of the sandbox.   clock: aware datetimes.
        schemas: JSON Schema documents of further types.   snapshot: the lines to fill an empty repository with.
        access: with ``READ`` it works on a copy in memory, and the file is never written.
        taken_in_together: how many new instances wait until they are counted and indexed; no answer depends on it.
        Raises ``ReconcilerError`` when the file cannot be used, a document is no schema, or the container belongs to
        another sandbox.
        """
        registry = built_in_registry().plus(schemas)
        reading = access is Access.READ and path != ":memory:"
        database = Database.copy_of(path) if reading else Database.open(path)
        store = Store(database, taken_in_together)
        parts = Parts(store, registry, clock, new_uuid, Mishaps(faults))
        try:
            if snapshot is not None:
                read_snapshot(database, snapshot, registry)
            found = ensure_container(parts, sandbox, container)
        except Busy as busy:
            store.close()
            raise ReconcilerError(f"another process keeps writing to {path}", remedy="Try again later.") from busy
        except sqlite3.Error as error:
            store.close()
            raise ReconcilerError(f"cannot use the database {path}: {error}") from error
        except ReconcilerError:
            store.close()
            raise
        return cls(database, parts, accepted, sandbox, found)

    @staticmethod
    def exists(path: str | Path) -> bool:
        """Whether there is a file to open: for callers that may not make one."""
        return Path(path).is_file()

    def handle(self, request: Request) -> Response:
        """Answer one request. Every refusal is an answer, and so is a failure of the database, with its ``cause``.

        Raises ``Dropped``, a ``ConnectionError``, where a fault cuts the line. A fault never waits here:
        ``latency_s`` is for whoever brings the requests.
        """
        with self._turn_for(request) as parts:
            return self._handle(request, parts)

    def answer(self, request: Request) -> Answer:
        """The same for servers, which live on whatever goes wrong."""
        with self._turn_for(request) as parts:
            return self._answer_in_turn(request, parts)

    @contextmanager
    def _turn_for(self, request: Request) -> Iterator[Parts]:
        """The turn to write or to read, and what the answer is made with."""
        if self._takes_turn_to_write(request):
            with self._turn:
                yield self._parts
        else:
            with self._reading_turn:
                yield self._reading

    def _answer_in_turn(self, request: Request, parts: Parts) -> Answer:
        try:
            return self._handle(request, parts)
        except Dropped as dropped:
            return dropped
        except Exception as error:  # noqa: BLE001  (the edge: a fault of ours or of the disk is told)
            failed = problem(HTTPStatus.INTERNAL_SERVER_ERROR, "the repository failed").response
            told = failed.plus({"x-request-id": request.header("x-request-id") or str(uuid4())})
            return replace(told, cause=f"{type(error).__name__}: {error}")

    def _handle(self, request: Request, parts: Parts) -> Response:
        try:
            response = self._mishap(request) or self._carried_out(request, parts)
            if self._strikes("drop-after", request):
                raise Dropped("drop-after")
        except Busy:
            response = _busy()
        except sqlite3.Error as error:
            response = _failed(error)
        return self._with_id(request, response)

    def latency_s(self, request: Request) -> float:
        """How long this request is to wait before it is handled; counted."""
        waiting = self.mishaps.amount("latency", request.method) if _is_of_the_api(request) else 0.0
        if waiting:
            self.mishaps.count("latency")
        return waiting

    def waits_for_disk(self, request: Request) -> bool:
        """Whether this request is one that writes, and there is a file to write to."""
        return self._second is not None and self._takes_turn_to_write(request)

    def begin(self, requests: Sequence[Request]) -> Begun:
        """Answer requests that write, in their order, by one transaction, which ``Begun.finish`` brings to the disk.

        When the transaction fails, all are told so, and nothing is done.
        """
        self._turn.acquire()
        try:
            return self._begin(requests, math.inf, wait=True)
        except (Busy, sqlite3.Error) as error:
            failed = self._failed_together(requests, error)
            return Begun(is_light=True, finish=lambda: failed)

    def begin_at_once(self, requests: Sequence[Request], within_s: float = AT_ONCE_S) -> Begun | None:
        """The same, but only as many are answered as some time allows, at least one; the rest are, in ``finish``.

        None when it would have to wait for others who write, and nothing is done.
        """
        if not self._turn.acquire(blocking=False):
            return None
        try:
            return self._begin(requests, within_s, wait=False)
        except (Busy, sqlite3.Error):
            return None

    def _begin(self, requests: Sequence[Request], within_s: float, *, wait: bool) -> Begun:
        """With the turn, which is given back by ``Begun.finish``, or when anything is raised."""
        with ExitStack() as stack:
            stack.callback(self._turn.release)
            stack.enter_context(self._database.together(alone=len(requests) == 1, wait=wait))
            answers: list[Answer] = []
            started = time.monotonic()
            for request in requests:
                answers.append(self._answer_to_write(request))
                if time.monotonic() - started > within_s:
                    break
            is_light = len(answers) == len(requests) and time.monotonic() - started < LIGHT_S
            return Begun(is_light, partial(self._finish, requests, answers, stack.pop_all()))

    def _finish(self, requests: Sequence[Request], first: Sequence[Answer], opened: ExitStack) -> list[Answer]:
        try:
            with opened:
                return [*first, *map(self._answer_to_write, requests[len(first) :])]
        except (Busy, sqlite3.Error) as error:
            return self._failed_together(requests, error)

    def _answer_to_write(self, request: Request) -> Answer:
        return self._answer_in_turn(request, self._parts)

    def _failed_together(self, requests: Sequence[Request], error: Exception) -> list[Answer]:
        response = _failed(error) if isinstance(error, sqlite3.Error) else _busy()
        return [self._with_id(request, response) for request in requests]

    def write_snapshot(self, out: TextIO) -> Moved:
        """Write everything that is kept, as ``open`` takes it."""
        with self._turn:
            return write_snapshot(self._database, out)

    def close(self) -> None:
        """Close the file; the emulator answers nothing after it."""
        with self._turn:
            if self._second is not None:
                with self._reading_turn:
                    self._second.close()
            self._parts.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _mishap(self, request: Request) -> Response | None:
        """What a fault answers in our place, nothing being done."""
        if self._strikes("drop-before", request):
            raise Dropped("drop-before")
        if self._strikes("429", request):
            told = {"Retry-After": "1"}
            return problem(HTTPStatus.TOO_MANY_REQUESTS, "too many requests, on purpose", headers=told).response
        if self._strikes("500", request):
            return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "the repository failed, on purpose").response
        return None

    def _strikes(self, fault: str, request: Request) -> bool:
        return self.mishaps.any and _is_of_the_api(request) and self.mishaps.strikes(fault, request.method)

    def _carried_out(self, request: Request, parts: Parts) -> Response:
        try:
            if parts is self._parts and request.method != "GET" and self.mishaps.amount("slow-delete", "DELETE"):
                decide_what_is_due(parts)
            response = self._answer(request, parts)
        except Refused as refused:
            return refused.response
        return self._truncated(request, response) if self.mishaps.any else response

    def _truncated(self, request: Request, response: Response) -> Response:
        """The page without its ``next``, where the dice say so; only pages that have one are counted."""
        is_page = response.status == HTTPStatus.OK and _lists_in(request) is not None
        if not is_page or not self.mishaps.amount("truncate-list", request.method):
            return response
        body = load_object(response.body.decode())
        links = body["_links"]
        if not isinstance(links, dict) or "next" not in links:
            return response
        if not self.mishaps.strikes("truncate-list", request.method):
            return response
        del links["next"]
        return replace(response, body=dump(body).encode())

    def _takes_turn_to_write(self, request: Request) -> bool:
        """Whether answering takes the write lock: a list told late is read in a transaction that is undone.

        What the gateway refuses waits for nobody.
        """
        late = self.mishaps.amount("stale-list", request.method)
        if not _is_of_the_api(request) or not (writes(request) or (late and _lists_in(request) is not None)):
            return False
        try:
            identify(request, self._accepted, self._sandbox)
        except Refused:
            return False
        return True

    def _with_id(self, request: Request, response: Response) -> Response:
        request_id = request.header("x-request-id") or str(self._parts.new_uuid())
        return response.plus({"x-request-id": request_id})

    def _answer(self, request: Request, parts: Parts) -> Response:
        if request.path in OUTSIDE:
            return self._answer_outside(request)
        if not _is_of_the_api(request):
            raise not_found(f"the repository lives under {BASE_PATH}/")
        caller = identify(request, self._accepted, self._sandbox)
        if len(request.body) > MAX_BODY:
            raise problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a body has at most {MAX_BODY} bytes")
        scope = sandbox_scope(caller.sandbox)
        if caller.sandbox != self._sandbox and not parts.store.knows_scope(scope):
            raise problem(HTTPStatus.FORBIDDEN, f"there is no sandbox {caller.sandbox}")
        with self._parts_for(parts, request, caller) as given:
            return answer(given, request, caller, request.path.removeprefix(BASE_PATH))

    def _answer_outside(self, request: Request) -> Response:
        if request.method != "GET":
            raise method_not_allowed(["GET"])
        told = self._description if request.path == DESCRIPTION else dump(_health(self.mishaps)).encode()
        return Response(HTTPStatus.OK, {"Content-Type": "application/json"}, told)

    @cached_property
    def _description(self) -> bytes:
        return dump(openapi_document(self._parts.registry)).encode()

    @contextmanager
    def _parts_for(self, parts: Parts, request: Request, caller: Caller) -> Iterator[Parts]:
        """What the answer is made with: for a list that is told late, a store without the newest."""
        late_s = self.mishaps.amount("stale-list", request.method)
        listed = _lists_in(request) if late_s else None
        if listed is None:
            yield parts
            return
        scope = sandbox_scope(caller.sandbox) if listed == CONTAINERS else listed
        date = format_instant(self._parts.clock() - timedelta(seconds=late_s))
        with without_newest(self._database, scope, date) as (store, hidden):
            if hidden:
                self.mishaps.count("stale-list")
            # Made anew: nothing that is remembered between requests may learn of a state that is undone.
            yield replace(parts, store=store, views=Views())


def _is_of_the_api(request: Request) -> bool:
    return request.path == BASE_PATH or request.path.startswith(BASE_PATH + "/")


def _lists_in(request: Request) -> str | None:
    """The first part of the address if this asks for a list: a container, or ``containers``."""
    parts = request.path.removeprefix(BASE_PATH).split("/")[1:]
    is_list = parts == [CONTAINERS] or parts[1:] in _LISTS
    return parts[0] if is_list and request.method == "GET" and _is_of_the_api(request) else None


def _health(mishaps: Mishaps) -> JsonObject:
    counts = mishaps.counts
    return {"status": "ok", "faults": dict(counts)} if counts else {"status": "ok"}


def _failed(error: sqlite3.Error) -> Response:
    """The database failed: 503 for what may pass, 500 for the rest. The caller is not told of our files."""
    cause = f"{type(error).__name__}: {error}"
    if getattr(error, "sqlite_errorcode", 0) & 0xFF in _PASSING:  # the extended codes too
        return _unavailable("the repository cannot write at the moment", cause)
    failed = problem(HTTPStatus.INTERNAL_SERVER_ERROR, "the repository failed")
    return replace(failed.response, cause=cause)


def _busy() -> Response:
    return _unavailable("another process is writing", "Busy: another process is writing")


def _unavailable(detail: str, cause: str) -> Response:
    refused = problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers={"Retry-After": "1"})
    return replace(refused.response, cause=cause)


_PASSING = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL}
