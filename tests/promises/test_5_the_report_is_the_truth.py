"""Promise 5: every step that is not ``unknown`` agrees with the server."""

from __future__ import annotations

import pytest

from reconciler.apply.lease import Locked
from reconciler.apply.outcomes import Unknown
from reconciler.apply.run import Ended
from tests.promises.arena import Job, Trouble, arena
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


@pytest.mark.parametrize("fault", [Fault.LATE, Fault.CUT_AFTER, Fault.CUT_BEFORE], ids=lambda fault: fault.name)
def test_a_patch_of_which_every_try_is_cut_off_is_not_told_before_nothing_of_it_can_arrive(fault: Fault) -> None:
    old, new = ({"rule/r": {"condition": condition}} for condition in ("a = 1", "a = 2"))
    with arena() as place:
        place.apply(Job(old))
        every_try = dict.fromkeys(range(-8, -1), fault)  # the first write takes the lease
        place.apply(Job(new, trouble=Trouble(every_try)), Job(old), in_turn=True)
        place.rest()
        place.apply(Job(old))
        assert place.plan(old)[0].steps == ()


def test_a_run_that_breaks_off_while_it_writes_gives_nothing_back_and_has_applied_no_commit() -> None:
    def broken(_event: object) -> None:
        raise BrokenPipeError

    with applied_before() as place:
        with pytest.raises(BrokenPipeError):
            place.apply(Job(AFTER, trouble=Trouble(on_event=broken)))
        [locked] = place.apply(Job(AFTER))
        assert isinstance(locked, Locked)
        place.rest()
        [ended] = place.apply(Job(AFTER))
        assert isinstance(ended, Ended)
        assert ended.complete


def test_a_name_that_the_lists_lack_may_be_of_our_own_create() -> None:
    with arena(stale_list_s=100.0) as place:
        [ended] = place.apply(Job({"tag/t": {}}, trouble=Trouble({-2: Fault.CUT_AFTER})))
        assert isinstance(ended, Ended)
        assert ended.in_flight
        assert ended.report is not None
        assert isinstance(*ended.report.outcomes.values(), Unknown)


def test_a_create_that_was_cut_off_is_looked_for_and_known() -> None:
    with applied_before() as place:
        for number in BOUNDARIES:
            [ended] = place.apply(Job(AFTER, trouble=Trouble({number: Fault.CUT_AFTER})))
            if isinstance(ended, Ended) and ended.report is not None:
                assert not [each for each in ended.report.outcomes.values() if isinstance(each, Unknown)]
