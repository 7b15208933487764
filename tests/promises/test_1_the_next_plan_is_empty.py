"""Promise 1: after an apply that ended 0, the next plan is empty."""

from __future__ import annotations

import pytest

from reconciler.apply.run import Ended
from tests.promises.arena import Arena, Job, Trouble
from tests.promises.line import Fault
from tests.promises.scenario import AFTER, BEFORE, BOUNDARIES, applied_before

LIVED_THROUGH = [Fault.UNREACHED, Fault.CUT_BEFORE, Fault.CUT_AFTER, Fault.BUSY, Fault.BROKEN, Fault.ASLEEP]


def left_to_do(place: Arena) -> list[str]:
    return [step.id for step in place.plan(AFTER)[0].steps]


def test_after_an_apply_there_is_nothing_to_do() -> None:
    with applied_before() as place:
        [ended] = place.apply(Job(AFTER))
        assert isinstance(ended, Ended)
        assert ended.complete
        assert left_to_do(place) == []


@pytest.mark.parametrize("fault", LIVED_THROUGH, ids=lambda fault: fault.name)
def test_an_apply_that_ended_well_in_spite_of_a_fault_leaves_nothing_to_do(fault: Fault) -> None:
    well = 0
    for number in BOUNDARIES:
        with applied_before() as place:
            [ended] = place.apply(Job(AFTER, trouble=Trouble({number: fault})))
            if isinstance(ended, Ended) and ended.complete:
                well += 1
                assert left_to_do(place) == []
    assert well > len(BOUNDARIES) / 2


def test_lists_that_are_late_do_not_make_it_look_undone() -> None:
    from tests.promises.arena import arena

    with arena(stale_list_s=8.0) as place:
        [ended] = place.apply(Job(BEFORE))
        assert isinstance(ended, Ended)
        assert ended.complete
        assert place.plan(BEFORE)[0].steps == ()
