"""Patterns that are matched in time that grows with the text only, whatever they are."""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol

import re2  # type: ignore[import-untyped]  # ships no types; Pattern below says what is used


class BadPattern(Exception):
    """A text that is no pattern, or one that is too large."""


class Pattern(Protocol):
    """What is used of a compiled pattern."""

    def fullmatch(self, text: str, /) -> object | None:
        """Something, when the whole text matches."""

    def search(self, text: str, /) -> object | None:
        """Something, when any part of the text matches."""


LONGEST_PATTERN = 1000  # ours, of patterns in requests
_MEMORY = 1 << 20


@lru_cache(maxsize=64)
def user_pattern(text: str) -> Pattern:
    """A pattern from a request, which ignores letter case; raises ``BadPattern``."""
    if len(text) > LONGEST_PATTERN:
        raise BadPattern(f"a pattern has at most {LONGEST_PATTERN} characters")
    options = re2.Options()
    options.case_sensitive = False
    options.dot_nl = True
    options.log_errors = False
    options.max_mem = _MEMORY
    return _compile(text, options)


@lru_cache(maxsize=1024)
def own_pattern(text: str) -> Pattern:
    """A pattern that we made, as it is; raises ``BadPattern`` when it grew too large."""
    options = re2.Options()
    options.log_errors = False
    return _compile(text, options)


def _compile(text: str, options: object) -> Pattern:
    try:
        compiled: Pattern = re2.compile(text, options)
    except re2.error as error:
        reason = error.args[0] if error.args else ""
        raise BadPattern(reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)) from error
    return compiled


def literal(text: str) -> str:
    """A pattern that matches just this text."""
    escaped: str = re2.escape(text)
    return escaped
