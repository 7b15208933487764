"""Lines 1, 2 and 11: ``validate``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.lines import Figure, Line
from tests.benchmarks.measuring import median
from tests.benchmarks.workplace import Workplace

START_S = 0.3  # what a process may take beside the floor


def cold(place: Workplace) -> Iterator[Figure]:
    root, floor_s = place.catalogue(place.small), place.floor_s(place.small)
    spent = median(place.times, lambda: _validated(place, root))
    yield Figure(f"{place.small:,} entities", spent, "s", 1.5 * floor_s + START_S, 1.2 * floor_s)


def warm(place: Workplace) -> Iterator[Figure]:
    root, floor_s = place.catalogue(place.small), place.floor_s(place.small)
    _validated(place, root)
    for what, change in (("nothing changed", False), ("one file changed", True)):
        spent = median(place.times, lambda change=change: _again(place, root, change))  # type: ignore[misc]
        yield Figure(what, spent, "s", 0.5 * floor_s, 0.25 * floor_s)


def one_of_a_thousand(place: Workplace) -> Iterator[Figure]:
    root = place.catalogue(1_000)
    _validated(place, root)
    spent = median(place.times, lambda: _again(place, root, True))
    yield Figure("one file changed", spent * 1000, "ms", 300, 200)


def _validated(place: Workplace, root: Path) -> float:
    return place.program("validate", root, "-q").cpu_s


def _again(place: Workplace, root: Path, change: bool) -> float:
    if change:
        file = root / "tags" / "theme-0.yaml"
        text = file.read_text()
        file.write_text(text.replace("Theme 0", "Theme 00") if "Theme 00" not in text else text.replace(" 00", " 0"))
    return _validated(place, root)


LINES = (
    Line(1, "validate, all checks, whole process", cold),
    Line(2, "validate, warm", warm),
    Line(11, "validate of 1,000 entities, warm", one_of_a_thousand),
)
