"""Compiled rules, from trees built by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import reduce

import pytest

from reconciler.pql.errors import RuleError
from reconciler.pql.rule import Situation, compile_tree
from reconciler.pql.syntax import (
    Call,
    Combined,
    Compared,
    Comparison,
    Computed,
    Implicit,
    Literal,
    Logic,
    Moment,
    Node,
    Offer,
    Property,
    Side,
    Sum,
    TimeWord,
    Unit,
    Variable,
    Within,
)
from reconciler.pql.values import spell

SITUATION = Situation(datetime(2026, 6, 1, 12, tzinfo=UTC))


def path(*names: str) -> Node:
    start: Node = Implicit()
    return reduce(Property, names, start)


ELITE = Compared(path("membership", "status"), Comparison.EQUAL, Literal("elite"))
RICH = Compared(path("loyalty", "points"), Comparison.AT_LEAST, Literal(25000))


def test_a_rule_holds_for_some_of_many_profiles() -> None:
    rule = compile_tree("", Combined(Logic.AND, (ELITE, RICH)))
    profiles = [
        {"membership": {"status": "elite"}, "loyalty": {"points": 25000}},
        {"membership": {"status": "elite"}, "loyalty": {"points": 24999.5}},
        {"membership": {"status": "gold"}, "loyalty": {"points": 30000}},
        {"xdm:membership": {"status": "elite"}, "loyalty": {"xdm:points": 30000}},
        {"membership": None, "loyalty": "many"},
        {},
    ]
    assert rule.hold_over(profiles, SITUATION) == [True, False, False, True, False, False]
    assert [rule.holds(profile, SITUATION) for profile in profiles] == rule.hold_over(profiles, SITUATION)
    assert rule.evaluate(None, SITUATION) is False


def test_a_rule_tells_whether_it_looks_at_the_offer() -> None:
    market = Compared(Property(Offer(), "market"), Comparison.EQUAL, path("country"))
    assert compile_tree("", Combined(Logic.OR, (ELITE, market))).uses_offer
    assert not compile_tree("", ELITE).uses_offer


def test_what_cannot_be_evaluated_is_refused_when_it_is_compiled() -> None:
    with pytest.raises(RuleError, match="there is no function `cuont` of a value"):
        compile_tree("", Call(path("orders"), "cuont", ()))
    with pytest.raises(RuleError, match="nothing here is called `e`"):
        compile_tree("", Variable("e"))
    with pytest.raises(RuleError, match=r"this regular expression cannot be run"):
        compile_tree("", Call(path("name"), "matches", (Literal(r"(a)\1"),)))


def test_a_tall_rule_is_evaluated_within_the_stack() -> None:
    tree: Node = Literal(1)
    for _ in range(200):
        tree = Computed(tree, Sum.PLUS, Literal(1))
    assert compile_tree("", tree).evaluate({}, SITUATION) == 201


def test_a_profile_that_is_nested_too_deeply_is_an_error_and_no_crash() -> None:
    deep: object = 1
    for _ in range(100_000):
        deep = [deep]
    rule = compile_tree("", Compared(path("deep"), Comparison.EQUAL, path("deep")))
    with pytest.raises(RuleError, match="nested too deeply"):
        rule.holds({"deep": deep}, SITUATION)


def test_numbers_and_instants_of_any_size_are_no_crash() -> None:
    within = Within(path("at"), Comparison.AT_MOST, path("n"), Unit.HOUR, Side.BEFORE, TimeWord(Moment.NOW))
    rule = compile_tree("", within)
    assert rule.holds({"at": "1970-01-01T00:00:00Z", "n": 10**400}, SITUATION)
    assert not rule.holds({"at": "1970-01-01T00:00:00Z", "n": float("nan")}, SITUATION)
    largest = compile_tree("", Call(path("moments"), "max", ()))
    without_zone, aware = datetime(2026, 1, 1), datetime(2025, 1, 1, tzinfo=UTC)  # noqa: DTZ001 - as YAML may give it
    assert largest.evaluate({"moments": [without_zone, aware]}, SITUATION) == aware
    assert spell([without_zone, aware]) == '["2026-01-01T00:00:00", "2025-01-01T00:00:00Z"]'
