"""The promises under random faults: any live state, any catalogue, any operation, any boundary of any request.

Every exchange is judged while it happens (``judge``): nothing that is not ours is written, nothing beyond the plan,
nobody is overwritten, nothing is made twice, dangles or starves. Then the report is held against the repository, and a
clean run must converge. ``RECONCILER_TEST_EXAMPLES`` sets the number of runs.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from reconciler.apply.outcomes import is_done
from reconciler.apply.run import Ended
from tests.promises.arena import ALL, Arena, Job, Trouble, arena
from tests.promises.line import Fault
from tests.promises.page import Page
from tests.property.catalogues import Documents, catalogues, live_catalogues

pytestmark = pytest.mark.property

BOUNDARIES = st.integers(0, 70)
WRITES = st.integers(-16, -1)  # where most may go wrong
FAULTS = st.dictionaries(WRITES | BOUNDARIES, st.sampled_from(Fault), max_size=4)
ADOPTING = replace(ALL, adopt_up_to=10**6)
EDITS = st.dictionaries(BOUNDARIES, st.integers(0, 10**6), max_size=2)
BLOCKED_RUNS = 3
SEEDS = st.integers(0, 10**6)
# Before writes of steps, so that a plan is made of what was there before.
LATER_EDITS = st.dictionaries(st.integers(-12, -2), SEEDS, min_size=1, max_size=6)
GIT = catalogues() | live_catalogues()


class Promises(RuleBasedStateMachine):
    """One repository, one catalogue in Git, somebody at the page, and runs that fail."""

    stack: ExitStack

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.git: Documents = {}
        self.saved: tuple[Any, Any] | None = None

    @initialize(slow=st.integers(0, 2), late=st.sampled_from([0.0, 0.0, 5.0]), git=GIT, applied=st.booleans())
    def begin(self, slow: int, late: float, git: Documents, applied: bool) -> None:
        self.place: Arena = self.stack.enter_context(arena(slow_delete=slow, stale_list_s=late))
        self.page = Page(self.place.world)
        self.git = git
        if applied:
            self._apply(Job(self.git))

    # ------------------------------------------------------------ what happens

    @rule(git=GIT)
    def somebody_commits(self, git: Documents) -> None:
        self.git = git

    @rule(seed=SEEDS)
    def somebody_edits(self, seed: int) -> None:
        self.page.edit(seed)

    @rule(faults=FAULTS)
    def apply(self, faults: Mapping[int, Fault]) -> None:
        self._apply(Job(self.git, trouble=Trouble(faults)))

    @rule(faults=FAULTS, stops=st.lists(BOUNDARIES, max_size=2).map(tuple), soon=st.booleans())
    def apply_until_somebody_stops_it(self, faults: Mapping[int, Fault], stops: tuple[int, ...], soon: bool) -> None:
        """soon: another run follows at once, when the lease is free."""
        stopped = Job(self.git, trouble=Trouble(faults, stops=stops))
        self._apply(*([stopped, Job(self.git)] if soon else [stopped]), in_turn=True)

    @rule(faults=FAULTS, edits=EDITS)
    def apply_while_somebody_edits(self, faults: Mapping[int, Fault], edits: Mapping[int, int]) -> None:
        self._apply(Job(self.git, trouble=Trouble(faults, self._between(edits))))

    @rule(git=live_catalogues(), faults=FAULTS)
    def apply_a_commit(self, git: Documents, faults: Mapping[int, Fault]) -> None:
        """Much is made, moved and taken away below activities that are live."""
        self.git = git
        self._apply(Job(self.git, trouble=Trouble(faults)))

    @rule(old=live_catalogues(), git=live_catalogues(), edits=LATER_EDITS)
    def apply_a_commit_while_somebody_edits(self, old: Documents, git: Documents, edits: Mapping[int, int]) -> None:
        """What is edited is what the commit changes."""
        self._apply(Job(old))
        self.git = git
        self._apply(Job(self.git, trouble=Trouble(between=self._between(edits))))

    @rule(faults=FAULTS)
    def adopt(self, faults: Mapping[int, Fault]) -> None:
        self._apply(Job(self.git, options=ADOPTING, trouble=Trouble(faults)))

    @rule(seed=st.none() | SEEDS, faults=FAULTS)
    def plan_and_apply_later(self, seed: int | None, faults: Mapping[int, Fault]) -> None:
        saved = self.place.plan(self.git)
        if seed is not None:
            self.page.edit(seed)
        for trouble in (Trouble(faults), Trouble()):
            self._apply(Job(self.git, trouble=trouble, saved=saved))

    @rule(faults=FAULTS)
    def destroy(self, faults: Mapping[int, Fault]) -> None:
        self._apply(Job(self.git, trouble=Trouble(faults), destroy=True))

    @rule(other=GIT, faults=FAULTS, more=FAULTS)
    def two_at_once(self, other: Documents, faults: Mapping[int, Fault], more: Mapping[int, Fault]) -> None:
        self._apply(
            Job(self.git, trouble=Trouble(faults), lock_timeout_s=300.0),
            Job(other, trouble=Trouble(more), lock_timeout_s=300.0),
        )

    # ------------------------------------------------------------ what must hold

    def teardown(self) -> None:
        try:
            if hasattr(self, "place"):
                self._converge()
        finally:
            self.stack.close()

    def _converge(self) -> None:
        """Promises 1, 2 and 6: one clean run later there is nothing left to do.

        What waits for something that is blocked is left out, and may go on once other things have changed.
        """
        for _ in range(BLOCKED_RUNS):
            self.place.rest()
            [ended] = self.place.apply(Job(self.git, options=ADOPTING))
            assert isinstance(ended, Ended), repr(ended)
            assert ended.report is None or all(map(is_done, ended.report.outcomes.values())), ended.report.outcomes
            plan, _live = self.place.plan(self.git, ADOPTING)
            if not ended.plan.left_out:
                break
        assert not plan.steps, [step.id for step in plan.steps]

    def _apply(self, *jobs: Job, in_turn: bool = False) -> None:
        ended = self.place.apply(*jobs, in_turn=in_turn)
        if len(jobs) == 1 and isinstance(ended[0], Ended):
            self._nothing_is_left(jobs[0], ended[0])
        self.place.rest()

    def _nothing_is_left(self, job: Job, ended: Ended) -> None:
        """Promise 1: after a run that ended well, there is nothing to plan. Who did not wait for the lists holds on."""
        if not ended.complete or ended.in_flight or ended.plan.problems:
            return
        if job.trouble.between or job.destroy or job.saved:
            return
        plan, _live = self.place.plan(job.documents, job.options)
        assert not plan.steps, [step.id for step in plan.steps]

    def _between(self, edits: Mapping[int, int]) -> Callable[[int], None]:
        def between(number: int) -> None:
            if number in edits:
                self.page.edit(edits[number])

        return between


TestPromises = Promises.TestCase
TestPromises.settings = settings(
    max_examples=int(os.environ.get("RECONCILER_TEST_EXAMPLES", "300")),
    stateful_step_count=4,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
