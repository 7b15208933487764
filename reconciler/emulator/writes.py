"""Create, PUT and PATCH: from a body to a stored revision and its receipt (C, G).

All of it happens inside the transaction of the request (``routes``): what was read there holds when it is written.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from reconciler.emulator.conditions import require_match
from reconciler.emulator.faults import Mishaps
from reconciler.emulator.gateway import Caller
from reconciler.emulator.guards import Absence, guard_faults, lifecycle_faults
from reconciler.emulator.instances import Instance, envelope_text, receipt_text
from reconciler.emulator.integrity import integrity_faults, links_of, refuse_taken_name, unique_name
from reconciler.emulator.jsontext import MAX_BODY, Json, JsonObject, dump, load_object, read_body
from reconciler.emulator.media import HAL, PATCH_HAL, RECEIPT, MediaType, parse_media_type
from reconciler.emulator.messages import BASE_PATH, Request, Response
from reconciler.emulator.patching import apply_patch, read_patch
from reconciler.emulator.problems import Fault, bad_request, invalid, not_found, problem
from reconciler.emulator.registry import CONTAINER, EntityType, Registry, pointer
from reconciler.emulator.store import NewInstance, Revision, Store
from reconciler.emulator.views import Views

_JSON = "application/json"
_SANDBOX = "sandbox/"


@dataclass(frozen=True, slots=True)
class Parts:
    """What every answer is made with."""

    store: Store
    registry: Registry
    clock: Callable[[], datetime]
    new_uuid: Callable[[], UUID]
    faults: Mishaps
    views: Views = field(default_factory=Views)


@dataclass(frozen=True, slots=True)
class Call:
    """A request that passed the gateway.

    container: one that exists; or ``sandbox/NAME``, when the call is about the containers of a sandbox (B4).
    """

    request: Request
    caller: Caller
    container: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """An instance as a caller would have it: decoded, its links without the one to itself."""

    instance: JsonObject
    links: JsonObject


def sandbox_scope(sandbox: str) -> str:
    """Where the containers of a sandbox live; no container is called so."""
    return f"{_SANDBOX}{sandbox}"


def is_sandbox(scope: str) -> bool:
    """Whether this is where containers live."""
    return scope.startswith(_SANDBOX)


def require_container(parts: Parts, call: Call) -> None:
    """Refuse with 404 a container that the caller's sandbox does not have."""
    if is_sandbox(call.container):
        return
    if not parts.store.exists(sandbox_scope(call.caller.sandbox), CONTAINER, call.container):
        raise not_found(f"there is no container {call.container[:200]} in the sandbox {call.caller.sandbox}")


def content_type(request: Request, accepted: str) -> MediaType:
    """What the body is sent as; 415 for anything but the accepted type and plain JSON."""
    given = parse_media_type(request.header("content-type") or "")
    if given.name not in {accepted, _JSON}:
        raise problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"a body for this call is {accepted}")
    return given


def named_type(parts: Parts, given: MediaType) -> EntityType | None:
    """The type named by a Content-Type; None when it names none, 400 when that is not registered."""
    if given.schema is None:
        return None
    entity = parts.registry.find(given.schema)
    if entity is None:
        raise bad_request(f"the schema {given.schema} is not registered")
    return entity


def create(parts: Parts, call: Call) -> Response:
    """POST: a new instance, at revision 1."""
    entity = named_type(parts, content_type(call.request, HAL))
    if entity is None:
        raise bad_request("the Content-Type names no schema")
    wanted = _to_wanted(_read_halves(call.request))
    if (entity.schema == CONTAINER) is not is_sandbox(call.container):
        raise bad_request(f"instances of {entity.schema} are not made at this address")
    faults = entity.faults(wanted.instance)
    if "@id" in wanted.instance and entity.schema != CONTAINER:
        faults.append(Fault("/_instance/@id", "is given by the repository"))
    _refuse(faults, entity)
    stored = _add(parts, call, entity, wanted)
    return receipt_response(HTTPStatus.CREATED, stored).plus(address_headers(call.request, stored.location))


def address_headers(request: Request, location: str) -> dict[str, str]:
    """An address below the base path, and the base that it is resolved against."""
    base = f"{request.scheme}://{request.header('host') or 'localhost'}{BASE_PATH}/"
    return {"Content-Base": base, "Location": location}


def _add(parts: Parts, call: Call, entity: EntityType, wanted: Wanted) -> Instance:
    links = links_of(entity, wanted.instance)
    _refuse(integrity_faults(parts.store, call.container, entity, wanted.instance, links), entity)
    name = unique_name(entity, wanted.instance)
    refuse_taken_name(parts.store, call.container, name, own_row=None)
    uri = None if entity.schema == CONTAINER else f"xcore:{entity.uri_type}:{_fifteen_digits(parts.new_uuid())}"
    values = wanted.instance if uri is None else {"@id": uri, **wanted.instance}
    new = NewInstance(
        scope=call.container,
        schema=entity.schema,
        instance_id=str(parts.new_uuid()),
        uri=uri,
        account=call.caller.account,
        client=call.caller.api_key,
        text=dump(values),
        links=dump(wanted.links) if wanted.links else "{}",
        name=name,
        references=frozenset((link.property, link.uri) for link in links),
        values=values,
    )
    return parts.store.add(new, parts.store.next_date(parts.clock()))


