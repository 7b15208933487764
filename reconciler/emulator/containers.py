"""Containers: the instances of a sandbox, each a repository of its own (clause B)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import parse_qsl

from reconciler.emulator.filters import read_conditions
from reconciler.emulator.gateway import Caller
from reconciler.emulator.instances import PRODUCT_CONTEXTS, container_document
from reconciler.emulator.jsontext import JsonObject, dump, load_object
from reconciler.emulator.listing import list_instances
from reconciler.emulator.media import HOME_HAL
from reconciler.emulator.messages import Request, Response
from reconciler.emulator.registry import CONTAINER
from reconciler.emulator.store import NewInstance
from reconciler.emulator.writes import Call, Parts, sandbox_scope
from reconciler.model.errors import ReconcilerError

CONTAINERS = "containers"  # the first part of their addresses
_CONTAINER_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,99}")


def home(parts: Parts, request: Request, caller: Caller) -> Response:
    """The home document: the containers of the caller's sandbox (B1, B2)."""
    entity = parts.registry[CONTAINER]
    asked = parse_qsl(request.query, keep_blank_values=True)
    products = {value for name, value in asked if name == "product"}
    conditions = read_conditions(asked)
    containers: list[JsonObject] = []
    if not products or not products.isdisjoint(PRODUCT_CONTEXTS):
        documents = (container_document(each, entity) for each in parts.store.of_scope(sandbox_scope(caller.sandbox)))
        containers = [each for each in documents if all(condition.holds(each) for condition in conditions)]
    body = {"_embedded": {CONTAINER: containers}, "_links": {"self": {"href": "/"}}}
    return Response(HTTPStatus.OK, {"Content-Type": HOME_HAL}, dump(body).encode())


def list_containers(parts: Parts, call: Call) -> Response:
    """GET on the containers of a sandbox: a page as of instances, which live in no container (B4)."""
    response = list_instances(parts, call)
    body = load_object(response.body.decode())
    del body["containerId"]
    links = body["_links"]
    for link in links.values() if isinstance(links, dict) else ():
        if isinstance(link, dict):
            link["href"] = f"/{CONTAINERS}?" + str(link["href"]).partition("?")[2]
    return Response(response.status, response.headers, dump(body).encode())


def ensure_container(parts: Parts, sandbox: str, wanted: str | None) -> str:
    """The id of the container to work with; it is made when the sandbox does not have it.

    Raises ``ReconcilerError`` for an id that cannot be one, or that is taken.
    """
    if wanted is not None and (not _CONTAINER_ID.fullmatch(wanted) or wanted == CONTAINERS):
        raise ReconcilerError(f"{wanted!r} cannot be the id of a container", remedy="Use letters, digits and dashes.")
    scope = sandbox_scope(sandbox)
    # Mostly it is there: opening a file that is in use then waits for nobody.
    found = _known(parts, scope, wanted)
    if found is not None:
        return found
    with parts.store.writing():
        found = _known(parts, scope, wanted)
        return found or _add(parts, scope, wanted or str(parts.new_uuid()))


def _known(parts: Parts, scope: str, wanted: str | None) -> str | None:
    known = [instance.instance_id for instance in parts.store.of_scope(scope)]
    if wanted is None:
        return known[0] if known else None
    return wanted if wanted in known else None


def _add(parts: Parts, scope: str, instance_id: str) -> str:
    taken = parts.store.scope_of(instance_id)
    if taken is not None:
        raise ReconcilerError(f"the id {instance_id} is taken in {taken}", remedy="Name another container.")
    described: Mapping[str, str] = {
        "repo:name": f"Container of {scope.removeprefix(sandbox_scope(''))}",
        "dataCenter": "local",
    }
    who = ("repository", "repository")
    new = NewInstance(scope, CONTAINER, instance_id, None, *who, dump(described), "{}")
    parts.store.add(new, parts.store.next_date(parts.clock()))
    return instance_id
