"""What holds of every patch that comparing computes."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import jsonpatch
import pytest
from hypothesis import given, settings

from reconciler.diff.changes import Operation, Patch
from reconciler.live.snapshot import LiveInstance, LiveState
from reconciler.model.stamp import LINK, Bases, read_stamp
from tests.plan_builders import changes_between, live_after, make_entity, state_of, stored
from tests.property.catalogues import Documents, catalogues

pytestmark = pytest.mark.property

MARK = "acme:mark"
GROUPS = ("xdm:selectionConstraint", "xdm:rank", "xdm:cappingConstraint", "xdm:condition")
ASSET_AND_FORM = ("repo:id", "repo:resolveURL", "@type", "dc:format")


@settings(deadline=None, max_examples=100)
@given(catalogues(), catalogues())
def test_a_patched_instance_no_longer_differs(before: Documents, after: Documents) -> None:
    live = live_after({**after, **before})
    for patch in changes_between(after, live).patches:
        patched = _sent(patch.live, [*patch.first, *patch.operations], patch.bases)
        assert not _differences(after, live, patched)


@settings(deadline=None, max_examples=100)
@given(catalogues(), catalogues())
def test_a_half_patched_instance_does_not_look_edited_live(before: Documents, after: Documents) -> None:
    live = live_after({**after, **before})
    for patch in changes_between(after, live).patches:
        if patch.first:
            assert patch.live.stamp is not None
            half = _sent(patch.live, patch.first, {**(patch.live.stamp.bases or {}), **patch.between})
            (rest,) = _differences(after, live, half)
            assert not rest.first
            assert not [change for change in rest.changes if change.reverts]
            assert not _differences(after, live, _sent(half, rest.operations, rest.bases))


@settings(deadline=None, max_examples=100)
@given(catalogues(), catalogues())
def test_unknown_properties_survive_every_patch(before: Documents, after: Documents) -> None:
    live = state_of(_marked(item) for item in live_after({**after, **before}))
    for patch in changes_between(after, live).patches:
        patched = _sent(patch.live, [*patch.first, *patch.operations], patch.bases)
        wanted = stored(make_entity(str(patch.key), **after[str(patch.key)])).instance.properties
        left = _marks(patched.instance.properties)
        assert not (_marks(patch.live.instance.properties) & Counter(name for name, _ in _places(wanted))) - left
        assert not {name for name in _marks(patch.live.instance.properties) if len(name) == 1} - left.keys()
        assert not _differences(after, live, patched)


@settings(deadline=None, max_examples=60)
@given(catalogues())
def test_unknown_properties_are_no_difference(documents: Documents) -> None:
    assert changes_between(documents, state_of(_marked(item) for item in live_after(documents))).empty


# ---------------------------------------------------------------- patched instances


def _sent(item: LiveInstance, operations: Sequence[Operation], bases: Bases) -> LiveInstance:
    """The instance as the patch leaves it, with these bases in its stamp."""
    assert item.stamp is not None
    after = jsonpatch.apply_patch({"_instance": item.instance.properties}, list(operations))["_instance"]
    told = {name: base for name, base in bases.items() if isinstance(base, str)}
    links = {LINK: replace(item.stamp, bases=told).link()}
    instance = replace(item.instance, properties=after, links=links)
    return LiveInstance(item.kind, instance, read_stamp(links))


def _differences(documents: Documents, live: LiveState, patched: LiveInstance) -> list[Patch]:
    """What still differs once the patched instance stands in the place of the old one."""
    state = state_of(patched if item.uri == patched.uri else item for item in live)
    changes = changes_between(documents, state)
    assert not [restamp for restamp in changes.restamps if restamp.live.uri == patched.uri]
    return [patch for patch in changes.patches if patch.live.uri == patched.uri]


# ---------------------------------------------------------------- marks: unknown properties


def _marked(item: LiveInstance) -> LiveInstance:
    properties = copy.deepcopy(dict(item.instance.properties))
    for _name, place in _places(properties):
        place[MARK] = {"of": "somebody"}
    return LiveInstance(item.kind, replace(item.instance, properties=properties), item.stamp)


def _marks(properties: Any) -> Counter[tuple[Any, ...]]:
    return Counter(name for name, place in _places(properties) if MARK in place)


def _places(properties: Any) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    """Every object that can hold unknown properties; representations by placement, components by asset and form."""
    yield ("",), properties
    for group in GROUPS:
        if group in properties:
            yield (group,), properties[group]
    for item in properties.get("xdm:representations", ()):
        yield ("representation", item["xdm:placement"]), item
        for component in item.get("xdm:components", ()):
            form = tuple(component.get(name) for name in ASSET_AND_FORM)
            yield (item["xdm:placement"], *form, *sorted(component.get("dc:language", ()))), component
