"""Who refers to whom: order and reachability."""

from __future__ import annotations

from graphlib import CycleError

import pytest

from reconciler.graph.build import Graph, Reference, build_graph, order_by
from reconciler.model.kinds import EntityKey, Kind
from tests.builders import (
    make_activity,
    make_catalogue,
    make_fallback,
    make_filter,
    make_offer,
    make_placement,
    make_rule,
    make_tag,
)

PLACED = [{"placement": "hero"}]


def key(text: str) -> EntityKey:
    kind, name = text.split("/")
    return EntityKey(Kind(kind), name)


def whole() -> Graph:
    return build_graph(
        make_catalogue(
            make_activity(),
            make_filter(offers=["seat"]),
            make_fallback(representations=PLACED, tags=["upgrade"]),
            make_offer(rule="adults", tags=["upgrade"], representations=PLACED),
            make_rule(),
            make_tag(),
            make_tag(key="alone", name="Alone"),
            make_placement(),
        )
    )


def names(keys: tuple[EntityKey, ...] | frozenset[EntityKey]) -> list[str]:
    return [str(key) for key in (keys if isinstance(keys, tuple) else sorted(keys))]


def test_every_kind_of_reference_is_an_edge() -> None:
    graph = whole()
    assert names(graph.targets(key("activity/home"))) == ["placement/hero", "fallback/nothing", "filter/all"]
    assert names(graph.targets(key("offer/seat"))) == ["tag/upgrade", "placement/hero", "rule/adults"]
    assert names(graph.targets(key("filter/all"))) == ["offer/seat"]
    assert names(graph.targets(key("tag/upgrade"))) == []


def test_every_edge_can_be_followed_back() -> None:
    graph = whole()
    assert names(graph.referrers(key("placement/hero"))) == ["offer/seat", "fallback/nothing", "activity/home"]
    assert names(graph.referrers(key("activity/home"))) == []


def test_a_reference_knows_where_it_is_written() -> None:
    assert whole().incoming[key("rule/adults")] == (Reference(key("offer/seat"), key("rule/adults"), ("rule",)),)


def test_the_order_has_each_after_what_it_needs() -> None:
    assert names(whole().order()) == [
        "tag/alone",
        "tag/upgrade",
        "placement/hero",
        "rule/adults",
        "offer/seat",
        "fallback/nothing",
        "filter/all",
        "activity/home",
    ]


def test_a_neighbourhood_reaches_both_ways_but_not_around_corners() -> None:
    graph = whole()
    assert names(graph.neighbourhood(key("filter/all"))) == [
        "tag/upgrade",
        "placement/hero",
        "rule/adults",
        "offer/seat",
        "filter/all",
        "activity/home",
    ]
    assert names(graph.neighbourhood(key("tag/alone"))) == ["tag/alone"]


def test_a_reference_that_names_nothing_is_kept() -> None:
    graph = build_graph(make_catalogue(make_offer(rule="nowhere", tags=["a", "a"])))
    assert names(graph.targets(key("offer/seat"))) == ["tag/a", "rule/nowhere"]
    assert names(graph.referrers(key("rule/nowhere"))) == ["offer/seat"]
    assert names(graph.order()) == ["offer/seat"]


def test_an_empty_catalogue_has_an_empty_graph() -> None:
    graph = build_graph(make_catalogue())
    assert (graph.keys, graph.order(), dict(graph.incoming)) == ((), (), {})


def test_ties_go_by_kind_and_name() -> None:
    needs: dict[EntityKey, tuple[EntityKey, ...]] = {key("offer/b"): (), key("tag/z"): (), key("offer/a"): ()}
    assert names(order_by(needs)) == ["tag/z", "offer/a", "offer/b"]


def test_a_ring_has_no_order() -> None:
    with pytest.raises(CycleError):
        order_by({key("tag/a"): (key("tag/b"),), key("tag/b"): (key("tag/a"),)})
