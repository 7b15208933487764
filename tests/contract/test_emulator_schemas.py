"""Types from outside: any JSON Schema 2020-12 with an ``$id`` (clauses A5, J1)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from reconciler.emulator.app import Emulator
from reconciler.emulator.messages import Response
from reconciler.emulator.registry import built_in_registry, read_documents
from reconciler.model.errors import ReconcilerError
from tests.emulator_support import NS, XCORE, Caller, TickingClock, json_of, op, xdm

BOOK = "https://example.test/library/book"
AUTHOR = "https://example.test/library/author"
DOCUMENTS = [
    {
        "$id": BOOK,
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "meta:version": "1.2",
        "type": "object",
        "required": ["title"],
        "additionalProperties": False,
        "properties": {
            "title": {"type": "string"},
            "isbn": {"type": "string", "meta:immutable": True},
            "shelf": {"type": "string", "meta:usereditable": False},
            "authors": {"type": "array", "items": {"$ref": "#/$defs/author"}},
            "tag": {"allOf": [{"type": "string"}, {"meta:reference": NS + "tag;version=0.1"}]},
            "written": {"$ref": "https://example.test/library/year"},
        },
        "$defs": {"author": {"type": "string", "meta:reference": AUTHOR}},
    },
    {"$id": AUTHOR, "type": "object", "properties": {"name": {"type": "string"}}},
    {"$id": "https://example.test/library/year", "type": "integer"},
]


NUMBERED = {"$id": "https://example.test/library/numbered", "type": "object"}


@dataclass
class Library(Caller):
    """Creates books and authors."""

    def add(self, schema: str, **instance: object) -> Response:
        body = {"_instance": instance, "_links": {}}
        return self.send(
            "POST", f"{self.container}/instances", body, content_type=f'{XCORE}hal+json; schema="{schema}"'
        )

    def added(self, schema: str, **instance: object) -> Any:
        response = self.add(schema, **instance)
        assert response.status == 201, response.body
        return {**json_of(response), "at": response.headers["Location"]}


@pytest.fixture
def library() -> Iterator[Library]:
    with Emulator.open(clock=TickingClock(), schemas=DOCUMENTS) as emulator:
        yield Library(emulator)


def test_an_instance_of_a_type_from_outside_is_kept(library: Library) -> None:
    """A5, D1."""
    found = json_of(library.send("GET", library.added(BOOK, title="Emma")["at"]))
    assert found["schemas"] == [BOOK + ";version=1.2"]
    assert found["_instance"]["title"] == "Emma"


def test_the_uri_names_the_type_after_its_schema(library: Library) -> None:
    """J1, C4."""
    uri = library.added(BOOK, title="Emma")["@id"]
    assert uri.startswith("xcore:book:")
    assert len(uri) == len("xcore:book:") + 15


def test_an_instance_must_be_valid_for_its_schema(library: Library) -> None:
    """C2. One schema may refer to another one that was given."""
    errors = json_of(library.add(BOOK, written="long ago", pages=3))["errors"]
    assert [error["path"] for error in errors] == ["/_instance", "/_instance", "/_instance/written"]


def test_types_from_outside_are_listed(library: Library) -> None:
    """E1."""
    library.added(BOOK, title="Emma")
    page = json_of(library.send("GET", f"{library.container}/instances?schema={BOOK}"))
    assert (page["schemaNs"], page["_embedded"]["total"]) == (BOOK + ";version=1.2", 1)


def test_a_reference_names_an_instance_of_the_right_type(library: Library) -> None:
    """C7, J1."""
    author, tag = library.added(AUTHOR, name="Jane"), library.made("tag", name="t")
    assert library.add(BOOK, title="Emma", authors=[author["@id"]], tag=tag.uri).status == 201
    errors = json_of(library.add(BOOK, title="Emma", authors=[tag.uri], tag=author["@id"]))["errors"]
    assert [error["path"] for error in errors] == ["/_instance/authors/0", "/_instance/tag"]


def test_what_a_type_from_outside_references_is_not_deleted(library: Library) -> None:
    """H3. A built-in type too."""
    author, tag = library.added(AUTHOR, name="Jane"), library.made("tag", name="t")
    book = library.added(BOOK, title="Emma", authors=[author["@id"]], tag=tag.uri)
    asked = library.send("DELETE", author["at"])
    outcome = json_of(library.send("GET", asked.headers["Location"]))
    assert outcome["outcome"] == library.delete_and_poll(tag)["outcome"] == "rejected"
    assert outcome["referencedBy"] == [{"@id": book["@id"], "schema": BOOK, "property": "_instance.authors"}]


def test_a_type_that_nothing_references_is_deleted_at_once(library: Library) -> None:
    """H1."""
    response = library.send("DELETE", library.added(BOOK, title="Emma")["at"])
    assert (response.status, json_of(response)["outcome"]) == (200, "deleted")


@pytest.mark.parametrize(
    ("path", "value", "status"),
    [("title", "Persuasion", 200), ("isbn", "2", 422), ("shelf", "B", 422), ("@id", "xcore:book:1", 422)],
)
def test_what_may_change_is_read_from_the_document(library: Library, path: str, value: str, status: int) -> None:
    """G4, J1. The URI never changes, whatever the document says."""
    book = library.added(BOOK, title="Emma", isbn="1", shelf="A")
    kind = f'{XCORE}patch.hal+json; schema="{BOOK}"'
    response = library.send("PATCH", book["at"], [op("add", f"/_instance/{path}", value=value)], content_type=kind)
    assert response.status == status


def test_a_put_without_the_uri_keeps_it_in_a_closed_schema(library: Library) -> None:
    """G1."""
    book = library.added(BOOK, title="Emma")
    body = {"_instance": {"title": "Persuasion"}, "_links": {}}
    assert library.send("PUT", book["at"], body, content_type="application/json").status == 200
    found = json_of(library.send("GET", book["at"]))["_instance"]
    assert found == {"@id": book["@id"], "title": "Persuasion"}


def test_an_instance_whose_schema_was_not_given_again_is_said_to_be_so(tmp_path: Path) -> None:
    """J1. Everything else goes on."""
    with Emulator.open(tmp_path / "x.db", schemas=DOCUMENTS) as emulator:
        tag = Library(emulator).made("tag", name="t")
        book = Library(emulator).added(BOOK, title="Emma", tag=tag.uri)
    with Emulator.open(tmp_path / "x.db") as emulator:
        repo = Caller(emulator)
        response = repo.send("GET", book["at"])
        assert (response.status, BOOK in json_of(response)["detail"]) == (501, True)
        assert repo.delete_and_poll(tag)["referencedBy"][0]["@id"] == book["@id"]
        assert repo.create("tag", xdm(name="u")).status == 201


@pytest.mark.parametrize(
    ("schema", "uri_type"),
    [
        ("https://example.test/card", "card"),
        ("https://example.test/shop/tag", "shop-tag"),
        ("https://example.test/cards/Gift%20Card.schema.json", "gift-20card"),
        ("urn:example:card", "card"),
        ("https://example.test/card/", "card"),
        ("https://example.test/card#", "card"),
    ],
)
def test_a_type_is_named_after_the_end_of_its_id(schema: str, uri_type: str) -> None:
    """J1. No two types have one name: a part in front of it is added."""
    found = built_in_registry().plus([{"$id": schema}]).find(schema)
    assert found is not None
    assert found.uri_type == uri_type


RULE = {"meta:reference": NS + "tag"}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"type": "object"}, r"\$id"),
        ({"$id": "no-address"}, r"\$id"),
        ({"$id": 'https://example.test/"x"'}, r"\$id"),
        ({"$id": NS + "tag"}, "registered already"),
        ({"$id": "urn:x", "type": "sort of"}, "no JSON Schema"),
        ({"$id": "urn:x", "$schema": "http://json-schema.org/draft-07/schema#"}, "2020-12"),
        ({"$id": "urn:x", "$ref": "https://example.test/nowhere"}, "nowhere"),
        ({"$id": "urn:x", "$ref": "#/$defs/nowhere"}, "nowhere"),
        ({"$id": "urn:x", "pattern": "("}, "urn:x"),
        ({"$id": "urn:x", "meta:version": 'a"b'}, "version"),
        ({"$id": "urn:x", "properties": {"a": {"meta:reference": "urn:nowhere"}}}, "urn:nowhere"),
        ({"$id": "urn:x", "properties": {"a": {"meta:reference": 1}}}, "malformed"),
        ({"$id": "urn:x", "properties": {"a": {"meta:lifecycle": {"new": []}}}}, "malformed"),
        ({"$id": "urn:x", "additionalProperties": RULE}, "below additionalProperties"),
        ({"$id": "urn:x", "properties": {"a": {"oneOf": [RULE, {}]}}}, "below oneOf"),
        ({"$id": "urn:x", "properties": {"a": {"items": {"meta:uniqueIn": "g"}}}}, "properties of the root"),
        ({"$id": "urn:x", "properties": {"tag": RULE, "more": {"$ref": "#"}}}, "contains itself"),
    ],
)
def test_a_document_that_cannot_be_kept_whole_is_refused(document: dict[str, Any], message: str) -> None:
    """J1. Rules that would not be read are no rules to start with."""
    with pytest.raises(ReconcilerError, match=message):
        Emulator.open(schemas=[document])


def test_a_schema_that_contains_itself_is_no_trouble() -> None:
    """J1."""
    tree = {"$id": "urn:tree", "type": "object", "properties": {"children": {"items": {"$ref": "#"}}}}
    with Emulator.open(schemas=[tree]) as emulator:
        assert Library(emulator).add("urn:tree", children=[{"children": []}]).status == 201
        assert Library(emulator).add("urn:tree", children=[{"children": [1]}]).status == 422


@pytest.mark.parametrize("text", ["", "[]", "{", '{"$id": 1}', "\ufeff{}"])
def test_a_file_that_holds_no_schema_is_refused_by_name(tmp_path: Path, text: str) -> None:
    """J1."""
    (tmp_path / "s.json").write_text(text)
    with pytest.raises(ReconcilerError, match=r"s\.json"):
        read_documents([tmp_path / "s.json"])


def test_a_schema_is_read_from_its_file(tmp_path: Path) -> None:
    """J1."""
    (tmp_path / "s.json").write_text(json.dumps(DOCUMENTS[1]))
    assert read_documents([tmp_path / "s.json"]) == [DOCUMENTS[1]]


@pytest.mark.parametrize("property_", ["xdm:name", "xdm:status"])
@pytest.mark.parametrize("more", [[], ["repo:etag==1"]])
def test_the_stored_value_decides_what_a_name_is(property_: str, more: list[str]) -> None:
    """E8. Another type may have numbers for names, and a text beside them."""
    with Emulator.open(schemas=[NUMBERED]) as emulator:
        library = Library(emulator)
        for value in (5, "5", 5.0, True):
            library.added(NUMBERED["$id"], **{property_: value})
        conditions = [f"_instance.{property_}==5", *more]
        query = urlencode({"schema": NUMBERED["$id"], "property": conditions}, doseq=True)
        page = json_of(library.send("GET", f"{library.container}/instances?{query}"))
        assert page["_embedded"]["total"] == 3
