r"""The order of a list, and the cursors into it (clauses E2, E3, E5).

A cursor is what ``next`` carries: one value for each property of the order, the last one the ``instanceId``. Dates are
milliseconds since 1970. In texts a comma and a backslash have a backslash before them; ``\N`` stands for no value, and
a text that could be read as something else begins with a backslash (ours).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from reconciler.emulator.instants import milliseconds, moment_of_milliseconds
from reconciler.emulator.jsontext import JsonObject
from reconciler.emulator.problems import bad_request
from reconciler.emulator.values import (
    INSTANT,
    NUMBER,
    TEXT,
    TRUTH,
    Key,
    Path,
    elements,
    is_only_text,
    key_of,
    read_as,
    reads_only_as_text,
    split_path,
    values_at,
)

MOST_SORTINGS = 16  # ours: every item of a list keeps a key for each
_BETWEEN_ITEMS = re.compile(r"((?:[^,\\]|\\.?)*)(?:,|$)", re.DOTALL)
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_NO_VALUE = r"\N"
_LAST, _FIRST = 9, -1


@dataclass(frozen=True, slots=True)
class Sorting:
    """One property of an order."""

    path: Path
    spelling: str
    descending: bool

    def __str__(self) -> str:
        return ("-" if self.descending else "") + self.spelling

    @property
    def missing(self) -> Key:
        """How items without the property sort: last in either direction."""
        return (_FIRST if self.descending else _LAST), 0

    def key(self, envelope: JsonObject) -> Key:
        """How an item sorts by this property; of an array by its first element that has an order."""
        for value in elements(values_at(envelope, self.path)):
            key = key_of(value, self.path)
            if key is not None:
                return key
        return self.missing


BY_ID = Sorting(("instanceId",), "instanceId", descending=False)
BY_SCORE = Sorting(("_score",), "_score", descending=True)


@dataclass(frozen=True, slots=True)
class Order:
    """The properties that a list is ordered by; the last one is always the ``instanceId``, which settles ties."""

    sortings: tuple[Sorting, ...]

    def __str__(self) -> str:
        return ",".join(map(str, self.sortings))

    @property
    def first(self) -> Sorting:
        """The property that decides where pages end."""
        return self.sortings[0]

    def keys(self, envelope: JsonObject) -> tuple[Key, ...]:
        """How an item sorts."""
        return tuple(sorting.key(envelope) for sorting in self.sortings)

    def compare(self, one: Sequence[Key], other: Sequence[Key]) -> int:
        """Negative when the first comes first; only as many keys are compared as both have."""
        for mine, theirs, sorting in zip(one, other, self.sortings, strict=False):
            if mine != theirs:
                return 1 if (mine < theirs) is sorting.descending else -1
        return 0

    def cursor(self, keys: Sequence[Key]) -> str:
        """The place behind an item, as text."""
        return ",".join(map(_spell, self.sortings, keys))


def read_order(text: str | None, default: Sequence[Sorting] = (BY_ID,)) -> Order:
    """An order from its parameter; 400 when it cannot be read."""
    items = _split(text) if text else []
    if len(items) > MOST_SORTINGS:
        raise bad_request(f"orderBy names at most {MOST_SORTINGS} properties")
    sortings = [_read_sorting(item) for item in items] or list(default)
    for index, sorting in enumerate(sortings):
        if sorting.path == BY_ID.path:  # unique: nothing behind it orders anything
            return Order(tuple(sortings[: index + 1]))
    return Order((*sortings, BY_ID))


def _read_sorting(item: str) -> Sorting:
    """``+`` or nothing: ascending, ``-``: descending. A ``+`` in a query may arrive as a space."""
    stripped = item.strip()
    path = stripped[1:].strip() if stripped[:1] in {"+", "-"} else stripped
    if not path:
        raise bad_request("orderBy names an empty property path")
    return Sorting(split_path(path), path, stripped.startswith("-"))


def _split(text: str) -> list[str]:
    """What stands between the commas that no backslash stands before."""
    found = [match[1] for match in _BETWEEN_ITEMS.finditer(text)]
    return found if text.endswith(",") and not text.endswith("\\,") else found[:-1] or [""]


def split_cursor(start: str, order: Order) -> list[str] | None:
    """The parts of a cursor; None when it has not one for each property of the order."""
    parts = _split(start)
    return parts if len(parts) == len(order.sortings) > 1 else None


def looks_like_an_id(text: str) -> bool:
    """Whether this is surely no value but an id that the repository gave."""
    return _UUID.fullmatch(text) is not None


def _spell(sorting: Sorting, key: Key) -> str:
    kind, value = key
    match kind:
        case 0:
            return "true" if value else "false"
        case 1:
            return str(value)
        case 2:
            return milliseconds(value)
        case 3:
            return _spell_text(sorting, str(value))
        case _:
            return _NO_VALUE


def _spell_text(sorting: Sorting, text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace(",", "\\,")
    return escaped if is_only_text(sorting.path) or reads_only_as_text(text) else "\\" + escaped


def readings(sorting: Sorting, text: str) -> list[Key]:
    """What a value in ``start`` may mean; last of all it is a text."""
    if is_only_text(sorting.path):
        return [(TEXT, text)]
    keys = [read_as(kind, text) for kind in (TRUTH, NUMBER, INSTANT)]
    moment = moment_of_milliseconds(text)
    since_1970 = [] if moment is None else [(INSTANT, moment)]
    return [*(key for key in keys if key is not None), *since_1970, (TEXT, text)]


def cursor_readings(sorting: Sorting, part: str) -> list[Key]:
    """What one part of a cursor may mean."""
    if part == _NO_VALUE:
        return [sorting.missing]
    text = re.sub(r"\\(.)", r"\1", part, flags=re.DOTALL)
    if part[:1] == "\\" and part[1:2] not in {",", "\\"}:
        return [(TEXT, text)]
    return readings(sorting, text)
