"""The repository as a function from request to response: no sockets, any caller (clause A)."""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Callable
from datetime import datetime
from enum import Enum, auto
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl
from uuid import UUID, uuid4

from reconciler.emulator.conditions import is_unchanged
from reconciler.emulator.database import Busy, Database
from reconciler.emulator.deletion import delete, poll
from reconciler.emulator.faults import Faults
from reconciler.emulator.filters import read_condition
from reconciler.emulator.gateway import Accepted, Caller, identify
from reconciler.emulator.instances import container_document, envelope_text
from reconciler.emulator.instants import system_clock
from reconciler.emulator.jsontext import MAX_BODY, JsonObject, dump
from reconciler.emulator.listing import list_instances, search_instances
from reconciler.emulator.media import HOME_HAL, RECEIPT, RESULTS_SCHEMA, MediaType, hal, require_acceptable
from reconciler.emulator.messages import BASE_PATH, Request, Response
from reconciler.emulator.problems import Refused, not_found, problem
from reconciler.emulator.registry import CONTAINER, built_in_registry
from reconciler.emulator.store import NewInstance, Store
from reconciler.emulator.writes import Call, Parts, create, current, patch, put
from reconciler.model.errors import ReconcilerError

_CONTAINER_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,99}")
_PRODUCT_CONTEXTS = {"dma_offers", "acp"}


class Access(Enum):
    """What may become of the file."""

    READ = auto()
    WRITE = auto()


class Emulator:
    """One repository over one SQLite file. Calls may come from any thread; they take turns."""

    def __init__(self, parts: Parts, accepted: Accepted, sandbox: str, container: str) -> None:
        self._parts = parts
        self._accepted = accepted
        self._sandbox = sandbox
        self._turn = threading.Lock()
        self.container = container

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
        accepted: Accepted = Accepted(),  # noqa: B008  (frozen)
        access: Access = Access.WRITE,
    ) -> Emulator:
        """Open a repository, making the file and the sandbox's container when they are not there.

        container: its id; by default the first one of the sandbox.   clock: aware datetimes.
        access: with ``READ`` it works on a copy in memory, and the file is never written.
        Raises ``ReconcilerError`` when the file cannot be used or the container belongs to another sandbox.
        """
        reading = access is Access.READ and path != ":memory:"
        store = Store(Database.copy_of(path) if reading else Database.open(path))
        parts = Parts(store, built_in_registry(), clock, new_uuid, faults)
        try:
            found = _ensure_container(parts, sandbox, container)
        except Busy as busy:
            store.close()
            raise ReconcilerError(f"another process keeps writing to {path}", remedy="Try again later.") from busy
        except sqlite3.Error as error:
            store.close()
            raise ReconcilerError(f"cannot use the database {path}: {error}") from error
        except ReconcilerError:
            store.close()
            raise
        return cls(parts, accepted, sandbox, found)

    @staticmethod
    def exists(path: str | Path) -> bool:
        """Whether there is a file to open: for callers that may not make one."""
        return Path(path).is_file()

    def handle(self, request: Request) -> Response:
        """Answer one request; every refusal is an answer, nothing is raised for bad input."""
        try:
            with self._turn:
                response = self._answer(request)
        except Refused as refused:
            response = refused.response
        except Busy:
            busy = problem(HTTPStatus.SERVICE_UNAVAILABLE, "another process is writing", headers={"Retry-After": "1"})
            response = busy.response
        request_id = request.header("x-request-id") or str(self._parts.new_uuid())
        return response.plus({"x-request-id": request_id})

    def close(self) -> None:
        """Close the file; the emulator answers nothing after it."""
        self._parts.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _answer(self, request: Request) -> Response:
        if request.path == "/healthz":
            return Response(HTTPStatus.OK, {"Content-Type": "application/json"}, b'{"status":"ok"}')
        if request.path != BASE_PATH and not request.path.startswith(BASE_PATH + "/"):
            raise not_found(f"the repository lives under {BASE_PATH}/")
        caller = identify(request, self._accepted, self._sandbox)
        if len(request.body) > MAX_BODY:
            raise problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a body has at most {MAX_BODY} bytes")
        if not self._parts.store.knows_scope(_sandbox_scope(caller.sandbox)):
            raise problem(HTTPStatus.FORBIDDEN, f"there is no sandbox {caller.sandbox}")
        return _route(self._parts, request, caller, request.path.removeprefix(BASE_PATH))


def _sandbox_scope(sandbox: str) -> str:
    return f"sandbox/{sandbox}"


def _ensure_container(parts: Parts, sandbox: str, wanted: str | None) -> str:
    """The id of the container to work with; it is made when the sandbox does not have it."""
    if wanted is not None and not _CONTAINER_ID.fullmatch(wanted):
        raise ReconcilerError(f"{wanted!r} cannot be the id of a container", remedy="Use letters, digits and dashes.")
    scope = _sandbox_scope(sandbox)
    # Mostly it is there: opening a file that is in use then waits for nobody.
    found = _known_container(parts, scope, wanted)
    if found is not None:
        return found
    with parts.store.writing():
        found = _known_container(parts, scope, wanted)
        return found or _add_container(parts, scope, wanted or str(parts.new_uuid()))


