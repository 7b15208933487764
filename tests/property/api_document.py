"""The description of the API as the fuzzer reads it: operations, and what it has against an answer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import jsonschema_rs

Schema = dict[str, Any]
METHODS = ("get", "put", "post", "delete", "patch")


@dataclass(frozen=True)
class Answer:
    """What came back. seconds: of the processor, so that a busy machine makes no answer slow."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float

    @property
    def value(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Operation:
    """One method at one address. bodies: schemas by media type.   answers: by status."""

    name: str
    method: str
    address: str
    parameters: tuple[Schema, ...]
    bodies: Mapping[str, Schema]
    answers: Mapping[str, Schema]

    def __str__(self) -> str:
        return self.name


@dataclass
class Description:
    document: Any
    _validators: dict[str, jsonschema_rs.Draft202012Validator] = field(default_factory=dict)

    def found(self, node: Any) -> Any:
        """What a node refers to, or the node."""
        while "$ref" in node and len(node) == 1:
            place = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                place = place[part.replace("~1", "/").replace("~0", "~")]
            node = place
        return node

    @cached_property
    def operations(self) -> tuple[Operation, ...]:
        return tuple(self._operations())

    def _operations(self) -> Iterator[Operation]:
        for path, item in self.document["paths"].items():
            base = item.get("servers", self.document["servers"])[0]["url"].rstrip("/")
            for method in METHODS:
                if method not in item:
                    continue
                told = item[method]
                content = told.get("requestBody", {}).get("content", {})
                yield Operation(
                    name=told["operationId"],
                    method=method.upper(),
                    address=base + path,
                    parameters=tuple(map(self.found, [*item.get("parameters", ()), *told.get("parameters", ())])),
                    bodies={media: body["schema"] for media, body in content.items()},
                    answers={status: self.found(answer) for status, answer in told["responses"].items()},
                )

    def errors(self, schema: Schema, value: Any) -> list[str]:
        """What a schema of the document has against a value."""
        key = json.dumps(schema)
        if key not in self._validators:
            whole = {"allOf": [schema], "components": {"schemas": self.document["components"]["schemas"]}}
            self._validators[key] = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
        return [f"{error.instance_path}: {error.message[:500]}" for error in self._validators[key].iter_errors(value)]

    def faults(self, operation: Operation, answer: Answer) -> list[str]:
        """In what an answer is not as the operation says."""
        told = operation.answers.get(str(answer.status))
        if told is None:
            return [f"the status {answer.status} is not told"]
        return [*self._header_faults(told, answer), *self._body_faults(told.get("content", {}), answer)]

    def _header_faults(self, told: Schema, answer: Answer) -> Iterator[str]:
        for name, reference in told.get("headers", {}).items():
            header, given = self.found(reference), answer.headers.get(name.lower())
            if given is None:
                yield f"the header {name} is missing"
                continue
            value = int(given) if header["schema"]["type"] == "integer" else given
            yield from (f"{name}: {error}" for error in self.errors(header["schema"], value))

    def _body_faults(self, content: Schema, answer: Answer) -> list[str]:
        media = answer.headers.get("content-type")
        if not content:
            return [] if media is None and answer.body == b"" else ["there is a body, and none is told"]
        if media not in content:
            return [f"the content type {media} is not told"]
        try:
            value = answer.value
        except ValueError as error:
            return [f"the body is no JSON: {error}"]
        return self.errors(content[media]["schema"], value)
