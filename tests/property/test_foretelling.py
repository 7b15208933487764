"""What a plan would leave, told without a repository, and what is live read as a catalogue."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from reconciler.apply.afterwards import live_after, live_before
from reconciler.diff.living import live_catalogue
from reconciler.model.entities import Entity
from reconciler.model.kinds import EntityKey
from reconciler.model.spelling import Flat, flatten
from tests.plan_builders import identity_of, make_catalogue, make_plan
from tests.plan_builders import live_after as live_of
from tests.property.catalogues import Documents, catalogues

pytestmark = pytest.mark.property


def flats(entities: dict[EntityKey, Entity]) -> dict[str, Flat]:
    """The entities in normal form, without raw properties, which nobody reads by meaning.

    Components in one order: a plan adds new ones behind those that are live.
    """
    return {
        str(key): {
            name: sorted(map(repr, value)) if name.startswith("representations[") else value
            for name, value in flatten(entity).items()
            if not name.startswith("extra.")
        }
        for key, entity in entities.items()
    }


@settings(deadline=None, max_examples=60)
@given(catalogues(), catalogues())
def test_after_a_foretold_plan_there_is_nothing_to_plan(before: Documents, after: Documents) -> None:
    live = live_of(before)
    plan = make_plan(after, live)
    told = live_after(plan, live)
    assert not make_plan(after, told).steps
    assert live_after(plan, told) == told  # what is done is not done again
    if plan.steps:
        assert live_before(plan, live) is live


@settings(deadline=None, max_examples=60)
@given(catalogues(), catalogues())
def test_what_a_plan_leaves_reads_as_the_catalogue_it_was_made_from(before: Documents, after: Documents) -> None:
    live = live_after(make_plan(after, live_of(before)), live_of(before))
    living = live_catalogue(make_catalogue(after), live, identity_of(after, live))
    assert living.left_out == ()
    assert flats(dict(living.catalogue.entities)) == flats(dict(make_catalogue(after).entities))
