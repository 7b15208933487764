"""Figures as a table of 80 columns, and as JSON."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from typing import Any

from tests.benchmarks.lines import Better, Figure, Line

USUAL_F_US = 165.0  # an entity, on the machine of the budgets
HEAD = f"{'#':>2}  {'':<35}{'figure':>12}{'must':>10}{'aim':>10}{'ratio':>8}"


def title(line: Line) -> str:
    return f"{line.number:>2}  {line.title}"


def row(figure: Figure) -> str:
    """One line; an exclamation mark where the bound is not kept."""
    sign = {Better.LESS: "", Better.MORE: ">", Better.EXACT: "="}[figure.better]
    value = "not installed" if figure.value is None else f"{_number(figure.value)} {figure.unit}"
    ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}{' ' if figure.kept else '!'}"
    must, aim = (f"{sign}{_number(each)}" for each in (figure.must, figure.aim))
    return f"    {figure.what[:34]:<35}{value:>12}{must:>10}{aim:>10}{ratio:>8}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


def floor_text(count: int, spent_s: float) -> str:
    """F as a line; how much slower this machine is now than the one on which the bounds in milliseconds were set."""
    each = spent_s / count * 1e6
    return f"F of {count:,} entities: {spent_s:.3f} s, {each:.0f} us each ({each / USUAL_F_US:.1f} times the usual)\n"


def machine() -> dict[str, Any]:
    """Where and under what load the figures were taken."""
    load = [round(each, 2) for each in os.getloadavg()]
    return {"python": platform.python_version(), "system": platform.system(), "cores": os.cpu_count(), "load": load}


def document(measured: Iterable[tuple[Line, list[Figure]]], before: dict[str, Any], scale: dict[str, Any]) -> Any:
    """Everything, ready for JSON; times in the unit that each figure says."""
    lines = [
        {
            "line": line.number,
            "title": line.title,
            "figures": [
                {
                    "what": figure.what,
                    "value": figure.value,
                    "unit": figure.unit,
                    "must": figure.must,
                    "aim": figure.aim,
                    "better": figure.better.value,
                    "ratio": figure.ratio,
                    "kept": figure.kept,
                }
                for figure in figures
            ],
        }
        for line, figures in measured
    ]
    return {"machine": {**before, "load_after": machine()["load"]}, "scale": scale, "lines": lines}
