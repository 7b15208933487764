"""YAML text -> values and places. YAML 1.2 core scalars over libyaml's events, with limits on what a file may mean."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

from reconciler.catalogue.events import (
    MAX_SLOW_BYTES,
    Complaint,
    NextEvent,
    Unreadable,
    colon_in_flow,
    syntax_complaint,
    with_events,
)
from reconciler.model.problem import Code

MAX_BYTES = 5 * 1024 * 1024
MAX_DEPTH = 64
MAX_EXPANDED = 200_000  # nodes that all aliases of a file may stand for

_TAGS = {f"tag:yaml.org,2002:{name}": name for name in ("str", "int", "float", "bool", "null", "map", "seq")}
_TEXT_TAGS = frozenset({"!", "tag:yaml.org,2002:str"})
_CONSTANTS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INT = re.compile(r"[-+]?[0-9]{1,400}", re.ASCII)
_BASED = re.compile(r"0o[0-7]{1,400}|0x[0-9a-fA-F]{1,400}", re.ASCII)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_NO_NUMBER = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)|[-+]?[0-9]{401,}", re.ASCII)
_FIRST_OF_NUMBER = frozenset("0123456789+-.")


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document: its position among those of the file, its value, and the line and column where it begins.

    sound: False where something in it could not be read, and null stands in its place.
    """

    index: int
    value: Any
    start: tuple[int, int]
    sound: bool = True


@dataclass(frozen=True, slots=True)
class _Anchored:
    """What an alias stands for. nodes: how many values; height: how many levels. Open while it is being read."""

    value: Any = None
    nodes: int = 1
    height: int = 0


_OPEN = _Anchored()


@dataclass(slots=True)
class _Builder:
    """Turns events into values. One for each text; ``complaints`` grows while it reads."""

    next_event: NextEvent
    complaints: list[Complaint] = field(default_factory=list)
    anchors: dict[str, _Anchored] = field(default_factory=dict)
    nodes: int = 0
    expanded: int = 0
    depth: int = 0
    deepest: int = 0  # of the values since the innermost open anchor

    def complain(self, code: Code, event: Any, message: str, remedy: str) -> None:
        mark = event.start_mark
        self.complaints.append(Complaint(code, mark.line + 1, mark.column + 1, message, remedy))

    def refuse(self, code: Code, event: Any, message: str, remedy: str) -> Unreadable:
        mark = event.start_mark
        return Unreadable(Complaint(code, mark.line + 1, mark.column + 1, message, remedy))

    def node(self, event: Any) -> Any:
        """The value that begins with this event."""
        self.nodes += 1
        if event.__class__ is ScalarEvent:
            value = self.scalar(event)
            if event.anchor is not None:
                self.anchors[event.anchor] = _Anchored(value)
            return value
        if event.__class__ is AliasEvent:
            return self.alias(event)
        if event.anchor is not None:
            return self.anchored(event)
        return self.collection(event)

    def collection(self, event: Any) -> Any:
        self.depth += 1
        if self.depth > self.deepest:
            self.deepest = self.depth
            if self.depth > MAX_DEPTH:
                raise self.too_deep(event)
        mapping = event.__class__ is MappingStartEvent
        if event.tag is not None and event.tag != "!" and _TAGS.get(event.tag) != ("map" if mapping else "seq"):
            self.unknown_tag(event)
        value = self.mapping() if mapping else self.sequence()
        self.depth -= 1
        return value

    def anchored(self, event: Any) -> Any:
        """A collection that aliases may name; it counts for each of them, in size and in depth."""
        nodes, deepest = self.nodes + self.expanded, self.deepest
        self.anchors[event.anchor] = _OPEN
        self.deepest = self.depth
        value = self.collection(event)
        height = self.deepest - self.depth
        self.anchors[event.anchor] = _Anchored(value, self.nodes + self.expanded - nodes + 1, height)
        self.deepest = max(deepest, self.deepest)
        return value

    def too_deep(self, event: Any) -> Unreadable:
        return self.refuse(Code.LIMIT, event, f"nested deeper than {MAX_DEPTH} levels", "Flatten the structure.")

    def mapping(self) -> dict[str, Any]:
        value: dict[str, Any] = {}
        next_event = self.next_event
        event = next_event()
        while event.__class__ is not MappingEndEvent:
            if event.__class__ is ScalarEvent and (event.tag is None or event.tag in _TEXT_TAGS):
                self.nodes += 1
                key = event.value
                if event.anchor is not None:
                    self.anchors[event.anchor] = _Anchored(key)
                if key in value:
                    self.complain(
                        Code.DUPLICATE_FIELD, event, f"`{key}` stands twice in one mapping", "Keep one of the two."
                    )
                value[key] = self.node(next_event())
            else:
                self.complain(Code.YAML_VALUE, event, "a key that is not text", "Write the key as plain text.")
                self.node(event)
                self.node(next_event())
            event = next_event()
        return value

    def sequence(self) -> list[Any]:
        value = []
        event = self.next_event()
        while event.__class__ is not SequenceEndEvent:
            value.append(self.node(event))
            event = self.next_event()
        return value

    def alias(self, event: Any) -> Any:
        known = self.anchors.get(event.anchor)
        if known is None or known is _OPEN:
            where = "has no anchor before it" if known is None else "stands inside what it names"
            self.complain(
                Code.YAML_VALUE, event, f"the alias `*{event.anchor}` {where}", "Write the value out instead."
            )
            return None
        self.expanded += known.nodes
        if self.expanded > MAX_EXPANDED:
            raise self.refuse(
                Code.LIMIT,
                event,
                f"the aliases of this file stand for more than {MAX_EXPANDED:,} values",
                "Write the values out, or split the file.",
            )
        self.deepest = max(self.deepest, self.depth + known.height)
        if self.deepest > MAX_DEPTH:
            raise self.too_deep(event)
        return known.value

    def scalar(self, event: Any) -> Any:
        text = event.value
        if event.tag is not None:
            return self.tagged(event)
        if not event.implicit[0]:  # quoted or block
            return text
        if text in _CONSTANTS:
            return _CONSTANTS[text]
        if text[0] not in _FIRST_OF_NUMBER:
            return text
        if _INT.fullmatch(text):
            return int(text)
        if _FLOAT.fullmatch(text):
            number = float(text)
            if math.isfinite(number):
                return number
        elif _BASED.fullmatch(text):
            return int(text, 0)
        elif not _NO_NUMBER.fullmatch(text):
            return text
        self.complain(
            Code.YAML_VALUE, event, f"`{text[:40]}` is no number that JSON can hold", "Quote it if it is text."
        )
        return None

    def tagged(self, event: Any) -> Any:
        name = "str" if event.tag == "!" else _TAGS.get(event.tag)
        value = event.value
        match name:
            case "str":
                return value
            case "null" | "bool" if value in _CONSTANTS:
                return _CONSTANTS[value]
            case "int" if _INT.fullmatch(value):
                return int(value)
            case "float" if _FLOAT.fullmatch(value) and math.isfinite(float(value)):
                return float(value)
            case _:
                self.unknown_tag(event)
                return None

    def unknown_tag(self, event: Any) -> None:
        self.complain(
            Code.YAML_VALUE, event, f"the tag `{event.tag}` is not allowed here", "Remove the tag; write plain YAML."
        )


