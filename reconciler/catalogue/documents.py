"""YAML text -> values and places. YAML 1.2 core scalars over libyaml's events, with limits on what a file may mean."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from _ruamel_yaml import CParser
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

from reconciler.model.problem import Code, Part, Path

MAX_BYTES = 5 * 1024 * 1024
MAX_DEPTH = 64
MAX_SLOW_BYTES = 256 * 1024  # of a text that needs the slower parser
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
_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_NO_NUMBER = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)|[-+]?[0-9]{401,}", re.ASCII)
_SURROGATE = re.compile("[\ud800-\udfff]")
_FIRST_OF_NUMBER = frozenset("0123456789+-.")


NextEvent = Callable[[], Any]
Consumed = TypeVar("Consumed")


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong at one place of a text. line and column count from 1."""

    code: Code
    line: int
    column: int
    message: str
    remedy: str


class Unreadable(Exception):
    """The rest of this text cannot be read."""

    def __init__(self, complaint: Complaint) -> None:
        super().__init__(complaint.message)
        self.complaint = complaint


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
    return _with_events(text, lambda next_event: _parse(text, next_event))


def _parse(text: bytes, next_event: NextEvent) -> tuple[list[Document], list[Complaint]]:
    builder = _Builder(next_event)
    documents: list[Document] = []
    try:
        documents.extend(_documents(builder))
    except Unreadable as error:
        builder.complaints.append(error.complaint)
    except YAMLError as error:
        if _colon_in_flow(error) and len(text) <= MAX_SLOW_BYTES:
            raise
        builder.complaints.append(_syntax(error, text))
    return documents, builder.complaints


def _with_events(text: bytes, consume: Callable[[NextEvent], Consumed]) -> Consumed:
    """Feed a text's events to ``consume``: libyaml's; ruamel's own, 20 times slower, where libyaml falls short.

    The C parser refuses ``{at: 2026-01-01T00:00:00Z}``, whose colons YAML 1.2 (section 7.3.3) allows.
    """
    try:
        return consume(_c_events(text))
    except YAMLError as error:
        if not _colon_in_flow(error) or len(text) > MAX_SLOW_BYTES:
            raise
        return consume(_python_events(text))


def _c_events(text: bytes) -> NextEvent:
    get_event: NextEvent = CParser(text).get_event  # parses nothing yet, so that all errors come with events
    return get_event


def _python_events(text: bytes) -> NextEvent:
    from ruamel.yaml import YAML
    from ruamel.yaml.scanner import ScannerError

    events = YAML(typ="safe", pure=True).parse(text)

    def next_event() -> Any:
        event = next(events)
        if event.__class__ is ScalarEvent and _SURROGATE.search(event.value):  # libyaml refuses it by itself
            raise ScannerError(None, None, "found invalid Unicode character escape code", event.start_mark)
        return event

    return next_event


def _colon_in_flow(error: YAMLError) -> bool:
    return getattr(error, "problem", None) == "found unexpected ':'"


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


def _syntax(error: YAMLError, text: bytes) -> Complaint:
    if isinstance(error, MarkedYAMLError) and error.problem_mark is not None:
        line, column = error.problem_mark.line + 1, error.problem_mark.column + 1
        found = _line_of(text, line)
        if _tab_before(found, column):
            return Complaint(Code.SYNTAX, line, column, "a tab cannot indent YAML", "Indent with spaces.")
        message = f"not YAML: {error.problem}"
        if error.context:
            message += f", {error.context}"
        remedy = "Check the indentation, quotes and brackets here and just above."
        if _colon_in_flow(error):
            remedy = "Put text that holds a colon in quotes."
        elif "${" in found:
            remedy = 'Inside { } and [ ], put a variable in quotes: "${NAME}".'
        return Complaint(Code.SYNTAX, line, column, message, remedy)
    position = getattr(error, "position", 0) or 0
    before = text[:position].decode("utf-8", "ignore")
    reason = str(getattr(error, "reason", error))
    return Complaint(
        Code.SYNTAX,
        before.count("\n") + 1,
        len(before) - before.rfind("\n"),
        f"not YAML: {reason}",
        "Save the file as UTF-8 without control characters.",
    )


