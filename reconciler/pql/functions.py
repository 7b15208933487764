"""The table of all functions: what they are called on, what they take and give, and how they are carried out.

The checker and the evaluator read it. Source: the documented functions of the profile query language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum
from types import MappingProxyType
from typing import Any

from reconciler.pql import patterns, times, values
from reconciler.pql.situation import Run
from reconciler.pql.syntax import Sum


class Type(StrEnum):
    """What sorts of values there are. A pattern is a string that is a regular expression."""

    ANY = "any value"
    BOOLEAN = "a boolean"
    NUMBER = "a number"
    STRING = "a string"
    PATTERN = "a regular expression"
    INSTANT = "an instant"
    LIST = "a list"
    MAP = "a map"


class Passing(Enum):
    """How an argument reaches the function: its value; what gives it for each element; what gives it when asked."""

    VALUE = "value"
    EACH = "each"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Argument:
    """What a function takes."""

    name: str
    type: Type = Type.ANY
    optional: bool = False
    passing: Passing = Passing.VALUE


@dataclass(frozen=True, slots=True)
class Function:
    """A row of the table.

    receiver: what stands before the dot, None where nothing does.
    carry_out: takes the run, the receiver if there is one, and the arguments; for a missing optional one nothing.
    takes_null: called also where the receiver or an argument is null or of another type; otherwise that gives null.
    """

    name: str
    receiver: Type | None
    arguments: tuple[Argument, ...]
    result: Type
    carry_out: Callable[..., Any]
    takes_null: bool = False

    @property
    def fewest(self) -> int:
        """How many arguments it needs."""
        return sum(not argument.optional for argument in self.arguments)


Each = Callable[[Any], Any]


# ---------------------------------------------------------------- boolean, object


def _if(_run: Run, test: Any, then: Callable[[], Any], otherwise: Callable[[], Any]) -> Any:
    return then() if values.truth(test) else otherwise()


# ---------------------------------------------------------------- strings

Judge = Callable[[str, str], bool]


def _judged(judge: Judge, *, wanted: bool) -> Callable[..., bool]:
    """A function of two strings that may be told to ignore letter case."""

    def carry_out(_run: Run, text: str, other: str, case_sensitive: bool = True) -> bool:  # noqa: FBT001, FBT002 - as rules pass it
        if not case_sensitive:
            text, other = text.casefold(), other.casefold()
        return judge(text, other) is wanted

    return carry_out


def _contains(text: str, other: str) -> bool:
    return other in text


def _same(text: str, other: str) -> bool:
    return text == other


def _matches(_run: Run, text: str, pattern: patterns.Pattern) -> bool:
    return patterns.find(pattern, text) is not None


def _regex_group(_run: Run, text: str, pattern: patterns.Pattern, number: float) -> str | None:
    return patterns.find_group(pattern, text, int(number)) if number == int(number) else None


# ---------------------------------------------------------------- lists


def _identities(items: list[Any]) -> set[Any]:
    return {values.identity(item) for item in items}


def _intersection(_run: Run, items: list[Any], others: list[Any]) -> list[Any]:
    wanted = _identities(others)
    return [item for item in _distinct(_run, items) if values.identity(item) in wanted]


def _distinct(_run: Run, items: list[Any]) -> list[Any]:
    found: dict[Any, Any] = {}
    for item in items:
        found.setdefault(values.identity(item), item)
    return list(found.values())


def _group_by(_run: Run, items: list[Any], each: Each) -> dict[str, list[Any]]:
    groups: dict[str, list[Any]] = {}
    for item in items:
        key = values.map_key(each(item))
        if key is not None:
            groups.setdefault(key, []).append(item)
    return groups


def _filter(_run: Run, items: list[Any], each: Each) -> list[Any]:
    return [item for item in items if values.truth(each(item))]


def _map(_run: Run, items: list[Any], each: Each) -> list[Any]:
    return [each(item) for item in items]


def _first_by(*, highest: bool) -> Callable[..., list[Any]]:
    def carry_out(_run: Run, items: list[Any], each: Each, count: float) -> list[Any]:
        keys = values.alike(each(item) for item in items)
        keys.sort(key=lambda key: key[1], reverse=highest)  # stays in input order where keys are equal
        return [items[position] for position, _ in keys[: max(0, int(count))]]

    return carry_out


# ---------------------------------------------------------------- aggregates


def _collected(items: list[Any], each: Each | None) -> list[Any]:
    return values.gather(items if each is None else (each(item) for item in items))


def _count(_run: Run, items: list[Any] | None) -> int:
    return 0 if items is None else len(items)


def _sum(_run: Run, items: list[Any] | None, each: Each | None = None) -> float | None:
    return _added([value for value in _collected(items or [], each) if values.is_number(value)])


def _added(numbers: list[Any]) -> float | None:
    try:
        return values.in_range(sum(numbers))
    except OverflowError:
        return None


def _average(_run: Run, items: list[Any], each: Each | None = None) -> float | None:
    numbers = [value for value in _collected(items, each) if values.is_number(value)]
    return values.compute(_added(numbers), Sum.DIVIDED, len(numbers))


def _extreme(pick: Callable[..., Any]) -> Callable[..., Any]:
    def carry_out(_run: Run, items: list[Any], each: Each | None = None) -> Any:
        return pick((value for _, value in values.alike(_collected(items, each))), default=None)

    return carry_out


# ---------------------------------------------------------------- dates


def _part(name: str) -> Callable[[Run, datetime], int]:
    """The month, year or day of an instant, in the zone of the run."""

    def carry_out(run: Run, moment: datetime) -> int:
        part: int = getattr(times.local(moment, run.zone), name)
        return part

    return carry_out


def _current(name: str) -> Callable[[Run], int]:
    part = _part(name)
    return lambda run: part(run, run.now)


def _date(run: Run, year: float, month: float, day: float) -> datetime | None:
    if any(number != int(number) for number in (year, month, day)):
        return None
    return times.make_date(int(year), int(month), int(day), run.zone)


# ---------------------------------------------------------------- the table

_TEXT = Argument("text", Type.STRING)
_CASE = Argument("caseSensitive", Type.BOOLEAN, optional=True)
_REGEX = Argument("regex", Type.PATTERN)
_LIST = Argument("list", Type.LIST)
_EACH = Argument("expression", passing=Passing.EACH)
_PERHAPS_EACH = Argument("expression", optional=True, passing=Passing.EACH)
_COUNT = Argument("count", Type.NUMBER)


def _of_strings(name: str, judge: Judge, *, wanted: bool = True) -> Function:
    return Function(name, Type.STRING, (_TEXT, _CASE), Type.BOOLEAN, _judged(judge, wanted=wanted))


_ROWS = (
    Function(
        "if",
        None,
        (
            Argument("test"),
            Argument("then", passing=Passing.LATER),
            Argument("else", passing=Passing.LATER),
        ),
        Type.ANY,
        _if,
        takes_null=True,
    ),
    Function("isNull", Type.ANY, (), Type.BOOLEAN, lambda _run, value: value is None, takes_null=True),
    Function("isNotNull", Type.ANY, (), Type.BOOLEAN, lambda _run, value: value is not None, takes_null=True),
    _of_strings("startsWith", str.startswith),
    _of_strings("doesNotStartWith", str.startswith, wanted=False),
    _of_strings("endsWith", str.endswith),
    _of_strings("doesNotEndWith", str.endswith, wanted=False),
    _of_strings("contains", _contains),
    _of_strings("doesNotContain", _contains, wanted=False),
    _of_strings("equals", _same),
    Function("notEqualTo", Type.STRING, (_TEXT,), Type.BOOLEAN, _judged(_same, wanted=False)),
    Function("matches", Type.STRING, (_REGEX,), Type.BOOLEAN, _matches),
    Function("regexGroup", Type.STRING, (_REGEX, Argument("group", Type.NUMBER)), Type.STRING, _regex_group),
    Function(
        "intersects",
        Type.LIST,
        (_LIST,),
        Type.BOOLEAN,
        lambda _run, items, others: not _identities(items).isdisjoint(_identities(others)),
    ),
    Function("intersection", Type.LIST, (_LIST,), Type.LIST, _intersection),
    Function(
        "subsetOf",
        Type.LIST,
        (_LIST,),
        Type.BOOLEAN,
        lambda _run, items, others: _identities(items) <= _identities(others),
    ),
    Function(
        "supersetOf",
        Type.LIST,
        (_LIST,),
        Type.BOOLEAN,
        lambda _run, items, others: _identities(items) >= _identities(others),
    ),
    Function(
        "includes",
        Type.LIST,
        (Argument("value"),),
        Type.BOOLEAN,
        lambda run, items, value: values.contains(items, value, run.zone),
    ),
    Function("distinct", Type.LIST, (), Type.LIST, _distinct),
    Function("groupBy", Type.LIST, (_EACH,), Type.MAP, _group_by),
    Function("filter", Type.LIST, (_EACH,), Type.LIST, _filter),
    Function("map", Type.LIST, (_EACH,), Type.LIST, _map),
    Function("topN", Type.LIST, (_EACH, _COUNT), Type.LIST, _first_by(highest=True)),
    Function("bottomN", Type.LIST, (_EACH, _COUNT), Type.LIST, _first_by(highest=False)),
    Function("head", Type.LIST, (), Type.ANY, lambda _run, items: items[0] if items else None),
    Function(
        "get", Type.MAP, (Argument("key"),), Type.ANY, lambda _run, mapping, key: mapping.get(values.map_key(key))
    ),
    Function("keys", Type.MAP, (), Type.LIST, lambda _run, mapping: list(mapping)),
    Function("values", Type.MAP, (), Type.LIST, lambda _run, mapping: list(mapping.values())),
    Function("count", Type.LIST, (), Type.NUMBER, _count, takes_null=True),
    Function("sum", Type.LIST, (_PERHAPS_EACH,), Type.NUMBER, _sum, takes_null=True),
    Function("average", Type.LIST, (_PERHAPS_EACH,), Type.NUMBER, _average),
    Function("min", Type.LIST, (_PERHAPS_EACH,), Type.ANY, _extreme(min)),
    Function("max", Type.LIST, (_PERHAPS_EACH,), Type.ANY, _extreme(max)),
    Function("currentMonth", None, (), Type.NUMBER, _current("month")),
    Function("currentYear", None, (), Type.NUMBER, _current("year")),
    Function("currentDayOfMonth", None, (), Type.NUMBER, _current("day")),
    Function("getMonth", Type.INSTANT, (), Type.NUMBER, _part("month")),
    Function("getYear", Type.INSTANT, (), Type.NUMBER, _part("year")),
    Function("getDayOfMonth", Type.INSTANT, (), Type.NUMBER, _part("day")),
    Function(
        "date",
        None,
        (Argument("year", Type.NUMBER), Argument("month", Type.NUMBER), Argument("day", Type.NUMBER)),
        Type.INSTANT,
        _date,
    ),
)

FUNCTIONS: Mapping[str, tuple[Function, ...]] = MappingProxyType({row.name: (row,) for row in _ROWS})
AGGREGATES: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {name: FUNCTIONS[name][0].carry_out for name in ("count", "sum", "average", "min", "max")}
)