def parse_documents(text: bytes) -> tuple[list[Document], list[Complaint]]:
    """The documents of a text, up to the first place that cannot be read, and all that is wrong with them.

    Empty documents (only comments) are left out, but counted in ``index``.
    """
    if len(text) > MAX_BYTES:
        return [], [Complaint(Code.LIMIT, 1, 1, "this file is larger than 5 MiB", "Split it.")]
    return with_events(text, lambda next_event: _parse(text, next_event))


def _parse(text: bytes, next_event: NextEvent) -> tuple[list[Document], list[Complaint]]:
    builder = _Builder(next_event)
    documents: list[Document] = []
    try:
        documents.extend(_documents(builder))
    except Unreadable as error:
        builder.complaints.append(error.complaint)
    except YAMLError as error:
        if colon_in_flow(error) and len(text) <= MAX_SLOW_BYTES:
            raise
        builder.complaints.append(syntax_complaint(error, text))
    return documents, builder.complaints


def _documents(builder: _Builder) -> Iterator[Document]:
    index = 0
    event = builder.next_event()
    while event.__class__ is not StreamEndEvent:
        if event.__class__ is DocumentStartEvent:
            builder.anchors.clear()
            first = builder.next_event()
            empty = first.__class__ is ScalarEvent and first.value == "" and first.implicit[0]
            told = len(builder.complaints)
            value = builder.node(first)
            if not empty:
                sound = all(wrong.code is not Code.YAML_VALUE for wrong in builder.complaints[told:])
                start = (first.start_mark.line + 1, first.start_mark.column + 1)
                yield Document(index, value, start, sound)
            index += 1
        event = builder.next_event()
