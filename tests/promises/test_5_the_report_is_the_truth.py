"""Promise 5: every step that is not ``unknown`` agrees with the server."""

from __future__ import annotations

import pytest

from reconciler.apply.outcomes import Unknown
from reconciler.apply.run import Ended
from tests.promises.arena import Job, Trouble
from tests.promises.line import Fault
from tests.promises.scenario import AFTER, BOUNDARIES, applied_before

ANSWERED = [fault for fault in Fault if fault not in {Fault.KILLED_BEFORE, Fault.KILLED_AFTER}]


@pytest.mark.parametrize("fault", ANSWERED, ids=lambda fault: fault.name)
def test_a_report_agrees_with_the_repository_whatever_went_wrong(fault: Fault) -> None:
    """The judge holds each outcome against the writes that it saw."""
    reports = 0
    for number in BOUNDARIES:
        with applied_before() as place:
            [ended] = place.apply(Job(AFTER, trouble=Trouble({number: fault, number + 1: fault})))
            reports += isinstance(ended, Ended) and ended.report is not None
    assert reports > len(BOUNDARIES) / 2


def test_a_create_that_was_cut_off_is_looked_for_and_known() -> None:
    with applied_before() as place:
        for number in BOUNDARIES:
            [ended] = place.apply(Job(AFTER, trouble=Trouble({number: Fault.CUT_AFTER})))
            if isinstance(ended, Ended) and ended.report is not None:
                assert not [each for each in ended.report.outcomes.values() if isinstance(each, Unknown)]
