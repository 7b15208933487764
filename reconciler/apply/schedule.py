"""Which step may start, and which will never start: the plan's graph, without any clock or network."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from reconciler.plan.steps import Step


class Schedule:
    """The steps of a plan as they become ready. Each step is handed out once."""

    def __init__(self, steps: Iterable[Step]) -> None:
        self._steps = {step.id: step for step in steps}
        self._missing = {step.id: set(step.requires) for step in self._steps.values()}
        self._dependents: defaultdict[str, list[str]] = defaultdict(list)
        for step in self._steps.values():
            for need in step.requires:
                self._dependents[need].append(step.id)
        self._ready = [step.id for step in self._steps.values() if not step.requires]
        self._ready.reverse()
        self._settled: set[str] = set()

    def next_ready(self) -> Step | None:
        """A step whose requirements are all done, in the plan's order among those ready; None if there is none now."""
        while self._ready:
            name = self._ready.pop()
            if name not in self._settled:
                return self._steps[name]
        return None

    def done(self, step: Step) -> None:
        """A step was carried out: what waited for it alone becomes ready."""
        self._settled.add(step.id)
        for name in reversed(self._dependents[step.id]):
            self._missing[name].discard(step.id)
            if not self._missing[name] and name not in self._settled:
                self._ready.append(name)

    def not_done(self, step: Step) -> tuple[Step, ...]:
        """A step was not carried out: all that requires it, at any distance, never starts. Returned once each."""
        self._settled.add(step.id)
        dropped: list[Step] = []
        queue = [step.id]
        while queue:
            for name in self._dependents[queue.pop()]:
                if name not in self._settled:
                    self._settled.add(name)
                    dropped.append(self._steps[name])
                    queue.append(name)
        return tuple(dropped)

    def remaining(self) -> tuple[Step, ...]:
        """The steps that are neither done nor dropped, in the plan's order."""
        return tuple(step for name, step in self._steps.items() if name not in self._settled)
