"""The description of the API, against the API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from reconciler.emulator.app import OUTSIDE, Emulator
from reconciler.emulator.messages import Request
from reconciler.emulator.routes import ROUTES
from tests.emulator_support import CREDENTIALS, NS, XCORE, Caller, json_of, xdm

METHODS = ("get", "put", "post", "delete", "patch")


@pytest.fixture
def document(repo: Caller) -> Any:
    response = repo.emulator.handle(Request("GET", "/openapi.json"))
    assert (response.status, response.headers["Content-Type"]) == (200, "application/json")
    return json_of(response)


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Every object of the document."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from nodes(inner)


def found(document: Any, address: str) -> Any:
    for part in address.removeprefix("#/").split("/"):
        document = document[part.replace("~1", "/").replace("~0", "~")]
    return document


def test_every_reference_of_the_document_leads_somewhere(document: Any) -> None:
    for node in nodes(document):
        if isinstance(node.get("$ref"), str):
            assert found(document, node["$ref"])


def test_every_schema_is_one(document: Any) -> None:
    for schema in document["components"]["schemas"].values():
        assert jsonschema_rs.meta.is_valid({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})


def test_every_part_of_a_path_is_a_parameter(document: Any) -> None:
    for path, item in document["paths"].items():
        given = [found(document, parameter["$ref"]) for parameter in item.get("parameters", ())]
        named = {parameter["name"] for parameter in given if parameter["in"] == "path"}
        assert named == {part.strip("{}") for part in path.split("/") if part.startswith("{")}
        assert all(parameter["required"] for parameter in given if parameter["in"] == "path")


def test_every_operation_has_a_name_of_its_own(document: Any) -> None:
    operations = [item[method] for item in document["paths"].values() for method in METHODS if method in item]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)


def test_every_status_is_told_one_by_one(document: Any) -> None:
    """A default would let any answer pass."""
    for item in document["paths"].values():
        for operation in (item[method] for method in METHODS if method in item):
            assert all(status.isdigit() for status in operation["responses"])


def test_every_route_is_in_the_document_and_nothing_else(document: Any) -> None:
    """A1."""
    routed = {(route.template, method.lower()) for route in ROUTES for method in route.ways}
    told = {(path, method) for path, item in document["paths"].items() for method in METHODS if method in item}
    assert told == routed | {(path, "get") for path in OUTSIDE}
    at_the_root = {path for path, item in document["paths"].items() if item.get("servers") == [{"url": "/"}]}
    assert at_the_root == set(OUTSIDE)


def test_the_addresses_take_the_methods_that_the_document_says(document: Any, repo: Caller) -> None:
    """A1."""
    for path, item in document["paths"].items():
        address = path.replace("{container}", repo.container).replace("{instanceId}", "x").replace("{token}", "x")
        base = "" if path in OUTSIDE else "/data/core/xcore"
        refused = repo.emulator.handle(Request("OPTIONS", base + address, headers=CREDENTIALS))
        allowed = refused.headers["Allow"].split(", ")
        assert refused.status == 405
        assert sorted(allowed) == sorted(method.upper() for method in METHODS if method in item)


@pytest.mark.parametrize("address", OUTSIDE)
def test_what_lies_outside_of_the_repository_is_only_read(repo: Caller, address: str) -> None:
    """J5."""
    refused = repo.emulator.handle(Request("POST", address))
    assert (refused.status, refused.headers["Allow"]) == (405, "GET")


def errors(document: Any, shape: str, value: Any) -> list[str]:
    schemas = document["components"]["schemas"]
    told = {"$ref": f"#/components/schemas/{shape}", "components": {"schemas": schemas}}
    return [error.message for error in jsonschema_rs.Draft202012Validator(told).iter_errors(value)]


def test_answers_are_as_the_document_says(document: Any, repo: Caller) -> None:
    """B1, C3, D1, E1, F3, H2."""
    tag = repo.made("tag", name="t")
    offer = repo.made("fallback-offer", name="o", tags=[tag.uri])
    answers = {
        "Receipt": json_of(repo.patch(tag)),
        "tag.Envelope": repo.read(tag),
        "tag.Page": repo.list("tag"),
        "tag.Matches": repo.search("tag", "t"),
        "container.Home": json_of(repo.send("GET", "")),
        "Outcome": repo.delete_and_poll(tag),
    }
    assert {shape: errors(document, shape, answer) for shape, answer in answers.items()} == {
        shape: [] for shape in answers
    }
    assert answers["Outcome"]["referencedBy"][0]["@id"] == offer.uri


def test_answers_with_further_members_are_not_as_the_document_says(document: Any, repo: Caller) -> None:
    tag = repo.made("tag", name="t")
    assert errors(document, "tag.Envelope", {**repo.read(tag), "extra": 1}) != []
    assert errors(document, "offer-placement.Envelope", repo.read(tag)) != []


def test_faults_that_are_not_listed_are_counted_in_a_member_of_the_document(document: Any, repo: Caller) -> None:
    """A6."""
    refused = document["components"]["responses"]["422"]["content"]["application/problem+json"]["schema"]
    answer = json_of(repo.create("fallback-offer", xdm(name="o", tags=[1] * 1500)))
    assert (len(answer["errors"]), answer["more"]) == (1000, 500)
    assert jsonschema_rs.Draft202012Validator(refused).is_valid(answer)
    assert not jsonschema_rs.Draft202012Validator(refused).is_valid({**answer, "less": 1})


def test_bodies_are_as_the_document_says(document: Any) -> None:
    """C1, C4, C5, G2."""
    good = {"_instance": xdm(name="t"), "_links": {"self": 1, "docs": [{"href": "urn:x"}]}}
    assert errors(document, "tag.New", good) == []
    assert errors(document, "tag.New", {**good, "_instance": xdm(name=1)}) != []
    assert errors(document, "tag.New", {**good, "_instance": {**xdm(name="t"), "@id": "x"}}) != []
    assert errors(document, "tag.Revision", {**good, "_instance": {**xdm(name="t"), "@id": "x"}}) == []
    assert errors(document, "tag.New", {**good, "_links": {"docs": {}}}) != []
    assert errors(document, "Patch", [{"op": "add", "path": "/x", "value": 1}]) == []
    assert errors(document, "Patch", [{"op": "add", "path": "/x"}]) != []
    assert errors(document, "Patch", [{"op": "remove", "path": "x"}]) != []
    assert document["components"]["schemas"]["tag"]["x-schema-id"] == NS + "tag"


def test_types_from_outside_are_in_the_document() -> None:
    """A5: a closed schema that does not know of the URI is not asked about it."""
    schema = {
        "$id": "https://example.com/schemas/voucher",
        "type": "object",
        "properties": {"code": {"type": "string"}},
        "additionalProperties": False,
    }
    with Emulator.open(schemas=[schema]) as emulator:
        document = json_of(emulator.handle(Request("GET", "/openapi.json")))
        caller = Caller(emulator)
        media = f'{XCORE}hal+json; schema="https://example.com/schemas/voucher"'
        body = {"_instance": {"code": "c"}, "_links": {}}
        made = caller.send("POST", f"{caller.container}/instances", body, content_type=media)
        found = caller.send("GET", made.headers["Location"])
    assert errors(document, "voucher.Envelope", json_of(found)) == []
    lookup = document["paths"]["/{container}/instances/{instanceId}"]["get"]["responses"]["200"]
    assert found.headers["Content-Type"] in lookup["content"]
