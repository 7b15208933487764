"""What a glance takes for alike, a comparison finds nothing in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.diff.compare import compare_entity, resolver
from reconciler.diff.glance import Glance
from reconciler.live.identity import Identity, identify
from reconciler.live.snapshot import LiveInstance
from reconciler.model.stamp import LINK, base_of, read_stamp
from tests.plan_builders import live_after, make_catalogue, state_of, uri_of
from tests.property.catalogues import Documents, catalogues

pytestmark = pytest.mark.property

VALUES = (
    None,
    True,
    False,
    0,
    1,
    1.0,
    2,
    2.0,
    "",
    "1",
    "x",
    " a = 2 ",
    "draft",
    "text",
    "en",
    "anyTags",
    [],
    {},
    [None],
)
MORE_VALUES = (
    ["en"],
    ["fr", "en"],
    ["en", "fr"],
    [""],
    {"a": "one"},
    "2026-01-01T00:00:00.000Z",
    "xcore:tag:t0",
    "web",
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands, and where more could."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield (*path, name)
            yield from _places(item, (*path, name))
        yield (*path, "acme:new")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield (*path, index)
            yield from _places(item, (*path, index))


def _at(root: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        root = root.get(step) if isinstance(root, dict) else root[step]
    return root


def _like(value: Any) -> Iterator[Any]:
    """What could be taken for a value."""
    match value:
        case int() | float():
            yield from (value == 1, float(value), str(value))
        case str():
            yield from (f"{value} ", [value], value.upper())
        case list():
            yield from (value[::-1], [*value, *value], [*value, None])
        case dict():
            yield from ({**value, "acme:new": 1}, dict(reversed(value.items())))
        case _:
            yield from ("", [], {})


def _put(root: Any, path: tuple[Any, ...], value: Any) -> None:
    for step in path[:-1]:
        root = root[step]
    root[path[-1]] = value


@st.composite
def edited(draw: st.DrawFn, item: LiveInstance) -> LiveInstance:
    """An instance with some of its values, and perhaps a base or the protection in its stamp, edited by somebody."""
    properties, links = json.loads(json.dumps([item.instance.properties, item.instance.links]))
    for _ in range(draw(st.integers(0, 2))):
        place = draw(st.sampled_from(list(_places(properties))))
        others = (*VALUES, *MORE_VALUES) if draw(st.booleans()) else tuple(_like(_at(properties, place)))
        _put(properties, place, draw(st.sampled_from(others)))
    if draw(st.booleans()):
        title = links[LINK]["title"]
        parts = draw(st.permutations(title.split(";")[1:]))
        lost = parts[draw(st.integers(0, 1)) :]
        more = draw(
            st.sampled_from([[], ["protected"], ["status=" + base_of(item.kind, "status", "approved", uri_of)]])
        )
        links[LINK]["title"] = ";".join(["b1", *lost, *more])
    if draw(st.booleans()):
        links[LINK]["href"] += draw(st.sampled_from([f"#{item.instance.instance_id}", "#other"]))
    instance = replace(item.instance, properties=properties, links=links)
    return LiveInstance(item.kind, instance, read_stamp(links))


def _disagreements(documents: Documents, identity: Identity) -> list[object]:
    glance, resolve = Glance(identity), resolver(identity)
    return [
        (key, change)
        for key, entity in make_catalogue(documents).entities.items()
        if (live := identity.ownership.owned.get(key)) is not None
        and glance.alike(entity, live)
        and (change := compare_entity(entity, live, identity.ownership.name_uri, resolve)) is not None
    ]


@settings(deadline=None, max_examples=60)
@given(st.data(), catalogues(), catalogues())
def test_a_glance_overlooks_nothing(data: st.DataObject, before: Documents, after: Documents) -> None:
    live = state_of([data.draw(edited(item)) for item in live_after(before)])
    for documents in (before, after):
        identity = identify(make_catalogue(documents), live)
        assert _disagreements(documents, identity) == []


@settings(deadline=None, max_examples=15)
@given(catalogues())
def test_a_glance_takes_no_value_for_another_that_is_like_it(documents: Documents) -> None:
    live, catalogue = live_after(documents), make_catalogue(documents)
    identity = identify(catalogue, live)
    glance, resolve, name_uri = Glance(identity), resolver(identity), identity.ownership.name_uri
    for key, item in identity.ownership.owned.items():
        for place in _places(item.instance.properties):
            for value in _like(_at(item.instance.properties, place)):
                properties = json.loads(json.dumps(item.instance.properties))
                _put(properties, place, value)
                other = replace(item, instance=replace(item.instance, properties=properties))
                if glance.alike(catalogue.entities[key], other):
                    assert compare_entity(catalogue.entities[key], other, name_uri, resolve) is None, (place, value)
