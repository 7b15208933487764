"""Which instance is which entity."""

from __future__ import annotations

import pytest

from reconciler.live.identity import identify
from reconciler.live.ownership import Ownership
from reconciler.live.snapshot import LiveInstance
from reconciler.model.kinds import Kind
from reconciler.model.stamp import LINK
from tests.plan_builders import CATALOG, key_of, make_catalogue, make_instance, state_of

OURS = f"urn:reconciler:{CATALOG}/tag/t"


def tag(name: str, href: str | None, created: str = "2026-01-01T00:00:00Z") -> LiveInstance:
    links = {} if href is None else {LINK: {"href": href, "title": "b1"}}
    return make_instance(Kind.TAG, name, {"xdm:name": name}, links=links, created=created)


def owned(*items: LiveInstance) -> Ownership:
    return identify(make_catalogue({}), state_of(items)).ownership


def original(*items: LiveInstance) -> str | None:
    """The id of the instance that is taken for the original of tag/t."""
    found = owned(*items).owned.get(key_of("tag/t"))
    return None if found is None else found.instance.instance_id


def test_an_instance_with_our_stamp_is_ours_whatever_its_name() -> None:
    assert original(tag("other", OURS)) == "other-tag"


@pytest.mark.parametrize(
    "href",
    [
        None,
        "urn:reconciler:sea-lines/tag/t",
        f"urn:reconciler:{CATALOG}/offer/t",
        f"urn:reconciler:{CATALOG}/shop/t",
        f"urn:reconciler:{CATALOG}-two/tag/t",
        "https://example.com/tag/t",
    ],
)
def test_an_instance_without_our_stamp_for_its_kind_is_not_ours(href: str | None) -> None:
    assert owned(tag("t", href)).owned == {}


def test_the_original_is_the_one_that_its_stamp_names() -> None:
    href = f"{OURS}#b-tag"
    found = owned(tag("a", href, "2025-01-01T00:00:00Z"), tag("b", href), tag("c", href))
    assert found.owned[key_of("tag/t")].instance.instance_id == "b-tag"
    assert [item.instance.instance_id for item in found.copies[0].copies] == ["a-tag", "c-tag"]


def test_without_such_a_name_the_original_is_the_earliest() -> None:
    late, early = "2026-01-01T00:00:00.5Z", "2026-01-01T02:00:00+02:00"
    assert original(tag("a", OURS, late), tag("b", OURS, early)) == "b-tag"


def test_a_stamp_that_names_another_instance_makes_a_copy_even_when_it_stands_alone() -> None:
    assert original(tag("a", f"{OURS}#gone", "2026-01-02T00:00:00Z"), tag("b", f"{OURS}#gone")) is None
    assert original(tag("a", f"{OURS}#gone")) is None
    assert original(tag("a", f"{OURS}#gone"), tag("b", OURS, "2026-01-02T00:00:00Z")) == "b-tag"


def test_two_made_at_one_instant_cannot_be_told_apart() -> None:
    found = owned(tag("a", OURS), tag("b", OURS))
    assert found.owned == {}
    assert found.copies[0].original is None
    assert len(found.copies[0].copies) == 2


def test_a_uri_is_named_by_our_key_where_it_is_ours_and_of_that_kind() -> None:
    found = owned(tag("a", OURS), tag("b", None))
    assert found.name_uri("xcore:tag:a", Kind.TAG) == "t"
    assert found.name_uri("xcore:tag:a", Kind.OFFER) == "xcore:tag:a"
    assert found.name_uri("xcore:tag:b", Kind.TAG) == "xcore:tag:b"


def test_a_uri_of_a_copy_is_not_our_key() -> None:
    found = owned(tag("a", f"{OURS}#a-tag"), tag("b", f"{OURS}#a-tag"))
    assert found.name_uri("xcore:tag:b", Kind.TAG) == "xcore:tag:b"
