"""Promise 6: killed at any point, the next run converges."""

from __future__ import annotations

import pytest

from reconciler.apply.lease import Locked
from reconciler.apply.run import Ended
from tests.promises.arena import Job, Trouble
from tests.promises.line import Fault, Killed
from tests.promises.scenario import AFTER, BEFORE, BOUNDARIES, applied_before, sweep, swept

KILLS = [Fault.KILLED_BEFORE, Fault.KILLED_AFTER]


@pytest.mark.parametrize("kill", swept(*KILLS))
def test_a_run_that_dies_is_ended_by_the_next_one(kill: Fault) -> None:
    for run in sweep(kill):
        assert isinstance(run.ended, Killed)
        assert isinstance(run.next, Ended)
        assert run.next.complete
        assert run.at_last == ()


@pytest.mark.parametrize("number", BOUNDARIES)
def test_a_run_that_dies_is_no_edit_and_can_be_taken_back(number: int) -> None:
    with applied_before() as place:
        place.apply(Job(AFTER, trouble=Trouble({number: Fault.KILLED_AFTER})))
        place.rest()
        plan, _live = place.plan(BEFORE)
        assert not [change for step in plan.steps for change in step.changes if change.change.reverts]
        place.apply(Job(BEFORE))
        assert place.plan(BEFORE)[0].steps == ()


def test_the_next_run_waits_for_the_lease_of_the_dead_one() -> None:
    with applied_before() as place:
        place.apply(Job(AFTER, trouble=Trouble({20: Fault.KILLED_AFTER})))
        [locked] = place.apply(Job(AFTER))
        assert isinstance(locked, Locked)
        [ended] = place.apply(Job(AFTER, lock_timeout_s=300.0))
        assert isinstance(ended, Ended)
        assert ended.complete
