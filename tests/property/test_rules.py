"""Laws of rules: what is rendered parses to what it was, and any text is a rule or an error with its place."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model.problem import Severity
from reconciler.pql.check import check_rule
from reconciler.pql.errors import RuleError, illustrate
from reconciler.pql.parser import parse_rule
from reconciler.pql.render import render_rule
from reconciler.pql.rule import compile_tree
from reconciler.pql.syntax import Node
from tests.property import pql_drawing

pytestmark = pytest.mark.property
laws = settings(deadline=None, max_examples=300)


@laws
@given(pql_drawing.trees())
def test_what_is_rendered_parses_to_the_same_tree(tree: Node) -> None:
    assert repr(parse_rule(render_rule(tree))) == repr(tree)


@laws
@given(pql_drawing.near_rules | st.text(max_size=40))
def test_any_text_is_a_rule_that_round_trips_or_an_error_with_its_place(text: str) -> None:
    tree = None
    try:
        tree = parse_rule(text)
    except RuleError as error:
        finding = error.finding
    if tree is not None:
        assert repr(parse_rule(render_rule(tree))) == repr(tree)
    else:
        assert 0 <= finding.place.start <= finding.place.end <= max(len(text), 1)
        assert illustrate(finding, text)


@laws
@given(pql_drawing.trees())
def test_what_the_checker_finds_no_error_in_can_be_evaluated(tree: Node) -> None:
    if all(finding.severity is not Severity.ERROR for finding in check_rule(tree)):
        compile_tree("", tree)
