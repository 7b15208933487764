"""The registry of kinds."""

from __future__ import annotations

import pytest

from reconciler.model.entities import ENTITY_TYPES
from reconciler.model.kinds import KINDS, EntityKey, Kind, Shape

OFFER = ("draft", "approved", "archived")
ACTIVITY = ("draft", "live", "archived")


def test_every_kind_stands_once_in_each_table() -> None:
    assert list(KINDS) == list(Kind) == [entity.KIND for entity in ENTITY_TYPES]
    assert set(KINDS) == set(Kind)


@pytest.mark.parametrize("kind", Kind)
def test_every_field_of_the_registry_is_a_field_of_the_entity(kind: Kind) -> None:
    entity = next(entity for entity in ENTITY_TYPES if entity.KIND is kind)
    common = {"kind", "key", "external", "protect", "only", "extra"}
    assert {field.yaml[0] for field in KINDS[kind].fields} == entity.model_fields.keys() - common


def test_a_kind_is_made_after_all_that_it_refers_to() -> None:
    order = list(Kind)
    for kind, info in KINDS.items():
        targets = [field.target for field in info.fields if field.target is not None]
        assert all(order.index(target) < order.index(kind) for target in targets)


def test_every_reference_has_a_target() -> None:
    shapes = {Shape.REFERENCE, Shape.REFERENCES, Shape.MEMBERS, Shape.REPRESENTATIONS}
    for info in KINDS.values():
        assert all((field.target is not None) == (field.shape in shapes) for field in info.fields)


@pytest.mark.parametrize(
    ("kind", "start", "end", "way"),
    [
        (Kind.OFFER, "draft", "draft", ()),
        (Kind.OFFER, "draft", "approved", ("approved",)),
        (Kind.OFFER, "approved", "draft", ("archived", "draft")),
        (Kind.OFFER, "archived", "approved", ("draft", "approved")),
        (Kind.FALLBACK, "draft", "archived", ("approved", "archived")),
        (Kind.ACTIVITY, "live", "archived", ("archived",)),
        (Kind.ACTIVITY, "complete", "live", ("live",)),
    ],
)
def test_a_status_is_reached_by_legal_steps_only(kind: Kind, start: str, end: str, way: tuple[str, ...]) -> None:
    lifecycle = KINDS[kind].lifecycle
    assert lifecycle is not None
    assert lifecycle.way(start, end) == way


def test_the_lifecycle_names_its_statuses() -> None:
    for kind, ring in ((Kind.OFFER, OFFER), (Kind.FALLBACK, OFFER), (Kind.ACTIVITY, ACTIVITY)):
        life = KINDS[kind].lifecycle
        assert life is not None
        assert (life.initial, life.in_service, life.retired) == ring


def test_keys_sort_by_kind_then_name() -> None:
    keys = [EntityKey(Kind.ACTIVITY, "a"), EntityKey(Kind.TAG, "b"), EntityKey(Kind.TAG, "a")]
    assert [str(key) for key in sorted(keys)] == ["tag/a", "tag/b", "activity/a"]
