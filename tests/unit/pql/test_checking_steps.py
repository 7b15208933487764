"""Checking takes steps in proportion to the length of a rule, however its parts are nested."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest

from reconciler.pql.check import check_rule
from reconciler.pql.parser import parse_rule

SIZE = 6_000  # characters
SHALLOW, DEEP = 4, 64


def steps_for(text: str) -> int:
    """How many functions checking calls."""
    tree = parse_rule(text)
    steps = 0

    def count(_frame: object, _event: str, _argument: Any) -> None:
        nonlocal steps
        steps += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        check_rule(tree)
    finally:
        sys.setprofile(before)
    return steps


def repeated(nest: Callable[[str], str], depth: int, joined: str = " and ") -> str:
    """So many levels around a name, as often as it takes to fill ``SIZE``."""
    block = "a"
    for _ in range(depth):
        block = nest(block)
    return joined.join([f"(({block}) = 1)"] * (SIZE // len(block)))


def around(levels: str, core: str, end: str = "") -> Callable[[int], str]:
    def nested(depth: int) -> str:
        return levels * depth + core + end * depth

    return nested


CORE = f"({'1 = 1 and ' * (SIZE // 10)}a)"
NESTS: dict[str, Callable[[int], str]] = {
    "if": lambda depth: repeated(lambda inner: f"if(b, {inner}, 1)", depth),
    "if in an else": lambda depth: repeated(lambda inner: f"if(b, 1, {inner})", depth),
    "let": lambda depth: repeated(lambda inner: f"let v = 1 in {inner}", depth),
    "let in a value": lambda depth: repeated(lambda inner: f"let v = ({inner}) in v", depth // 2),
    "compared": lambda depth: repeated(lambda inner: f"(({inner}) = [1])", depth // 2),
    "not": around("not ", CORE),
    "and not": lambda depth: around("(b or not (c and ", CORE, "))")(depth // 4),
    "constant": around("not ", f"({'1 = 1 and ' * (SIZE // 10)} true)"),
}


@pytest.mark.parametrize("nest", NESTS.values(), ids=NESTS.keys())
def test_a_rule_nested_deeply_takes_hardly_more_steps_than_a_flat_one_of_its_length(
    nest: Callable[[int], str],
) -> None:
    flat, deep = nest(SHALLOW), nest(DEEP)
    assert steps_for(deep) / len(deep) < 2 * steps_for(flat) / len(flat)


@pytest.mark.parametrize("nest", NESTS.values(), ids=NESTS.keys())
def test_a_rule_of_twice_the_length_takes_twice_the_steps(nest: Callable[[int], str]) -> None:
    once = nest(SHALLOW)
    assert steps_for(f"({once}) or ({once})") < 2.5 * steps_for(once)


def test_a_constant_part_that_comes_again_is_evaluated_once() -> None:
    alike = steps_for("100 = 100 and " * 100 + "a")
    different = steps_for("".join(f"{number} = {number} and " for number in range(100, 200)) + "a")
    assert alike < different - 99 * 20
