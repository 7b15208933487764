"""What stands in the addresses, queries and headers of requests, for the description of the API."""

from __future__ import annotations

from reconciler.emulator.filters import MOST_CONDITIONS
from reconciler.emulator.instances import PRODUCT_CONTEXTS
from reconciler.emulator.listing import DEFAULT_LIMIT, MAX_LIMIT, MOST_FIELDS, MOST_URIS
from reconciler.emulator.openapi_shapes import Node, words
from reconciler.emulator.search import LONGEST_QUERY

_TEXT: Node = {"type": "string"}
_SEGMENT: Node = {"type": "string", "pattern": "^[^/]+$"}  # a slash ends a part of an address, encoded or not
_CONDITION = "`path`, or `path`, an operator (== != < <= > >= ~) and a value; all must hold."
_ORDER = "Property paths with commas; `-` in front: descending. By default `instanceId`, in a search the score."


def parameter(name: str) -> Node:
    """A reference to one of the parameters."""
    return {"$ref": f"#/components/parameters/{name}"}


def _parameter(place: str, name: str, description: str, schema: Node = _TEXT, **more: object) -> Node:
    return {"name": name, "in": place, "description": description, "schema": schema, **more}


def _query(name: str, description: str, schema: Node = _TEXT, **more: object) -> Node:
    return _parameter("query", name, description, schema, **more)


def _repeated(name: str, description: str, items: Node = _TEXT, most: int | None = None) -> Node:
    schema: Node = {"type": "array", "items": items}
    bounded = schema if most is None else {**schema, "maxItems": most}
    return _query(name, description, bounded, style="form", explode=True)


PARAMETERS: Node = {
    "sandbox": _parameter("header", "x-sandbox-name", "The sandbox; absent: the default one."),
    "request": _parameter("header", "x-request-id", "Given back in the answer."),
    "If-Match": _parameter("header", "If-Match", "Only if this is the current revision, else 409."),
    "If-None-Match": _parameter("header", "If-None-Match", "304 if this is the current revision."),
    "container": _parameter("path", "container", "The `instanceId` of a container.", _SEGMENT, required=True),
    "instanceId": _parameter("path", "instanceId", "The `instanceId` of the instance.", _SEGMENT, required=True),
    "token": _parameter("path", "token", "From the Location of an answer to DELETE.", _SEGMENT, required=True),
    "schema": _query("schema", "The schema of what is listed, in quotes or not.", required=True),
    "product": _repeated("product", f"A product context ({words(PRODUCT_CONTEXTS)}); several: any of them."),
    "property": _repeated("property", _CONDITION, {"type": "string", "minLength": 1}, MOST_CONDITIONS),
    "id": _repeated("id", "The `@id` of an instance; several: any of them.", most=MOST_URIS),
    "orderBy": _query("orderBy", _ORDER),
    "orderby": _query("orderby", "The same as `orderBy`; of several the last one counts."),
    "start": _query("start", "Items beyond this value of the first sort property, or behind the place in a `next`."),
    "limit": _query(
        "limit",
        f"How many items a page has, about; more than {MAX_LIMIT} counts as {MAX_LIMIT}.",
        {"type": "integer", "minimum": 1, "default": DEFAULT_LIMIT},
    ),
    "q": _query("q", "Words, or words in double quotes.", {"type": "string", "maxLength": LONGEST_QUERY}),
    "field": _repeated("field", "Search only in this property.", most=MOST_FIELDS),
    "qop": _query("qop", "Whether all terms must be found.", {"enum": ["and", "or"], "default": "or"}),
}
LIST_PARAMETERS = ("schema", "property", "id", "orderBy", "orderby", "start", "limit")
SEARCH_PARAMETERS = (*LIST_PARAMETERS, "q", "field", "qop")
