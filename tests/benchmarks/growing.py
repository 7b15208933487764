"""Lines 5 and 6: what ten times as many entities take."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator

from tests.benchmarks.lines import Figure, Line
from tests.benchmarks.measuring import Spent, median
from tests.benchmarks.planning import planned
from tests.benchmarks.workplace import Workplace


def growth(place: Workplace) -> Iterator[Figure]:
    yield Figure("CPU an entity, validate", _growth(place, lambda count: _validated_s(place, count)), "x", 1.2, 1.0)
    yield Figure("CPU an entity, plan", _growth(place, lambda count: _planned_s(place, count)), "x", 1.2, 1.0)


def peak(place: Workplace) -> Iterator[Figure]:
    largest = median(1, lambda: max(each.peak_mb for each in _plans(place, place.large, 1)))
    yield Figure(f"plan, {place.large:,} entities", largest, "MB", 1000, 500)


def _growth(place: Workplace, cpu_s: Callable[[int], float]) -> float:
    return (cpu_s(place.large) / place.large) / (cpu_s(place.small) / place.small)


def _validated_s(place: Workplace, count: int) -> float:
    root = place.catalogue(count)
    return median(place.times, lambda: place.program("validate", root, "-q").cpu_s)


def _planned_s(place: Workplace, count: int) -> float:
    return statistics.median(each.cpu_s for each in _plans(place, count, place.times))


def _plans(place: Workplace, count: int, times: int) -> list[Spent]:
    with place.live(count) as root:
        return [planned(place, root) for _ in range(times)]


LINES = (Line(5, "growth, ten times as many entities", growth), Line(6, "peak memory", peak))
