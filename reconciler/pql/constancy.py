"""Conditions that are always true or always false, where that can be proved."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, get_args

from reconciler.pql.errors import RuleError
from reconciler.pql.rule import compile_tree
from reconciler.pql.situation import Situation
from reconciler.pql.syntax import (
    Array,
    Call,
    Combined,
    Compared,
    Comparison,
    ContextData,
    Exists,
    Implicit,
    Lambda,
    Let,
    Literal,
    Logic,
    Node,
    Not,
    Offer,
    Parameter,
    Property,
    Range,
    TimeWord,
    Variable,
    children,
)

_NOT_SETTLED = frozenset({Implicit, Parameter, Variable, ContextData, Offer, TimeWord, Let, Lambda})
_NODES = frozenset(get_args(Node))
_ANY_DAY = Situation(datetime(2026, 1, 1, tzinfo=UTC))
_Bounds = tuple[float, bool, float, bool]  # lowest, whether it is out, highest, whether it is out
_ALL: _Bounds = (-math.inf, False, math.inf, False)
_TURNED = {
    Comparison.LESS: Comparison.MORE,
    Comparison.AT_MOST: Comparison.AT_LEAST,
    Comparison.MORE: Comparison.LESS,
    Comparison.AT_LEAST: Comparison.AT_MOST,
}


def settled(node: Node) -> bool | None:
    """What a condition is for every profile and at every instant; None where that cannot be told."""
    return _Settling().of(node)


class _Settling:
    """Judges the parts of one rule; what was found out about a part is kept, so that nesting costs nothing."""

    def __init__(self) -> None:
        self._constant: dict[int, bool] = {}  # by identity, as the tree outlives this
        self._values: dict[int, bool | None] = {}  # by number: of parts that are written alike there is one
        self._numbers: dict[int, int] = {}
        self._alike: dict[tuple[Any, ...], int] = {}

    def of(self, node: Node) -> bool | None:
        if self._is_constant(node):
            return self._value(node)
        match node:
            case Not(of=of):
                inner = self.of(of)
                return None if inner is None else not inner
            case Combined(logic=logic, parts=parts):
                return self._combined(logic, parts)
            case Exists(ranges=ranges):
                never = any(entry.condition and self.of(entry.condition) is False for entry in ranges)
                return False if never else None
            case Compared():
                return _compared(node)
            case _:
                return None

    def _is_constant(self, node: Node) -> bool:
        while isinstance(node, Property):
            node = node.of
        if type(node) in _NOT_SETTLED:
            return False
        inside = children(node)
        if not inside:
            return not _changes(node)
        known = self._constant.get(id(node))
        if known is None:
            known = not _changes(node) and all(map(self._is_constant, inside))
            self._constant[id(node)] = known
        return known

    def _value(self, node: Node) -> bool | None:
        number = self._number(node)
        if number not in self._values:
            self._values[number] = _evaluated(node)
        return self._values[number]

    def _combined(self, logic: Logic, parts: tuple[Node, ...]) -> bool | None:
        deciding = logic is Logic.OR  # one true part decides an `or`, one false part an `and`
        values = [self.of(part) for part in parts]
        if deciding in values:
            return deciding
        if all(value is (not deciding) for value in values):
            return not deciding
        if self._one_refuses_another(parts):
            return deciding
        return False if logic is Logic.AND and _contradict(parts) else None

    def _one_refuses_another(self, parts: tuple[Node, ...]) -> bool:
        refused = {self._number(part.of) for part in parts if isinstance(part, Not)}
        return bool(refused) and any(self._number(part) in refused for part in parts)

    def _number(self, node: Node) -> int:
        """The same for nodes that are written alike; ``f(1)`` and ``f(true)``, equal to Python, are not."""
        known = self._numbers.get(id(node))
        if known is None:
            key = (type(node), *[self._sign(getattr(node, name)) for name in node.__match_args__])
            known = self._numbers[id(node)] = self._alike.setdefault(key, len(self._alike))
        return known

    def _sign(self, value: Any) -> Any:
        kind = type(value)
        if kind in _NODES:
            return self._number(value)
        if kind is tuple:
            return tuple([self._sign(item) for item in value])
        if kind is Range:
            return value.name, self._number(value.source), self._sign(value.condition)
        return kind, value


def _changes(node: Node) -> bool:
    return isinstance(node, Call) and node.name.startswith("current")


def _evaluated(node: Node) -> bool | None:
    try:
        return compile_tree("", node).holds({}, _ANY_DAY)
    except RuleError:
        return None


def _compared(node: Compared) -> bool | None:
    if node.comparison is Comparison.IN and node.right == Array(()):
        return False
    found = _limited(node) if _is_count(node.left) or _is_count(node.right) else None
    if found is None:
        return None
    counts: _Bounds = (0, False, math.inf, True)
    _, comparison, limit = found
    if comparison is Comparison.UNEQUAL:
        return True if limit < 0 else None
    if _is_empty(_narrowed(counts, comparison, limit)):
        return False
    outside = _narrowed(counts, _opposite(comparison), limit)
    return True if comparison is not Comparison.EQUAL and _is_empty(outside) else None


def _is_count(node: Node) -> bool:
    return isinstance(node, Call) and node.name == "count" and not node.arguments


def _limited(node: Node) -> tuple[Node, Comparison, float] | None:
    """What a comparison with a number limits, and how; a number on the left is turned to the right."""
    if not isinstance(node, Compared):
        return None
    left, comparison, right = node.left, node.comparison, node.right
    if isinstance(left, Literal):
        left, comparison, right = right, _TURNED.get(comparison, comparison), left
    if not isinstance(right, Literal) or isinstance(right.value, bool | str) or isinstance(left, Literal):
        return None
    if comparison in (Comparison.LIKE, Comparison.IN, Comparison.NOT_IN):
        return None
    return left, comparison, right.value


def _contradict(parts: Iterable[Node]) -> bool:
    """Whether two of the conditions can never hold together for one value."""
    by_value: dict[Node, list[Node]] = {}
    for part in parts:
        if isinstance(part, Compared):
            of = part.right if isinstance(part.left, Literal) else part.left
            by_value.setdefault(of, []).append(part)
    return any(len(group) > 1 and _exclude_each_other(group) for group in by_value.values())


def _exclude_each_other(parts: Iterable[Node]) -> bool:
    """The same for conditions of values that are equal, if perhaps not the same: ``f(1)`` and ``f(true)``."""
    bounds: dict[str, _Bounds] = {}
    words: dict[str, str] = {}
    for part in parts:
        match part:
            case Compared(left=left, comparison=Comparison.EQUAL, right=Literal(value=str() as word)):
                if words.setdefault(repr(left), word) != word:
                    return True
            case _:
                found = _limited(part)
                if found is None:
                    continue
                left, comparison, limit = found
                narrowed = _narrowed(bounds.get(repr(left), _ALL), comparison, limit)
                if _is_empty(narrowed):
                    return True
                bounds[repr(left)] = narrowed
    return False


def _opposite(comparison: Comparison) -> Comparison:
    opposites = {Comparison.LESS: Comparison.AT_LEAST, Comparison.AT_MOST: Comparison.MORE}
    return opposites.get(comparison) or (Comparison.LESS if comparison is Comparison.AT_LEAST else Comparison.AT_MOST)


def _narrowed(bounds: _Bounds, comparison: Comparison, limit: float) -> _Bounds:
    low, low_out, high, high_out = bounds
    if comparison in (Comparison.MORE, Comparison.AT_LEAST, Comparison.EQUAL):
        out = comparison is Comparison.MORE
        low, low_out = max((low, low_out), (limit, out))
    if comparison in (Comparison.LESS, Comparison.AT_MOST, Comparison.EQUAL):
        out = comparison is Comparison.LESS
        high, high_out = min((high, not high_out), (limit, not out))
        high_out = not high_out
    return low, low_out, high, high_out


def _is_empty(bounds: _Bounds) -> bool:
    low, low_out, high, high_out = bounds
    return low > high or (low == high and (low_out or high_out))
