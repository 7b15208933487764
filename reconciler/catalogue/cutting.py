"""A text cut at places: pieces taken out and put in, and where its lines begin and end."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

BREAK = re.compile(r"\r\n|\r|\n")


@dataclass(slots=True)
class Cuts:
    """The pieces of a text that are replaced: (start, end, new text), collected in the order of reading."""

    text: str
    newline: str = "\n"
    cuts: list[tuple[int, int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        found = BREAK.search(self.text)
        self.newline = found[0] if found else "\n"

    def made(self) -> str:
        """The text with all pieces replaced. Overlapping pieces are refused by reading the result."""
        parts, position = [], 0
        for start, end, new in sorted(self.cuts, key=lambda cut: (cut[0], cut[1])):
            parts += [self.text[position:start], new]
            position = max(position, end)
        return "".join([*parts, self.text[position:]])

    def cut(self, start: int, end: int, new: str = "") -> None:
        """Put new text in the place of a piece."""
        self.cuts.append((start, end, new))

    def line_start(self, index: int) -> int:
        """Where the line that holds this index begins."""
        return max(self.text.rfind("\n", 0, index), self.text.rfind("\r", 0, index)) + 1

    def line_end(self, index: int) -> int:
        """Where the line that holds this index ends, before its line break."""
        found = BREAK.search(self.text, index)
        return found.start() if found else len(self.text)

    def column(self, index: int) -> int:
        """How far this index is from where its line begins."""
        return index - self.line_start(index)

    def break_before(self, index: int) -> int:
        """Where the break that ends the line above stands; the start of the text on the first line."""
        start = self.line_start(index)
        if self.text[start - 2 : start] == "\r\n":
            return start - 2
        return max(start - 1, 0)

    def take_lines(self, first: int, last: int) -> None:
        """Take out whole lines, from that of one index to that of another."""
        start, end = self.break_before(first), self.line_end(last)
        if self.line_start(first) == 0:
            after = BREAK.match(self.text, end)
            start, end = 0, after.end() if after else end
        self.cut(start, end)

    def own_line(self, start: int) -> bool:
        """Whether nothing but indentation stands before this index on its line."""
        return not self.text[self.line_start(start) : start].strip(" ")

    def joined(self, lines: Sequence[str], column: int) -> str:
        """Lines as text: the first goes where it is put, the others are indented."""
        return self.newline.join(
            line if not number or not line else " " * column + line for number, line in enumerate(lines)
        )

    def below(self, index: int, lines: Sequence[str], column: int) -> None:
        """Put lines below the line that holds this index."""
        end = self.line_end(index)
        self.cut(end, end, self.newline + " " * column + self.joined(lines, column))
