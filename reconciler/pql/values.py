"""What values are equal, which is less, what is in a list, and what a path reads.

A value is null, a boolean, a number, a string, an instant, a list or a map; profiles are plain data of these. Logic has
two values: every comparison with null is false. True is not 1.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from math import fmod, isfinite
from typing import Any, TypeAlias

from reconciler.model.instant import spell_instant
from reconciler.pql.syntax import Comparison, Sum
from reconciler.pql.times import to_instant

Value: TypeAlias = "bool | int | float | str | datetime | list[Value] | dict[str, Value] | None"
_LARGEST = 10**308


def is_number(value: Any) -> bool:
    """Whether this is a number; True is none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_list(value: Any) -> bool:
    """Whether this is a list."""
    return isinstance(value, list | tuple)


def is_map(value: Any) -> bool:
    """Whether this is a map from names to values."""
    return isinstance(value, dict) or isinstance(value, Mapping)  # noqa: SIM101 - the first is far cheaper


def truth(value: Any) -> bool:
    """A value as a condition: true, or a list that is not empty."""
    return value is True or (is_list(value) and len(value) > 0)


# ---------------------------------------------------------------- comparing


def equal(left: Any, right: Any, zone: tzinfo) -> bool:
    """Whether two values are equal; false where one is null. zone: of instants spelled without an offset."""
    if left is None or right is None:
        return False
    if isinstance(left, datetime) or isinstance(right, datetime):
        first, second = to_instant(left, zone), to_instant(right, zone)
        return first is not None and first == second
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if is_list(left):
        return is_list(right) and len(left) == len(right) and all(map(equal, left, right, [zone] * len(left)))
    if is_map(left):
        return is_map(right) and left.keys() == right.keys() and all(equal(left[k], right[k], zone) for k in left)
    return bool(left == right)


def unequal(left: Any, right: Any, zone: tzinfo) -> bool:
    """Whether two values differ; false where one is null, and between a list or map and something else."""
    if left is None or right is None:
        return False
    if isinstance(left, datetime) or isinstance(right, datetime):
        first, second = to_instant(left, zone), to_instant(right, zone)
        return first is not None and second is not None and first != second
    return is_list(left) == is_list(right) and is_map(left) == is_map(right) and not equal(left, right, zone)


def ordered_pair(left: Any, right: Any, zone: tzinfo) -> tuple[Any, Any] | None:
    """Two values that can be told apart by less and more: numbers, strings or instants; else None."""
    if (isinstance(left, str) and isinstance(right, str)) or (is_number(left) and is_number(right)):
        return left, right
    if isinstance(left, datetime) or isinstance(right, datetime):
        first, second = to_instant(left, zone), to_instant(right, zone)
        return None if first is None or second is None else (first, second)
    return None


ORDERINGS: Mapping[Comparison, Callable[[Any, Any], bool]] = {
    Comparison.LESS: operator.lt,
    Comparison.AT_MOST: operator.le,
    Comparison.MORE: operator.gt,
    Comparison.AT_LEAST: operator.ge,
}


def contains(items: Any, value: Any, zone: tzinfo) -> bool:
    """Whether a list holds a value; false where either is null or there is no list."""
    return value is not None and is_list(items) and any(equal(value, item, zone) for item in items)


def lacks(items: Any, value: Any, zone: tzinfo) -> bool:
    """Whether a list does not hold a value; false too where either is null or there is no list."""
    return value is not None and is_list(items) and not any(equal(value, item, zone) for item in items)


def identity(value: Any) -> Hashable:
    """Equal for equal values, to be used in sets."""
    if isinstance(value, bool):
        return (bool, value)
    if is_list(value):
        return (list, tuple(identity(item) for item in value))
    if is_map(value):
        return (dict, frozenset((name, identity(item)) for name, item in value.items()))
    return value  # type: ignore[no-any-return]  # a scalar, all of which hash


def alike(values: Iterable[Any]) -> list[tuple[int, Any]]:
    """Those that can be ordered among each other, as the first that can be, with their positions."""
    kept: list[tuple[int, Any]] = []
    kind: object = None
    for position, value in enumerate(values):
        here = float if is_number(value) else type(value)
        if (
            here not in (float, str, datetime)
            or (here is datetime and value.tzinfo is None)
            or (kind is not None and here is not kind)
        ):
            continue
        kind = here
        kept.append((position, value))
    return kept


# ---------------------------------------------------------------- paths


def read_property(value: Any, name: str) -> Any:
    """A property of a value; of a list, the values of all its elements, depth first. Null where there is none.

    Data may spell the name with ``xdm:``.
    """
    if is_map(value):
        found = value.get(name)
        return value.get(f"xdm:{name}") if found is None else found
    if is_list(value):
        return gather(read_property(item, name) for item in value)
    return None


def read_path(value: Any, names: Sequence[str]) -> Any:
    """A property of a property, and so on."""
    for name in names:
        value = read_property(value, name)
        if value is None:
            return None
    return value


def gather(values: Iterable[Any]) -> list[Any]:
    """Values as a path gives them: without nulls, lists taken apart."""
    found: list[Any] = []
    for value in values:
        if is_list(value):
            found.extend(value)
        elif value is not None:
            found.append(value)
    return found


# ---------------------------------------------------------------- numbers


def compute(left: Any, how: Sum, right: Any) -> int | float | None:
    """Arithmetic. Null where a side is no number, for division by zero, and where the result is out of range.

    ``%`` has the sign of the dividend; a quotient of integers that is an integer is one.
    """
    if not (is_number(left) and is_number(right)):
        return None
    try:
        return in_range(_ARITHMETIC[how](left, right))
    except (OverflowError, ZeroDivisionError, ValueError):
        return None


def in_range(number: float) -> int | float | None:
    """The number, or null when it is infinite, none, or beyond what a double holds."""
    if isinstance(number, int):
        return number if -_LARGEST <= number <= _LARGEST else None
    return number if isfinite(number) else None


def _divide(left: float, right: float) -> float:
    if isinstance(left, int) and isinstance(right, int):
        whole, rest = divmod(left, right)
        if rest == 0:
            return whole
    return left / right


def _remainder(left: float, right: float) -> float:
    if isinstance(left, int) and isinstance(right, int):
        rest = abs(left) % abs(right)
        return -rest if left < 0 else rest
    return fmod(left, right)


_ARITHMETIC: Mapping[Sum, Callable[[Any, Any], Any]] = {
    Sum.PLUS: operator.add,
    Sum.MINUS: operator.sub,
    Sum.TIMES: operator.mul,
    Sum.DIVIDED: _divide,
    Sum.MODULO: _remainder,
}


# ---------------------------------------------------------------- showing


def plain(value: Any) -> Any:
    """The value as JSON has it: instants as ISO text in UTC, maps as dicts, what JSON cannot spell as null."""
    if isinstance(value, datetime):
        return _spell_moment(value)
    if is_list(value):
        return [plain(item) for item in value]
    if is_map(value):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, float) and not isfinite(value):
        return None
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _spell_moment(moment: datetime) -> str:
    return moment.isoformat() if moment.tzinfo is None else spell_instant(moment)


def spell(value: Any) -> str:
    """The value as JSON text on one line."""
    return json.dumps(plain(value), ensure_ascii=False)


def map_key(value: Any) -> str | None:
    """A value as the key of a map: strings as they are, others as JSON; None for null."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return _spell_moment(value)
    return spell(int(value) if isinstance(value, float) and value.is_integer() else value)
