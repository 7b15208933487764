"""Which instances a list is filtered to: ``property`` conditions on envelopes (clause E8)."""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from reconciler.emulator.jsontext import Json, JsonObject
from reconciler.emulator.patterns import BadPattern, user_pattern
from reconciler.emulator.problems import bad_request
from reconciler.emulator.values import (
    TRUTH,
    Path,
    elements,
    key_of,
    read_as,
    reads_only_as_text,
    split_path,
    values_at,
)

MOST_CONDITIONS = 32  # ours: each is judged on every instance
_CONDITION = re.compile(
    r"(?P<path>(?:[^\\=!<>~]|\\.)*)(?:(?P<operator>==|!=|<=|>=|<|>|~|=|!)(?P<value>.*))?", re.DOTALL
)
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class Condition:
    """One ``property`` parameter. operator, value: None when the property only has to exist."""

    path: Path
    operator: str | None = None
    value: str | None = None

    def holds(self, envelope: JsonObject) -> bool:
        """Whether an envelope meets the condition; of an array any element will do."""
        found = values_at(envelope, self.path)
        if self.operator is None or self.value is None:
            return any(True for _ in found)
        if self.operator == "~":
            pattern = user_pattern(self.value)
            return any(isinstance(stored, str) and pattern.fullmatch(stored) is not None for stored in elements(found))
        return any(self._compares(stored, self.value) for stored in elements(found))

    def _compares(self, stored: Json, text: str) -> bool:
        key = key_of(stored, self.path)
        if key is None or self.operator is None:
            return False
        wanted = read_as(key[0], text)
        if wanted is None or (key[0] == TRUTH and self.operator not in {"==", "!="}):
            return False
        return _COMPARISONS[self.operator](key, wanted)

    @property
    def needle(self) -> str | None:
        """A text that stands in the JSON of every ``_instance`` that meets the condition, if there is one."""
        if self.path[0] != "_instance" or len(self.path) == 1:
            return None
        if self.operator == "==" and self.value is not None and reads_only_as_text(self.value):
            return json.dumps(self.value, ensure_ascii=False)
        return json.dumps(self.path[-1], ensure_ascii=False)


def read_conditions(pairs: Iterable[tuple[str, str]]) -> tuple[Condition, ...]:
    """The conditions among the parameters of a request; 400 when one cannot be read, or there are too many."""
    texts = [value for name, value in pairs if name == "property"]
    if len(texts) > MOST_CONDITIONS:
        raise bad_request(f"a list is filtered by at most {MOST_CONDITIONS} properties")
    return tuple(map(read_condition, texts))


def read_condition(text: str) -> Condition:
    """A condition from its parameter; 400 when it cannot be read."""
    match = _CONDITION.fullmatch(text)
    if match is None or not match["path"]:
        raise bad_request(f"property={text[:200]}: no property path")
    name, value = match["operator"], match["value"]
    if name not in {None, "~", *_COMPARISONS}:
        raise bad_request(f"property={text[:200]}: the operator {name} is not known; use == != < <= > >= ~")
    if name == "~":
        _require_pattern(value)
    return Condition(split_path(match["path"]), name, value)


def _require_pattern(text: str) -> None:
    try:
        user_pattern(text)
    except BadPattern as bad:
        raise bad_request(f"the pattern {text[:200]} cannot be read: {str(bad)[:200]}") from bad
