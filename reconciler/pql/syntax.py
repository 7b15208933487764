"""The tree of a rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple


class Place(NamedTuple):
    """Where in the text something stands: characters from 0, the end not included."""

    start: int
    end: int


NOWHERE = Place(0, 0)  # of what nobody wrote, such as what a bare name belongs to


@dataclass(frozen=True, slots=True, kw_only=True)
class _Node:
    """What every node has. Two nodes are equal wherever they stand."""

    place: Place = field(default=NOWHERE, compare=False, repr=False)


# ---------------------------------------------------------------- operators


class Logic(StrEnum):
    """Operators between conditions."""

    AND = "and"
    OR = "or"


class Comparison(StrEnum):
    """Operators between two values. They do not chain."""

    EQUAL = "="
    UNEQUAL = "!="
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="
    LIKE = "like"
    IN = "in"
    NOT_IN = "notIn"


class Sum(StrEnum):
    """Operators between numbers."""

    PLUS = "+"
    MINUS = "-"
    TIMES = "*"
    DIVIDED = "/"
    MODULO = "%"


class Unit(StrEnum):
    """Units of time, in the singular; the text takes either number."""

    MILLISECOND = "millisecond"
    SECOND = "second"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"
    DECADE = "decade"
    CENTURY = "century"
    MILLENNIUM = "millennium"


class Moment(StrEnum):
    """Words for an instant."""

    NOW = "now"
    TODAY = "today"
    YESTERDAY = "yesterday"
    TOMORROW = "tomorrow"


class Which(StrEnum):
    """Words for a calendar unit near now."""

    THIS = "this"
    LAST = "last"
    NEXT = "next"


class Side(StrEnum):
    """On which side of an instant: ``from`` is either."""

    BEFORE = "before"
    AFTER = "after"
    FROM = "from"


# ---------------------------------------------------------------- values


@dataclass(frozen=True, slots=True)
class Literal(_Node):
    """A string, a number, ``true`` or ``false``."""

    value: str | int | float | bool


@dataclass(frozen=True, slots=True)
class Array(_Node):
    """``[a, b]`` or ``(a, b)``."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class TimeWord(_Node):
    """``now``, ``today``, ``yesterday``, ``tomorrow``: an instant."""

    moment: Moment


@dataclass(frozen=True, slots=True)
class Period(_Node):
    """``last week``: a calendar unit, only after ``occurs`` or ``occurs on``."""

    which: Which
    unit: Unit


# ---------------------------------------------------------------- where values come from


@dataclass(frozen=True, slots=True)
class Implicit(_Node):
    """What a bare name belongs to: the element of the innermost filter or function argument, else the profile.

    up: so many levels further out, as many as there were ``^``. ``profile`` and ``$1`` as roots are ``Parameter(1)``.
    """

    up: int = 0


@dataclass(frozen=True, slots=True)
class Parameter(_Node):
    """``$1``: the profile; ``$2`` and so on have no value here. ``profile`` as a root is ``$1``."""

    number: int


@dataclass(frozen=True, slots=True)
class Variable(_Node):
    """A name that a quantifier, ``select``, ``sum … over``, ``let`` or lambda around it declares."""

    name: str


@dataclass(frozen=True, slots=True)
class ContextData(_Node):
    """``@{schema}`` or ``@{{schema}}``: data that came with the request. schema: as written, its version taken off."""

    schema: str


@dataclass(frozen=True, slots=True)
class Offer(_Node):
    """``offer`` as a root: the candidate that is judged."""


@dataclass(frozen=True, slots=True)
class Property(_Node):
    """``of.name``. Of an array: of each element, depth first. A bare name is a property of ``Implicit()``."""

    of: Node
    name: str


@dataclass(frozen=True, slots=True)
class Filter(_Node):
    """``of[condition]``: the elements for which it holds; inside it bare names are the element's."""

    of: Node
    condition: Node


@dataclass(frozen=True, slots=True)
class Call(_Node):
    """``of.name(arguments)``, or ``name(arguments)`` when ``of`` is None: ``if``, ``date``, ``currentMonth``, …

    An argument that the function evaluates for each element (``orders.sum(price)``) is a plain expression whose bare
    names are the element's, or a ``Lambda`` of one parameter. named: where the name stands.
    """

    of: Node | None
    name: str
    arguments: tuple[Node, ...]
    named: Place = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


# ---------------------------------------------------------------- operations


@dataclass(frozen=True, slots=True)
class Combined(_Node):
    """``a and b and c``: two or more conditions under one operator."""

    logic: Logic
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not(_Node):
    """``not a``, ``!a``."""

    of: Node


@dataclass(frozen=True, slots=True)
class Compared(_Node):
    """``left operator right``."""

    left: Node
    comparison: Comparison
    right: Node


