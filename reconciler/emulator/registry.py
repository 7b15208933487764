"""The registered schemas: JSON Schema documents with the rules read from their annotations (A5, I, J1)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from pathlib import Path as FilePath
from typing import Any

import jsonschema_rs

from reconciler.emulator.annotations import Document, Guard, Rules, read_rules
from reconciler.emulator.jsontext import Json
from reconciler.emulator.media import without_version
from reconciler.emulator.problems import MOST_FAULTS, NOT_LISTED, Fault, problem
from reconciler.model.errors import ReconcilerError

CONTAINER = "https://ns.adobe.com/experience/xcore/container"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_LONGEST_MESSAGE = 300
# An absolute URI that stands in JSON as it is; a version too.
_SCHEMA_ID = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!#-\[\]-~]*[A-Za-z0-9][!#-\[\]-~]*")
_VERSION = re.compile(r"[A-Za-z0-9._+-]+")


@dataclass(frozen=True, slots=True)
class EntityType:
    """One registered schema with all that is read from its document.

    uri_type: what stands after ``xcore:`` in the URIs of its instances.
    """

    schema: str
    version: str
    uri_type: str
    document: Document = field(repr=False)
    validator: jsonschema_rs.Draft202012Validator = field(repr=False)
    rules: Rules

    @property
    def versioned(self) -> str:
        """The schema id as answers carry it."""
        return f"{self.schema};version={self.version}"

    def faults(self, instance: Mapping[str, Json]) -> list[Fault]:
        """Everything that the schema has against an instance, by path from the envelope.

        Of very many only those that an answer lists are spelled out; the others are there to be counted.
        """
        if "@id" in instance and "@id" not in self.document.get("properties", {}):
            # The repository adds it; a schema that does not know of it, and is closed, is not asked.
            instance = {name: value for name, value in instance.items() if name != "@id"}
        if self.validator.is_valid(instance):
            return []
        entries = self.validator.evaluate(instance).errors()
        if len(entries) > MOST_FAULTS:
            # ``iter_errors`` would take seconds.
            listed = entries[:MOST_FAULTS]
            told = [Fault(f"/_instance{each['instanceLocation']}", _shortened(each["error"])) for each in listed]
            return told + [NOT_LISTED] * (len(entries) - MOST_FAULTS)
        return sorted(_to_fault(error) for error in self.validator.iter_errors(instance))


def _to_fault(error: jsonschema_rs.ValidationError) -> Fault:
    is_false = isinstance(error.kind, jsonschema_rs.ValidationErrorKind.FalseSchema)
    message = "is not allowed here" if is_false else _shortened(error.message)
    return Fault(pointer("_instance", *error.instance_path), message)


def _shortened(message: str) -> str:
    return message if len(message) <= _LONGEST_MESSAGE else message[:_LONGEST_MESSAGE] + "…"


def pointer(*parts: str | int) -> str:
    """A JSON Pointer from its parts."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


class Registry:
    """The registered schemas by id; ids are found with and without version."""

    def __init__(self, types: Iterable[EntityType]) -> None:
        self._types = {entity.schema: entity for entity in types}
        targets = (set(place.targets.values()) for entity in self._types.values() for place in entity.rules.references)
        self._referenced = frozenset[str]().union(*targets)

    def plus(self, documents: Sequence[Document]) -> Registry:
        """The same with types from outside, which may refer to each other and to those known here.

        Raises ``ReconcilerError`` for a document that is no JSON Schema 2020-12 with an ``$id``, one that is
        registered already, and one with rules that cannot be kept.
        """
        if not documents:
            return self
        for document in documents:
            _require_schema(document)
        shared = _shared([*(entity.document for entity in self._types.values()), *documents])
        types = dict(self._types)
        for document in documents:
            schema = without_version(document["$id"])
            if schema in types:
                raise ReconcilerError(f"the schema {schema} is registered already", remedy="Give it another $id.")
            types[schema] = _to_type(document, _uri_type(schema, {each.uri_type for each in types.values()}), shared)
        _require_targets(types)
        return Registry(types.values())

    @property
    def types(self) -> tuple[EntityType, ...]:
        """All registered types, by id."""
        return tuple(self._types[schema] for schema in sorted(self._types))

    def find(self, schema: str) -> EntityType | None:
        """The type of that schema id, or None when it is not registered."""
        return self._types.get(without_version(schema))

    def __getitem__(self, schema: str) -> EntityType:
        """The type of something stored; 501 when this server was not given its schema."""
        entity = self._types.get(schema)
        if entity is None:
            reason = f"the schema {schema} is not registered; start the repository with it"
            raise problem(HTTPStatus.NOT_IMPLEMENTED, reason)
        return entity

    def can_be_referenced(self, entity: EntityType) -> bool:
        """Whether any registered schema has a place for URIs of this type."""
        return entity.schema in self._referenced


