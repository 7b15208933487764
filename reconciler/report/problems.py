"""Problems in words, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from reconciler.model.problem import Problem, Severity
from reconciler.report.words import WIDTH, Paint, no_paint, paragraph, plural, visible

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow"}


def problems_text(problems: Sequence[Problem], paint: Paint = no_paint, width: int = WIDTH) -> str:
    """Every problem: its place, severity and code on one line, what is wrong and what to do below it."""
    return "\n".join(line for problem in problems for line in _lines(problem, paint, width))


def _lines(problem: Problem, paint: Paint, width: int) -> Iterator[str]:
    severity = problem.severity
    where = f" in environment {problem.environment}" if problem.environment else ""
    yield f"{visible(str(problem.span))}: {paint(severity.value, _COLOURS[severity])} {problem.code.value}{where}"
    yield from paragraph(visible(problem.message), "    ", width)
    yield from (f"      {visible(line)}" for line in problem.excerpt)
    yield from paragraph(f"-> {visible(problem.remedy)}", "    ", width)


def verdict(problems: Sequence[Problem], entities: int) -> str:
    """How many problems in how many entities."""
    return f"{plural(entities, 'entity', 'entities')}, {tally(problems)}."


def tally(problems: Sequence[Problem]) -> str:
    """How many errors and warnings."""
    errors = sum(problem.severity is Severity.ERROR for problem in problems)
    warnings = len(problems) - errors
    counts = [plural(errors, "error")] if errors else []
    counts += [plural(warnings, "warning")] if warnings else []
    return " and ".join(counts) or "no problems"


def problems_document(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """Every problem as a JSON object."""
    return [
        {
            "code": problem.code.value,
            "severity": problem.severity.value,
            "file": problem.span.file,
            "line": problem.span.line,
            "column": problem.span.column,
            "message": problem.message,
            "remedy": problem.remedy,
            "environment": problem.environment,
        }
        for problem in problems
    ]
