"""How a command ends: its exit code, and what that means in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Any


class Exit(IntEnum):
    """Every exit code. Codes 2 to 4 mean different things to ``plan``, ``drift`` and ``impact``."""

    OK = 0
    ERROR = 1
    CHANGES = 2
    LIVE_AHEAD = 2
    OVER = 2
    GIT_AHEAD = 3
    BOTH_AHEAD = 4
    GUARD = 10
    STALE = 11
    PARTIAL = 12
    UNKNOWN = 13
    LOCKED = 14
    USAGE = 64
    AUTHENTICATION = 77
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Ending:
    """An exit code and what it means here."""

    code: int
    meaning: str


FINE = Ending(Exit.OK, "success")


@dataclass(frozen=True, slots=True)
class Product:
    """What a command made. text: for the terminal, may be empty; document: the same as a JSON object."""

    text: str
    document: Mapping[str, Any] = field(default_factory=dict)
    ending: Ending = FINE

    def plus(self, **more: Any) -> Product:
        """The same with more in its document."""
        return replace(self, document={**self.document, **more})
