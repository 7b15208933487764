"""All benchmarks, in the order of the budgets."""

from __future__ import annotations

from tests.benchmarks import applying, deciding, emulator, foretelling, growing, planning, reading, starting
from tests.benchmarks.lines import Line

LINES: tuple[Line, ...] = tuple(
    sorted(
        (
            *reading.LINES,
            *planning.LINES,
            *growing.LINES,
            *applying.LINES,
            *starting.LINES,
            *emulator.LINES,
            *deciding.LINES,
            *foretelling.LINES,
        ),
        key=lambda line: line.number,
    )
)
