"""Where in a text each value stands, found by reading it again."""

from __future__ import annotations

from dataclasses import dataclass
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

from reconciler.catalogue.documents import MAX_DEPTH
from reconciler.catalogue.events import Complaint, NextEvent, Unreadable, colon_in_flow, with_events
from reconciler.catalogue.scalars import Scalar
from reconciler.model.problem import Code, Part, Path


@dataclass(frozen=True, slots=True)
class _Place:
    line: int
    column: int
    children: dict[str | int, tuple[int, int, _Place]]  # key or index -> line and column of the key, the value
    scalar: Scalar | None = None


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

    def locate_within(self, document: int, path: Path, offset: int) -> tuple[int, int]:
        """Line and column, from 1, of a character of the text at a path; of its start where it is no scalar here."""
        found = self.locate(document, path, Part.VALUE)
        place = (self._places or {}).get(document)
        for step in path:
            child = place.children.get(step) if place is not None else None
            place = None if child is None else child[2]
        if place is None or place.scalar is None:
            return found
        return place.scalar.locate(offset, _decoded(self.text))


def _decoded(text: bytes) -> str:
    """The text as its marks count it: without the mark of its encoding."""
    if text.startswith((b"\xff\xfe", b"\xfe\xff")):
        return text.decode("utf-16", "replace")
    return text.decode("utf-8-sig", "replace")


def _find_places(text: bytes) -> dict[int, _Place]:
    try:
        return with_events(text, _places)
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
        if colon_in_flow(error):
            raise
    return places  # what is wrong was told when the values were read; places up to there are right


def _place(event: Any, next_event: NextEvent, anchors: dict[str, _Place], depth: int) -> _Place:
    mark = event.start_mark
    if event.__class__ is AliasEvent:
        known = anchors.get(event.anchor)
        return _Place(mark.line + 1, mark.column + 1, known.children if known else _NOWHERE)
    if event.__class__ is ScalarEvent:
        scalar = Scalar(event.value, event.style, mark.index, mark.line + 1, mark.column + 1)
        return _Place(mark.line + 1, mark.column + 1, _NOWHERE, scalar)
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
