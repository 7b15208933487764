"""What the checker says about rules that can be read."""

from __future__ import annotations

import pytest

from reconciler.pql.check import check_rule
from reconciler.pql.errors import RuleError, illustrate
from reconciler.pql.parser import parse_rule
from reconciler.pql.rule import compile_rule
from tests.pql_cases import read_lines_of
from tests.unit.pql.test_rendering import DOCUMENTED

FLIGHT = "the flight rule"


def said(text: str) -> list[str]:
    return [f"{finding.severity}: {illustrate(finding, text)}" for finding in check_rule(parse_rule(text))]


@pytest.mark.parametrize("case", read_lines_of("checks"), ids=lambda case: case[0][:60])
def test_the_checker_tells_what_is_wrong(case: tuple[str, ...]) -> None:
    rule, *expected = case
    assert said(rule) == expected


@pytest.mark.parametrize("name", [name for name in DOCUMENTED if name != FLIGHT])
def test_nothing_is_wrong_with_a_documented_example(name: str) -> None:
    assert said(DOCUMENTED[name][0]) == []


def test_the_flight_rule_is_corrected_to_what_is_documented_as_meant() -> None:
    (finding,) = check_rule(parse_rule(DOCUMENTED[FLIGHT][0]))
    assert finding.message == "`count()` is applied to a boolean"
    assert finding.hint == f"write `{DOCUMENTED['the flight rule as it was meant'][0]}`"


def test_a_rule_with_errors_is_not_compiled() -> None:
    with pytest.raises(RuleError, match="there is no function `foo`"):
        compile_rule("foo(a)")


def test_a_rule_with_warnings_is_compiled() -> None:
    assert compile_rule("a in []").text == "a in []"


def test_many_conditions_are_checked_in_time_proportional_to_their_number() -> None:
    text = " and ".join(f"not a{number}" for number in range(20_000))
    assert said(text) == []
