"""What a rule gives, and why, as text and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reconciler.pql.errors import RuleError, illustrate
from reconciler.pql.explain import Reading
from reconciler.pql.values import Value, plain, spell
from reconciler.report.words import Paint, visible


def value_text(value: Value) -> str:
    """A value as JSON on one line."""
    return visible(spell(value))


def value_document(value: Value) -> dict[str, Any]:
    """A value as JSON; instants are ISO texts."""
    return {"value": plain(value)}


def explanation_text(readings: Sequence[Reading], paint: Paint) -> str:
    """The conditions that decided, two lines each: the condition, and what its operands were."""
    lines: list[str] = []
    for reading in readings:
        lines.append(
            f"  {paint('holds', 'green') if reading.holds else paint('fails', 'red')}  {visible(reading.text)}"
        )
        if reading.value:
            lines.append(f"         {paint(visible(reading.value), 'dim')}")
    return "\n".join(lines)


def explanation_document(readings: Sequence[Reading]) -> list[dict[str, Any]]:
    """The same as JSON."""
    return [{"condition": reading.text, "operands": reading.value, "holds": reading.holds} for reading in readings]


def rule_error_text(error: RuleError) -> str:
    """What is wrong with a rule: message, place, carets, hint."""
    return "\n".join(visible(line) for line in illustrate(error.finding, error.text).split("\n"))
