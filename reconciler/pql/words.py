"""Which words mean something in a rule, and how tightly each operator holds."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

from reconciler.pql.syntax import Comparison, Logic, Moment, Side, Sum, Unit, Which


class Level(IntEnum):
    """How tightly something holds, loosest first. ``let … in``, quantifiers and lambdas are ``LOOSE``: they reach as
    far to the right as they can.
    """

    LOOSE = 0
    OR = 1
    AND = 2
    NOT = 3
    COMPARISON = 4
    SUM = 5
    PRODUCT = 6
    UNARY = 7
    POSTFIX = 8


LOGIC: Mapping[str, Logic] = {str(logic): logic for logic in Logic}
COMPARISONS: Mapping[str, Comparison] = {comparison.value.lower(): comparison for comparison in Comparison}
SUMS: Mapping[str, Sum] = {str(sign): sign for sign in Sum}
LEVELS: Mapping[str, Level] = {
    "or": Level.OR,
    "and": Level.AND,
    **dict.fromkeys(COMPARISONS, Level.COMPARISON),
    "occurs": Level.COMPARISON,
    "+": Level.SUM,
    "-": Level.SUM,
    "*": Level.PRODUCT,
    "/": Level.PRODUCT,
    "%": Level.PRODUCT,
}

MOMENTS: Mapping[str, Moment] = {str(moment): moment for moment in Moment}
WHICH: Mapping[str, Which] = {str(which): which for which in Which}
SIDES: Mapping[str, Side] = {str(side): side for side in Side}
UNITS: Mapping[str, Unit] = {
    **{str(unit): unit for unit in Unit},
    **{f"{unit}s": unit for unit in Unit if unit not in (Unit.CENTURY, Unit.MILLENNIUM)},
    "centuries": Unit.CENTURY,
    "millennia": Unit.MILLENNIUM,
}
AGGREGATES = frozenset({"sum", "average", "min", "max", "count"})

NO_VALUE = frozenset({"and", "or", "in", "notin", "like", "occurs", "where", "from", "over"})
QUANTIFIERS = frozenset({"exists", "forall", "select"})
ROOTS = frozenset({"offer", "profile"})  # in small letters only: lambdas are documented with `Profile`
RESERVED = frozenset({*NO_VALUE, *QUANTIFIERS, *MOMENTS, "not", "true", "false", "null", "let"})
"""Words that are no property when they stand alone, like the roots; ``xdm:`` before them makes them one."""
