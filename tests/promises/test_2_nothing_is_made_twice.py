"""Promise 2: no entity is made twice by runs that hold the lease, whichever answer is lost."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from reconciler.apply.lease import Locked
from reconciler.apply.run import Ended
from tests.promises.arena import TERMS, Arena, Job, Trouble, arena
from tests.promises.line import Fault
from tests.promises.scenario import made_twice, sweep, swept

LOST = [Fault.CUT_BEFORE, Fault.CUT_AFTER, Fault.LATE, Fault.KILLED_AFTER, Fault.BROKEN]
RULES = {f"rule/r{number}": {"condition": "a = 1"} for number in range(12)}  # names of rules may repeat
FIRST_CREATE = 10  # after the home, the anchor, and a list of each kind


@pytest.mark.parametrize("fault", swept(*LOST))
def test_whichever_answer_is_lost_the_next_run_makes_nothing_again(fault: Fault) -> None:
    assert not [run for run in sweep(fault) if run.twice or run.at_last]


@pytest.mark.parametrize("at", range(FIRST_CREATE + 2, FIRST_CREATE + 14))
def test_a_run_given_up_in_flight_keeps_its_lease_until_nothing_can_arrive(at: int) -> None:
    with arena() as place:
        # The creates are cut off on their way; Ctrl-C comes twice while the run looks for them.
        cut = dict.fromkeys(range(FIRST_CREATE, FIRST_CREATE + 12), Fault.LATE)
        stopped = Job(RULES, trouble=Trouble(cut, stops=(at, at + 1)))
        [first, second] = place.apply(stopped, Job(RULES), in_turn=True)
        assert isinstance(first, Ended)
        assert first.in_flight
        place.rest()
        place.apply(Job(RULES))
        assert made_twice(place) == ()
        assert isinstance(second, Locked)
        assert place.plan(RULES)[0].steps == ()


def test_a_run_that_is_stopped_gives_its_lease_back_only_when_the_lists_show_what_it_made() -> None:
    with arena(stale_list_s=8.0) as place:
        place.apply(Job(RULES, trouble=Trouble(stops=(14,))))
        place.apply(Job(RULES))  # at once
        assert made_twice(place) == ()


def test_a_run_that_slept_beyond_its_lease_sends_nothing_more_when_another_has_taken_it() -> None:
    with arena() as place:
        asleep = Trouble({FIRST_CREATE: Fault.ASLEEP})
        [first, second] = place.apply(Job(RULES, trouble=asleep), Job(RULES, lock_timeout_s=300.0))
        assert isinstance(first, Ended)
        assert first.report is not None
        assert first.report.lost_lease
        assert isinstance(second, Ended)
        assert second.complete
        place.rest()
        place.apply(Job(RULES))
        assert made_twice(place) == ()
        assert place.plan(RULES)[0].steps == ()


def test_what_a_dead_run_sent_at_the_end_of_its_term_arrives_before_the_lease_is_taken() -> None:
    rule = {"rule/r": {"condition": "a = 1"}}
    with arena() as place:

        def slow(number: int) -> None:
            if number == FIRST_CREATE:
                place.clock.pass_by(TERMS.term_s - 5.0)

        dying = Trouble({FIRST_CREATE: Fault.LATE, FIRST_CREATE + 1: Fault.KILLED_BEFORE}, between=slow)
        [_dead, second] = place.apply(Job(rule, trouble=dying), Job(rule, lock_timeout_s=300.0), in_turn=True)
        assert isinstance(second, Ended)
        assert second.complete
        assert [str(item.kind) for item in place.world.entities()] == ["rule"]
        assert made_twice(place) == ()


CHAIN = {
    "tag/t": {},
    "offer/o": {"tags": ["t"]},
    "filter/x": {"offers": ["o"]},
    "tag/u": {"name": "U"},
    "rule/r": {"condition": "a = 1"},
}
PAUSE = dict.fromkeys((8, 9), Fault.ASLEEP)  # longer than the term: the next step renews the lease first


def renewals() -> list[int]:
    """The requests of an apply that pauses which renewed its lease."""
    beats: list[int] = []
    with arena() as place:

        def look(number: int) -> None:
            if number >= 0:
                beats.append(beat(place))

        place.apply(Job(CHAIN, trouble=Trouble(PAUSE, between=look)))
    return [number for number, (before, after) in enumerate(pairwise(beats)) if after > before >= 0]


def beat(place: Arena) -> int:
    """Of the lease that somebody holds, -1 where nobody does."""
    for item in place.world:
        told = re.search(r";beat=(\d+)", str(item.links)) if item.is_anchor else None
        if told:
            return int(told[1])
    return -1


@pytest.mark.parametrize("fault", [*LOST[:3], Fault.BROKEN, Fault.UNREACHED], ids=lambda fault: fault.name)
def test_an_apply_that_hears_nothing_of_a_renewal_carries_everything_out_once(fault: Fault) -> None:
    numbers = renewals()
    assert numbers
    for number in numbers:
        with arena() as place:
            [ended] = place.apply(Job(CHAIN, trouble=Trouble({**PAUSE, number: fault})))
            assert isinstance(ended, Ended)
            assert ended.complete
            assert beat(place) == -1  # it was given back
            assert made_twice(place) == ()
            assert place.plan(CHAIN)[0].steps == ()


def test_two_runs_at_once_make_everything_once() -> None:
    with arena() as place:
        ended = place.apply(Job(RULES, lock_timeout_s=300.0), Job(RULES, lock_timeout_s=300.0))
        assert all(isinstance(each, Ended) and each.complete for each in ended)
        assert made_twice(place) == ()


def test_what_arrives_after_every_deadline_is_found_as_a_copy_and_left_alone() -> None:
    with arena() as place:
        place.apply(Job({"rule/r": {"condition": "a = 1"}}))
        [made] = place.world.entities()
        late = place.world.caller.create("eligibility-rule", _without_id(made.properties), dict(made.links))
        assert late.status == 201
        plan, _live = place.plan({"rule/r": {"condition": "a = 1"}})
        assert plan.steps == ()
        assert [str(each.key) for each in plan.warnings if "copied with its stamp" in each.message] == ["rule/r"]


def _without_id(properties: object) -> dict[str, object]:
    assert isinstance(properties, dict)
    return {name: value for name, value in properties.items() if name != "@id"}
