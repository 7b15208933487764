"""Which instances a list is filtered to: ``property`` conditions on envelopes (clause E8)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from reconciler.emulator.instants import parse_instant
from reconciler.emulator.jsontext import Json, JsonObject
from reconciler.emulator.problems import bad_request

_CONDITION = re.compile(
    r"(?P<path>(?:[^\\=!<>~]|\\.)*)(?:(?P<operator>==|!=|<=|>=|<|>|~|=|!)(?P<value>.*))?", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Condition:
    """One ``property`` parameter. value: the text to equal; None: the property only has to exist."""

    path: tuple[str, ...]
    value: str | None

    def holds(self, envelope: JsonObject) -> bool:
        """Whether an envelope meets the condition; of an array any element will do."""
        found = _values(envelope, self.path)
        if self.value is None:
            return next(found, _NOTHING) is not _NOTHING
        return any(_equals(stored, self.value) for stored in found)

    @property
    def needle(self) -> str | None:
        """A text that stands in the JSON of every ``_instance`` that meets the condition, if there is one."""
        if self.path[0] != "_instance" or len(self.path) == 1:
            return None
        if self.value is None:
            return json.dumps(self.path[-1], ensure_ascii=False)
        return json.dumps(self.value, ensure_ascii=False) if _reads_only_as_text(self.value) else None


_NOTHING = object()


def read_condition(text: str) -> Condition:
    """A condition from its parameter; 400 when it cannot be read."""
    match = _CONDITION.fullmatch(text)
    if match is None or not match["path"]:
        raise bad_request(f"property={text[:200]}: no property path")
    if match["operator"] not in {None, "=="}:
        raise bad_request(f"property={text[:200]}: the operator {match['operator']} is not known; use ==")
    return Condition(_split(match["path"]), match["value"])


def _split(path: str) -> tuple[str, ...]:
    r"""The names in a path; ``\.`` is a dot inside a name."""
    parts = re.split(r"(?<!\\)((?:\\\\)*)\.", path)
    # The pairs of backslashes before a dot belong to the name in front of it.
    names = [name + escaped for name, escaped in zip(parts[::2], [*parts[1::2], ""], strict=True)]
    return tuple(re.sub(r"\\(.)", r"\1", name) for name in names)


def _values(value: Json, path: tuple[str, ...]) -> Iterator[Json]:
    if isinstance(value, list):
        for item in value:
            yield from _values(item, path)
    elif not path:
        yield value
    elif isinstance(value, dict) and path[0] in value:
        yield from _values(value[path[0]], path[1:])


def _equals(stored: Json, text: str) -> bool:
    """The stored value's type decides; text that does not read as that type equals nothing."""
    match stored:
        case bool():
            return text == ("true" if stored else "false")
        case int() | float():
            return _number(text) == Decimal(str(stored))
        case str():
            instant = parse_instant(stored)
            return stored == text or (instant is not None and instant == parse_instant(text))
        case _:
            return False


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _reads_only_as_text(text: str) -> bool:
    return text not in {"true", "false"} and _number(text) is None and parse_instant(text) is None
