"""The addresses of the API and what can be done at each, as a table (clause A1).

The table is what requests are answered by, and what the description of the API is compared with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from typing import TypeAlias

from reconciler.emulator.conditions import is_unchanged
from reconciler.emulator.containers import CONTAINERS, home, list_containers
from reconciler.emulator.deletion import delete, poll
from reconciler.emulator.gateway import Caller
from reconciler.emulator.instances import envelope_text
from reconciler.emulator.listing import list_instances, search_instances
from reconciler.emulator.media import HOME_HAL, RECEIPT, RESULTS_SCHEMA, MediaType, hal, require_acceptable
from reconciler.emulator.messages import BASE_PATH, Request, Response
from reconciler.emulator.problems import Refused, not_found, problem
from reconciler.emulator.writes import Call, Parts, create, current, patch, put, require_container, sandbox_scope

Values: TypeAlias = Mapping[str, str]
Way: TypeAlias = Callable[[Parts, Call, Values], Response]

_HOME = MediaType(HOME_HAL)
_RECEIPT = MediaType(RECEIPT)
_PAGE = hal(RESULTS_SCHEMA)
_DELETIONS = "deletions"


@dataclass(frozen=True)
class Route:
    """One form of address below the base path.

    template: with ``{names}`` for what varies; it never holds a slash.   ways: by method.
    """

    template: str
    ways: Mapping[str, Way]

    @cached_property
    def parts(self) -> tuple[tuple[str, bool], ...]:
        """The parts of the template, each a name without its braces, or what stands there as it is."""
        return tuple((part.strip("{}"), part.startswith("{")) for part in self.template.split("/"))

    def values(self, address: Sequence[str]) -> Values | None:
        """What stands in the place of each name; None when an address of as many parts is of another form."""
        values: dict[str, str] = {}
        for (part, is_name), found in zip(self.parts, address, strict=True):
            if is_name:
                values[part] = found
            elif part != found:
                return None
        return values


def _home(parts: Parts, call: Call, _: Values) -> Response:
    require_acceptable(call.request.header("accept"), _HOME)
    return home(parts, call.request, call.caller)


def _page(listing: Callable[[Parts, Call], Response]) -> Way:
    def way(parts: Parts, call: Call, _: Values) -> Response:
        require_acceptable(call.request.header("accept"), _PAGE)
        return listing(parts, call)

    return way


def _receipt(write: Callable[[Parts, Call, str], Response], name: str) -> Way:
    """A call about what stands in the address under a name; it answers with a receipt."""

    def way(parts: Parts, call: Call, values: Values) -> Response:
        require_acceptable(call.request.header("accept"), _RECEIPT)
        return write(parts, call, values[name])

    return way


def _create(parts: Parts, call: Call, _: Values) -> Response:
    require_acceptable(call.request.header("accept"), _RECEIPT)
    return create(parts, call)


def _lookup(parts: Parts, call: Call, values: Values) -> Response:
    stored, entity = current(parts, call.container, values["instanceId"])
    offered = hal(entity.versioned)
    require_acceptable(call.request.header("accept"), offered)
    headers = {"ETag": stored.entity_tag}
    if is_unchanged(call.request, stored):
        return Response(HTTPStatus.NOT_MODIFIED, headers)
    body = envelope_text(stored, entity).encode()
    return Response(HTTPStatus.OK, {"Content-Type": str(offered), **headers}, body)


_REPLACE, _REMOVE = _receipt(put, "instanceId"), _receipt(delete, "instanceId")

# The first that fits is meant.
ROUTES = (
    Route("/", {"GET": _home}),
    Route(f"/{CONTAINERS}", {"GET": _page(list_containers), "POST": _create}),
    Route(f"/{CONTAINERS}/{{instanceId}}", {"GET": _lookup, "PUT": _REPLACE, "DELETE": _REMOVE}),
    Route("/{container}/instances", {"GET": _page(list_instances), "POST": _create}),
    Route(
        "/{container}/instances/{instanceId}",
        {"GET": _lookup, "PUT": _REPLACE, "PATCH": _receipt(patch, "instanceId"), "DELETE": _REMOVE},
    ),
    Route("/{container}/queries/core/search", {"GET": _page(search_instances)}),
    Route(f"/{{container}}/{_DELETIONS}/{{token}}", {"GET": _receipt(poll, "token")}),
)


_BY_LENGTH = {
    length: tuple(route for route in ROUTES if len(route.parts) == length)
    for length in {len(route.parts) for route in ROUTES}
}


def answer(parts: Parts, request: Request, caller: Caller, address: str) -> Response:
    """The answer to a request whose address below the base path is this one."""
    given = (address or "/").split("/")
    for route in _BY_LENGTH.get(len(given), ()):
        values = route.values(given)
        if values is not None:
            break
    else:
        raise not_found(f"nothing has the address {address[:200]}")
    call = Call(request, caller, values.get("container", sandbox_scope(caller.sandbox)))
    with parts.store.writing() if writes(request) else nullcontext():
        require_container(parts, call)
        way = route.ways.get(request.method)
        if way is None:
            raise method_not_allowed(route.ways)
        return way(parts, call, values)


def writes(request: Request) -> bool:
    """Whether the answer is made inside a transaction that writes; a poll decides a deletion."""
    return request.method != "GET" or request.path.removeprefix(BASE_PATH).split("/")[2:3] == [_DELETIONS]


def method_not_allowed(methods: Iterable[str]) -> Refused:
    """405, saying which methods there are."""
    allowed = ", ".join(methods)
    return problem(HTTPStatus.METHOD_NOT_ALLOWED, f"this address takes {allowed}", headers={"Allow": allowed})
