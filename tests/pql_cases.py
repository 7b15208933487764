"""The cases in ``tests/cases/pql``: a line each, parts split by ``⇒``; ``⏎`` is a line end, ``⇥`` a tab, ``␀`` NUL."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent / "cases" / "pql"
_SIGNS = {"⏎": "\n", "⇥": "\t", "␀": "\0"}


def read_lines_of(name: str) -> list[tuple[str, ...]]:
    """The cases of one file; lines that are empty or begin with ``#`` are none."""
    lines = (FOLDER / f"{name}.txt").read_text("utf-8").split("\n")
    return [tuple(map(_plain, line.split(" ⇒ "))) for line in lines if line and not line.startswith("#")]


def as_line(*parts: str) -> str:
    """How a case is written in its file."""
    return " ⇒ ".join(map(_marked, parts))


def _plain(part: str) -> str:
    for sign, meant in _SIGNS.items():
        part = part.replace(sign, meant)
    return part


def _marked(part: str) -> str:
    for sign, meant in _SIGNS.items():
        part = part.replace(meant, sign)
    return part
