"""What rules give: the lines of ``tests/cases/pql/values``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from reconciler.pql.errors import RuleError
from reconciler.pql.functions import FUNCTIONS
from reconciler.pql.rule import Rule, Situation, compile_rule
from reconciler.pql.values import plain, truth

FOLDER = Path(__file__).parents[2] / "cases" / "pql" / "values"


def _lines() -> Iterator[Any]:
    for file in sorted(FOLDER.glob("*.txt")):
        seen: dict[str, str] = {"zone": "UTC", "context": "{}", "offer": "null"}
        for number, line in enumerate(file.read_text().splitlines(), start=1):
            if line.startswith("@") and not line.startswith("@{"):
                name, _, setting = line[1:].partition(" ")
                seen = {**seen, name: setting}
            elif line and not line.startswith("#"):
                rule, _, expected = line.rpartition(" --> ")
                yield pytest.param(rule, expected, seen, id=f"{file.stem}:{number}")


def _situation(seen: dict[str, str]) -> Situation:
    context, offer = json.loads(seen["context"]), json.loads(seen["offer"])
    return Situation(datetime.fromisoformat(seen["at"]), ZoneInfo(seen["zone"]), context, offer)


@pytest.mark.parametrize(("text", "expected", "seen"), list(_lines()))
def test_a_rule_gives(text: str, expected: str, seen: dict[str, str]) -> None:
    profile, situation = json.loads(seen["profile"]), _situation(seen)
    if expected.startswith("error: "):
        with pytest.raises(RuleError) as caught:
            compile_rule(text, checked=False).evaluate(profile, situation)
        assert caught.value.finding.message == expected.removeprefix("error: ")
        return
    rule = compile_rule(text, checked=False)
    value = rule.evaluate(profile, situation)
    assert json.dumps(plain(value)) == json.dumps(json.loads(expected))
    _agrees(rule, truth(value), profile, situation)


def _agrees(rule: Rule, holds: bool, profile: Any, situation: Situation) -> None:
    assert rule.holds(profile, situation) is holds
    assert rule.hold_over([profile, profile], situation) == [holds, holds]
    readings = rule.explain(profile, situation)
    assert readings
    assert all(reading.text in " ".join(rule.text.split()) for reading in readings if "…" not in reading.text)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_every_function_has_lines_of_its_own(name: str) -> None:
    lines = "\n".join(file.read_text() for file in FOLDER.glob("*.txt"))
    assert f"{name}(" in lines or f"{name} (" in lines
