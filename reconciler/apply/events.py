"""What the engine tells while it works; printers and progress bars listen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reconciler.apply.outcomes import Outcome
from reconciler.plan.steps import Step


@dataclass(frozen=True, slots=True)
class Started:
    """A step is being sent."""

    step: Step


@dataclass(frozen=True, slots=True)
class Finished:
    """A step has its outcome."""

    step: Step
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Ended:
    """The run writes no more. complete: every step is done, and nothing was left out."""

    interrupted: bool
    complete: bool


Event = Started | Finished | Ended
Listener = Callable[[Event], None]
