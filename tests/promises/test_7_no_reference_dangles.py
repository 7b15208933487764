"""Promise 7: no intermediate state holds a dangling reference. The judge looks after every write."""

from __future__ import annotations

import pytest

from tests.promises.arena import Job
from tests.promises.line import Fault
from tests.promises.scenario import AFTER, BEFORE, applied_before, sweep, swept


@pytest.mark.parametrize("fault", swept(*Fault))
def test_no_reference_dangles_wherever_a_run_fails(fault: Fault) -> None:
    assert not [run for run in sweep(fault) if run.dangling]


def test_no_reference_dangles_on_the_way_there_and_back_and_out() -> None:
    with applied_before() as place:
        for job in (Job(AFTER), Job(BEFORE), Job(AFTER, destroy=True)):
            place.apply(job)
            assert not place.world.dangling()
        assert place.world.entities() == []
