"""Two spellings of one entity."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.entities import Entity
from reconciler.model.kinds import EntityKey, Kind
from reconciler.model.spelling import Opaque, Pending, flatten, flatten_live, live_references, references, to_xdm
from tests.builders import make_activity, make_fallback, make_filter, make_offer, make_placement, make_rule, make_tag

TEXT_TYPE = "https://ns.adobe.com/experience/offer-management/content-component-text"


def uri_of(key: EntityKey) -> str:
    return f"xcore:{key.kind}:{key.name}"


def key_of(uri: str, kind: Kind) -> str:
    return uri.removeprefix(f"xcore:{kind}:")


def test_an_offer_in_the_spelling_of_the_repository() -> None:
    offer = make_offer(
        status="approved",
        tags=["a", "b"],
        rule="adults",
        start="2026-01-01T00:00:00+01:00",
        priority=3,
        caps={"global": 5},
        characteristics={"cabin": "x"},
        extra={"acme:owner": "me"},
        representations=[
            {
                "placement": "hero",
                "components": [
                    {"type": "text", "language": "en", "copyline": "Hi", "asset": {"id": "1"}, "extra": {"a:b": 2}}
                ],
            }
        ],
    )
    assert to_xdm(offer, uri_of) == {
        "xdm:name": "A better seat",
        "xdm:status": "approved",
        "xdm:tags": ["xcore:tag:a", "xcore:tag:b"],
        "xdm:selectionConstraint": {
            "xdm:eligibilityRule": "xcore:rule:adults",
            "xdm:startDate": "2026-01-01T00:00:00+01:00",
        },
        "xdm:rank": {"xdm:priority": 3},
        "xdm:cappingConstraint": {"xdm:globalCap": 5},
        "xdm:characteristics": {"cabin": "x"},
        "acme:owner": "me",
        "xdm:representations": [
            {
                "xdm:placement": "xcore:placement:hero",
                "xdm:components": [
                    {"@type": TEXT_TYPE, "dc:language": ["en"], "xdm:copyline": "Hi", "repo:id": "1", "a:b": 2}
                ],
            }
        ],
    }


def test_a_rule_says_its_language_and_keeps_its_text() -> None:
    assert to_xdm(make_rule(condition="age > 17\n"), uri_of) == {
        "xdm:name": "Adults",
        "xdm:condition": {"xdm:type": "PQL", "xdm:format": "pql/text", "xdm:value": "age > 17\n"},
    }


@pytest.mark.parametrize(("form", "spelled"), [("offers", "offers"), ("any_tags", "anyTags"), ("all_tags", "allTags")])
def test_a_filter_says_its_form_even_when_it_is_empty(form: str, spelled: str) -> None:
    assert to_xdm(make_filter(**{form: []}), uri_of) == {"xdm:name": "All", "xdm:filterType": spelled, "ids": []}


def test_an_unknown_uri_is_pending() -> None:
    assert to_xdm(make_activity(), Pending)["xdm:filter"] == Pending(EntityKey(Kind.FILTER, "all"))


def test_what_means_the_same_as_absent_is_not_sent() -> None:
    offer = make_offer(status="draft", priority=0, tags=[], caps={}, characteristics={}, representations=[])
    assert to_xdm(offer, uri_of) == {"xdm:name": "A better seat"}


@pytest.mark.parametrize(
    ("kind", "live"),
    [
        (Kind.OFFER, {"xdm:status": "draft", "xdm:rank": {"xdm:priority": 0}, "xdm:tags": []}),
        (Kind.OFFER, {"xdm:selectionConstraint": {}, "xdm:cappingConstraint": {}, "xdm:characteristics": {"a": ""}}),
        (Kind.OFFER, {"xdm:representations": [], "acme:unknown": 1, "xdm:rank": None}),
        (Kind.PLACEMENT, {"xdm:contentTypes": [], "xdm:description": ""}),
        (Kind.RULE, {"xdm:condition": None}),
        (Kind.FILTER, {"ids": ["x"]}),
    ],
)
def test_live_values_that_mean_absent_are_absent(kind: Kind, live: dict[str, Any]) -> None:
    assert flatten_live(kind, {"xdm:name": "N", **live}, key_of) == {"name": "N"}


@pytest.mark.parametrize(
    ("entity", "live"),
    [
        (
            make_offer(end="2026-01-01T00:00:00Z"),
            {"xdm:selectionConstraint": {"xdm:endDate": "2026-01-01T01:00+01:00"}},
        ),
        (make_offer(priority=1), {"xdm:rank": {"xdm:priority": "1"}}),
        (make_offer(priority=1), {"xdm:rank": {"xdm:priority": True}}),
        (make_offer(tags=["5"]), {"xdm:tags": [5]}),
        (make_rule(name="A better seat"), {"xdm:condition": {"xdm:format": "pql/json", "xdm:value": "age > 17"}}),
        (make_rule(name="A better seat"), {"xdm:condition": "age > 17"}),
    ],
)
def test_a_live_value_of_another_type_differs(entity: Entity, live: dict[str, Any]) -> None:
    flat = flatten_live(entity.KIND, {"xdm:name": "A better seat", **live}, key_of)
    assert flat != flatten(entity)
    assert any(isinstance(value, Opaque) for value in flat.values())


def test_a_raw_condition_is_a_raw_property_and_not_a_rule_text() -> None:
    rule = make_rule(condition=None, extra={"xdm:condition": {"xdm:format": "pql/json", "xdm:value": "{}"}})
    assert flatten(rule) == flatten_live(Kind.RULE, to_xdm(rule, uri_of), key_of, rule.extra)
    assert list(flatten(rule)) == ["name", "extra.xdm:condition"]


def test_a_filter_is_read_under_both_names_of_its_list() -> None:
    live = {"xdm:name": "All", "xdm:filterType": "anyTags", "xdm:ids": ["xcore:tag:b", "xcore:tag:a", "xcore:tag:b"]}
    assert flatten_live(Kind.FILTER, live, key_of) == {"name": "All", "any_tags": ("a", "b")}


def test_a_reference_to_what_is_not_ours_stays_a_uri() -> None:
    flat = flatten_live(Kind.OFFER, {"xdm:tags": ["xcore:tag:a", "xcore:tag:b"]}, lambda uri, _kind: uri)
    assert flat == {"tags": ("xcore:tag:a", "xcore:tag:b")}


def test_references_come_with_their_paths() -> None:
    offer = make_offer(tags=["a"], rule="r", representations=[{"placement": "hero"}])
    found = [*references(offer), *references(make_filter(all_tags=["t"])), *references(make_activity())]
    assert [(path, str(key)) for path, key in found] == [
        (("tags", 0), "tag/a"),
        (("rule",), "rule/r"),
        (("representations", 0, "placement"), "placement/hero"),
        (("all_tags", 0), "tag/t"),
        (("placement",), "placement/hero"),
        (("filter",), "filter/all"),
        (("fallback",), "fallback/nothing"),
    ]


def test_kinds_without_references_have_none() -> None:
    assert [*references(make_tag()), *references(make_rule()), *references(make_placement())] == []


@pytest.mark.parametrize(
    "entity",
    [
        make_offer(tags=["a"], rule="r", representations=[{"placement": "hero"}]),
        make_fallback(tags=["a"], representations=[{"placement": "hero"}, {"placement": "side"}]),
        make_filter(offers=["a", "b"]),
        make_activity(),
    ],
)
def test_live_references_are_those_of_the_file(entity: Entity) -> None:
    live = [uri for _path, uri in live_references(entity.KIND, to_xdm(entity, uri_of))]
    assert sorted(live) == sorted(uri_of(key) for _path, key in references(entity))


@pytest.mark.parametrize(
    "properties",
    [
        {"xdm:tags": 5, "xdm:representations": "x", "xdm:selectionConstraint": []},
        {"xdm:tags": [5, None], "xdm:representations": [5, {"xdm:placement": 7}, {}], "xdm:characteristics": [1]},
        {"xdm:representations": [{"xdm:placement": "xcore:placement:hero", "xdm:components": [5, None, {}]}]},
    ],
)
def test_live_values_of_any_shape_are_read(properties: dict[str, Any]) -> None:
    flatten_live(Kind.OFFER, properties, key_of)
    assert all(isinstance(uri, str) for _path, uri in live_references(Kind.OFFER, properties))
