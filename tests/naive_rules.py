"""A second evaluator of rules, straight from the tree and from the contract, to hold against the compiled one.

Nothing is prepared and nothing shared: each node is walked again for each element. It knows the sorts of values that
``tests/property/asked_rules.py`` draws: JSON and instants.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from reconciler.pql.syntax import (
    Aggregate,
    Array,
    Beside,
    Between,
    Call,
    Combined,
    Compared,
    Comparison,
    Computed,
    ContextData,
    Exists,
    Filter,
    ForAll,
    Implicit,
    Lambda,
    Let,
    Literal,
    Logic,
    Moment,
    Negative,
    Node,
    Not,
    Offer,
    On,
    Parameter,
    Period,
    Property,
    Range,
    Select,
    Side,
    Sum,
    TimeWord,
    Unit,
    Variable,
    Which,
    Within,
)


@dataclass(frozen=True)
class Own:
    """A function that a ``let`` names, and what it can refer to."""

    function: Lambda
    around: Any

    def __call__(self, *given: Any) -> Any:
        around = self.around
        for position, name in enumerate(self.function.parameters):
            around = around.named(name, given[position] if position < len(given) else None)
        return value_of(self.function.body, around)


@dataclass(frozen=True)
class Around:
    """What a node can refer to. elements: what bare names belong to, innermost last."""

    profile: Any
    at: datetime
    zone: tzinfo = UTC
    context: Mapping[str, Any] = field(default_factory=dict)
    offer: Any = None
    elements: tuple[Any, ...] = ()
    names: Mapping[str, Any] = field(default_factory=dict)

    def inside(self, element: Any) -> Around:
        return replace(self, elements=(*self.elements, element))

    def named(self, name: str, value: Any) -> Around:
        return replace(self, names={**self.names, name: value})


def truth(value: Any) -> bool:
    """A list is true when it holds something; what is null is false."""
    return value if isinstance(value, bool) else bool(value) if isinstance(value, list) else False


def value_of(node: Node, around: Around) -> Any:
    """What the node gives."""
    match node:
        case Literal(value=value):
            return value
        case Array(items=items):
            return [value_of(item, around) for item in items]
        case Combined() | Not() | Compared() | Computed() | Negative():
            return operated(node, around)
        case Property(of=of, name=name):
            return member(value_of(of, around), name)
        case Filter(of=of, condition=condition):
            items = value_of(of, around)
            return None if items is None else [x for x in items if truth(value_of(condition, around.inside(x)))]
        case Call():
            return call(node, around)
        case Within() | Beside() | On() | Between():
            return occurs(node, around)
        case TimeWord(moment=moment):
            return moment_of(moment, around)
        case Exists() | ForAll() | Select() | Aggregate() | Let() | Lambda():
            return named(node, around)
        case _:
            return root(node, around)


def operated(node: Combined | Not | Compared | Computed | Negative, around: Around) -> Any:
    match node:
        case Combined(logic=Logic.AND, parts=parts):
            return all(truth(value_of(part, around)) for part in parts)
        case Combined(parts=parts):
            return any(truth(value_of(part, around)) for part in parts)
        case Not(of=of):
            return not truth(value_of(of, around))
        case Compared(left=left, comparison=comparison, right=right):
            return compare(value_of(left, around), comparison, value_of(right, around), around.zone)
        case Computed(left=left, sum=sign, right=right):
            return compute(value_of(left, around), sign, value_of(right, around))
        case Negative(of=of):
            number = value_of(of, around)
            return None if number is None else -number


def root(node: Node, around: Around) -> Any:
    match node:
        case Implicit(up=up):
            return (around.profile, *around.elements)[-1 - up]
        case Parameter():
            return around.profile
        case Variable(name=name):
            return around.names[name]
        case Offer():
            return around.offer
        case ContextData(schema=schema):
            if not all("://" in key or key.startswith("_xdm.") for key in around.context):
                return around.context
            return {key.split(";")[0]: data for key, data in around.context.items()}.get(schema)
        case _:
            raise AssertionError(node)


def member(of: Any, name: str) -> Any:
    if isinstance(of, list):
        return [value for item in of for value in flat(member(item, name))]
    return of.get(name) if isinstance(of, dict) else None


def flat(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


# ---------------------------------------------------------------- operators


def compare(left: Any, comparison: Comparison, right: Any, zone: tzinfo) -> bool:
    if isinstance(left, datetime) or isinstance(right, datetime):
        left, right = instant(left, zone), instant(right, zone)
    if left is None or right is None:
        return False
    match comparison:
        case Comparison.IN:
            return left in right
        case Comparison.NOT_IN:
            return left not in right
        case Comparison.LIKE:
            pattern = "".join({"%": ".*", "_": "."}.get(sign) or re.escape(sign) for sign in right)
            return re.fullmatch(pattern, left, re.DOTALL) is not None
    if isinstance(left, list) is not isinstance(right, list):
        return False
    if comparison in (Comparison.EQUAL, Comparison.UNEQUAL):
        return equal(left, right) is (comparison is Comparison.EQUAL)
    if isinstance(left, str) is not isinstance(right, str):
        return False
    judges: dict[Comparison, Callable[[], bool]] = {
        Comparison.LESS: lambda: left < right,
        Comparison.AT_MOST: lambda: left <= right,
        Comparison.MORE: lambda: left > right,
        Comparison.AT_LEAST: lambda: left >= right,
    }
    return judges[comparison]()


def equal(left: Any, right: Any) -> bool:
    """Null is equal to nothing, in lists neither."""
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(equal, left, right))
    return left is not None and left == right


def compute(left: Any, sign: Sum, right: Any) -> Any:
    if left is None or right is None or (sign in (Sum.DIVIDED, Sum.MODULO) and right == 0):
        return None
    match sign:
        case Sum.PLUS:
            return left + right
        case Sum.MINUS:
            return left - right
        case Sum.TIMES:
            return left * right
        case Sum.DIVIDED:
            return left / right
        case Sum.MODULO:  # of the dividend's sign
            rest = abs(left) % abs(right)
            return rest if left >= 0 else -rest


# ---------------------------------------------------------------- names


def combinations(ranges: tuple[Range, ...], around: Around) -> Iterator[Around]:
    """Every way to choose an element for each range so that the conditions hold."""
    if not ranges:
        yield around
        return
    first, *others = ranges
    for item in flat(value_of(first.source, around)):
        inside = around.named(first.name, item)
        if first.condition is None or truth(value_of(first.condition, inside)):
            yield from combinations(tuple(others), inside)


def named(node: Node, around: Around) -> Any:
    match node:
        case Exists(ranges=ranges):
            return any(True for _ in combinations(ranges, around))
        case ForAll(ranges=(*earlier, last)):
            chosen = list(combinations(tuple(earlier), around))
            if earlier and value_of(earlier[0].source, around) is None:
                return False
            sources = [(one, value_of(last.source, one)) for one in chosen]
            return all(
                source is not None
                and all(truth(value_of(last.condition, one.named(last.name, item))) for item in source)
                for one, source in sources
            )
        case Select(ranges=(first, *others)):
            chosen = combinations((first,), around)
            kept = [one for one in chosen if any(True for _ in combinations(tuple(others), one))]
            return [one.names[first.name] for one in kept]
        case Aggregate(function=function, value=value, ranges=ranges):
            values = [value_of(value, one) for one in combinations(ranges, around)]
            return aggregate(function, values)
        case Let(name=name, value=Lambda() as function, body=body):
            return value_of(body, around.named(name, Own(function, around)))
        case Let(name=name, value=value, body=body):
            return value_of(body, around.named(name, value_of(value, around)))
        case _:
            raise AssertionError(node)


def aggregate(function: str, values: list[Any]) -> Any:
    numbers = [value for value in values if value is not None]
    if function in ("sum", "count"):
        return sum(numbers) if function == "sum" else len(numbers)
    if not numbers:
        return None
    return {"average": lambda: sum(numbers) / len(numbers), "min": lambda: min(numbers), "max": lambda: max(numbers)}[
        function
    ]()


# ---------------------------------------------------------------- functions


def call(node: Call, around: Around) -> Any:
    name, arguments = node.name, node.arguments
    if node.of is None:
        own = around.names.get(name)
        if isinstance(own, Own):
            return own(*[value_of(argument, around) for argument in arguments])
        match name:
            case "if":
                test, then, otherwise = arguments
                return value_of(then if truth(value_of(test, around)) else otherwise, around)
            case "date":
                year, month, day = (value_of(argument, around) for argument in arguments)
                return datetime(year, month, day, tzinfo=around.zone).astimezone(UTC)
            case _:
                return part_of(around.at, name.removeprefix("current"), around)
    of = value_of(node.of, around)
    if name in ("isNull", "isNotNull"):
        return (of is None) is (name == "isNull")
    if name == "count":
        return 0 if of is None else len(of)
    if name == "sum" and of is None:
        return 0
    if of is None:
        return None
    if name in ("filter", "map", "groupBy", "topN", "bottomN", "sum", "average", "min", "max"):
        return over_elements(name, of, arguments, around)
    given = [value_of(argument, around) for argument in arguments]
    return None if None in given else FUNCTIONS[name](around, of, *given)


def own_of(node: Node, around: Around) -> Own | None:
    """The function that a node is or names."""
    if isinstance(node, Lambda):
        return Own(node, around)
    named = around.names[node.name] if isinstance(node, Variable) else None
    return named if isinstance(named, Own) else None


def over_elements(name: str, of: list[Any], arguments: tuple[Node, ...], around: Around) -> Any:
    def each(item: Any) -> Any:
        if not arguments:
            return item
        own = own_of(arguments[0], around)
        return value_of(arguments[0], around.inside(item)) if own is None else own(item)

    match name:
        case "filter":
            return [item for item in of if truth(each(item))]
        case "map":
            return [each(item) for item in of]
        case "groupBy":
            groups: dict[Any, list[Any]] = {}
            for item in of:
                if each(item) is not None:
                    groups.setdefault(key_of(each(item)), []).append(item)
            return groups
        case "topN" | "bottomN":
            ordered = sorted((item for item in of if each(item) is not None), key=each, reverse=name == "topN")
            return ordered[: value_of(arguments[1], around)]
        case _:
            return aggregate(name, [each(item) for item in of])


def key_of(value: Any) -> str:
    """Keys of maps are strings: numbers as JSON spells them."""
    return value if isinstance(value, str) else str(int(value) if value == int(value) else value)


def _text(judge: Callable[[str, str], bool], *, wanted: bool = True) -> Callable[..., bool]:
    def judged(_around: Around, text: str, other: str, case_sensitive: Any = True) -> bool:
        fold: Callable[[str], str] = str if case_sensitive else str.casefold
        return judge(fold(text), fold(other)) is wanted

    return judged


def _regex_group(_around: Around, text: str, pattern: str, number: int) -> Any:
    found = re.search(pattern, text)
    return found[number] if found else None


def _distinct(items: list[Any]) -> list[Any]:
    return [item for position, item in enumerate(items) if item not in items[:position]]


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "startsWith": _text(str.startswith),
    "doesNotStartWith": _text(str.startswith, wanted=False),
    "endsWith": _text(str.endswith),
    "doesNotEndWith": _text(str.endswith, wanted=False),
    "contains": _text(lambda text, other: other in text),
    "doesNotContain": _text(lambda text, other: other in text, wanted=False),
    "equals": _text(lambda text, other: text == other),
    "notEqualTo": _text(lambda text, other: text == other, wanted=False),
    "matches": lambda _around, text, pattern: re.search(pattern, text) is not None,
    "regexGroup": _regex_group,
    "intersects": lambda _around, one, other: any(item in other for item in one),
    "intersection": lambda _around, one, other: _distinct([item for item in one if item in other]),
    "subsetOf": lambda _around, one, other: all(item in other for item in one),
    "supersetOf": lambda _around, one, other: all(item in one for item in other),
    "includes": lambda _around, items, value: value in items,
    "distinct": lambda _around, items: _distinct(items),
    "head": lambda _around, items: items[0] if items else None,
    "get": lambda _around, mapping, key: mapping.get(key_of(key)),
    "keys": lambda _around, mapping: list(mapping),
    "values": lambda _around, mapping: list(mapping.values()),
    "getMonth": lambda around, moment: part_of(instant(moment, around.zone), "Month", around),
    "getYear": lambda around, moment: part_of(instant(moment, around.zone), "Year", around),
    "getDayOfMonth": lambda around, moment: part_of(instant(moment, around.zone), "DayOfMonth", around),
}

# ---------------------------------------------------------------- time

_MONTHS = {Unit.MONTH: 1, Unit.YEAR: 12, Unit.DECADE: 120, Unit.CENTURY: 1200, Unit.MILLENNIUM: 12000}
_LENGTHS = {
    Unit.MILLISECOND: timedelta(milliseconds=1),
    Unit.SECOND: timedelta(seconds=1),
    Unit.MINUTE: timedelta(minutes=1),
    Unit.HOUR: timedelta(hours=1),
    Unit.DAY: timedelta(days=1),
    Unit.WEEK: timedelta(weeks=1),
}


def instant(value: Any, zone: tzinfo) -> datetime | None:
    """In UTC. Text without an offset is of the zone, numbers are milliseconds."""
    if isinstance(value, int | float):
        return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=value)
    if isinstance(value, str):
        if not value[:4].isdigit():
            return None
        value = datetime.fromisoformat(value)
    if value is None:
        return None
    return (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC)


def part_of(moment: datetime, part: str, around: Around) -> int:
    local = moment.astimezone(around.zone)
    return {"Month": local.month, "Year": local.year, "DayOfMonth": local.day}[part]


def moment_of(moment: Moment, around: Around) -> datetime:
    if moment is Moment.NOW:
        return around.at
    days = {Moment.TODAY: 0, Moment.YESTERDAY: -1, Moment.TOMORROW: 1}[moment]
    return moved(cut(around.at, Unit.DAY, around), days, Unit.DAY, around)


def moved(moment: datetime, amount: float, unit: Unit, around: Around) -> Any:
    """So many units later, in UTC; a day that the month lacks becomes its last. None for a fraction of a month."""
    if unit in _LENGTHS and (unit not in (Unit.DAY, Unit.WEEK) or amount != int(amount)):
        return moment + amount * _LENGTHS[unit]
    local = moment.astimezone(around.zone)
    if unit in _LENGTHS:
        return (local + amount * _LENGTHS[unit]).astimezone(UTC)
    if amount != int(amount):
        return None
    months = local.year * 12 + local.month - 1 + int(amount) * _MONTHS[unit]
    if months < 12:
        return datetime.min.replace(tzinfo=UTC)
    first = local.replace(year=months // 12, month=months % 12 + 1, day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return first.replace(day=min(local.day, last.day)).astimezone(UTC)


def cut(moment: datetime, unit: Unit, around: Around) -> datetime:
    """The start of the unit that the moment is in, in UTC."""
    return cut_there(moment.astimezone(around.zone), unit).astimezone(UTC)


def cut_there(local: datetime, unit: Unit) -> datetime:
    match unit:
        case Unit.MILLISECOND:
            return local.replace(microsecond=local.microsecond // 1000 * 1000)
        case Unit.SECOND:
            return local.replace(microsecond=0)
        case Unit.MINUTE:
            return local.replace(second=0, microsecond=0)
        case Unit.HOUR:
            return local.replace(minute=0, second=0, microsecond=0)
    day = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    match unit:
        case Unit.DAY:
            return day
        case Unit.WEEK:
            return day - timedelta(days=(day.weekday() + 1) % 7)
        case Unit.MONTH:
            return day.replace(day=1)
    years = _MONTHS[unit] // 12
    return day.replace(year=max(1, day.year // years * years), month=1, day=1)


def in_one(unit: Unit, one: datetime, other: datetime, around: Around) -> bool:
    """Whether two moments fall into the same unit: days and longer by the wall clock, which has an end."""
    if unit in _LENGTHS and unit not in (Unit.DAY, Unit.WEEK):
        return cut(one, unit, around) == cut(other, unit, around)
    return cut_there(wall_clock(one, around), unit) == cut_there(wall_clock(other, around), unit)


def wall_clock(moment: datetime, around: Around) -> datetime:
    try:
        return moment.astimezone(around.zone).replace(tzinfo=None)
    except OverflowError:
        return moment.replace(tzinfo=None)


def occurs(node: Within | Beside | On | Between, around: Around) -> bool:
    when = read(node.instant, around)
    if when is None:
        return False
    match node:
        case Beside(side=side, reference=reference):
            other = read(reference, around)
            return other is not None and (when < other if side is Side.BEFORE else when > other)
        case Between(first=first, last=last):
            low, high = read(first, around), read(last, around)
            return low is not None and high is not None and low <= when <= high
        case On(reference=Period(which=which, unit=unit)):
            steps = {Which.THIS: 0, Which.LAST: -1, Which.NEXT: 1}[which]
            start = cut(around.at, unit, around)
            return bool(moved(start, steps, unit, around) <= when < moved(start, steps + 1, unit, around))
        case On(reference=reference):
            other = read(reference, around)
            return other is not None and in_one(Unit.DAY, when, other, around)
        case Within():
            return within(node, when, around)


def read(node: Node, around: Around) -> datetime | None:
    return instant(value_of(node, around), around.zone)


def within(node: Within, when: datetime, around: Around) -> bool:
    amount, middle = value_of(node.amount, around), read(node.reference, around)
    if amount is None or middle is None:
        return False
    sides = [side for side in (Side.BEFORE, Side.AFTER) if node.side in (side, Side.FROM)]
    for side in sides:
        edge = moved(middle, -amount if side is Side.BEFORE else amount, node.unit, around)
        if edge is None:
            return False
        near = edge <= when <= middle if side is Side.BEFORE else middle <= when <= edge
        far = when <= edge if side is Side.BEFORE else when >= edge
        held = {
            Comparison.AT_MOST: near,
            Comparison.LESS: near and when != edge,
            Comparison.AT_LEAST: far,
            Comparison.MORE: far and when != edge,
            Comparison.EQUAL: in_one(node.unit, when, edge, around),
        }[node.comparison]
        if held:
            return True
    return False
