r"""Values at a path of an envelope, and how they compare: the stored value's type decides (clauses E2, E8).

A path is split at dots; ``\.`` is a dot inside a name. Strings compare by code point, numbers by value, instants in
time. A string that reads as an instant is one (ours), but for names and states, which are only text (ours).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

from reconciler.emulator.instants import moment_of
from reconciler.emulator.jsontext import Json

Path: TypeAlias = tuple[str, ...]
# Sorts by kind first, so that any two keys compare; the order of the kinds is ours.
Key: TypeAlias = tuple[int, Any]

TRUTH, NUMBER, INSTANT, TEXT = range(4)
NAME: Path = ("_instance", "xdm:name")
STATUS: Path = ("_instance", "xdm:status")

_ONLY_TEXT = {NAME, STATUS, ("instanceId",)}
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,9})?", re.ASCII)
# A plus that stood raw in a query arrives as a space.
_LOST_PLUS = re.compile(r" (?=\d\d:\d\d$)", re.ASCII)


def split_path(path: str) -> Path:
    """The names in a path."""
    parts = re.split(r"(?<!\\)((?:\\\\)*)\.", path)
    # The pairs of backslashes before a dot belong to the name in front of it.
    names = [name + escaped for name, escaped in zip(parts[::2], [*parts[1::2], ""], strict=True)]
    return tuple(re.sub(r"\\(.)", r"\1", name, flags=re.DOTALL) for name in names)


def values_at(value: Json, path: Path) -> Iterator[Json]:
    """What stands at a path: of arrays on the way every element, an array at its end as it is."""
    if not path:
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from values_at(item, path)
    elif isinstance(value, dict) and path[0] in value:
        yield from values_at(value[path[0]], path[1:])


def elements(values: Iterator[Json]) -> Iterator[Json]:
    """The values themselves, and the elements of arrays instead of the arrays."""
    for value in values:
        if isinstance(value, list):
            yield from elements(iter(value))
        else:
            yield value


def is_only_text(path: Path) -> bool:
    """Whether strings there are text even where they look like a date."""
    return path in _ONLY_TEXT


def key_of(value: Json, path: Path) -> Key | None:
    """How a stored value sorts and compares; None for what has no order."""
    match value:
        case bool():
            return TRUTH, value
        case int() | float():
            return NUMBER, Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
        case str():
            moment = None if is_only_text(path) else moment_of(value)
            return (TEXT, value) if moment is None else (INSTANT, moment)
        case _:
            return None


def read_as(kind: int, text: str) -> Key | None:
    """The text of a request read as a value of that kind; None when it is none."""
    value: object
    match kind:
        case 0:
            value = {"true": True, "false": False}.get(text)
        case 1:
            value = _read_number(text)
        case 2:
            value = moment_of(_LOST_PLUS.sub("+", text))
        case _:
            value = text
    return None if value is None else (kind, value)


def _read_number(text: str) -> Decimal | None:
    if _NUMBER.fullmatch(text) is None:
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def reads_only_as_text(text: str) -> bool:
    """Whether only a stored string can equal this text."""
    return all(read_as(kind, text) is None for kind in (TRUTH, NUMBER, INSTANT))
