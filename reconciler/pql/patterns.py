"""Regular expressions and ``like``, in time that grows with the text only, whatever the pattern is."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Protocol

import re2  # type: ignore[import-untyped]  # ships no types; the protocols below say what is used

_MEMORY = 1 << 22  # of one compiled pattern, in bytes
_SURROGATES = dict.fromkeys(range(55296, 57344), 65533)


class BadPattern(Exception):
    """A text that is no regular expression, or one that cannot be run in bounded time. Its text says why."""


class Found(Protocol):
    """A place that matched."""

    def group(self, number: int, /) -> str | None:
        """What a group holds."""


class Pattern(Protocol):
    """What is used of a compiled pattern."""

    @property
    def groups(self) -> int:
        """How many groups it has."""

    def search(self, text: str, /) -> Found | None:
        """The first place that matches."""

    def fullmatch(self, text: str, /) -> Found | None:
        """Something, when the whole text matches."""


@lru_cache(maxsize=1024)
def regular_expression(text: str) -> Pattern:
    """A regular expression as rules have it; raises ``BadPattern``.

    Of Java's: what needs no going back. Look-around, references to groups and possessive repeats are errors.
    """
    return _compile(text, whole_lines=False)


def _compile(text: str, *, whole_lines: bool) -> Pattern:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY
    options.dot_nl = whole_lines
    try:
        compiled: Pattern = re2.compile(text, options)
    except re2.error as error:
        reason = error.args[0] if error.args else ""
        raise BadPattern(reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)) from error
    except UnicodeError as error:
        raise BadPattern("it holds half a character") from error
    return compiled


def find(pattern: Pattern, text: str) -> Found | None:
    """The first place that matches, in any text."""
    try:
        return pattern.search(text)
    except UnicodeEncodeError:  # half a character, which JSON can spell
        return pattern.search(text.translate(_SURROGATES))


def find_group(pattern: Pattern, text: str, number: int) -> str | None:
    """What a group of the first match holds; None when nothing matches or there is no such group."""
    if not 0 <= number <= pattern.groups:
        return None
    found = find(pattern, text)
    return None if found is None else found.group(number)


@lru_cache(maxsize=1024)
def likeness(pattern: str) -> Callable[[str], bool]:
    """What tells whether a text is like this: ``%`` is any characters, ``_`` is one."""
    inner = pattern.strip("%")
    if "_" not in pattern and "%" not in inner:
        return _simple_likeness(inner, begins=pattern.startswith("%"), ends=pattern.endswith("%"))
    parts = {"%": ".*", "_": "."}
    clean = pattern.translate(_SURROGATES)
    compiled = _compile("".join(parts.get(char) or re2.escape(char) for char in clean), whole_lines=True)

    def is_like(text: str) -> bool:
        try:
            return compiled.fullmatch(text) is not None
        except UnicodeEncodeError:
            return compiled.fullmatch(text.translate(_SURROGATES)) is not None

    return is_like


def _simple_likeness(inner: str, *, begins: bool, ends: bool) -> Callable[[str], bool]:
    if begins and ends:
        return lambda text: inner in text
    if begins:
        return lambda text: text.endswith(inner)
    if ends:
        return lambda text: text.startswith(inner)
    return lambda text: text == inner