@cache
def built_in_registry() -> Registry:
    """The seven types of offer decisioning, and the container."""
    folder = files("reconciler.emulator") / "schemas"
    documents = [
        json.loads(entry.read_text(encoding="utf-8"))
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".json")
    ]
    return Registry(_to_type(document, _short_name(document["$id"]), None) for document in documents)


def read_documents(paths: Iterable[FilePath]) -> list[Document]:
    """The JSON documents of these files; raises ``ReconcilerError`` for one that cannot be read."""
    documents: list[Document] = []
    for path in paths:
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise ReconcilerError(f"the schema {path} cannot be read: {error}") from error
        if not isinstance(document, dict) or not isinstance(document.get("$id"), str):
            raise ReconcilerError(f"{path} is no JSON Schema with an $id", remedy="Give it an $id: the schema's name.")
        documents.append(document)
    return documents


def _to_type(document: Document, uri_type: str, shared: jsonschema_rs.Registry | None) -> EntityType:
    schema = without_version(document["$id"])
    rules = read_rules(document)
    if schema != CONTAINER:
        # Whatever the document says: every instance keeps the URI that it was given.
        guards = {**rules.guard.properties, "@id": Guard(immutable=True, editable=False)}
        rules = replace(rules, guard=replace(rules.guard, properties=guards))
    try:
        validator = jsonschema_rs.Draft202012Validator(
            dict(document), validate_formats=True, retriever=_refuse_retrieval, registry=shared
        )
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
        raise ReconcilerError(f"{schema} cannot be used: {error}") from error
    return EntityType(schema, _version(document), uri_type, document, validator, rules)


def _version(document: Document) -> str:
    return str(document.get("meta:version", document["$id"].partition(";version=")[2] or "0.1"))


def _require_schema(document: Document) -> None:
    schema = document.get("$id")
    if not isinstance(schema, str) or not _SCHEMA_ID.fullmatch(schema):
        raise ReconcilerError(f"{schema!r} cannot be the $id of a schema", remedy="Give it an absolute URI as $id.")
    if not _VERSION.fullmatch(_version(document)):
        raise ReconcilerError(f"{schema}: {document['meta:version']!r} cannot be a version")
    if str(document.get("$schema", _DIALECT)).rstrip("#") != _DIALECT:
        raise ReconcilerError(f"{schema}: only JSON Schema 2020-12 is read", remedy=f"Its $schema is {_DIALECT}.")
    try:
        jsonschema_rs.meta.validate({"$schema": _DIALECT, **document})
    except (jsonschema_rs.ValidationError, ValueError) as error:
        raise ReconcilerError(f"{schema} is no JSON Schema 2020-12: {error}") from error


def _shared(documents: Iterable[Document]) -> jsonschema_rs.Registry:
    """All documents, for references from one to another."""
    resources = [(document["$id"], dict(document)) for document in documents]
    try:
        return jsonschema_rs.Registry(resources, retriever=_refuse_retrieval)
    except ValueError as error:
        raise ReconcilerError(f"a schema refers to what is not there: {error}") from error


def _refuse_retrieval(address: str) -> Any:
    raise ValueError(f"{address} is none of the given schemas, and none is fetched")


def _require_targets(types: Mapping[str, EntityType]) -> None:
    for entity in types.values():
        for place in entity.rules.references:
            unknown = sorted(set(place.targets.values()) - types.keys() | {CONTAINER} & set(place.targets.values()))
            if unknown:
                raise ReconcilerError(
                    f"{entity.schema} refers to instances of {unknown[0]}, which is no registered type of instances",
                    remedy="Give its schema too.",
                )


def _short_name(schema: str) -> str:
    return re.split(r"[/:#]", without_version(schema))[-1]


def _uri_type(schema: str, taken: set[str]) -> str:
    """The last part of the id, with those in front of it until no other type is called that."""
    parts = [re.sub(r"[^a-z0-9]+", "-", part.lower()).strip("-") for part in re.split(r"[/:#]", schema)]
    named = [part for part in parts if part]
    named[-1:] = [re.sub(r"(-schema)?-json$", "", part) for part in named[-1:]]
    for count in range(1, len(named) + 1):
        name = "-".join(named[-count:])
        if name not in taken:
            return name
    raise ReconcilerError(f"the types of {schema} have no name of their own", remedy="Give it another $id.")
