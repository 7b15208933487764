"""Every clause of the repository API has a test that names it in its docstring."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
CLIENT, EMULATOR = "client", "emulator"
SIDES = (CLIENT, EMULATOR)
# What is not built, or not tested, yet; an id whose test has come is taken out.
NOT_YET: dict[str, set[str]] = {CLIENT: set(), EMULATOR: set()}

_NAMED = re.compile(r"(?P<letter>[A-J])(?P<first>\d*)(?:-(?P=letter)?(?P<last>\d+))?")


def _clauses() -> dict[str, set[str]]:
    """The ids of the clauses, and whom each of them concerns."""
    lines = (TESTS / "contract" / "clauses.txt").read_text().splitlines()
    words = [line.split("  ")[0].split() + line.split("  ", 1)[1].split() for line in lines]
    return {first: {word for word in rest if word in SIDES} for first, *rest in words}


def _files() -> Iterator[tuple[str, Path]]:
    yield from ((CLIENT, path) for path in (TESTS / "unit" / "repository").glob("test_*.py"))
    yield from ((EMULATOR, path) for path in (TESTS / "unit" / "emulator").glob("test_*.py"))
    for path in (TESTS / "contract").glob("test_*.py"):
        yield CLIENT if path.name.startswith("test_client_") else EMULATOR, path


def named_in(docstring: str) -> set[str]:
    """The clauses that stand before the first full stop: ``A2, G4.``, ``F1-F3. And more words.``"""
    named: set[str] = set()
    for word in docstring.partition(".")[0].split(","):
        match = _NAMED.fullmatch(word.strip())
        if match is None:
            return set()
        first = match["first"]
        numbers = range(int(first), int(match["last"] or first) + 1) if first else ("",)
        named |= {f"{match['letter']}{number}" for number in numbers}
    return named


def _tests() -> Iterator[tuple[str, str, set[str]]]:
    """Whose, which, and the clauses that it names, of every test."""
    for side, path in _files():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield side, f"{path.name}::{node.name}", named_in(ast.get_docstring(node) or "")


@pytest.mark.parametrize(
    ("docstring", "named"),
    [
        ("A2.", {"A2"}),
        ("C1-C4, D2. A number may be written in another way.", {"C1", "C2", "C3", "C4", "D2"}),
        ("F1-3.", {"F1", "F2", "F3"}),
        ("I.", {"I"}),
        ("I say so.", set()),
        ("Plain http only to loopback.", set()),
        ("", set()),
    ],
)
def test_a_docstring_names_its_clauses_before_the_first_full_stop(docstring: str, named: set[str]) -> None:
    assert named_in(docstring) == named


def test_the_list_holds_every_clause_once() -> None:
    sizes = {"A": 8, "B": 4, "C": 7, "D": 3, "E": 9, "F": 3, "G": 7, "H": 5, "I": 0, "J": 5}
    ids = [line.split()[0] for line in (TESTS / "contract" / "clauses.txt").read_text().splitlines()]
    assert ids == [f"{letter}{n}" for letter, size in sizes.items() for n in (range(1, size + 1) if size else ("",))]
    assert all(_clauses().values())


@pytest.mark.parametrize("side", SIDES)
def test_every_clause_has_a_test_that_names_it(side: str) -> None:
    tested = set().union(*(named for whose, _, named in _tests() if whose == side))
    assert {clause for clause, sides in _clauses().items() if side in sides} - tested == NOT_YET[side]


def test_no_test_names_a_clause_that_there_is_not() -> None:
    known = {*_clauses(), *"ABCDEFGHJ"}  # a whole letter may be named, and proves nothing
    assert [(test, named - known) for _, test, named in _tests() if named - known] == []
