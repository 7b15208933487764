"""F, the floor: the least that reading a catalogue can cost with positions and checked types."""

from __future__ import annotations

import gc
import time
from pathlib import Path
from typing import Any

from _ruamel_yaml import CParser
from ruamel.yaml.events import (
    DocumentStartEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from reconciler.model.entities import ENTITY_TYPES

MODELS = {entity.KIND.value: entity for entity in ENTITY_TYPES}
PLAIN = {"null": None, "~": None, "": None, "true": True, "false": False}


def floor_s(root: Path) -> float:
    """CPU seconds to read the files of a catalogue, their events with positions, and to judge their values."""
    gc.disable()
    started = time.process_time()
    kept = []
    for path in sorted(root.rglob("*.yaml")):
        if path.parent == root:
            continue
        places: list[tuple[int, int]] = []
        document = _document(path.read_bytes(), places)
        document.setdefault("key", path.stem)
        kept.append((MODELS[document["kind"]].model_validate(document), places))
    spent = time.process_time() - started
    gc.enable()
    return spent


def _document(text: bytes, places: list[tuple[int, int]]) -> dict[str, Any]:
    parser = CParser(text)
    document: dict[str, Any] = {}
    while True:
        event = parser.get_event()
        if event.__class__ is StreamEndEvent:
            return document
        if event.__class__ is DocumentStartEvent:
            document = _value(parser, parser.get_event(), places)


def _value(parser: Any, event: Any, places: list[tuple[int, int]]) -> Any:
    mark = event.start_mark
    places.append((mark.line, mark.column))
    if event.__class__ is ScalarEvent:
        return _scalar(event)
    if event.__class__ is MappingStartEvent:
        mapping: dict[str, Any] = {}
        while (key := parser.get_event()).__class__ is ScalarEvent:
            places.append((key.start_mark.line, key.start_mark.column))
            mapping[key.value] = _value(parser, parser.get_event(), places)
        return mapping
    assert event.__class__ is SequenceStartEvent
    items: list[Any] = []
    while hasattr(item := parser.get_event(), "anchor"):
        items.append(_value(parser, item, places))
    return items


def _scalar(event: Any) -> Any:
    text = event.value
    if not event.implicit[0]:
        return text
    if text in PLAIN:
        return PLAIN[text]
    return int(text) if text.isdigit() else text
