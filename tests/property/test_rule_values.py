"""The compiled evaluator agrees with a naive one that walks the tree."""

from __future__ import annotations

from datetime import UTC, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from reconciler.pql.render import render_rule
from reconciler.pql.rule import Situation, compile_rule
from reconciler.pql.syntax import Node
from tests.naive_rules import Around, truth, value_of
from tests.property import pql_drawing
from tests.property.pql_drawing import AT

pytestmark = pytest.mark.property
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30)), timezone(timedelta(hours=-8))])


@settings(deadline=None, max_examples=2000, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(pql_drawing.conditions(), st.lists(pql_drawing.profiles, min_size=1, max_size=3), pql_drawing.contexts, ZONES)
def test_the_compiled_rule_holds_where_the_naive_one_does(
    tree: Node, profiles: list[Any], context: dict[str, Any], zone: timezone
) -> None:
    text = render_rule(tree)
    note(text)
    rule = compile_rule(text, checked=False)
    situation = Situation(AT, zone=zone, context=context)
    expected = [truth(value_of(tree, Around(profile, AT, zone, context))) for profile in profiles]
    assert rule.hold_over(profiles, situation) == expected
    assert [rule.holds(profile, situation) for profile in profiles] == expected
