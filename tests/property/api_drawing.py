"""Requests drawn from the description of the API: those that are in order, and those that are spoiled somewhere."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st

from tests.emulator_support import CREDENTIALS, NS
from tests.property.api_calls import Call, Known, Repository
from tests.property.api_document import Description, Operation, Schema
from tests.property.api_hostile import BODIES, NUMBERS, TEXTS, VALUES

Draw = Callable[[st.SearchStrategy[Any]], Any]

CONTAINER = "https://ns.adobe.com/experience/xcore/container"
KINDS = ("offer-placement", "tag", "eligibility-rule", "fallback-offer", "personalized-offer", "offer-filter")
MEDIA = st.sampled_from(
    [
        "",
        "*",
        "text/html",
        "application/json; charset=utf-16",
        "application/vnd.adobe.platform.xcore.hal+json",
        'application/vnd.adobe.platform.xcore.hal+json; schema="urn:none"',
        f'application/vnd.adobe.platform.xcore.hal+json; schema="{NS}tag;version=7"',
        f"APPLICATION/VND.ADOBE.PLATFORM.XCORE.HAL+JSON;SCHEMA={NS}offer-filter",
        f'application/vnd.adobe.platform.xcore.patch.hal+json; schema="{NS}tag"',
        "application/vnd.adobe.platform.xcore.xdm.receipt+json; q=0",
        *TEXTS[-20:],
    ]
)
CONDITIONS = (
    "instanceId",
    "repo:etag>=1",
    "repo:createdDate>2026-01-01T00:00:00Z",
    "_instance.xdm:name~.*e.*",
    "_instance.xdm:name!=x",
    "_instance.xdm:tags",
    "_links.docs.href==urn:x",
)
ORDERS = (
    "repo:createdDate",
    "-repo:lastModifiedDate",
    "_instance.xdm:name",
    "-_instance.xdm:status,+repo:etag",
    "instanceId",
    "x.y,-z",
)
# What the parameters are given that is in order; those not named here are any text.
ORDERLY: dict[str, st.SearchStrategy[str]] = {
    "schema": st.sampled_from([NS + kind for kind in KINDS] + [f'"{NS}tag;version=0.1"', NS + "offer-activity"]),
    "property": st.sampled_from(CONDITIONS),
    "orderBy": st.sampled_from(ORDERS),
    "orderby": st.sampled_from(ORDERS),
    "start": st.just("2026-01-01T00:00:00.000Z"),  # a value for whatever the order
    "limit": st.sampled_from(["1", "2", "3", "100", "5000"]),
    "qop": st.sampled_from(["and", "or"]),
    "q": st.sampled_from(["red", '"ete red"', "red r c", "\\+ été", "", "(a OR b)"]),
    "field": st.sampled_from(["_instance.xdm:name", "_instance", "_instance.xdm:tags"]),
    "product": st.sampled_from(["dma_offers", "acp", "other"]),
}
ANY_TEXT = st.one_of(st.sampled_from(TEXTS), st.text(st.characters(exclude_categories=["Cs"]), max_size=12))
ANY_VALUE = st.one_of(
    st.sampled_from(VALUES),
    st.recursive(st.sampled_from([None, True, *NUMBERS, *TEXTS[:12]]), lambda inner: st.lists(inner, max_size=3)),
)
METHODS = ("HEAD", "OPTIONS", "TRACE", "QUERY", "get", "PURGE", "GET", "PATCH", "PUT", "POST", "DELETE")


@dataclass
class Author:
    """Draws requests to one repository."""

    draw: Draw
    repository: Repository

    @property
    def description(self) -> Description:
        return self.repository.description

    def rarely(self, one_in: int = 8) -> bool:
        return bool(self.draw(st.integers(1, one_in)) == one_in)

    def one(self, choices: Sequence[Any]) -> Any:
        return self.draw(st.sampled_from(list(choices)))

    # --- requests

    def orderly(self, operation: Operation) -> Call:
        """As the document wants it."""
        known = self._known(operation)
        call = Call(operation, self._path(operation, known), headers={**CREDENTIALS})
        query = []
        for told in operation.parameters:
            name, is_list = told["name"], told["schema"].get("type") == "array"
            if told["in"] == "query" and (told.get("required") or not self.rarely(2)):
                query += [(name, self._orderly(name)) for _ in range(self.draw(st.integers(1, 2)) if is_list else 1)]
            elif told["in"] == "header" and self.rarely(3):
                call = call.plus(**{name: self._header(name, known)})
        call = replace(call, query=tuple((name, CONTAINER if self._is_scope(call, name) else v) for name, v in query))
        return call if not operation.bodies else self._with_body(call, known)

    def _is_scope(self, call: Call, name: str) -> bool:
        return name == "schema" and call.operation.name == "listContainers"

    def _known(self, operation: Operation) -> Known | None:
        is_instance = "{container}/instances/{instanceId}" in operation.address
        return self.one(self.repository.instances) if is_instance else None

    def _path(self, operation: Operation, known: Known | None) -> str:
        container, instance = self.one(self.repository.containers), self.one(self.repository.containers)
        if known is not None:
            container, instance = known.container, known.instance_id
        asked = "none"
        if "{token}" in operation.address and self.repository.deletions:
            container, asked = self.one(self.repository.deletions)
        path = operation.address.replace("{container}", container)
        return path.replace("{instanceId}", instance).replace("{token}", asked)

    def _orderly(self, name: str) -> str:
        if name == "id":
            return str(self.one(self.repository.instances).uri)
        return str(self.draw(ORDERLY[name]))

    def _header(self, name: str, known: Known | None) -> str:
        match name:
            case "If-Match" | "If-None-Match":
                return str(self.one(['"1"', "1", 'W/"2"', "*", '"7", "8"', known.etag if known else '"2"']))
            case "x-sandbox-name":
                return "prod"
            case _:
                return str(self.one(["a", "0b2f7d6e", "x y"]))

    def _with_body(self, call: Call, known: Known | None) -> Call:
        bodies = call.operation.bodies
        own = [media for media in bodies if known is not None and f'{known.kind}"' in media]
        media = self.one(own) if own and not self.rarely() else self.one(list(bodies))
        schema = bodies[media]
        if media == "application/json" and known is not None and "anyOf" in schema:
            schema = {"$ref": f"#/components/schemas/{known.kind}.Revision"}
        body = self.value(schema)
        if call.operation.method == "PATCH":
            body = [self._operation() for _ in range(self.draw(st.integers(0, 3)))]
        return replace(call, body=json.dumps(body).encode()).plus(content_type=media)

    def _operation(self) -> Any:
        path = self.one(["/_instance/xdm:name", "/_instance/n", "/_instance/l/-", "/_links/a", "/_instance/xdm:status"])
        value = self.one(["draft", "approved", "x", 1, {"href": "urn:y"}, [], {"l": []}])
        return self.one(
            [
                {"op": "add", "path": path, "value": value},
                {"op": "replace", "path": path, "value": value},
                {"op": "remove", "path": path},
                {"op": "test", "path": path, "value": value},
                {"op": "copy", "from": "/_instance/xdm:name", "path": path},
                {"op": "move", "from": path, "path": "/_instance/n"},
            ]
        )

    def spoiled(self, call: Call) -> Call:
        """The same with something broken in one to three places."""
        spoils = [
            self._with_path,
            self._with_pairs,
            self._with_raw_query,
            self._with_header,
            self._without_header,
            self._with_any_body,
            self._with_spoiled_value,
            self._with_media,
            self._with_method,
        ]
        for spoil in self.draw(st.lists(st.sampled_from(spoils), min_size=1, max_size=3)):
            call = spoil(call)
        return call

    def _with_path(self, call: Call) -> Call:
        parts = call.path.split("/")
        parts[self.draw(st.integers(1, len(parts) - 1))] = self.draw(ANY_TEXT)
        return replace(call, path="/".join(parts))

    def _names(self, call: Call, place: str) -> list[str]:
        return [told["name"] for told in call.operation.parameters if told["in"] == place]

    def _with_pairs(self, call: Call) -> Call:
        pair = (self.one([*self._names(call, "query"), "unknown", ""]), self.draw(ANY_TEXT))
        return replace(call, query=(*call.query, *[pair] * self.one([1, 1, 1, 40, 1001])))

    def _with_raw_query(self, call: Call) -> Call:
        return replace(call, raw_query=self.draw(st.binary(max_size=20) | st.sampled_from([b"%", b"&=;", b"q=%ed%a0"])))

    def _with_header(self, call: Call) -> Call:
        odd = ["host", "content-length", "content-encoding", "x-unknown"]
        return call.plus(**{self.one([*self._names(call, "header"), *CREDENTIALS, *odd]): self.draw(ANY_TEXT)})

    def _without_header(self, call: Call) -> Call:
        gone = self.one([*sorted(call.headers), "accept"])
        return replace(call, headers={name: value for name, value in call.headers.items() if name != gone})

    def _with_any_body(self, call: Call) -> Call:
        return replace(call, body=self.draw(st.sampled_from(BODIES) | st.binary(max_size=20)))

    def _with_media(self, call: Call) -> Call:
        return call.plus(**{self.one(["accept", "content-type"]): self.draw(MEDIA)})

    def _with_method(self, call: Call) -> Call:
        here = [each.method for each in self.description.operations if each.address == call.operation.address]
        return replace(call, method=self.one([method for method in METHODS if method not in here]))

    def _with_spoiled_value(self, call: Call) -> Call:
        try:
            body = json.loads(call.body)
        except ValueError:
            return call
        if isinstance(body, dict | list):
            self._spoil(body)
        return replace(call, body=json.dumps(body).encode())

    def _spoil(self, value: Any) -> None:
        """Change something at a random place of an object or list."""
        while True:
            keys = list(value) if isinstance(value, dict) else list(range(len(value)))
            deeper = [key for key in keys if isinstance(value[key], dict | list)]
            if not deeper or self.rarely(3):
                break
            value = value[self.one(deeper)]
        if keys and self.rarely(3):
            del value[self.one(keys)]
        elif isinstance(value, dict):
            value[self.one([*keys, self.draw(ANY_TEXT)])] = copy.deepcopy(self.draw(ANY_VALUE))
        else:
            value.append(copy.deepcopy(self.draw(ANY_VALUE)))

    # --- values from schemas

    def value(self, schema: Any) -> Any:
        """One that mostly fits the schema; conditions between properties are left to chance."""
        if schema is True or not schema:
            return self.one([1, "x", None, [], {"a": "b"}])
        told = self._resolved(schema)
        for choice in ("anyOf", "oneOf"):
            if choice in told:
                return self.value(self.one(told[choice]))
        if "const" in told:
            return told["const"]
        if "enum" in told:
            return self.one(told["enum"])
        kind = told.get("type", "object")
        match self.one(kind) if isinstance(kind, list) else kind:
            case "object":
                return self._object(told)
            case "array":
                return [self.value(told.get("items", {})) for _ in range(self.draw(st.integers(0, 2)))]
            case "integer" | "number":
                return told.get("minimum", 0) + self.draw(st.integers(0, 5))
            case "boolean":
                return self.draw(st.booleans())
            case _:
                return self._text(told)

    def _resolved(self, schema: Schema) -> Schema:
        if "$ref" not in schema:
            return schema
        beside = {name: value for name, value in schema.items() if name != "$ref"}
        there = self._resolved(self.description.found({"$ref": schema["$ref"]}))
        both = {**there, **beside}
        both["required"] = [*there.get("required", ()), *beside.get("required", ())]
        both["properties"] = {**there.get("properties", {}), **beside.get("properties", {})}
        return both

    def _object(self, told: Schema) -> Schema:
        properties = {name: each for name, each in told.get("properties", {}).items() if each is not False}
        wanted = [name for name in properties if name in told.get("required", ()) or self.rarely(3)]
        made = {name: self.value(properties[name]) for name in wanted if name not in {"@id", "self"}}
        further = told.get("additionalProperties", True)
        if further is not False and self.rarely(3):
            made[str(self.draw(st.sampled_from(["extra", "x.y", "a~/b", "é", ""])))] = self.value(further)
        return made

    def _text(self, told: Schema) -> str:
        target = told.get("meta:reference")
        if target is not None:
            kinds = {each.removeprefix(NS) for each in ([target] if isinstance(target, str) else target.values())}
            known = [each.uri for each in self.repository.instances if each.kind in kinds]
            return str(self.one(known))
        match told.get("format"):
            case "date-time":
                return str(
                    self.one(["2026-01-01T00:00:00Z", "2026-06-30T23:59:60Z", "1999-12-31T00:00:00.123456+14:00"])
                )
            case "uri":
                return str(self.one(["urn:x", "https://example.com/a?b#c"]))
            case _:
                return str(self.draw(ANY_TEXT))