def _tab_before(found: str, column: int) -> bool:
    """Whether a tab stands at this place of a line, or in its indentation."""
    indentation = found[: len(found) - len(found.lstrip())]
    return "\t" in indentation[:column] or found[column - 1 : column] == "\t"


def _line_of(text: bytes, line: int) -> str:
    encoding = "utf-16" if text.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8"
    lines = _LINE_BREAK.split(text.decode(encoding, "replace"), line)
    return lines[line - 1] if line <= len(lines) else ""


# ---------------------------------------------------------------- places


@dataclass(frozen=True, slots=True)
class _Place:
    line: int
    column: int
    children: dict[str | int, tuple[int, int, _Place]]  # key or index -> line and column of the key, the value


_NOWHERE: dict[str | int, tuple[int, int, _Place]] = {}


class SourceText:
    """The text of one file, able to tell where in it a value stands. Reads it again on the first question."""

    __slots__ = ("_places", "text")

    def __init__(self, text: bytes) -> None:
        self.text = text
        self._places: dict[int, _Place] | None = None

    def locate(self, document: int, path: Path, part: Part) -> tuple[int, int]:
        """Line and column, from 1, of the value (or its key) at a path; of the nearest ancestor where there is none."""
        if self._places is None:
            self._places = _find_places(self.text)
        place = self._places.get(document)
        if place is None:
            return (1, 1)
        found = (place.line, place.column)
        for position, step in enumerate(path):
            child = place.children.get(step)
            if child is None:
                return found
            line, column, place = child
            last = position == len(path) - 1
            at_value = not (part is Part.KEY and last) and place.line == line
            found = (place.line, place.column) if at_value else (line, column)
        return found


def _find_places(text: bytes) -> dict[int, _Place]:
    try:
        return _with_events(text, _places)
    except YAMLError:  # a long text that needs the slower parser
        return {}


def _places(next_event: NextEvent) -> dict[int, _Place]:
    places: dict[int, _Place] = {}
    try:
        event = next_event()
        while event.__class__ is not StreamEndEvent:
            if event.__class__ is DocumentStartEvent:
                places[len(places)] = _place(next_event(), next_event, {}, 0)
            event = next_event()
    except Unreadable:
        pass
    except YAMLError as error:
        if _colon_in_flow(error):
            raise
    return places  # what is wrong was told when the values were read; places up to there are right


def _place(event: Any, next_event: NextEvent, anchors: dict[str, _Place], depth: int) -> _Place:
    mark = event.start_mark
    if event.__class__ is AliasEvent:
        known = anchors.get(event.anchor)
        return _Place(mark.line + 1, mark.column + 1, known.children if known else _NOWHERE)
    if event.__class__ is ScalarEvent:
        return _Place(mark.line + 1, mark.column + 1, _NOWHERE)
    if depth > MAX_DEPTH:
        raise Unreadable(Complaint(Code.LIMIT, mark.line + 1, mark.column + 1, "", ""))
    place = _Place(mark.line + 1, mark.column + 1, {})
    ends = MappingEndEvent if event.__class__ is MappingStartEvent else SequenceEndEvent
    if event.anchor is not None:
        anchors[event.anchor] = place
    item = next_event()
    while item.__class__ is not ends:
        start = item.start_mark
        key: str | int = len(place.children)
        if ends is MappingEndEvent:
            if item.__class__ is ScalarEvent:
                key = item.value
            else:  # no text, so that no path names it
                key = ~len(place.children)
                _place(item, next_event, anchors, depth + 1)
            item = next_event()
        place.children[key] = (start.line + 1, start.column + 1, _place(item, next_event, anchors, depth + 1))
        item = next_event()
    return place
