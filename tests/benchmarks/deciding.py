"""Line 14: rules."""

from __future__ import annotations

from collections.abc import Iterator

from tests.benchmarks.lines import Figure, Line
from tests.benchmarks.measuring import median
from tests.benchmarks.workplace import Workplace


def one_rule(place: Workplace) -> Iterator[Figure]:
    for what in ("profiles of all sorts", "profiles that fit"):
        spent = median(place.times, lambda what=what: float(place.probe("rule", what)))  # type: ignore[misc]
        yield Figure(what, spent * 1e6, "us", 1.0, 0.5)


LINES = (Line(14, "one rule over profiles, compiled", one_rule),)
