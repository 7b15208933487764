"""What is wrong with a rule."""

from __future__ import annotations

from dataclasses import dataclass
from unicodedata import combining, east_asian_width

from reconciler.model.errors import ReconcilerError
from reconciler.model.problem import Severity
from reconciler.pql.syntax import Place

_WIDEST = 100
_BEFORE_CARET = 60


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with a rule, as a value. place: in its text; hint: what to do or write instead, may be empty."""

    message: str
    place: Place
    hint: str = ""
    severity: Severity = Severity.ERROR


class RuleError(ReconcilerError):
    """A rule that cannot be used. finding: the first thing wrong; text: the rule."""

    def __init__(self, finding: Finding, text: str) -> None:
        super().__init__(finding.message)
        self.finding = finding
        self.text = text

    @property
    def line_and_column(self) -> tuple[int, int]:
        """Where, both from 1, in characters."""
        return position(self.text, self.finding.place.start)

    def __str__(self) -> str:
        line, column = self.line_and_column
        return f"{line}:{column}: {self.finding.message}"


def position(text: str, offset: int) -> tuple[int, int]:
    """Line and column of a character, both from 1."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def illustrate(finding: Finding, text: str) -> str:
    """What is wrong, where, the line of the rule with carets under the place, and what to do; lines without an end."""
    line, column = position(text, finding.place.start)
    lines = [f"{line}:{column}: {finding.message}", *(f"    {shown}" for shown in caret_lines(text, finding.place))]
    if finding.hint:
        lines.append(f"    {finding.hint}")
    return "\n".join(lines)


def caret_lines(text: str, place: Place) -> tuple[str, str]:
    """The line of the rule where a place begins, and below it carets; a long line is cut on both sides."""
    first = text.rfind("\n", 0, place.start) + 1
    last = text.find("\n", place.start)
    last = len(text) if last < 0 else last
    start, end = first, last
    if last - first > _WIDEST:
        start = max(first, min(place.start - _BEFORE_CARET, last - _WIDEST))
        end = min(last, start + _WIDEST)
    before, under = text[start : place.start], text[place.start : min(place.end, end)]
    ahead = "…" if start > first else ""
    shown = ahead + _printable(text[start:end]) + ("…" if end < last else "")
    return shown, " " * (len(ahead) + _columns(before)) + "^" * max(1, _columns(under))


def _printable(text: str) -> str:
    return "".join(
        sign if sign.isprintable() else " " if sign == "\t" else "\N{REPLACEMENT CHARACTER}" for sign in text
    )


def _columns(text: str) -> int:
    """How many columns a terminal uses for it."""
    return sum(0 if combining(sign) else 2 if east_asian_width(sign) in "WF" else 1 for sign in text)
