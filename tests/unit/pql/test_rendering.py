"""What rules mean, shown by their text: rendered anew, or with all brackets; the documented examples."""

from __future__ import annotations

import pytest

from reconciler.pql.parser import parse_rule
from reconciler.pql.render import render_rule
from tests.pql_cases import read_lines_of

DOCUMENTED = {name: (rule, *rendered) for name, rule, *rendered in read_lines_of("documented")}


@pytest.mark.parametrize(("rule", "bracketed"), read_lines_of("precedence"))
def test_what_holds_tighter_is_read_first(rule: str, bracketed: str) -> None:
    assert repr(parse_rule(rule)) == repr(parse_rule(bracketed))


@pytest.mark.parametrize(("rule", "rendered"), read_lines_of("rendered"))
def test_a_rule_is_rendered_with_no_more_brackets_than_it_needs(rule: str, rendered: str) -> None:
    assert render_rule(parse_rule(rule)) == rendered
    assert parse_rule(rendered) == parse_rule(rule)


@pytest.mark.parametrize("name", DOCUMENTED)
def test_a_documented_example_is_read_and_rendered(name: str) -> None:
    rule, *rendered = DOCUMENTED[name]
    assert render_rule(parse_rule(rule)) == (rendered[0] if rendered else rule)
