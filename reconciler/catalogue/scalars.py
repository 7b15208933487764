"""Where in a text a character of a scalar is written, whatever its style.

Folding, indentation and chomping change only white space, so the place is found by counting the other characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_BREAK = re.compile(r"\r\n|[\n\r\x85\u2028\u2029]")
_PROPERTY = re.compile(r"[&!]\S*\s*")
_ESCAPE = re.compile(r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|\r\n|[\s\S])")
_WHITE_ESCAPES = frozenset("ntrvf \t_NLP\r\n\x85\u2028\u2029")


@dataclass(frozen=True, slots=True)
class Scalar:
    """A scalar as it is written. start: index of its first character; line and column of that, from 1."""

    value: str
    style: str
    start: int
    line: int
    column: int

    def locate(self, offset: int, text: str) -> tuple[int, int]:
        """Line and column, from 1, of a character of the value; of where the text before it ends, if it is white."""
        within = self.value[:offset]
        solid = sum(not sign.isspace() for sign in within)
        after = offset >= len(self.value) or self.value[offset].isspace()
        at = self.start
        for number, (start, end) in enumerate(self._written(text)):
            at = start
            if after and number == solid - 1:
                at = end
                break
            if not after and number == solid:
                break
        return self._position(at, text)

    def _written(self, text: str) -> Iterator[tuple[int, int]]:
        """Where each character that is not white is written: start and end."""
        at = self.start
        while found := _PROPERTY.match(text, at):
            at = found.end()
        if self.style in ("|", ">"):
            header = _BREAK.search(text, at)
            yield from _plain(text, len(text) if header is None else header.end())
        elif self.style == '"':
            yield from _double_quoted(text, at + 1)
        elif self.style == "'":
            yield from _single_quoted(text, at + 1)
        else:
            yield from _plain(text, at)

    def _position(self, at: int, text: str) -> tuple[int, int]:
        breaks = list(_BREAK.finditer(text, self.start, at))
        if not breaks:
            return self.line, self.column + at - self.start
        return self.line + len(breaks), at - breaks[-1].end() + 1


def _plain(text: str, at: int) -> Iterator[tuple[int, int]]:
    for index in range(at, len(text)):
        if not text[index].isspace():
            yield index, index + 1


def _single_quoted(text: str, at: int) -> Iterator[tuple[int, int]]:
    while at < len(text):
        length = 2 if text[at] == "'" else 1
        if not text[at].isspace():
            yield at, at + length
        at += length


def _double_quoted(text: str, at: int) -> Iterator[tuple[int, int]]:
    while at < len(text):
        found = _ESCAPE.match(text, at)
        end = at + 1 if found is None else found.end()
        if not (text[at].isspace() if found is None else _is_white(found[0][1:])):
            yield at, end
        at = end


def _is_white(escape: str) -> bool:
    if escape[0] in "xuU" and len(escape) > 1:
        return chr(int(escape[1:], 16)).isspace()
    return escape[0] in _WHITE_ESCAPES
