"""Promise 1: after an apply that ended 0, the next plan is empty."""

from __future__ import annotations

import pytest

from reconciler.apply.run import Ended
from tests.promises.arena import Job
from tests.promises.line import Fault
from tests.promises.scenario import AFTER, BEFORE, BOUNDARIES, applied_before, left_to_do, sweep, swept

LIVED_THROUGH = [Fault.UNREACHED, Fault.CUT_BEFORE, Fault.CUT_AFTER, Fault.BUSY, Fault.BROKEN, Fault.ASLEEP]


def test_after_an_apply_there_is_nothing_to_do() -> None:
    with applied_before() as place:
        [ended] = place.apply(Job(AFTER))
        assert isinstance(ended, Ended)
        assert ended.complete
        assert left_to_do(place) == ()


@pytest.mark.parametrize("fault", swept(*LIVED_THROUGH))
def test_an_apply_that_ended_well_in_spite_of_a_fault_leaves_nothing_to_do(fault: Fault) -> None:
    well = [run for run in sweep(fault) if run.ended_well]
    assert len(well) > len(BOUNDARIES) / 2
    assert not [run for run in well if run.left]


def test_lists_that_are_late_do_not_make_it_look_undone() -> None:
    from tests.promises.arena import arena

    with arena(stale_list_s=8.0) as place:
        [ended] = place.apply(Job(BEFORE))
        assert isinstance(ended, Ended)
        assert ended.complete
        assert place.plan(BEFORE)[0].steps == ()
