"""YAML text -> the tree of its values, each with the span of text that it takes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

from reconciler.catalogue.documents import parse_documents
from reconciler.catalogue.events import NextEvent, with_events

_BLANK_LINES = re.compile(r"(?:(?:\r\n|\r|\n)[ \t]*)+\Z")
_PROPERTIES = re.compile(r"(?:[&!][^\s,\[\]{}]*(?:\s|#[^\r\n]*)+)*")


@dataclass(slots=True)
class Entry:
    """``key: value`` of a mapping. start, end: of the key."""

    key: str
    start: int
    end: int
    node: Node


@dataclass(slots=True)
class Node:
    """One value and its text. start: with anchor and tag; end: after its last character that means something.

    body: where it begins without anchor and tag, which may be on a line below them.
    style: of a scalar: None (plain), ``'``, ``"``, ``|`` or ``>``.   flow: a collection in brackets.
    """

    start: int
    end: int
    value: Any
    body: int
    style: str | None = None
    flow: bool = False
    alias: bool = False
    anchor: str | None = None
    entries: list[Entry] = field(default_factory=list)
    items: list[Node] = field(default_factory=list)

    @property
    def mapping(self) -> bool:
        """Whether it is a mapping that can be edited inside."""
        return isinstance(self.value, dict) and not self.alias

    @property
    def sequence(self) -> bool:
        """Whether it is a list that can be edited inside."""
        return isinstance(self.value, list) and not self.alias


@dataclass(slots=True)
class DocumentNode:
    """One document. index: its position among those of the file, empty ones included; start, end: of its text."""

    index: int
    start: int
    end: int
    root: Node


def read_nodes(text: str) -> list[DocumentNode]:
    """The documents of a text that is known to be sound YAML; empty ones are left out."""
    data = text.encode()
    documents, _complaints = parse_documents(data)
    values = {document.index: document.value for document in documents}
    return with_events(data, lambda next_event: list(_documents(text, next_event, values)))


def _documents(text: str, next_event: NextEvent, values: dict[int, Any]) -> Iterator[DocumentNode]:
    index, start = 0, 0
    event = next_event()
    while event.__class__ is not StreamEndEvent:
        if event.__class__ is DocumentStartEvent:
            start = event.start_mark.index if event.explicit else start
            root = _Nodes(text, next_event).node(next_event(), values.get(index))
            end = next_event().end_mark.index
            if index in values:
                yield DocumentNode(index, start, end, root)
            index += 1
            start = end
        elif event.__class__ is DocumentEndEvent:
            start = event.end_mark.index
        event = next_event()


@dataclass(slots=True)
class _Nodes:
    text: str
    next_event: NextEvent

    def node(self, event: Any, value: Any) -> Node:
        """The node that begins with this event, and is known to have this value."""
        start, end = event.start_mark.index, event.end_mark.index
        if event.__class__ is AliasEvent:
            return Node(start, end, value, start, alias=True, anchor=event.anchor)
        found = _PROPERTIES.match(self.text, start)
        body = min(found.end(), end) if found and (event.anchor or event.tag) else start
        if event.__class__ is ScalarEvent:
            return Node(start, self._scalar_end(event), value, body, event.style, anchor=event.anchor)
        node = Node(start, end, value, body, flow=bool(event.flow_style), anchor=event.anchor)
        last = self._mapping(node) if event.__class__ is MappingStartEvent else self._sequence(node)
        node.end = last.end_mark.index if node.flow else self._last_end(node)
        return node

    def _scalar_end(self, event: Any) -> int:
        """A block scalar's mark lies behind the blank lines that follow it; they are its own only with ``+``."""
        end: int = event.end_mark.index
        if event.style not in {"|", ">"}:
            return end
        found = self.text[event.start_mark.index : end]
        if "+" in found.splitlines()[0]:
            return end - (len(found) - len(found.removesuffix("\n").removesuffix("\r")))
        return end - (len(found) - len(_BLANK_LINES.sub("", found)))

    def _last_end(self, node: Node) -> int:
        children = [entry.node for entry in node.entries] or node.items
        return max((child.end for child in children), default=node.end)

    def _mapping(self, node: Node) -> Any:
        event = self.next_event()
        while event.__class__ is not MappingEndEvent:
            child = self.node(self.next_event(), node.value[event.value])
            node.entries.append(Entry(event.value, event.start_mark.index, event.end_mark.index, child))
            event = self.next_event()
        return event

    def _sequence(self, node: Node) -> Any:
        event = self.next_event()
        while event.__class__ is not SequenceEndEvent:
            node.items.append(self.node(event, node.value[len(node.items)]))
            event = self.next_event()
        return event
