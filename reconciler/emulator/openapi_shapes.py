"""Bodies and answers as JSON Schemas, for the description of the API: those of each type, and those of all.

Answers are closed: they hold nothing that is not told here. Bodies may hold more than is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from reconciler.emulator.faults import NAMES
from reconciler.emulator.instances import PRODUCT_CONTEXTS
from reconciler.emulator.media import RESULTS_SCHEMA
from reconciler.emulator.registry import CONTAINER, EntityType, Registry

Node: TypeAlias = "dict[str, Any]"

TEXT: Node = {"type": "string"}
COUNT: Node = {"type": "integer", "minimum": 0}
ENTITY_TAG = '^"[1-9][0-9]*"$'
_PLACES = "#/components/schemas"
_DATE: Node = {
    "type": "string",
    "format": "date-time",
    "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$",  # three decimals (C3)
}
_REVISION: Node = {"type": "integer", "minimum": 1}
_ENVELOPE: Node = {
    "repo:etag": _REVISION,
    "repo:createdDate": _DATE,
    "repo:lastModifiedDate": _DATE,
    "repo:createdBy": TEXT,
    "repo:lastModifiedBy": TEXT,
}
_CLIENTS: Node = {"repo:createdByClientId": TEXT, "repo:lastModifiedByClientId": TEXT}
_POINTER: Node = {"type": "string", "pattern": "^(/([^~/]|~[01])*)*$"}


def words(names: Iterable[str]) -> str:
    """Names as they stand in a sentence."""
    return ", ".join(f"`{name}`" for name in names)


def array(items: Node) -> Node:
    """A list of such items."""
    return {"type": "array", "items": items}


def closed(required: Sequence[str], **properties: Node) -> Node:
    """An object that holds nothing else."""
    return {**_open(required, **properties), "additionalProperties": False}


def _open(required: Sequence[str], **properties: Node) -> Node:
    return {"type": "object", "required": list(required), "properties": properties}


def _whole(properties: Node, **optional: Node) -> Node:
    """A closed object that always holds all of these properties."""
    return closed(list(properties), **properties, **optional)


def shape(entity: EntityType, role: str) -> Node:
    """A reference to what instances of a type look like in one role: ``New``, ``Envelope``, ``Page``, …"""
    return {"$ref": f"{_PLACES}/{entity.uri_type}.{role}"}


def any_of(kinds: Sequence[EntityType], role: str) -> Node:
    """The same for any of these types."""
    return {"anyOf": [shape(kind, role) for kind in kinds]}


def shapes(registry: Registry) -> Node:
    """All schemas by name."""
    kinds = [entity for entity in registry.types if entity.schema != CONTAINER]
    return {
        **_for_all(),
        **_type_schemas(registry),
        **{name: told for kind in kinds for name, told in _named(kind, _of_kind(kind))},
        **dict(_named(registry[CONTAINER], _of_container(registry[CONTAINER]))),
    }


def _named(entity: EntityType, roles: Node) -> list[tuple[str, Node]]:
    return [(f"{entity.uri_type}.{role}", told) for role, told in roles.items()]


def _for_all() -> Node:
    """What looks the same whatever the type."""
    uri: Node = {"@id": {"type": "string", "pattern": "^xcore:[a-z0-9-]+:[0-9a-f]{15}$"}}
    link = {"anyOf": [{"$ref": f"{_PLACES}/Link"}, array({"$ref": f"{_PLACES}/Link"})]}
    with_value = _operation(["add", "replace", "test"], ["value"], value={})
    with_source = _operation(["copy", "move"], ["from"], **{"from": _POINTER})
    return {
        "Link": _open(["href"], href=TEXT),
        # The link to itself is ignored (C5).
        "Links": {"type": "object", "properties": {"self": {}}, "additionalProperties": link},
        "Patch": array({"oneOf": [with_value, with_source, _operation(["remove"], [])]}),
        "Receipt": _whole(_receipt(uri)),
        "Outcome": _outcome(uri),
        "Health": closed(["status"], status={"const": "ok"}, faults=closed([], **dict.fromkeys(NAMES, COUNT))),
        "Description": _open(["openapi", "info", "paths"], openapi=TEXT, info=_open([]), paths=_open([])),
    }


def _operation(names: Sequence[str], required: Sequence[str], **members: Node) -> Node:
    return _open(["op", "path", *required], op={"enum": list(names)}, path=_POINTER, **members)


def _receipt(uri: Node) -> Node:
    return {"instanceId": TEXT, **uri, **_ENVELOPE, **_CLIENTS}


def _outcome(uri: Node) -> Node:
    """What became of a deletion (H2)."""
    referrer = _whole({"@id": TEXT, "schema": TEXT, "property": TEXT})
    reason: Node = {"enum": ["etag", "instances", "references", "status"]}
    rejected = {"instanceId": TEXT, **uri, "repo:etag": _REVISION, "reason": reason, "referencedBy": array(referrer)}
    return {
        "oneOf": [
            _whole({**_receipt(uri), "outcome": {"const": "deleted"}}),
            _whole({**rejected, "outcome": {"const": "rejected"}}),
        ]
    }


# --- by type


def _of_kind(kind: EntityType) -> Node:
    document: Node = {"$ref": f"{_PLACES}/{kind.uri_type}"}
    is_known = "@id" in kind.document.get("properties", {})
    # A schema that does not know of the URI, and is closed, is not asked about it.
    stored: Node = document if is_known else {"type": "object"}
    uri: Node = {"type": "string", "pattern": f"^xcore:{kind.uri_type}:[0-9a-f]{{15}}$"}
    envelope = _envelope(kind, {**stored, "required": ["@id"], "properties": {"@id": uri}})
    container: Node = {"containerId": TEXT}
    scored = _whole(envelope, _score={"type": "number", "exclusiveMinimum": 0})
    return {
        "New": _body({**document, "properties": {"@id": False}}),
        "Revision": _body(document),
        "Envelope": _whole(envelope),
        "Page": _page(kind, _whole(envelope), container),
        "Matches": _page(kind, scored, container),
    }


def _of_container(entity: EntityType) -> Node:
    document: Node = {"$ref": f"{_PLACES}/{entity.uri_type}"}
    contexts = array({"enum": list(PRODUCT_CONTEXTS)})
    envelope = {**_envelope(entity, document), "productContexts": contexts}
    told = array(_whole({**envelope, **_CLIENTS}))
    return {
        "New": _body(document),
        "Revision": _body(document),
        "Envelope": _whole(envelope),
        "Page": _page(entity, _whole(envelope), {}),
        "Home": _whole({"_embedded": _whole({CONTAINER: told}), "_links": _whole({"self": _whole({"href": TEXT})})}),
        "Receipt": _whole(_receipt({})),
        "Outcome": _outcome({}),
    }


def _body(instance: Node) -> Node:
    return _open(["_instance", "_links"], _instance=instance, _links={"$ref": f"{_PLACES}/Links"})


def _envelope(entity: EntityType, instance: Node) -> Node:
    own: Node = {"name": {"type": "string"}, "href": {"type": "string"}, "@type": {"const": entity.versioned}}
    links = {"$ref": f"{_PLACES}/Links", "required": ["self"], "properties": {"self": _whole(own)}}
    return {
        "instanceId": TEXT,
        "schemas": {"const": [entity.versioned]},
        **_ENVELOPE,
        "_instance": instance,
        "_links": links,
    }


def _page(entity: EntityType, item: Node, container: Node) -> Node:
    link = _whole({"href": TEXT, "@type": {"const": RESULTS_SCHEMA}})
    return _whole(
        {
            **container,
            "schemaNs": {"const": entity.versioned},
            "requestTime": _DATE,
            "_embedded": _whole({"results": array(item), "total": COUNT, "count": COUNT}),
            "_links": closed(["self"], self=link, next=link),
        }
    )


# --- the registered documents


def _type_schemas(registry: Registry) -> Node:
    """The schema documents by the names of their types; references lead to places of this document."""
    places = {entity.document["$id"]: f"{_PLACES}/{entity.uri_type}" for entity in registry.types}
    return {
        entity.uri_type: {
            "x-schema-id": entity.schema,
            **_moved(entity.document, f"{_PLACES}/{entity.uri_type}", places),
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
