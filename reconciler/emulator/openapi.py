"""The API as an OpenAPI 3.1 document, made from the registered schemas (clauses A to J).

``openapi_shapes`` are the bodies, ``openapi_answers`` the answers by status, ``openapi_parameters`` what stands in
addresses and headers; here they become operations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.emulator.media import HOME_HAL, PATCH_HAL, RECEIPT, RESULTS_SCHEMA, hal
from reconciler.emulator.messages import BASE_PATH
from reconciler.emulator.openapi_answers import JSON, answer_headers, answered, refusals
from reconciler.emulator.openapi_parameters import LIST_PARAMETERS, PARAMETERS, SEARCH_PARAMETERS, parameter
from reconciler.emulator.openapi_shapes import Node, any_of, shape, shapes
from reconciler.emulator.registry import CONTAINER, EntityType, Registry
from reconciler.version import __version__

_COMMON = [parameter("sandbox"), parameter("request")]
_ABOUT = (
    "The type of an instance travels in the parameter `schema` of the media type or of the query; an id may carry "
    "`;version=n`. `Accept` may be absent or `*`; one that admits nothing of what is given here is answered 406. A "
    "method that is not named here is answered 405 with `Allow`, an address that is not named here 404."
)
_READ, _WRITE = (404, 501), (404, 415, 422, 501)


def openapi_document(registry: Registry) -> Node:
    """The document; its server is the base path on whatever host gave it."""
    kinds = [entity for entity in registry.types if entity.schema != CONTAINER]
    return {
        "openapi": "3.1.0",
        "info": {"title": "Offer repository", "version": __version__, "description": _ABOUT},
        "servers": [{"url": BASE_PATH}],
        "security": [{"token": [], "apiKey": [], "organisation": []}],
        "paths": {**_of_containers(registry[CONTAINER]), **_of_instances(kinds), **_outside()},
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "apiKey": {"type": "apiKey", "in": "header", "name": "x-api-key"},
                "organisation": {"type": "apiKey", "in": "header", "name": "x-gw-ims-org-id"},
            },
            "parameters": PARAMETERS,
            "headers": answer_headers(),
            "responses": refusals(),
            "schemas": shapes(registry),
        },
    }


def _of_containers(container: EntityType) -> Node:
    bodies = {str(hal(CONTAINER)): shape(container, "New")}
    revisions = {str(hal(CONTAINER)): shape(container, "Revision"), JSON: shape(container, "Revision")}
    receipt = {RECEIPT: shape(container, "Receipt")}
    outcome = {RECEIPT: shape(container, "Outcome")}
    return {
        "/": {
            "parameters": _COMMON,
            "get": _operation(
                "home",
                "The containers of a sandbox",
                {200: answered("The home document.", {HOME_HAL: shape(container, "Home")})},
                parameters=["product", "property"],
            ),
        },
        f"/{_CONTAINERS}": {
            "parameters": _COMMON,
            "get": _operation(
                "listContainers",
                "List the containers",
                {200: answered("One page.", {_RESULTS: shape(container, "Page")})},
                parameters=LIST_PARAMETERS,
            ),
            "post": _operation(
                "createContainer",
                "Create a container",
                {201: answered("Created.", receipt, _PLACED)},
                (415, 422),
                body=bodies,
            ),
        },
        f"/{_CONTAINERS}/{{instanceId}}": {
            "parameters": [*_COMMON, parameter("instanceId")],
            "get": _lookup("getContainer", "Look a container up", [container]),
            "put": _update("putContainer", "Replace a container", receipt, "EtagMismatch", revisions),
            "delete": _operation(
                "deleteContainer",
                "Delete a container that holds nothing",
                {200: answered("What became of it.", outcome, ("ETag",)), 409: _refusal("EtagMismatch")},
                _READ,
                parameters=["If-Match"],
            ),
        },
    }


def _of_instances(kinds: Sequence[EntityType]) -> Node:
    place = [*_COMMON, parameter("container")]
    patches = {f'{PATCH_HAL}; schema="{kind.schema}"': {"$ref": _PATCH} for kind in kinds}
    return {
        "/{container}/instances": {"parameters": place, **_collection(kinds)},
        "/{container}/instances/{instanceId}": {
            "parameters": [*place, parameter("instanceId")],
            "get": _lookup("getInstance", "Look an instance up", kinds),
            "put": _update("putInstance", "Replace an instance", _ONE_RECEIPT, "Conflict", _revisions(kinds)),
            "patch": _update(
                "patchInstance", "Change an instance", _ONE_RECEIPT, "Conflict", {**patches, JSON: {"$ref": _PATCH}}
            ),
            "delete": _operation(
                "deleteInstance",
                "Ask for a deletion",
                {
                    200: _decided(),
                    202: _undecided(),
                    409: _refusal("EtagMismatch"),
                },
                _READ,
                parameters=["If-Match"],
            ),
        },
        "/{container}/deletions/{token}": {
            "parameters": [*place, parameter("token")],
            "get": _operation("getDeletion", "How a deletion stands", {200: _decided(), 202: _undecided()}, _READ),
        },
        "/{container}/queries/core/search": {
            "parameters": place,
            "get": _operation(
                "search",
                "Search instances of one type by their words",
                {200: answered("One page.", {_RESULTS: any_of(kinds, "Matches")})},
                (404,),
                parameters=SEARCH_PARAMETERS,
            ),
        },
    }


def _collection(kinds: Sequence[EntityType]) -> Node:
    return {
        "get": _operation(
            "listInstances",
            "List instances of one type",
            {200: answered("One page.", {_RESULTS: any_of(kinds, "Page")})},
            (404,),
            parameters=LIST_PARAMETERS,
        ),
        "post": _operation(
            "createInstance",
            "Create an instance",
            {201: answered("Created.", _ONE_RECEIPT, _PLACED), 409: _refusal("NameTaken")},
            (404, 415, 422),
            body={str(hal(kind.schema)): shape(kind, "New") for kind in kinds},
        ),
    }


def _revisions(kinds: Sequence[EntityType]) -> Node:
    """The instance tells its type, so plain JSON will do (A5)."""
    return {**{str(hal(kind.schema)): shape(kind, "Revision") for kind in kinds}, JSON: any_of(kinds, "Revision")}


def _outside() -> Node:
    return {
        "/healthz": _at_the_root("health", "Whether the repository lives, and which faults have struck", "Health"),
        "/openapi.json": _at_the_root("description", "This document", "Description"),
    }


def _at_the_root(name: str, summary: str, told: str) -> Node:
    found = answered(summary + ".", {JSON: {"$ref": f"#/components/schemas/{told}"}})
    return {
        "servers": [{"url": "/"}],
        "get": {
            "operationId": name,
            "summary": summary,
            "security": [],
            "parameters": [parameter("request")],
            "responses": {"200": found, "500": _refusal("500")},
        },
    }


_CONTAINERS = "containers"
_PLACED = ("ETag", "Location", "Content-Base")
_RESULTS = str(hal(RESULTS_SCHEMA))
_PATCH = "#/components/schemas/Patch"
_ONE_RECEIPT: Node = {RECEIPT: {"$ref": "#/components/schemas/Receipt"}}
_EVERYWHERE = (400, 401, 403, 406, 413, 429, 500, 503)


def _operation(
    name: str,
    summary: str,
    answers: Mapping[int, Node],
    refused: Sequence[int] = (),
    *,
    parameters: Sequence[str] = (),
    body: Node | None = None,
) -> Node:
    """One operation. refused: the statuses that it may refuse with, beside those of every operation."""
    responses = {**answers, **{status: _refusal(str(status)) for status in (*_EVERYWHERE, *refused)}}
    made: Node = {"operationId": name, "summary": summary}
    if parameters:
        made["parameters"] = [parameter(each) for each in parameters]
    if body is not None:
        made["requestBody"] = {
            "required": True,
            "content": {media: {"schema": accepted} for media, accepted in body.items()},
        }
    return {**made, "responses": {str(status): responses[status] for status in sorted(responses)}}


def _refusal(name: str) -> Node:
    return {"$ref": f"#/components/responses/{name}"}


def _lookup(name: str, summary: str, kinds: Sequence[EntityType]) -> Node:
    found = {str(hal(kind.versioned)): shape(kind, "Envelope") for kind in kinds}
    answers = {
        200: answered("The current revision.", found, ("ETag",)),
        304: answered("The caller has the current revision.", {}, ("ETag",)),
    }
    return _operation(name, summary, answers, _READ, parameters=["If-None-Match"])


def _update(name: str, summary: str, receipt: Node, conflict: str, body: Node) -> Node:
    answers = {200: answered("The next revision.", receipt, ("ETag",)), 409: _refusal(conflict)}
    return _operation(name, summary, answers, _WRITE, parameters=["If-Match"], body=body)


def _decided() -> Node:
    return answered("What became of it.", {RECEIPT: {"$ref": "#/components/schemas/Outcome"}}, ("ETag",))


def _undecided() -> Node:
    return answered("Asked for, not decided; poll the Location.", _ONE_RECEIPT, _PLACED)
