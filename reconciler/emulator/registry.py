"""The registered schemas: JSON Schema documents, and the rules read from their annotations (A5, I).

Beside the standard keywords a document may carry, on the root:
``meta:version``        the version that answers carry;
on a property or on the items of an array, under ``properties``, ``items`` and local ``$ref``:
``meta:immutable``      true: cannot change once set;
``meta:usereditable``   false: may be sent only with the stored value;
``meta:reference``      the schema whose instances the URI may name, or ``{"by": PROPERTY, VALUE: SCHEMA, ...}``;
and ours: ``meta:uniqueIn`` (the group of instances whose values of this property differ), ``meta:uniqueBy`` (items of
this array differ in that property), ``meta:match`` (``{"key": PROPERTY}``, ``{"key": ..., "position": PROPERTY}``: how
the items of two revisions are paired), ``meta:lifecycle`` (the values that may follow each value) and
``meta:deletable`` (the values in which an instance may be deleted).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema_rs

from reconciler.emulator.jsontext import Json
from reconciler.emulator.media import without_version
from reconciler.emulator.problems import Fault

CONTAINER = "https://ns.adobe.com/experience/xcore/container"

Path = tuple[str | None, ...]  # None stands for every item of an array
Document = Mapping[str, Any]

_LONGEST_MESSAGE = 300


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
class EntityType:
    """One registered schema with all that is read from its document."""

    schema: str
    version: str
    validator: jsonschema_rs.Draft202012Validator
    references: tuple[Reference, ...]
    guard: Guard
    unique_items: tuple[tuple[Path, str], ...]
    unique_name: tuple[str, str] | None  # property, group
    lifecycle: Lifecycle | None

    @property
    def versioned(self) -> str:
        """The schema id as answers carry it."""
        return f"{self.schema};version={self.version}"

    @property
    def uri_type(self) -> str:
        """What stands after ``xcore:`` in the URIs of its instances."""
        return self.schema.rpartition("/")[2]

    def faults(self, instance: Json) -> list[Fault]:
        """Everything that the schema has against an instance, by path from the envelope."""
        return sorted(_to_fault(error) for error in self.validator.iter_errors(instance))


def _to_fault(error: jsonschema_rs.ValidationError) -> Fault:
    if isinstance(error.kind, jsonschema_rs.ValidationErrorKind.FalseSchema):
        message = "is not allowed here"
    else:
        message = error.message if len(error.message) <= _LONGEST_MESSAGE else error.message[:_LONGEST_MESSAGE] + "…"
    return Fault(pointer("_instance", *error.instance_path), message)


def pointer(*parts: str | int) -> str:
    """A JSON Pointer from its parts."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


class Registry:
    """The registered schemas by id; ids are found with and without version."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self._types = {entity.schema: entity for entity in map(_to_entity_type, documents)}
        targets = (set(place.targets.values()) for entity in self._types.values() for place in entity.references)
        self._referenced = frozenset[str]().union(*targets)

    def find(self, schema: str) -> EntityType | None:
        """The type of that schema id, or None when it is not registered."""
        return self._types.get(without_version(schema))

    def __getitem__(self, schema: str) -> EntityType:
        return self._types[schema]

    def can_be_referenced(self, entity: EntityType) -> bool:
        """Whether any registered schema has a place for URIs of this type."""
        return entity.schema in self._referenced


@cache
def built_in_registry() -> Registry:
    """The seven types of offer decisioning, and the container."""
    folder = files("reconciler.emulator") / "schemas"
    return Registry(
        json.loads(entry.read_text(encoding="utf-8"))
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".json")
    )


def _to_entity_type(document: Document) -> EntityType:
    return EntityType(
        schema=without_version(document["$id"]),
        version=document.get("meta:version", "0.1"),
        validator=jsonschema_rs.Draft202012Validator(dict(document), validate_formats=True),
        references=tuple(_references(document)),
        guard=_guard(document, document),
        unique_items=tuple((path, node["meta:uniqueBy"]) for path, node in _having(document, "meta:uniqueBy")),
        unique_name=next(
            ((str(path[-1]), node["meta:uniqueIn"]) for path, node in _having(document, "meta:uniqueIn")), None
        ),
        lifecycle=next((_lifecycle(str(path[-1]), node) for path, node in _having(document, "meta:lifecycle")), None),
    )


def _references(document: Document) -> Iterator[Reference]:
    for path, node in _having(document, "meta:reference"):
        target = node["meta:reference"]
        if isinstance(target, str):
            yield Reference(path, "", {"": target})
        else:
            yield Reference(path, target["by"], {key: schema for key, schema in target.items() if key != "by"})


def _lifecycle(name: str, node: Document) -> Lifecycle:
    return Lifecycle(
        property=name,
        initial=node["default"],
        transitions={status: frozenset(following) for status, following in node["meta:lifecycle"].items()},
        deletable=frozenset(node.get("meta:deletable", node["meta:lifecycle"])),
    )


def _having(document: Document, keyword: str) -> Iterator[tuple[Path, Document]]:
    return ((path, node) for path, node in _nodes(document, document, ()) if keyword in node)


def _nodes(document: Document, node: object, path: Path) -> Iterator[tuple[Path, Document]]:
    """Every place that ``properties``, ``items`` and local ``$ref`` lead to."""
    if not isinstance(node, Mapping):
        return
    resolved = _resolved(document, node)
    yield path, resolved
    for name, inner in resolved.get("properties", {}).items():
        yield from _nodes(document, inner, (*path, name))
    yield from _nodes(document, resolved.get("items"), (*path, None))


def _resolved(document: Document, node: Document) -> Document:
    address = node.get("$ref")
    if not isinstance(address, str) or not address.startswith("#/$defs/"):
        return node
    return {**document["$defs"][address.removeprefix("#/$defs/")], **node}


def _guard(document: Document, node: object) -> Guard:
    if not isinstance(node, Mapping):
        return Guard()
    resolved = _resolved(document, node)
    inner = {name: _guard(document, child) for name, child in resolved.get("properties", {}).items()}
    items = _guard(document, resolved.get("items"))
    match = resolved.get("meta:match", {})
    return Guard(
        immutable=resolved.get("meta:immutable") is True,
        editable=resolved.get("meta:usereditable") is not False,
        properties={name: guard for name, guard in inner.items() if guard.guards_anything},
        items=items if items.guards_anything else None,
        key=match.get("key"),
        position=match.get("position"),
    )
