"""The benchmarks and the budgets that contributors read name the same lines. Nothing is timed here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.benchmarks.lines import Better, Figure
from tests.benchmarks.registry import LINES
from tests.benchmarks.table import HEAD, row, title

CONTRIBUTING = (Path(__file__).parents[2] / ".github" / "CONTRIBUTING.md").read_text()
BUDGETS = {int(number): text for number, text in re.findall(r"^\| (\d+) \| ([^|]+) \|", CONTRIBUTING, re.MULTILINE)}


def test_every_budget_has_its_benchmark() -> None:
    assert {line.number: line.title for line in LINES} == BUDGETS
    assert len(BUDGETS) == len(LINES)


@pytest.mark.parametrize(
    ("better", "value", "kept"),
    [
        (Better.LESS, 2.0, True),
        (Better.LESS, 2.1, False),
        (Better.MORE, 2.0, True),
        (Better.MORE, 1.9, False),
        (Better.EXACT, 2.0, True),
        (Better.EXACT, 1.9, False),
        (Better.LESS, None, None),
    ],
)
def test_a_bound_is_kept_or_not(better: Better, value: float | None, kept: bool | None) -> None:
    assert Figure("f", value, "x", 2.0, 1.0, better).kept is kept


def test_the_table_fits_a_screen() -> None:
    figures = [Figure("x" * 50, 123_456.7, "us", 123_456, 0.0123), Figure("x", None, "x", 0.25, 0.1)]
    assert {len(line) for line in (HEAD, *map(row, figures))} <= set(range(81))
    assert all(len(title(line)) <= 80 for line in LINES)
