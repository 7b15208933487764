"""Lines of a batch that are at the edge of what can be answered."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from reconciler.pql.batch import answer_line
from reconciler.pql.situation import Situation

SITUATION = Situation(datetime(2026, 6, 1, 12, tzinfo=UTC))


@pytest.mark.parametrize("line", ['{"id": %s, "rule": "1"}', '{"rule": "a", "profile": {"a": %s}}'])
def test_a_line_nested_however_deeply_has_an_answer_that_can_be_written(line: str) -> None:
    answers = [answer_line((line % ("[" * depth + "]" * depth)).encode(), SITUATION) for depth in range(400, 1000)]
    assert all(json.dumps(answer) for answer in answers)
    assert "value" in answers[0]
    assert answers[-1]["error"]["message"] == "the line is nested too deeply"


@pytest.mark.parametrize(
    ("line", "column"),
    [('{"b": "%s", "a": %s}', 5016), ('{"b": 0.%s, "a": -%s}', 5016), ('{"b": %se3, "a\\"": %s}', 5018)],
)
def test_a_number_that_is_too_long_is_told_with_its_place(line: str, column: int) -> None:
    answer = answer_line((line % ("1" * 5000, "1" * 5000)).encode(), SITUATION)
    assert answer["error"]["message"] == f"the line is no JSON: the number is too long (line 1, column {column})"