def _fifteen_digits(source: UUID) -> str:
    digits = source.hex
    return digits[:12] + digits[13:16]  # the digit between is the version, always the same


def put(parts: Parts, call: Call, instance_id: str) -> Response:
    """PUT: the body replaces the instance and its custom links."""
    given = content_type(call.request, HAL)
    stored, entity = current(parts, call.container, instance_id)
    named = named_type(parts, given)
    body = _read_halves(call.request)
    require_match(call.request, stored)
    _refuse_other_type(named, entity)
    return _replace(parts, call, stored, _to_wanted(body), Absence.STAYS)


def patch(parts: Parts, call: Call, instance_id: str) -> Response:
    """PATCH: the operations change the envelope; the result is judged as a PUT would be."""
    given = content_type(call.request, PATCH_HAL)
    stored, entity = current(parts, call.container, instance_id)
    named = named_type(parts, given)
    operations = read_patch(read_body(call.request.body))
    require_match(call.request, stored)
    _refuse_other_type(named, entity)
    envelope = load_object(envelope_text(stored, entity))
    apply_patch(envelope, operations)
    return _replace(parts, call, stored, _patched(envelope), Absence.REMOVAL)


def current(parts: Parts, container: str, instance_id: str) -> tuple[Instance, EntityType]:
    """The stored revision and its type, or 404."""
    stored = parts.store.find(container, instance_id)
    if stored is None:
        raise not_found(f"there is no instance {instance_id} in this container")
    return stored, parts.registry[stored.schema]


def receipt_response(status: HTTPStatus, instance: Instance) -> Response:
    """A receipt with its ETag."""
    headers = {"Content-Type": RECEIPT, "ETag": instance.entity_tag}
    return Response(status, headers, receipt_text(instance).encode())


def _replace(parts: Parts, call: Call, stored: Instance, wanted: Wanted, absence: Absence) -> Response:
    entity = parts.registry[stored.schema]
    before, after = stored.values, wanted.instance
    _refuse(entity.faults(after), entity)
    _refuse(guard_faults(entity.rules.guard, before, after, absence), entity)
    _refuse(lifecycle_faults(entity.rules.lifecycle, before, after), entity)
    links = links_of(entity, after)
    _refuse(integrity_faults(parts.store, stored.scope, entity, after, links), entity)
    name = unique_name(entity, after)
    refuse_taken_name(parts.store, stored.scope, name, own_row=stored.row)
    values = after if stored.uri is None else {"@id": stored.uri, **after}
    text = dump(values)
    if len(text) > MAX_BODY:
        raise invalid(f"the instance would be larger than {MAX_BODY} characters")
    revision = Revision(
        account=call.caller.account,
        client=call.caller.api_key,
        text=text,
        links=dump(wanted.links),
        name=name,
        references=frozenset((link.property, link.uri) for link in links),
        values=values,
    )
    replaced = parts.store.replace(stored, revision, parts.store.next_date(parts.clock()))
    return receipt_response(HTTPStatus.OK, replaced)


def _refuse(faults: list[Fault], entity: EntityType) -> None:
    if faults:
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        raise invalid(f"not acceptable as {entity.schema}: {count}", faults)


def _refuse_other_type(named: EntityType | None, entity: EntityType) -> None:
    if named is not None and named.schema != entity.schema:
        raise invalid(f"this is an instance of {entity.schema}, not of {named.schema}")


def _read_halves(request: Request) -> JsonObject:
    """A body with its two halves; 400 when one of them is not there."""
    body = read_body(request.body)
    if not isinstance(body, dict):
        raise bad_request("the body is not a JSON object")
    if not isinstance(body.get("_instance"), dict):
        raise bad_request("_instance is missing or not an object")
    if "_links" not in body:
        raise bad_request("_links is missing; it may be empty")
    return body


def _patched(envelope: JsonObject) -> Wanted:
    missing = [Fault(pointer(name), "cannot be removed") for name in ("_instance", "_links") if name not in envelope]
    if not missing and not isinstance(envelope["_instance"], dict):
        missing = [Fault("/_instance", "is not an object")]
    if missing:
        raise invalid("the patch leaves no whole instance", missing)
    return _to_wanted(envelope)


def _to_wanted(body: JsonObject) -> Wanted:
    instance, links = body["_instance"], body["_links"]
    if not isinstance(links, dict):
        raise invalid("_links is not an object", [Fault("/_links", "is not an object")])
    custom = {name: link for name, link in links.items() if name != "self"}
    faults = [
        Fault(pointer("_links", name), "a link, or each of a list of links, needs a string href")
        for name, link in custom.items()
        if not all(map(_is_link, link if isinstance(link, list) else [link]))
    ]
    if faults:
        raise invalid("a custom link is not acceptable", faults)
    return Wanted(instance if isinstance(instance, dict) else {}, custom)


def _is_link(link: Json) -> bool:
    return isinstance(link, dict) and isinstance(link.get("href"), str)
