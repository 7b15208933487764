"""What is wrong with a rule."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.model.errors import ReconcilerError
from reconciler.pql.syntax import Place


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with a rule, as a value. place: in its text; hint: what to do or write instead, may be empty."""

    message: str
    place: Place
    hint: str = ""


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
