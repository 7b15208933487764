"""The API as an OpenAPI 3.1 document, made from the registered schemas (clauses A to H)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from reconciler.emulator.media import HAL, HOME_HAL, PATCH_HAL, RECEIPT
from reconciler.emulator.messages import BASE_PATH
from reconciler.emulator.problems import PROBLEM_TYPE
from reconciler.emulator.registry import CONTAINER, EntityType, Registry
from reconciler.version import __version__

Node = dict[str, Any]

_SCHEMAS = "#/components/schemas"
_TEXT: Node = {"type": "string"}
_NUMBER: Node = {"type": "integer", "minimum": 0}
_DATE: Node = {"type": "string", "format": "date-time"}


def openapi_document(registry: Registry) -> Node:
    """The document; its server is the base path on whatever host gave it."""
    entities = [entity for entity in registry.types if entity.schema != CONTAINER]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Offer repository",
            "version": __version__,
            "description": "The type of an instance travels in the media type's parameter `schema`, or in the query "
            "parameter `schema`; an id may carry `;version=n`.",
        },
        "servers": [{"url": BASE_PATH}],
        "security": [{"token": [], "apiKey": [], "organisation": []}],
        "paths": _paths(),
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "apiKey": {"type": "apiKey", "in": "header", "name": "x-api-key"},
                "organisation": {"type": "apiKey", "in": "header", "name": "x-gw-ims-org-id"},
            },
            "parameters": _PARAMETERS,
            "headers": {
                "ETag": {"description": "The revision, quoted.", "schema": _TEXT},
                "Location": {"description": "Relative to Content-Base.", "schema": _TEXT},
                "Content-Base": {"description": "The base of relative addresses.", "schema": _TEXT},
                "Retry-After": {"description": "Seconds to wait.", "schema": _NUMBER},
            },
            "responses": _RESPONSES,
            "schemas": {**_shapes(entities), **_type_schemas(registry)},
        },
    }


def _paths() -> Node:
    instance = {"parameters": [*_COMMON, _param("container"), _param("instanceId")]}
    container = {"parameters": [*_COMMON, _param("instanceId")]}
    listing = [_param(name) for name in _LIST_PARAMETERS]
    return {
        "/": {
            "parameters": _COMMON,
            "get": _operation(
                "home",
                "The containers of a sandbox",
                {"200": "Home"},
                parameters=[_param("product"), _param("property")],
            ),
        },
        "/containers": {
            "parameters": _COMMON,
            "get": _operation("listContainers", "List the containers", {"200": "Results"}, parameters=listing),
            "post": _operation("createContainer", "Create a container", {"201": "Created"}, body="Container"),
        },
        "/containers/{instanceId}": {
            **container,
            "get": _lookup("getContainer", "Look a container up"),
            "put": _update("putContainer", "Replace a container", "Container"),
            "delete": _deletion("deleteContainer", "Delete a container that holds nothing"),
        },
        "/{container}/instances": {
            "parameters": [*_COMMON, _param("container")],
            "get": _operation("listInstances", "List instances of one type", {"200": "Results"}, parameters=listing),
            "post": _operation("createInstance", "Create an instance", {"201": "Created"}, body="Instance"),
        },
        "/{container}/instances/{instanceId}": {
            **instance,
            "get": _lookup("getInstance", "Look an instance up"),
            "put": _update("putInstance", "Replace an instance", "Instance"),
            "patch": _update("patchInstance", "Change an instance", "Patch", PATCH_HAL),
            "delete": _deletion("deleteInstance", "Ask for a deletion"),
        },
        "/{container}/deletions/{token}": {
            "parameters": [*_COMMON, _param("container"), _param("token")],
            "get": _operation("getDeletion", "How a deletion stands", {"200": "Outcome", "202": "Undecided"}),
        },
        "/{container}/queries/core/search": {
            "parameters": [*_COMMON, _param("container")],
            "get": _operation(
                "search",
                "Search instances of one type by their words",
                {"200": "Results"},
                parameters=[*listing, *(_param(name) for name in ("q", "field", "qop"))],
            ),
        },
    }


def _operation(
    name: str,
    summary: str,
    answers: dict[str, str],
    *,
    parameters: list[Node] | None = None,
    body: str | None = None,
    media: str = HAL,
) -> Node:
    responses = {status: {"$ref": f"#/components/responses/{answer}"} for status, answer in answers.items()}
    made: Node = {"operationId": name, "summary": summary}
    if parameters:
        made["parameters"] = parameters
    if body is not None:
        types = (
            [media] if name.startswith("create") else [media, "application/json"]
        )  # the instance tells its type (A5)
        content = {each: {"schema": _schema(body)} for each in types}
        made["requestBody"] = {"required": True, "content": content}
    return {**made, "responses": {**responses, "default": {"$ref": "#/components/responses/Problem"}}}


def _lookup(name: str, summary: str) -> Node:
    return _operation(name, summary, {"200": "Found", "304": "Unchanged"}, parameters=[_param("If-None-Match")])


def _update(name: str, summary: str, body: str, media: str = HAL) -> Node:
    return _operation(name, summary, {"200": "Receipt"}, parameters=[_param("If-Match")], body=body, media=media)


def _deletion(name: str, summary: str) -> Node:
    return _operation(name, summary, {"200": "Outcome", "202": "Undecided"}, parameters=[_param("If-Match")])


def _param(name: str) -> Node:
    return {"$ref": f"#/components/parameters/{name}"}


def _schema(name: str) -> Node:
    return {"$ref": f"{_SCHEMAS}/{name}"}


def _parameter(place: str, name: str, description: str, schema: Node = _TEXT, **more: object) -> Node:
    return {"name": name, "in": place, "description": description, "schema": schema, **more}


def _query(name: str, description: str, schema: Node = _TEXT, **more: object) -> Node:
    return _parameter("query", name, description, schema, **more)


def _repeated(name: str, description: str) -> Node:
    return _query(name, description, {"type": "array", "items": _TEXT}, style="form", explode=True)


_PARAMETERS: Node = {
    "sandbox": _parameter("header", "x-sandbox-name", "The sandbox; absent: the default one."),
    "request": _parameter("header", "x-request-id", "Given back in the answer."),
    "If-Match": _parameter("header", "If-Match", "Only if this is the current revision, else 409."),
    "If-None-Match": _parameter("header", "If-None-Match", "304 if this is the current revision."),
    "container": _parameter("path", "container", "The `instanceId` of a container.", required=True),
    "instanceId": _parameter("path", "instanceId", "The `instanceId` of the instance.", required=True),
    "token": _parameter("path", "token", "From the Location of an answer to DELETE.", required=True),
    "schema": _query("schema", "The schema of what is listed.", required=True),
    "product": _repeated("product", "A product context; several: any of them."),
    "property": _repeated("property", "`path`, or `path`, an operator (== != < <= > >= ~) and a value; all must hold."),
    "id": _repeated("id", "The `@id` of an instance; several: any of them."),
    "orderBy": _query("orderBy", "Property paths with commas; `-` in front: descending."),
    "start": _query("start", "Items beyond this value of the first sort property."),
    "limit": _query("limit", "How many items a page has, about.", {"type": "integer", "minimum": 1, "default": 100}),
    "q": _query("q", "Words, or words in double quotes."),
    "field": _repeated("field", "Search only in this property."),
    "qop": _query("qop", "Whether all terms must be found.", {"enum": ["and", "or"], "default": "or"}),
}
_COMMON: list[Node] = [_param("sandbox"), _param("request")]
_LIST_PARAMETERS = ("schema", "property", "id", "orderBy", "start", "limit")


def _response(description: str, media: str | None = None, shape: str = "", headers: tuple[str, ...] = ()) -> Node:
    made: Node = {"description": description}
    if headers:
        made["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in headers}
    if media is not None:
        made["content"] = {media: {"schema": _schema(shape)}}
    return made


_RESPONSES: Node = {
    "Home": _response("The home document.", HOME_HAL, "Home"),
    "Results": _response("One page.", HAL, "Results"),
    "Found": _response("The current revision.", HAL, "Envelope", ("ETag",)),
    "Unchanged": _response("The caller has the current revision.", headers=("ETag",)),
    "Created": _response("Created.", RECEIPT, "Receipt", ("ETag", "Location", "Content-Base")),
    "Receipt": _response("The next revision.", RECEIPT, "Receipt", ("ETag",)),
    "Undecided": _response("Asked for, not decided; poll the Location.", RECEIPT, "Receipt", ("ETag", "Location")),
    "Outcome": _response("What became of the deletion.", RECEIPT, "Outcome", ("ETag",)),
    "Problem": {
        "description": "A refusal; credentials that are missing or wrong get the gateway's own body.",
        "headers": {"Retry-After": {"$ref": "#/components/headers/Retry-After"}},
        "content": {
            PROBLEM_TYPE: {"schema": _schema("Problem")},
            "application/json": {"schema": _schema("GatewayError")},
        },
    },
}

_DATES: Node = {
    "repo:etag": {"type": "integer", "minimum": 1},
    "repo:createdDate": _DATE,
    "repo:lastModifiedDate": _DATE,
    "repo:createdBy": _TEXT,
    "repo:lastModifiedBy": _TEXT,
    "repo:createdByClientId": _TEXT,
    "repo:lastModifiedByClientId": _TEXT,
}


def _object(required: list[str], **properties: Node) -> Node:
    return {"type": "object", "required": required, "properties": properties}


def _array(items: Node) -> Node:
    return {"type": "array", "items": items}


def _shapes(entities: list[EntityType]) -> Node:
    """What bodies and answers look like, whatever the type."""
    receipt = {"instanceId": _TEXT, "@id": _TEXT, **_DATES}
    instance = {"anyOf": [_schema(entity.uri_type) for entity in entities]}
    return {
        "Links": {"type": "object", "additionalProperties": {"anyOf": [_schema("Link"), _array(_schema("Link"))]}},
        "Link": _object(["href"], href=_TEXT),
        "Instance": _object(["_instance", "_links"], _instance=instance, _links=_schema("Links")),
        "Container": _object(["_instance", "_links"], _instance=_schema("container"), _links=_schema("Links")),
        "Patch": _array(
            _object(
                ["op", "path"],
                op={"enum": ["add", "copy", "move", "remove", "replace", "test"]},
                path=_TEXT,
                **{"from": _TEXT, "value": {}},
            )
        ),
        "Receipt": _object(["instanceId", "repo:etag"], **receipt),
        "Outcome": _object(
            ["outcome", "instanceId"],
            outcome={"enum": ["deleted", "rejected"]},
            reason={"enum": ["references", "status", "instances"]},
            referencedBy=_array(_object(["@id", "schema", "property"], schema=_TEXT, property=_TEXT, **{"@id": _TEXT})),
            **receipt,
        ),
        "Envelope": _object(
            ["instanceId", "schemas", "repo:etag", "_instance", "_links"],
            instanceId=_TEXT,
            schemas=_array(_TEXT),
            productContexts=_array(_TEXT),
            _instance={"type": "object"},
            _links=_schema("Links"),
            **_DATES,
        ),
        "Results": _object(
            ["schemaNs", "requestTime", "_embedded", "_links"],
            containerId=_TEXT,
            schemaNs=_TEXT,
            requestTime=_DATE,
            _embedded=_object(
                ["results", "total", "count"], results=_array(_schema("Envelope")), total=_NUMBER, count=_NUMBER
            ),
            _links=_object(["self"], self=_schema("Link"), next=_schema("Link")),
        ),
        "Home": _object(
            ["_embedded", "_links"],
            _embedded=_object([CONTAINER], **{CONTAINER: _array(_schema("Envelope"))}),
            _links=_object(["self"], self=_schema("Link")),
        ),
        "Problem": _object(
            ["type", "title", "status", "detail"],
            type=_TEXT,
            title=_TEXT,
            status={"type": "integer"},
            detail=_TEXT,
            errors=_array(_object(["path", "message"], path=_TEXT, message=_TEXT)),
            current={"type": "integer"},
            holder=_TEXT,
        ),
        "GatewayError": _object(["error_code", "message"], error_code=_TEXT, message=_TEXT),
    }


def _type_schemas(registry: Registry) -> Node:
    """The schema documents by the names of their types; references lead to places of this document."""
    places = {entity.document["$id"]: f"{_SCHEMAS}/{entity.uri_type}" for entity in registry.types}
    return {
        entity.uri_type: {
            "x-schema-id": entity.schema,
            **_moved(entity.document, f"{_SCHEMAS}/{entity.uri_type}", places),
        }
        for entity in registry.types
    }


def _moved(document: Mapping[str, Any], place: str, places: Mapping[str, str]) -> Node:
    inner = {name: value for name, value in document.items() if name not in {"$id", "$schema"}}
    moved: Node = _with_references(inner, lambda address: _moved_address(address, place, places))
    return moved


def _moved_address(address: str, place: str, places: Mapping[str, str]) -> str:
    base, _, pointer = address.partition("#")
    return (places.get(base, base + "#") if base else place) + pointer


def _with_references(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, list):
        return [_with_references(item, change) for item in value]
    if not isinstance(value, dict):
        return value
    changed = {name: _with_references(inner, change) for name, inner in value.items()}
    if isinstance(changed.get("$ref"), str):
        changed["$ref"] = change(changed["$ref"])
    return changed
