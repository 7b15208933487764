"""Promise 9: no intermediate state starves customers. The judge looks after every write."""

from __future__ import annotations

from typing import Any

import pytest

from tests import starving
from tests.promises.arena import Job, Prepared, Trouble, arena
from tests.promises.line import Fault
from tests.promises.scenario import AFTER, BEFORE, applied_before, sweep, swept


@pytest.mark.parametrize("fault", swept(*Fault))
def test_live_activities_have_something_to_show_wherever_a_run_fails(fault: Fault) -> None:
    assert not [run for run in sweep(fault) if run.starved]


P: dict[str, Any] = {"representations": [{"placement": "p", "components": [{"type": "text", "copyline": "one"}]}]}
AROUND: dict[str, Any] = {
    "tag/t": {},
    "tag/v": {},
    "placement/p": {},
    "fallback/f": {**P, "status": "approved"},
    "activity/a": {"status": "live", "placement": "p", "filter": "x", "fallback": "f"},
}
TAKEN: dict[str, Any] = {"offer/a": {**P, "status": "draft"}, "offer/b": {**P, "status": "approved"}}
SWAPS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {  # each starves customers in one of its two directions
    "an offer and its filter move to another tag": (
        {"offer/o": {**P, "status": "approved", "tags": ["t"]}, "filter/x": {"any_tags": ["t"]}},
        {"offer/o": {**P, "status": "approved", "tags": ["v"]}, "filter/x": {"any_tags": ["v"]}},
    ),
    "one offer comes into service as the other goes": (
        {**TAKEN, "filter/x": {"offers": ["a", "b"]}},
        {"offer/a": TAKEN["offer/b"], "offer/b": TAKEN["offer/a"], "filter/x": {"offers": ["a", "b"]}},
    ),
    "a filter moves from one offer to another that comes into service": (
        {**TAKEN, "filter/x": {"offers": ["b"]}},
        {"offer/a": TAKEN["offer/b"], "offer/b": TAKEN["offer/a"], "filter/x": {"offers": ["a"]}},
    ),
}


@pytest.mark.parametrize("swap", SWAPS)
def test_what_is_new_comes_before_what_is_old_goes(swap: str) -> None:
    one, two = ({**AROUND, **entities} for entities in SWAPS[swap])
    with arena() as place:
        place.apply(Job(one))
        applied = Prepared.of(place)
    for kill in (None, *range(10, 18)):
        trouble = Trouble({} if kill is None else {kill: Fault.KILLED_AFTER})
        with arena(applied) as place:
            for documents in (two, one):
                place.apply(Job(documents, trouble=trouble))
                place.rest()
                place.apply(Job(documents))
                assert place.plan(documents)[0].steps == ()
                assert starving.live_ones(place.world.shown())


def test_live_activities_have_something_to_show_there_and_back() -> None:
    with applied_before() as place:
        for job in (Job(AFTER), Job(BEFORE), Job(AFTER)):
            place.apply(job)
            shown = place.world.shown()
            assert starving.live_ones(shown)
            assert not any(starving.faults(shown)[uri] for uri in starving.live_ones(shown))
