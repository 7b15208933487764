"""YAML text -> events: libyaml's, or ruamel's own where libyaml falls short; and what stops them, in words."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from _ruamel_yaml import CParser
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import ScalarEvent

from reconciler.model.problem import Code

MAX_SLOW_BYTES = 256 * 1024  # of a text that needs the slower parser

_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_SURROGATE = re.compile("[\ud800-\udfff]")

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


def with_events(text: bytes, consume: Callable[[NextEvent], Consumed]) -> Consumed:
    """Feed a text's events to ``consume``: libyaml's; ruamel's own, 20 times slower, where libyaml falls short.

    The C parser refuses ``{at: 2026-01-01T00:00:00Z}``, whose colons YAML 1.2 (section 7.3.3) allows.
    """
    try:
        return consume(_c_events(text))
    except YAMLError as error:
        if not colon_in_flow(error) or len(text) > MAX_SLOW_BYTES:
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


def colon_in_flow(error: YAMLError) -> bool:
    """Whether libyaml stopped at a colon that YAML 1.2 allows."""
    return getattr(error, "problem", None) == "found unexpected ':'"


def syntax_complaint(error: YAMLError, text: bytes) -> Complaint:
    """What stopped the reading of a text, in words, and where."""
    if isinstance(error, MarkedYAMLError) and error.problem_mark is not None:
        line, column = error.problem_mark.line + 1, error.problem_mark.column + 1
        found = _line_of(text, line)
        if _tab_before(found, column):
            return Complaint(Code.SYNTAX, line, column, "a tab cannot indent YAML", "Indent with spaces.")
        message = f"not YAML: {error.problem}"
        if error.context:
            message += f", {error.context}"
        remedy = "Check the indentation, quotes and brackets here and just above."
        if colon_in_flow(error):
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
