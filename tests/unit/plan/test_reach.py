"""What a change reaches takes memory for what it reaches, however much else is live. Nothing is timed."""

from __future__ import annotations

import tracemalloc

from reconciler.live.identity import identify
from reconciler.model.kinds import Kind
from reconciler.plan.reach import find_reach
from tests.plan_builders import live_after, make_catalogue, make_instance


def test_twice_the_instances_outside_take_about_twice_the_memory() -> None:
    few, many = (_memory(count) for count in (2000, 4000))
    assert many < 2.2 * few


def _memory(count: int) -> int:
    """Bytes, at the most, while it is found what one change reaches. count: of instances that it does not reach."""
    now = {"tag/t": {}}
    strangers = (make_instance(Kind.TAG, f"z{number}", {"xdm:name": f"Z{number}"}) for number in range(count))
    catalogue, live = make_catalogue(now), live_after(now, *strangers)
    ownership = identify(catalogue, live).ownership
    tracemalloc.start()
    try:
        find_reach(catalogue.entities, catalogue, live, ownership, catalogue.entities)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
