"""Promise 9: no intermediate state starves customers. The judge looks after every write."""

from __future__ import annotations

import pytest

from tests import starving
from tests.promises.arena import Job, Trouble
from tests.promises.line import Fault
from tests.promises.scenario import AFTER, BEFORE, BOUNDARIES, applied_before


@pytest.mark.parametrize("fault", list(Fault), ids=lambda fault: fault.name)
def test_live_activities_have_something_to_show_wherever_a_run_fails(fault: Fault) -> None:
    for number in BOUNDARIES:
        with applied_before() as place:
            place.apply(Job(AFTER, trouble=Trouble({number: fault})))
            shown = place.world.shown()
            assert not any(starving.faults(shown)[uri] for uri in starving.live_ones(shown))


def test_live_activities_have_something_to_show_there_and_back() -> None:
    with applied_before() as place:
        for job in (Job(AFTER), Job(BEFORE), Job(AFTER)):
            place.apply(job)
            shown = place.world.shown()
            assert starving.live_ones(shown)
            assert not any(starving.faults(shown)[uri] for uri in starving.live_ones(shown))
