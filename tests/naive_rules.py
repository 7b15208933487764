"""A second evaluator of rules, straight from the tree and from the contract, to hold against the compiled one.

Nothing is prepared and nothing shared: each node is walked again for each element. It knows the sorts of values that
``tests/property/pql_drawing.py`` draws: JSON and instants.
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
            return compare(value_of(left, around), comparison, value_of(right, around))
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
            keyed = around.context and all("://" in key or key.startswith("_xdm.") for key in around.context)
            return around.context.get(schema) if keyed else around.context
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


def compare(left: Any, comparison: Comparison, right: Any) -> bool:
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
    judges: dict[Comparison, Callable[[], bool]] = {
        Comparison.EQUAL: lambda: left == right,
        Comparison.UNEQUAL: lambda: left != right,
        Comparison.LESS: lambda: left < right,
        Comparison.AT_MOST: lambda: left <= right,
        Comparison.MORE: lambda: left > right,
        Comparison.AT_LEAST: lambda: left >= right,
    }
    return judges[comparison]()


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
            return len(values) if function == "count" else aggregate(function, values)
        case Let(name=name, value=value, body=body):
            return value_of(body, around.named(name, value_of(value, around)))
        case _:
            raise AssertionError(node)


def aggregate(function: str, values: list[Any]) -> Any:
    numbers = [value for value in values if value is not None]
    if function == "sum":
        return sum(numbers)
    if not numbers:
        return None
    return {"average": lambda: sum(numbers) / len(numbers), "min": lambda: min(numbers), "max": lambda: max(numbers)}[
        function
    ]()


# ---------------------------------------------------------------- functions


def call(node: Call, around: Around) -> Any:
    name, arguments = node.name, node.arguments
    if node.of is None:
        match name:
            case "if":
                test, then, otherwise = arguments
                return value_of(then if truth(value_of(test, around)) else otherwise, around)
            case "date":
                year, month, day = (value_of(argument, around) for argument in arguments)
                return datetime(year, month, day, tzinfo=around.zone)
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


def over_elements(name: str, of: list[Any], arguments: tuple[Node, ...], around: Around) -> Any:
    def each(item: Any) -> Any:
        if not arguments:
            return item
        if isinstance(arguments[0], Lambda):
            return value_of(arguments[0].body, around.named(arguments[0].parameters[0], item))
        return value_of(arguments[0], around.inside(item))

    match name:
        case "filter":
            return [item for item in of if truth(each(item))]
        case "map":
            return [each(item) for item in of]
        case "groupBy":
            groups: dict[Any, list[Any]] = {}
            for item in of:
                if each(item) is not None:
                    groups.setdefault(each(item), []).append(item)
            return groups
        case "topN" | "bottomN":
            ordered = sorted(of, key=each, reverse=name == "topN")
            return ordered[: value_of(arguments[1], around)]
        case _:
            return aggregate(name, [each(item) for item in of])


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
    "get": lambda _around, mapping, key: mapping.get(key),
    "keys": lambda _around, mapping: list(mapping),
    "values": lambda _around, mapping: list(mapping.values()),
    "getMonth": lambda around, moment: part_of(instant(moment), "Month", around),
    "getYear": lambda around, moment: part_of(instant(moment), "Year", around),
    "getDayOfMonth": lambda around, moment: part_of(instant(moment), "DayOfMonth", around),
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


def instant(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)


def part_of(moment: datetime, part: str, around: Around) -> int:
    local = moment.astimezone(around.zone)
    return {"Month": local.month, "Year": local.year, "DayOfMonth": local.day}[part]


def moment_of(moment: Moment, around: Around) -> datetime:
    if moment is Moment.NOW:
        return around.at
    days = {Moment.TODAY: 0, Moment.YESTERDAY: -1, Moment.TOMORROW: 1}[moment]
    return cut(around.at, Unit.DAY, around) + timedelta(days=days)


def moved(moment: datetime, amount: int, unit: Unit, around: Around) -> datetime:
    """So many units later; a day that the month lacks becomes its last."""
    if unit in _LENGTHS:
        return moment + amount * _LENGTHS[unit]
    local = moment.astimezone(around.zone)
    months = local.year * 12 + local.month - 1 + amount * _MONTHS[unit]
    first = local.replace(year=months // 12, month=months % 12 + 1, day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return first.replace(day=min(local.day, last.day))


def cut(moment: datetime, unit: Unit, around: Around) -> datetime:
    """The start of the unit that the moment is in."""
    local = moment.astimezone(around.zone)
    match unit:
        case Unit.MILLISECOND:
            return local.replace(microsecond=local.microsecond // 1000 * 1000)
        case Unit.SECOND:
            return local.replace(microsecond=0)
        case Unit.MINUTE:
            return local.replace(second=0, microsecond=0)
        case Unit.HOUR:
            return local.replace(minute=0, second=0, microsecond=0)
    day = local.replace(hour=0, minute=0, second=0, microsecond=0)
    match unit:
        case Unit.DAY:
            return day
        case Unit.WEEK:
            return day - timedelta(days=(day.weekday() + 1) % 7)
        case Unit.MONTH:
            return day.replace(day=1)
    years = _MONTHS[unit] // 12
    return day.replace(year=day.year // years * years, month=1, day=1)


def occurs(node: Within | Beside | On | Between, around: Around) -> bool:
    value = value_of(node.instant, around)
    if value is None:
        return False
    when = instant(value)
    match node:
        case Beside(side=side, reference=reference):
            other = value_of(reference, around)
            return other is not None and (when < instant(other) if side is Side.BEFORE else when > instant(other))
        case Between(first=first, last=last):
            ends = (value_of(first, around), value_of(last, around))
            return None not in ends and instant(ends[0]) <= when <= instant(ends[1])
        case On(reference=Period(which=which, unit=unit)):
            steps = {Which.THIS: 0, Which.LAST: -1, Which.NEXT: 1}[which]
            start = moved(cut(around.at, unit, around), steps, unit, around)
            return start <= when < moved(start, 1, unit, around)
        case On(reference=reference):
            other = value_of(reference, around)
            return other is not None and cut(when, Unit.DAY, around) == cut(instant(other), Unit.DAY, around)
        case Within():
            return within(node, when, around)


def within(node: Within, when: datetime, around: Around) -> bool:
    amount, reference = value_of(node.amount, around), value_of(node.reference, around)
    if amount is None or reference is None:
        return False
    middle = instant(reference)
    sides = [side for side in (Side.BEFORE, Side.AFTER) if node.side in (side, Side.FROM)]
    for side in sides:
        edge = moved(middle, -amount if side is Side.BEFORE else amount, node.unit, around)
        near = edge <= when <= middle if side is Side.BEFORE else middle <= when <= edge
        far = when <= edge if side is Side.BEFORE else when >= edge
        held = {
            Comparison.AT_MOST: near,
            Comparison.LESS: near and when != edge,
            Comparison.AT_LEAST: far,
            Comparison.MORE: far and when != edge,
            Comparison.EQUAL: cut(when, node.unit, around) == cut(edge, node.unit, around),
        }[node.comparison]
        if held:
            return True
    return False
