"""Comparisons as closures; those with a constant are prepared when the rule is compiled."""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import Any, Final

from reconciler.pql import values
from reconciler.pql.patterns import BadPattern, likeness
from reconciler.pql.scope import RUN, Closure, Frame, Scope, Test
from reconciler.pql.syntax import Array, Compared, Comparison, Literal, Negative, Node

NO_CONSTANT: Final = object()

Judge = Callable[[Any, Any, tzinfo], bool]
PathPlace = tuple[int, tuple[str, ...]]  # a slot of the frame, and the names of the properties

_STRING = (str, str)
_NUMBERS = (int, float)


def constant(node: Node) -> Any:
    """The value that a part of a rule always has, ``NO_CONSTANT`` where it depends on something."""
    match node:
        case Literal(value=value):
            return value
        case Negative(of=Literal(value=int() | float() as value)) if values.is_number(value):
            return -value
        case Array(items=items):
            found = [constant(item) for item in items]
            return NO_CONSTANT if NO_CONSTANT in found else found
        case _:
            return NO_CONSTANT


def compile_comparison(node: Compared, left: Closure, right: Closure, scope: Scope, place: PathPlace | None) -> Test:
    """What tells whether a comparison holds. place: of the left side, where that is a path off the frame."""
    fixed = constant(node.right)
    match node.comparison:
        case Comparison.LIKE:
            return _like(node, left, right, scope)
        case Comparison.EQUAL if isinstance(fixed, str):
            test = _equal_text(left, fixed)
            return test if place is None else _two_names(place, _STRING, fixed, operator.eq, test)
        case Comparison.IN | Comparison.NOT_IN if isinstance(fixed, list):
            return _in_constants(left, fixed, wanted=node.comparison is Comparison.IN)
        case Comparison.IN:
            return _general(lambda value, items, zone: values.contains(items, value, zone), left, right)
        case Comparison.NOT_IN:
            return _general(lambda value, items, zone: values.lacks(items, value, zone), left, right)
        case Comparison.EQUAL:
            return _general(values.equal, left, right)
        case Comparison.UNEQUAL:
            return _general(values.unequal, left, right)
        case _ if values.is_number(fixed):
            ordering = values.ORDERINGS[node.comparison]
            test = _ordered_number(ordering, left, fixed)
            return test if place is None else _two_names(place, _NUMBERS, fixed, ordering, test)
        case _:
            return _general(_ordered(values.ORDERINGS[node.comparison]), left, right)


def _general(judge: Judge, left: Closure, right: Closure) -> Test:
    return lambda frame: judge(left(frame), right(frame), frame[RUN].zone)


def _ordered(ordering: Callable[[Any, Any], bool]) -> Judge:
    def judge(left: Any, right: Any, zone: tzinfo) -> bool:
        pair = values.ordered_pair(left, right, zone)
        return pair is not None and ordering(*pair)

    return judge


def _equal_text(left: Closure, text: str) -> Test:
    def test(frame: Frame) -> bool:
        value = left(frame)
        if type(value) is datetime:
            return values.equal(value, text, frame[RUN].zone)
        return bool(value == text)

    return test


def _ordered_number(ordering: Callable[[Any, Any], bool], left: Closure, number: float) -> Test:
    judge = _ordered(ordering)

    def test(frame: Frame) -> bool:
        value = left(frame)
        kind = type(value)
        if kind is int or kind is float:
            return ordering(value, number)
        return judge(value, number, frame[RUN].zone)

    return test


def _two_names(
    place: PathPlace, kinds: tuple[type, type], fixed: Any, judge: Callable[[Any, Any], bool], otherwise: Test
) -> Test:
    """The comparison of a path of two names with a constant, the most frequent condition of all, in one closure.

    otherwise: tells for values of other kinds.
    """
    slot, names = place
    if len(names) != 2:
        return otherwise
    first, second = names
    kind, other = kinds

    def test(frame: Frame) -> bool:
        value = frame[slot]
        if type(value) is dict:
            value = value.get(first)
            if type(value) is dict:
                value = value.get(second)
                if type(value) is kind or type(value) is other:
                    return judge(value, fixed)
        return otherwise(frame)

    return test


def _in_constants(left: Closure, items: list[Any], *, wanted: bool) -> Test:
    known = frozenset(values.identity(item) for item in items)
    judge = values.contains if wanted else values.lacks

    def test(frame: Frame) -> bool:
        value = left(frame)
        if type(value) is str:
            return (value in known) is wanted
        if value is None:
            return False
        if type(value) is datetime:
            return judge(items, value, frame[RUN].zone)
        return (values.identity(value) in known) is wanted

    return test


def _like(node: Compared, left: Closure, right: Closure, scope: Scope) -> Test:
    def prepared(pattern: str) -> Callable[[str], bool]:
        try:
            return likeness(pattern)
        except BadPattern as error:
            raise scope.refusal(f"this pattern cannot be run: {error}", node.right, "shorten it") from error

    fixed = constant(node.right)
    if isinstance(fixed, str):
        is_like = prepared(fixed)
        return lambda frame: isinstance(value := left(frame), str) and is_like(value)

    def test(frame: Frame) -> bool:
        value, pattern = left(frame), right(frame)
        return isinstance(value, str) and isinstance(pattern, str) and prepared(pattern)(value)

    return test
