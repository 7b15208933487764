"""The compiled evaluator agrees with a naive one that walks the tree."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.pql.render import render_rule
from reconciler.pql.rule import Situation, compile_rule
from tests.naive_rules import Around, truth, value_of
from tests.property.asked_rules import Question, draw_questions

pytestmark = pytest.mark.property


RULES_EACH = 4  # drawing is cheap beside what an example costs besides


@settings(deadline=None, max_examples=2000)
@given(st.integers(0, 2**64))
def test_the_compiled_rule_has_the_value_that_the_naive_one_has(seed: int) -> None:
    for asked in draw_questions(seed, RULES_EACH):
        text = render_rule(asked.tree)
        rule = compile_rule(text, checked=False)
        situation = Situation(asked.at, asked.zone, asked.context, asked.offer)
        expected = [value_of(asked.tree, around) for around in _arounds(asked)]
        for profile, value in zip(asked.profiles, expected, strict=True):
            found = rule.evaluate(profile, situation)
            assert found == value, _told(text, asked, profile, found, value)
        assert rule.hold_over(asked.profiles, situation) == [truth(value) for value in expected], text


def _arounds(asked: Question) -> list[Around]:
    return [Around(profile, asked.at, asked.zone, asked.context, asked.offer) for profile in asked.profiles]


def _told(text: str, asked: Question, profile: dict[str, Any], found: Any, value: Any) -> str:
    shown = json.dumps({"profile": profile, "context": asked.context, "offer": asked.offer}, ensure_ascii=False)
    return f"{text}\n{shown}\nat {asked.at.isoformat()} in {asked.zone}: compiled {found!r}, naive {value!r}"
