"""What follows ``occurs``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.pql.syntax import Beside, Between, Comparison, Node, On, Period, Side, Unit, Within
from reconciler.pql.tokens import Sort
from reconciler.pql.words import COMPARISONS, SIDES, UNITS, WHICH, Level

if TYPE_CHECKING:
    from reconciler.pql.parser import Parser

_SIGNS = frozenset({"=", "<", "<=", ">", ">="})


def read_occurs(parser: Parser, instant: Node, start: int) -> Node:
    """``within | ("before" | "after") time | "between" time "and" time | "on"? (time | period)``."""
    token = parser.token
    if token.word in COMPARISONS and token.sort is Sort.SIGN:
        return _within(parser, instant, start)
    if parser.accept("before") or parser.accept("after"):
        reference = parser.expression(Level.SUM)
        return Beside(instant, SIDES[token.word], reference, place=parser.since(start))
    if parser.accept("between"):
        first = parser.expression(Level.SUM)
        parser.expect("and", "write `occurs between a and b`")
        last = parser.expression(Level.SUM)
        return Between(instant, first, last, place=parser.since(start))
    parser.accept("on")
    reference = _day(parser)
    return On(instant, reference, place=parser.since(start))


def _within(parser: Parser, instant: Node, start: int) -> Node:
    """``sign amount unit ("before" | "after" | "from") time``."""
    sign = parser.advance()
    if sign.word not in _SIGNS:
        raise parser.error(f"`occurs` does not take `{sign.word}`", sign.place, "write `not (x occurs = …)`")
    amount = parser.expression(Level.SUM)
    unit = _unit(parser)
    side = _side(parser, unit)
    reference = parser.expression(Level.SUM)
    comparison = Comparison(sign.word)
    return Within(instant, comparison, amount, unit, side, reference, place=parser.since(start))


def _unit(parser: Parser) -> Unit:
    unit = UNITS.get(parser.token.word)
    if unit is None:
        raise parser.unexpected("a unit of time", "write for example `occurs <= 6 months before now`")
    parser.advance()
    return unit


def _side(parser: Parser, unit: Unit) -> Side:
    side = SIDES.get(parser.token.word)
    if side is None:
        hint = "write `before now`" if parser.token.word == "ago" else f"write for example `{unit} before now`"
        raise parser.unexpected("`before`, `after` or `from`", hint)
    parser.advance()
    return side


def _day(parser: Parser) -> Node:
    """``("this" | "last" | "next") unit``, or an instant."""
    token, unit = parser.token, UNITS.get(parser.following().word)
    if token.word in WHICH and unit is not None:
        parser.advance()
        parser.advance()
        return Period(WHICH[token.word], unit, place=parser.since(token.start))
    instant = parser.expression(Level.SUM)
    if parser.token.word in UNITS:
        shown = parser.text[token.start : parser.token.end]
        hint = f"write `occurs <= {shown} before now`" if "\n" not in shown else ""
        raise parser.error("`occurs` needs a comparison before an amount of time", parser.since(token.start), hint)
    return instant
