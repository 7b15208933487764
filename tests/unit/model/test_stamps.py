"""The stamp: whose an instance is, and what was last written."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.kinds import EntityKey, Kind
from reconciler.model.spelling import Pending, flatten
from reconciler.model.stamp import LINK, TITLE_LIMIT, PendingBase, Stamp, bases_of, read_stamp, shared_base
from tests.builders import make_activity, make_filter, make_offer

SEAT = EntityKey(Kind.OFFER, "seat")


def uri_of(key: EntityKey) -> str:
    return f"xcore:{key.kind}:{key.name}"


def test_a_stamp_is_a_link() -> None:
    stamp = Stamp("shop", SEAT, "1-2", {"name": "abcdefgh", "caps.global": "12345678"}, protected=True, commit="c0ffee")
    assert stamp.link() == {
        "href": "urn:reconciler:shop/offer/seat#1-2",
        "title": "b1;protected;caps.global=12345678;name=abcdefgh",
        "name": "c0ffee",
    }


def test_a_stamp_of_a_create_knows_no_instance_and_no_commit() -> None:
    assert Stamp("shop", SEAT).link() == {"href": "urn:reconciler:shop/offer/seat", "title": "b1"}


def test_what_parts_a_title_is_escaped_in_field_names() -> None:
    stamp = Stamp("shop", SEAT, bases={"characteristics.a;b=c%\n\x85": "12345678"})
    assert stamp.title == "b1;characteristics.a%3Bb%3Dc%25%0A%C2%85=12345678"
    assert read_stamp({LINK: stamp.link()}) == stamp


@pytest.mark.parametrize(
    "link",
    [
        None,
        "urn:reconciler:shop/offer/seat",
        {},
        {"href": 5},
        {"href": "urn:reconciler:shop/offer"},
        {"href": "urn:reconciler:shop/offer/seat/more"},
        {"href": "urn:reconciler:shop/offr/seat"},
        {"href": "urn:reconciler:Shop/offer/seat"},
        {"href": "https://example.com/urn:reconciler:shop/offer/seat"},
        {"href": "urn:reconciler:shop/offer/seat#"},
        {"href": "urn:reconciler:shop/offer/seat\n"},
    ],
)
def test_a_link_that_is_no_stamp_is_none(link: Any) -> None:
    assert read_stamp({LINK: link}) is None


@pytest.mark.parametrize("title", [None, 5, "", "b2;name=12345678", "protected"])
def test_a_title_that_cannot_be_read_leaves_the_owner_known(title: Any) -> None:
    assert read_stamp({LINK: {"href": "urn:reconciler:shop/offer/seat", "title": title, "name": 7}}) == Stamp(
        "shop", SEAT, bases=None
    )


def test_equal_values_have_equal_bases() -> None:
    one = make_offer(tags=["a", "b", "a"], end="2026-01-01T01:00:00+01:00", status="draft", priority=0)
    other = make_offer(tags=["b", "a"], end="2026-01-01T00:00:00.000Z")
    assert bases_of(Kind.OFFER, flatten(one), uri_of) == bases_of(Kind.OFFER, flatten(other), uri_of)


def test_every_field_has_a_base_of_its_own() -> None:
    offer = make_offer(
        caps={"global": 1, "profile": 1},
        characteristics={"cabin": "x", "empty": ""},
        representations=[{"placement": "hero"}],
        extra={"acme:a": 1},
    )
    bases = bases_of(Kind.OFFER, flatten(offer), uri_of)
    assert sorted(bases) == [
        "caps.global",
        "caps.profile",
        "characteristics.cabin",
        "extra.acme:a",
        "name",
        "representations[hero]",
    ]
    assert all(isinstance(value, str) and len(value) == 8 for value in bases.values())


def test_a_base_waits_for_uris_that_are_not_known_yet() -> None:
    flat = flatten(make_filter(offers=["seat", "sofa"]))
    bases = bases_of(Kind.FILTER, flat, lambda key: Pending(key) if key.name == "sofa" else uri_of(key))
    waiting = bases["offers"]
    assert waiting == PendingBase("offers", Kind.OFFER, ("sofa", "xcore:offer:seat"), single=False)
    assert isinstance(waiting, PendingBase)
    assert waiting.value(Pending) is None
    assert waiting.value(uri_of) == bases_of(Kind.FILTER, flat, uri_of)["offers"]


def test_a_single_reference_is_hashed_as_text() -> None:
    waiting = bases_of(Kind.ACTIVITY, flatten(make_activity()), Pending)["filter"]
    assert waiting == PendingBase("filter", Kind.FILTER, ("all",), single=True)
    assert isinstance(waiting, PendingBase)
    assert waiting.value(uri_of) == bases_of(Kind.ACTIVITY, flatten(make_activity()), uri_of)["filter"]


def test_representations_share_a_base_where_the_title_would_be_too_long() -> None:
    places = [{"placement": f"place-{index}-{'x' * 80}"} for index in range(50)]
    flat = flatten(make_offer(representations=places))
    bases = bases_of(Kind.OFFER, flat, uri_of)
    assert bases["representations"] == shared_base(flat)
    assert sorted(bases) == ["name", "representations"]
    assert len(Stamp("shop", SEAT, "1", {name: str(base) for name, base in bases.items()}).title) < TITLE_LIMIT


def test_components_count_in_no_order_and_by_their_long_names() -> None:
    long = "https://ns.adobe.com/experience/offer-management/content-component-text"
    one = [{"type": "text", "copyline": "a"}, {"type": "html", "language": ["en", "de"]}]
    other = [{"type": "html", "language": ["de", "en"]}, {"type": long, "copyline": "a"}]
    flats = [
        flatten(make_offer(representations=[{"placement": "hero", "components": parts}])) for parts in (one, other)
    ]
    assert bases_of(Kind.OFFER, flats[0], uri_of) == bases_of(Kind.OFFER, flats[1], uri_of)
