"""The vocabulary of all text reports: safe text, colours, columns, values."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from textwrap import wrap
from typing import Any

from reconciler.model.canonical import Json
from reconciler.model.problem import SourceSpan

Paint = Callable[[str, str], str]  # text, colour name -> text

WIDTH = 80
_STEERING = "\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff"
_HIDDEN = re.compile(f"[\x00-\x1f{_STEERING}]")
_HIDDEN_IN_JSON = re.compile(f"[{_STEERING}]")  # JSON itself escapes the rest


def no_paint(text: str, _colour: str) -> str:
    """Text without colours."""
    return text


def visible(text: str) -> str:
    """Text with every character that could hide or steer written as an escape."""
    return _HIDDEN.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    short = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(character)
    return short or (f"\\x{ord(character):02x}" if ord(character) < 0x100 else f"\\u{ord(character):04x}")


def spell_value(value: Json) -> str:
    """A value as a reviewer reads it: strings in quotes, lists and mappings as JSON, None as absent."""
    match value:
        case None:
            return "(absent)"
        case str():
            return '"' + visible(value.replace("\\", "\\\\").replace('"', '\\"')) + '"'
        case _:
            return visible(json.dumps(value, ensure_ascii=False, sort_keys=True))


def place(span: SourceSpan | None) -> str:
    """``file:line``, as editors and terminals open it."""
    if span is None:
        return ""
    return visible(f"{span.file}:{span.line}" if span.line else span.file)


def columns(left: str, right: str, width: int) -> str:
    """Left text and right text on one line, or on two when both do not fit."""
    if not right:
        return left
    gap = width - len(left) - len(right)
    return f"{left}{' ' * gap}{right}" if gap >= 2 else f"{left}\n{right.rjust(width)}"


def paragraph(text: str, indent: str, width: int) -> list[str]:
    """A sentence broken into lines. Long words such as paths and URIs stay whole."""
    return wrap(
        text, width, initial_indent=indent, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    ) or [indent.rstrip()]


def plural(count: int, noun: str, nouns: str | None = None) -> str:
    """A count with its noun."""
    return f"{count:,} {noun if count == 1 else nouns or noun + 's'}"


def change_lines(before: Json, after: Json, paint: Paint, indent: str, width: int, label: str) -> Iterator[str]:
    """One field's change: on the label's line when it fits, else old and new below it; long texts line by line."""
    old, new = spell_value(before), spell_value(after)
    short = f"{indent}{label}: {old} -> {new}"
    if len(short) <= width:
        yield f"{indent}{label}: {paint(old, 'red')} -> {paint(new, 'green')}"
        return
    yield f"{indent}{label}:"
    if isinstance(before, str) and isinstance(after, str) and ("\n" in before or "\n" in after):
        yield from _line_diff(before, after, paint, indent)
        return
    for sign, value, colour in (("-", old, "red"), ("+", new, "green")):
        lines = paragraph(value, f"{indent}    ", width)
        lines[0] = f"{indent}  {sign} {lines[0].lstrip()}"
        yield from (paint(line, colour) for line in lines)


def _line_diff(before: str, after: str, paint: Paint, indent: str) -> Iterator[str]:
    from difflib import unified_diff

    old, new = before.split("\n"), after.split("\n")
    for line in list(unified_diff(old, new, n=1, lineterm=""))[2:]:
        if line.startswith("@@"):
            continue
        colour = {"-": "red", "+": "green"}.get(line[0])
        text = f"{indent}  {line[0]} {visible(line[1:])}".rstrip()
        yield paint(text, colour) if colour else text


def as_json(document: Any) -> str:
    """A document as the JSON that every ``--format json`` prints: what could hide or steer is escaped in it."""
    return _safe_json(document, indent=2)


def as_json_line(document: Any) -> str:
    """The same on one line."""
    return _safe_json(document, indent=None)


def _safe_json(document: Any, indent: int | None) -> str:
    text = json.dumps(document, indent=indent, ensure_ascii=False)
    return _HIDDEN_IN_JSON.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
