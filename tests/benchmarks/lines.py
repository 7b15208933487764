"""What a benchmark is, and what it gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum

from tests.benchmarks.workplace import Workplace


class Better(Enum):
    """Which figures are good."""

    LESS = "less"
    MORE = "more"
    EXACT = "exact"


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing measured. must, aim: in the unit of the value; None when there was nothing to measure it with."""

    what: str
    value: float | None
    unit: str
    must: float
    aim: float
    better: Better = Better.LESS

    @property
    def ratio(self) -> float | None:
        """How much of the bound is used up: at most 1 when it is kept."""
        if self.value is None:
            return None
        return self.must / self.value if self.better is Better.MORE else self.value / self.must

    @property
    def kept(self) -> bool | None:
        """Whether the bound is kept."""
        if self.ratio is None:
            return None
        return self.ratio == 1 if self.better is Better.EXACT else self.ratio <= 1


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the budgets. measure: gives its figures, each as soon as it is known."""

    number: int
    title: str
    measure: Callable[[Workplace], Iterator[Figure]]
