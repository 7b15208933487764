"""Promise 3: nothing this catalogue does not own is changed."""

from __future__ import annotations

import pytest

from reconciler.model.kinds import KINDS, Kind
from tests.promises.arena import ALL, Arena, Job
from tests.promises.page import Page
from tests.promises.scenario import AFTER, applied_before
from tests.promises.world import Held


def somebody_is_there(place: Arena, seed: int) -> Page:
    """Foreign, unstamped, stripped and copied instances."""
    page = Page(place.world)
    for number in range(12):
        page.edit(seed * 100 + number)
    return page


def others(place: Arena) -> dict[str, Held]:
    untouchable = place.world.foreign | place.world.copies
    return {item.uri: item for item in place.world if item.uri in untouchable}


@pytest.mark.parametrize("seed", range(20))
def test_an_apply_and_a_destroy_leave_others_as_they_are(seed: int) -> None:
    with applied_before() as place:
        somebody_is_there(place, seed)
        before = others(place)
        place.apply(Job(AFTER))
        place.apply(Job(AFTER, destroy=True))
        assert before
        assert others(place) == before


def test_an_adoption_takes_one_that_was_named_and_no_other() -> None:
    from dataclasses import replace

    from tests.plan_builders import key_of

    with applied_before() as place:
        page = Page(place.world)
        for kind, name in ((Kind.OFFER, "comes"), (Kind.PLACEMENT, "new")):  # both may be an entity of the catalogue
            page.world.look_at(place.world.caller.made(KINDS[kind].type_name, name=name).id)
        place.apply(Job(AFTER, options=replace(ALL, adopt=frozenset({key_of("offer/comes")}))))
        stamped = {item.name for item in place.world.entities() if item.stamp is not None}
        assert "comes" in stamped
        assert "new" not in stamped
