"""A change that has everything in it: creates, patches, deletes, a swap of names, a rule that a live activity loses.

``sweep`` carries it out with one fault at each request in turn, and then once more without. It is done once, and each
promise looks at what it says something about.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import pytest

from reconciler.apply.run import Ended
from tests import starving
from tests.promises.arena import Arena, Documents, Job, Prepared, Trouble, arena
from tests.promises.line import Fault

_SHOWN = [{"placement": "p", "components": [{"type": "text", "copyline": "one"}]}]
_APPROVED = {"status": "approved", "representations": _SHOWN}

BEFORE: Documents = {
    "tag/gone": {},
    "tag/t": {"name": "A"},
    "tag/u": {"name": "B"},
    "placement/p": {},
    "rule/r": {"condition": "a = 1"},
    "offer/leaves": {**_APPROVED, "tags": ["t", "gone"], "rule": "r"},
    "offer/stays": {**_APPROVED, "tags": ["u"], "priority": 1},
    "fallback/f": {"status": "approved", "representations": _SHOWN},
    "filter/x": {"any_tags": ["t"]},
    "activity/a": {"status": "live", "placement": "p", "filter": "x", "fallback": "f"},
}
AFTER: Documents = {
    "tag/t": {"name": "B"},
    "tag/u": {"name": "A"},
    "placement/p": {},
    "placement/new": {"description": "new"},
    "offer/comes": {**_APPROVED, "tags": ["t"]},
    "offer/stays": {**_APPROVED, "tags": ["u"], "priority": 2},
    "fallback/f": {"status": "approved", "representations": [*_SHOWN, {"placement": "new"}]},
    "filter/x": {"any_tags": ["t", "u"]},
    "activity/a": {"status": "live", "placement": "p", "filter": "x", "fallback": "f"},
    "activity/b": {"status": "live", "placement": "p", "filter": "x", "fallback": "f"},
}


@contextmanager
def applied_before() -> Iterator[Arena]:
    """A repository that is as ``BEFORE`` says."""
    with arena(_before(), slow_delete=1) as place:
        yield place


@cache
def _before() -> Prepared:
    """Applied once, since so many tests begin there."""
    with arena() as place:
        place.apply(Job(BEFORE))
        return Prepared.of(place)


def boundaries() -> range:
    """The requests of a run from ``BEFORE`` to ``AFTER`` that nothing disturbs."""
    with applied_before() as place:
        place.apply(Job(AFTER))
        return range(place.requests)


BOUNDARIES = boundaries()


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What a run with a fault left, and what the next run made of it. left, at_last: the steps of the next plan."""

    ended: Ended | BaseException
    left: tuple[str, ...]
    dangling: frozenset[str]
    starved: frozenset[str]
    next: Ended | BaseException
    twice: tuple[str, ...]
    at_last: tuple[str, ...]

    @property
    def ended_well(self) -> bool:
        return isinstance(self.ended, Ended) and self.ended.complete


@cache
def sweep(fault: Fault) -> tuple[Aftermath, ...]:
    """One fault at each of the requests. The judge has looked at every exchange."""
    return tuple(_aftermath(Trouble({number: fault})) for number in BOUNDARIES)


def _aftermath(trouble: Trouble) -> Aftermath:
    with applied_before() as place:
        [ended] = place.apply(Job(AFTER, trouble=trouble))
        shown = place.world.shown()
        faults, dangling = starving.faults(shown), place.world.dangling()
        starved = [uri for uri in starving.live_ones(shown) if faults[uri]]
        left = left_to_do(place)
        place.rest()
        [following] = place.apply(Job(AFTER))
        return Aftermath(
            ended, left, frozenset(dangling), frozenset(starved), following, made_twice(place), left_to_do(place)
        )


def left_to_do(place: Arena) -> tuple[str, ...]:
    """The steps from what is live to ``AFTER``."""
    return tuple(step.id for step in place.plan(AFTER)[0].steps)


def made_twice(place: Arena) -> tuple[str, ...]:
    """The keys whose stamp stands on several instances."""
    stamps = Counter(str(item.stamp.key) for item in place.world.entities() if item.stamp is not None)
    return tuple(key for key, count in stamps.items() if count > 1)


def swept(*faults: Fault) -> list[object]:
    """Faults as parameters of a test; what is about one fault is run by one worker, since it is the same sweep."""
    marks = [pytest.mark.xdist_group(f"sweep-{fault.name}") for fault in faults]
    return [pytest.param(fault, id=fault.name, marks=mark) for fault, mark in zip(faults, marks, strict=True)]
