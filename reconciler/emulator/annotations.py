"""The rules that schema documents carry beside the standard keywords (A5, G4, I, J1).

On the root: ``meta:version``, the version that answers carry. On a property or on the items of an array, under
``properties``, ``items``, ``allOf`` and local ``$ref``:
``meta:immutable``      true: cannot change once set;
``meta:usereditable``   false: may be sent only with the stored value;
``meta:reference``      the schema whose instances the URI may name, or ``{"by": PROPERTY, VALUE: SCHEMA, ...}``;
and ours: ``meta:uniqueIn`` (the group of instances whose values of this property differ), ``meta:uniqueBy`` (items of
this array differ in that property), ``meta:match`` (``{"key": PROPERTY}``, ``{"key": ..., "position": PROPERTY}``: how
the items of two revisions are paired), ``meta:lifecycle`` (the values that may follow each value; absent counts as the
``default``) and ``meta:deletable`` (the values in which an instance may be deleted).

A document with one of them in a place where it would not be read is refused, not taken with half of its rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import jsonschema_rs

from reconciler.emulator.jsontext import Json
from reconciler.emulator.media import without_version
from reconciler.model.errors import ReconcilerError

Path = tuple[str | None, ...]  # None stands for every item of an array
Document = Mapping[str, Any]

_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}
_TEXT_MEMBERS = {"type": "object", "additionalProperties": _TEXT}
_RULES: Mapping[str, Document] = {
    "meta:immutable": {"type": "boolean"},
    "meta:usereditable": {"type": "boolean"},
    "meta:reference": {"anyOf": [_TEXT, {**_TEXT_MEMBERS, "required": ["by"]}]},
    "meta:uniqueIn": _TEXT,
    "meta:uniqueBy": _TEXT,
    "meta:match": _TEXT_MEMBERS,
    "meta:lifecycle": {"type": "object", "additionalProperties": _TEXTS},
    "meta:deletable": _TEXTS,
}
_ON_THE_ROOT_ONLY = ("meta:uniqueIn", "meta:lifecycle")
_SHAPE = jsonschema_rs.Draft202012Validator(
    {"properties": dict(_RULES), "dependentRequired": {"meta:lifecycle": ["default"]}}
)
# Below these a rule is read; ``$defs`` holds what ``$ref`` brings in.
_READ = frozenset({"properties", "items", "allOf", "$defs", "definitions"})


@dataclass(frozen=True, slots=True)
class Reference:
    """A place that holds a URI. ``targets`` maps values of the property ``by`` to schemas; "" without ``by``."""

    path: Path
    by: str
    targets: Mapping[str, str]

    def target(self, instance: Mapping[str, Json]) -> str | None:
        """The schema whose instances may be named here, or None when this place says nothing of it."""
        value = instance.get(self.by) if self.by else ""
        return self.targets.get(value) if isinstance(value, str) else None


@dataclass(frozen=True, slots=True)
class Guard:
    """What may not change on update, as a tree shaped like the instance."""

    immutable: bool = False
    editable: bool = True
    properties: Mapping[str, Guard] = field(default_factory=dict)
    items: Guard | None = None
    key: str | None = None  # pairs items of equal key
    position: str | None = None  # then items at one place that are equal in this property

    @property
    def guards_anything(self) -> bool:
        """Whether there is a rule here or further down."""
        return self.immutable or not self.editable or bool(self.properties) or self.items is not None


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """How one property may move from value to value; absent counts as ``initial``."""

    property: str
    initial: str
    transitions: Mapping[str, frozenset[str]]
    deletable: frozenset[str]

    def status(self, instance: Mapping[str, Json]) -> Json:
        """Where an instance stands."""
        return instance.get(self.property, self.initial)


@dataclass(frozen=True, slots=True)
class Rules:
    """All that is read from one document."""

    references: tuple[Reference, ...]
    guard: Guard
    unique_items: tuple[tuple[Path, str], ...]
    unique_name: tuple[str, str] | None  # property, group
    lifecycle: Lifecycle | None


def read_rules(document: Document) -> Rules:
    """The rules of a document; raises ``ReconcilerError`` for one that is malformed or would not be read."""
    nodes = list(_nodes(document, document, (), frozenset()))
    for path, node in nodes:
        _require_readable(document, path, node)
    return Rules(
        references=tuple(_reference(path, node["meta:reference"]) for path, node in nodes if "meta:reference" in node),
        guard=_guard(document, document, frozenset()),
        unique_items=tuple((path, node["meta:uniqueBy"]) for path, node in nodes if "meta:uniqueBy" in node),
        unique_name=next(
            ((str(path[0]), node["meta:uniqueIn"]) for path, node in nodes if "meta:uniqueIn" in node), None
        ),
        lifecycle=next((_lifecycle(str(path[0]), node) for path, node in nodes if "meta:lifecycle" in node), None),
    )


def _reference(path: Path, target: str | Mapping[str, str]) -> Reference:
    if isinstance(target, str):
        return Reference(path, "", {"": without_version(target)})
    return Reference(
        path, target["by"], {key: without_version(schema) for key, schema in target.items() if key != "by"}
    )


def _lifecycle(name: str, node: Document) -> Lifecycle:
    return Lifecycle(
        property=name,
        initial=node["default"],
        transitions={status: frozenset(following) for status, following in node["meta:lifecycle"].items()},
        deletable=frozenset(node.get("meta:deletable", node["meta:lifecycle"])),
    )


# --- the places of a document


def _nodes(document: Document, node: object, path: Path, above: frozenset[int]) -> Iterator[tuple[Path, Document]]:
    """Every place that ``properties``, ``items``, ``allOf`` and local ``$ref`` lead to, each as one object."""
    merged, inside = _merged(document, node, above)
    if merged is None:
        return
    yield path, merged
    for name, inner in merged.get("properties", {}).items():
        yield from _nodes(document, inner, (*path, name), inside)
    yield from _nodes(document, merged.get("items"), (*path, None), inside)


def _guard(document: Document, node: object, above: frozenset[int]) -> Guard:
    merged, inside = _merged(document, node, above)
    if merged is None:
        return Guard()
    inner = {name: _guard(document, child, inside) for name, child in merged.get("properties", {}).items()}
    items = _guard(document, merged.get("items"), inside)
    match = merged.get("meta:match", {})
    return Guard(
        immutable=merged.get("meta:immutable") is True,
        editable=merged.get("meta:usereditable") is not False,
        properties={name: guard for name, guard in inner.items() if guard.guards_anything},
        items=items if items.guards_anything else None,
        key=match.get("key"),
        position=match.get("position"),
    )


def _merged(document: Document, node: object, above: frozenset[int]) -> tuple[Document | None, frozenset[int]]:
    """A place with what its ``$ref`` and ``allOf`` add, its own words first; None for no schema, or a repetition.

    above: the identities of the schemas that this one stands in, to stop where a document contains itself.
    """
    parts = list(_parts(document, node))
    inside = above | {id(part) for part in parts}
    if not parts or any(id(part) in above for part in parts):
        if any(_first_rule(part) for part in parts):
            raise ReconcilerError(
                f"{document['$id']}: rules (meta:…) in a schema that contains itself are not read",
                remedy="Take them out, or write the inner schema without them.",
            )
        return None, inside
    merged: dict[str, Any] = {}
    for key, value in ((key, value) for part in parts for key, value in part.items()):
        if key == "properties" and key in merged:
            merged[key] = {**merged[key], **{name: _both(merged[key].get(name), each) for name, each in value.items()}}
        elif key == "items":
            merged[key] = _both(merged.get(key), value)
        else:
            merged.setdefault(key, value)
    return merged, inside


def _both(one: object, other: object) -> object:
    return other if one is None else {"allOf": [one, other]}


def _parts(document: Document, node: object, seen: frozenset[int] = frozenset()) -> Iterator[Document]:
    if not isinstance(node, Mapping) or id(node) in seen:
        return
    if set(node) != {"allOf"}:  # one that ``_both`` made is no place of the document
        yield node
    inside = seen | {id(node)}
    yield from _parts(document, _target(document, node.get("$ref")), inside)
    for each in node.get("allOf", ()):
        yield from _parts(document, each, inside)


def _target(document: Document, address: object) -> object:
    """What a local ``$ref`` names; None for any other one."""
    if not isinstance(address, str) or not (address == "#" or address.startswith("#/")):
        return None
    found: object = document
    for part in unquote(address).split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


# --- rules that would not be read


def _require_readable(document: Document, path: Path, node: Document) -> None:
    place = "/".join("[]" if part is None else part for part in path) or "the root"
    for error in _SHAPE.iter_errors({key: value for key, value in node.items() if key in _RULES or key == "default"}):
        raise ReconcilerError(f"{document['$id']}: the rules of {place} are malformed: {error.message}")
    misplaced = next((rule for rule in _ON_THE_ROOT_ONLY if rule in node and len(path) != 1), None)
    if misplaced is not None:
        raise ReconcilerError(f"{document['$id']}: {misplaced} stands on {place}; it is for properties of the root")
    for keyword, inner in node.items():
        rule = None if keyword in _READ or keyword in _RULES else _first_rule(inner)
        if rule is not None:
            raise ReconcilerError(
                f"{document['$id']}: {rule} below {keyword} (on {place}) would not be read",
                remedy="Rules stand below properties, items, allOf and local $ref.",
            )


def _first_rule(value: object) -> str | None:
    """The name of a rule anywhere in there, if there is one."""
    inner: list[object] = [value]
    while inner:
        each = inner.pop()
        if isinstance(each, Mapping):
            found = next((name for name in each if name in _RULES), None)
            if found is not None:
                return str(found)
            inner.extend(each.values())
        elif isinstance(each, list):
            inner.extend(each)
    return None