@dataclass(frozen=True, slots=True)
class Computed(_Node):
    """``left operator right`` on numbers."""

    left: Node
    sum: Sum
    right: Node


@dataclass(frozen=True, slots=True)
class Negative(_Node):
    """``-a``."""

    of: Node


# ---------------------------------------------------------------- time


@dataclass(frozen=True, slots=True)
class Within(_Node):
    """``occurs <= 6 months before now``. comparison: one of ``= < <= > >=``."""

    instant: Node
    comparison: Comparison
    amount: Node
    unit: Unit
    side: Side
    reference: Node


@dataclass(frozen=True, slots=True)
class Beside(_Node):
    """``occurs before today``, ``occurs after today``: strictly. side: not ``from``."""

    instant: Node
    side: Side
    reference: Node


@dataclass(frozen=True, slots=True)
class On(_Node):
    """``occurs on date(2019, 12, 31)``, ``occurs last week``. reference: an instant or a ``Period``."""

    instant: Node
    reference: Node


@dataclass(frozen=True, slots=True)
class Between(_Node):
    """``occurs between a and b``: both ends included."""

    instant: Node
    first: Node
    last: Node


# ---------------------------------------------------------------- names for values


@dataclass(frozen=True, slots=True)
class Range(_Node):
    """``name from source``; a later source may use the names of the earlier ones.

    condition: of a range that has its own, ``E from xEvent where E.price > 50, I from E.items where …``.
    """

    name: str
    source: Node
    condition: Node | None = None


@dataclass(frozen=True, slots=True)
class Exists(_Node):
    """``exists V from ARRAY where COND``: for one combination at least, all conditions hold."""

    ranges: tuple[Range, ...]


@dataclass(frozen=True, slots=True)
class ForAll(_Node):
    """``forall V from ARRAY where COND``: the last condition holds for all combinations that the earlier ones admit."""

    ranges: tuple[Range, ...]


@dataclass(frozen=True, slots=True)
class Select(_Node):
    """``select V from ARRAY where COND``: the values of the first range for which a combination holds."""

    ranges: tuple[Range, ...]


@dataclass(frozen=True, slots=True)
class Aggregate(_Node):
    """``sum X.price over X from xEvent where …``. function: ``sum``, ``average``, ``min``, ``max`` or ``count``."""

    function: str
    value: Node
    ranges: tuple[Range, ...]


@dataclass(frozen=True, slots=True)
class Let(_Node):
    """``let name = value in body``."""

    name: str
    value: Node
    body: Node


@dataclass(frozen=True, slots=True)
class Lambda(_Node):
    """``(Profile) => body``: as a whole rule its parameters are the profile and what else there is."""

    parameters: tuple[str, ...]
    body: Node


Time = Within | Beside | On | Between
Named = Exists | ForAll | Select | Aggregate | Let | Lambda
Root = Implicit | Parameter | Variable | ContextData | Offer
Node = (
    Literal
    | Array
    | TimeWord
    | Period
    | Root
    | Property
    | Filter
    | Call
    | Combined
    | Not
    | Compared
    | Computed
    | Negative
    | Time
    | Named
)


def _of_ranges(ranges: tuple[Range, ...]) -> tuple[Node, ...]:
    both = ((entry.source, entry.condition) for entry in ranges)
    return tuple(node for pair in both for node in pair if node is not None)


_INSIDE: Mapping[type, Callable[[Any], tuple[Node, ...]]] = {
    **dict.fromkeys((Literal, TimeWord, Period, Implicit, Parameter, Variable, ContextData, Offer), lambda _: ()),
    Array: lambda node: node.items,
    Property: lambda node: (node.of,),
    Filter: lambda node: (node.of, node.condition),
    Call: lambda node: node.arguments if node.of is None else (node.of, *node.arguments),
    Combined: lambda node: node.parts,
    Not: lambda node: (node.of,),
    Compared: lambda node: (node.left, node.right),
    Computed: lambda node: (node.left, node.right),
    Negative: lambda node: (node.of,),
    Within: lambda node: (node.instant, node.amount, node.reference),
    Beside: lambda node: (node.instant, node.reference),
    On: lambda node: (node.instant, node.reference),
    Between: lambda node: (node.instant, node.first, node.last),
    **dict.fromkeys((Exists, ForAll, Select), lambda node: _of_ranges(node.ranges)),
    Aggregate: lambda node: (node.value, *_of_ranges(node.ranges)),
    Let: lambda node: (node.value, node.body),
    Lambda: lambda node: (node.body,),
}


def children(node: Node) -> tuple[Node, ...]:
    """What stands directly inside a node, in the order of the text save for ``sum … over``; ranges are opened."""
    return _INSIDE[type(node)](node)