def _known_container(parts: Parts, scope: str, wanted: str | None) -> str | None:
    known = [instance.instance_id for instance in parts.store.of_scope(scope)]
    if wanted is None:
        return known[0] if known else None
    return wanted if wanted in known else None


def _add_container(parts: Parts, scope: str, instance_id: str) -> str:
    taken = parts.store.scope_of(instance_id)
    if taken is not None:
        raise ReconcilerError(f"the id {instance_id} is taken in {taken}", remedy="Name another container.")
    text = dump({"repo:name": f"Container of {scope.removeprefix('sandbox/')}", "dataCenter": "local"})
    who = ("repository", "repository")
    new = NewInstance(scope, CONTAINER, instance_id, None, *who, text, "{}")
    parts.store.add(new, parts.store.next_date(parts.clock()))
    return instance_id


def _route(parts: Parts, request: Request, caller: Caller, address: str) -> Response:
    """From an address below the base path to its answer."""
    match address.split("/")[1:]:
        case [] | [""]:
            return _only(request, {"GET": lambda: _home(parts, request, caller)})
        case [container, "instances"]:
            call = _call(parts, request, caller, container)
            return _only(
                request,
                {
                    "GET": lambda: _accepting(request, hal(RESULTS_SCHEMA), lambda: list_instances(parts, call)),
                    "POST": lambda: _accepting(request, _RECEIPT, lambda: create(parts, call)),
                },
            )
        case [container, "instances", instance_id]:
            return _instance(parts, _call(parts, request, caller, container), instance_id)
        case [container, "queries", "core", "search"]:
            call = _call(parts, request, caller, container)
            offered = hal(RESULTS_SCHEMA)
            return _only(request, {"GET": lambda: _accepting(request, offered, lambda: search_instances(parts, call))})
        case [container, "deletions", token]:
            call = _call(parts, request, caller, container)
            return _only(request, {"GET": lambda: _accepting(request, _RECEIPT, lambda: poll(parts, call, token))})
        case _:
            raise not_found(f"nothing has the address {address[:200]}")


_RECEIPT = MediaType(RECEIPT)


def _instance(parts: Parts, call: Call, instance_id: str) -> Response:
    def receipt_of(write: Callable[[Parts, Call, str], Response]) -> Callable[[], Response]:
        return lambda: _accepting(call.request, _RECEIPT, lambda: write(parts, call, instance_id))

    methods = {
        "GET": lambda: _lookup(parts, call, instance_id),
        "PUT": receipt_of(put),
        "PATCH": receipt_of(patch),
        "DELETE": receipt_of(delete),
    }
    return _only(call.request, methods)


def _only(request: Request, methods: dict[str, Callable[[], Response]]) -> Response:
    answer = methods.get(request.method)
    if answer is None:
        allowed = ", ".join(methods)
        raise problem(HTTPStatus.METHOD_NOT_ALLOWED, f"this address takes {allowed}", headers={"Allow": allowed})
    return answer()


def _accepting(request: Request, offered: MediaType, answer: Callable[[], Response]) -> Response:
    require_acceptable(request.header("accept"), offered)
    return answer()


def _call(parts: Parts, request: Request, caller: Caller, container: str) -> Call:
    if not parts.store.exists(_sandbox_scope(caller.sandbox), CONTAINER, container):
        raise not_found(f"there is no container {container[:200]} in the sandbox {caller.sandbox}")
    return Call(request, caller, container)


def _home(parts: Parts, request: Request, caller: Caller) -> Response:
    """The home document: the containers of the caller's sandbox."""
    require_acceptable(request.header("accept"), MediaType(HOME_HAL))
    entity = parts.registry[CONTAINER]
    asked = parse_qsl(request.query, keep_blank_values=True)
    products = {value for name, value in asked if name == "product"}
    conditions = [read_condition(value) for name, value in asked if name == "property"]
    containers: list[JsonObject] = []
    if not products or products & _PRODUCT_CONTEXTS:
        documents = (container_document(each, entity) for each in parts.store.of_scope(_sandbox_scope(caller.sandbox)))
        containers = [each for each in documents if all(condition.holds(each) for condition in conditions)]
    body = {"_embedded": {CONTAINER: containers}, "_links": {"self": {"href": "/"}}}
    return Response(HTTPStatus.OK, {"Content-Type": HOME_HAL}, dump(body).encode())


def _lookup(parts: Parts, call: Call, instance_id: str) -> Response:
    stored, entity = current(parts, call.container, instance_id)
    require_acceptable(call.request.header("accept"), hal(entity.versioned))
    headers = {"ETag": stored.entity_tag}
    if is_unchanged(call.request, stored):
        return Response(HTTPStatus.NOT_MODIFIED, headers)
    body = envelope_text(stored, entity).encode()
    return Response(HTTPStatus.OK, {"Content-Type": str(hal(entity.versioned)), **headers}, body)
