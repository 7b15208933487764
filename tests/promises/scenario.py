"""A change that has everything in it: creates, patches, deletes, a swap of names, a rule that a live activity loses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.promises.arena import Arena, Documents, Job, arena

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
    with arena(slow_delete=1) as place:
        place.apply(Job(BEFORE))
        yield place


def boundaries() -> range:
    """The requests of a run from ``BEFORE`` to ``AFTER`` that nothing disturbs."""
    with applied_before() as place:
        place.apply(Job(AFTER))
        return range(place.requests)


BOUNDARIES = boundaries()
