"""The description of the API, against the API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from reconciler.emulator.messages import Request
from tests.emulator_support import NS, Caller, json_of, xdm

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
        given = [found(document, parameter["$ref"]) for parameter in item["parameters"]]
        named = {parameter["name"] for parameter in given if parameter["in"] == "path"}
        assert named == {part.strip("{}") for part in path.split("/") if part.startswith("{")}
        assert all(parameter["required"] for parameter in given if parameter["in"] == "path")


def test_every_operation_has_a_name_of_its_own_and_answers(document: Any) -> None:
    operations = [item[method] for item in document["paths"].values() for method in METHODS if method in item]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)
    assert all("default" in operation["responses"] for operation in operations)


def test_the_addresses_take_the_methods_that_the_document_says(document: Any, repo: Caller) -> None:
    """A1."""
    for path, item in document["paths"].items():
        address = path.replace("{container}", repo.container).replace("{instanceId}", "x").replace("{token}", "x")
        allowed = repo.send("OPTIONS", address.lstrip("/")).headers["Allow"].split(", ")
        assert sorted(allowed) == sorted(method.upper() for method in METHODS if method in item)


def validator(document: Any, shape: str) -> jsonschema_rs.Draft202012Validator:
    schemas = document["components"]["schemas"]
    return jsonschema_rs.Draft202012Validator(
        {"$ref": f"#/components/schemas/{shape}", "components": {"schemas": schemas}}
    )


def errors(document: Any, shape: str, value: Any) -> list[str]:
    return [error.message for error in validator(document, shape).iter_errors(value)]


def test_answers_are_as_the_document_says(document: Any, repo: Caller) -> None:
    """B1, C3, D1, E1, H2, A6."""
    tag = repo.made("tag", name="t")
    offer = repo.made("fallback-offer", name="o", tags=[tag.uri])
    answers = {
        "Receipt": json_of(repo.patch(tag)),
        "Envelope": repo.read(tag),
        "Results": repo.list("tag"),
        "Home": json_of(repo.send("GET", "")),
        "Problem": json_of(repo.create("tag", {})),
        "GatewayError": json_of(repo.send("GET", "", authorization=None)),
        "Outcome": repo.delete_and_poll(tag),
    }
    assert {shape: errors(document, shape, answer) for shape, answer in answers.items()} == {
        shape: [] for shape in answers
    }
    assert answers["Outcome"]["referencedBy"][0]["@id"] == offer.uri


def test_bodies_are_as_the_document_says(document: Any, repo: Caller) -> None:
    """C1."""
    assert errors(document, "Instance", {"_instance": xdm(name="t"), "_links": {}}) == []
    assert errors(document, "Instance", {"_instance": xdm(name=1), "_links": {}}) != []
    assert errors(document, "Patch", [{"op": "add", "path": "/x", "value": 1}]) == []
    assert document["components"]["schemas"]["tag"]["x-schema-id"] == NS + "tag"
