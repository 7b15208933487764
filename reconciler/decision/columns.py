"""Tables as profiles: dotted names of columns are places in a profile, cells are values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from json import JSONDecoder
from typing import Any

from reconciler.model.errors import ReconcilerError

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_MOST_DIGITS = 300  # longer ones are text, as are numbers without bounds


class ColumnsUnusable(ReconcilerError):
    """The names of columns do not say where their values belong."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column and its place in the profile."""

    name: str
    path: tuple[str, ...]


def to_columns(names: Sequence[str]) -> tuple[Column, ...]:
    """Columns from their names. Raises ``ColumnsUnusable`` for names that are empty, alike or in each other's way."""
    columns = tuple(Column(name.strip(), tuple(name.strip().split("."))) for name in names)
    if len(columns) == 1 and (";" in columns[0].name or "\t" in columns[0].name):
        raise ColumnsUnusable("the columns are not separated by commas", remedy="Separate them with commas.")
    seen: set[tuple[str, ...]] = set()
    for number, column in enumerate(columns, 1):
        if not all(column.path):
            raise ColumnsUnusable(
                f"column {number} has no name that can be used: {column.name!r}",
                remedy="Name each column by its place in the profile, such as membership.status.",
            )
        if column.path in seen:
            raise ColumnsUnusable(f"two columns are named {column.name}", remedy="Rename or remove one.")
        seen.add(column.path)
    for column in columns:
        for length in range(1, len(column.path)):
            if column.path[:length] in seen:
                raise ColumnsUnusable(
                    f"column {'.'.join(column.path[:length])} cannot hold {column.name} and a value of its own",
                    remedy="Rename or remove one.",
                )
    return columns


_decode = JSONDecoder().decode


def read_cell(text: str) -> Any:
    """A cell's value: nothing when empty, JSON for lists, objects and quoted text; numbers; true and false; else text.

    Raises ``ValueError`` for a list or an object that is not JSON.
    """
    if not text:
        return None
    first = text[0]
    if first in "[{":
        try:
            return _decode(text)
        except RecursionError:
            raise ValueError("nested too deeply") from None
    if first == '"':
        try:
            return _decode(text)
        except ValueError:
            return text
    if text in {"true", "false"}:
        return text == "true"
    number = _NUMBER.fullmatch(text) if first in "-0123456789" and len(text) < _MOST_DIGITS else None
    if number is None:
        return text
    return int(text) if text.lstrip("-").isdigit() else _finite(text)


def _finite(text: str) -> float | str:
    value = float(text)
    return value if abs(value) != float("inf") else text


def nest(columns: Sequence[Column], values: Sequence[Any]) -> Mapping[str, Any]:
    """A profile of one row; what is absent has no place in it."""
    profile: dict[str, Any] = {}
    for column, value in zip(columns, values, strict=True):
        if value is None:
            continue
        place = profile
        for name in column.path[:-1]:
            place = place.setdefault(name, {})
        place[column.path[-1]] = value
    return profile
