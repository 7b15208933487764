"""Lines 3 and 4: ``plan`` against a repository that is served over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.lines import Figure, Line
from tests.benchmarks.measuring import Failed, Spent, median
from tests.benchmarks.workplace import Workplace

START_S = 0.3


def converged(place: Workplace) -> Iterator[Figure]:
    floor_s = place.floor_s(place.small)
    with place.live(place.small) as root:
        spent = median(place.times, lambda: planned(place, root).cpu_s)
    yield Figure(f"{place.small:,} live instances", spent, "s", 2.5 * floor_s + START_S, 1.8 * floor_s)


def two_percent(place: Workplace) -> Iterator[Figure]:
    root, floor_s = place.catalogue(place.small), place.floor_s(place.small)
    spent = median(place.times, lambda: float(json.loads(place.probe("diff", root))["diff"]))
    yield Figure("diff phase", spent, "s", 0.1 * floor_s, 0.03 * floor_s)


def planned(place: Workplace, root: Path) -> Spent:
    """A plan that finds nothing to do."""
    spent = place.program("plan", root)
    if "No changes." not in spent.out:
        raise Failed(f"what is live is not what the catalogue says: {spent.out[:2000]}")
    return spent


LINES = (Line(3, "plan, converged, whole process", converged), Line(4, "plan, 2 % changed", two_percent))
