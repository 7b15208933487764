"""Checks that need more than a case of a few files."""

from __future__ import annotations

from datetime import UTC, datetime

from reconciler.checks.references import MAX_COMPARISONS
from reconciler.checks.run import check_catalogue
from reconciler.graph.build import build_graph
from reconciler.model.problem import Code, Severity
from tests.builders import (
    AT,
    checked_lines,
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
LIMIT = "the service's documented limit is"
ASK = "Split it, or ask the service's operator whether yours is higher."


def test_an_empty_catalogue_has_no_problems() -> None:
    assert checked_lines() == []


def test_problems_are_sorted_by_place() -> None:
    lines = checked_lines(make_tag(key="b", name="B"), make_tag(key="a", name="A"), make_rule())
    assert [line.split(":")[0] for line in lines] == ["rule/adults", "tag/a", "tag/b"]


def test_codes_from_100_on_are_warnings() -> None:
    catalogue = make_catalogue(make_offer(priority=-1))
    found = check_catalogue(catalogue, build_graph(catalogue), at=AT)
    assert [(problem.code, problem.severity) for problem in found] == [
        (Code.PRIORITY, Severity.ERROR),
        (Code.UNSELECTED_OFFER, Severity.WARNING),
    ]


def test_an_offer_may_be_placed_for_any_of_its_activities() -> None:
    side = make_placement(key="side", name="Side")
    nothing = make_fallback(status="approved", representations=[*PLACED, {"placement": "side"}])
    lines = checked_lines(
        make_placement(),
        side,
        nothing,
        make_offer(status="approved", representations=[{"placement": "side"}]),
        make_offer(key="sofa", name="Sofa", status="approved", representations=PLACED),
        make_filter(offers=["seat", "sofa"]),
        make_filter(key="one", name="One", offers=["seat"]),
        make_activity(),
        make_activity(key="other", name="Other", placement="side", filter="one"),
    )
    assert lines == []


def test_a_filter_no_activity_uses_asks_for_no_placement() -> None:
    assert checked_lines(make_offer(), make_filter(offers=["seat"])) == []


def test_an_archived_activity_may_show_nothing() -> None:
    lines = checked_lines(
        make_placement(),
        make_fallback(representations=PLACED),
        make_offer(representations=PLACED),
        make_filter(offers=["seat"]),
        make_activity(status="archived", end="2020-01-01T00:00:00Z"),
    )
    assert lines == []


def test_the_end_itself_is_expired() -> None:
    seat = make_offer(end="2026-06-01T00:00:00Z")
    expired = "offer/seat:1:1 RC105 this offer ended at 2026-06-01T00:00:00Z | Move the end, archive it, or remove it."
    instants = [datetime(2026, 5, 31, 23, 59, 59, 999999, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)]
    assert [expired in checked_lines(seat, make_filter(offers=["seat"]), at=at) for at in instants] == [False, True]


def test_a_kind_over_the_limit_of_the_service_is_one_warning() -> None:
    tags = [make_tag(key=f"t{index}", name=f"T{index}") for index in range(1_001)]
    lines = [line for line in checked_lines(*tags) if " RC109 " in line]
    assert lines == [f"catalog.yaml:1:1 RC109 1,001 entities of kind tag; {LIMIT} 1,000 | {ASK}"]


def test_the_size_of_an_offer_is_that_of_all_it_says() -> None:
    parts = [{"extra": {"acme:text": "x" * 1_000}}] * 300
    lines = checked_lines(make_offer(representations=[{"placement": "hero", "components": parts}]))
    assert f"offer/seat:1:1 RC109 an offer of 305,206 bytes; {LIMIT} 300,000 | {ASK}" in lines


def test_a_long_rule_is_measured_in_bytes() -> None:
    lines = checked_lines(make_rule(condition="ä" * 7_501), make_offer(rule="adults", status="archived"))
    assert lines == [f"rule/adults:1:1 RC109 a rule of 15,002 bytes; {LIMIT} 15,000 | {ASK}"]


def test_suggestions_end_where_they_would_cost_too_much() -> None:
    tags = [make_tag(key=f"theme-{index}", name=f"T{index}") for index in range(1_000)]
    wanted = [f"thema-{index}" for index in range(200)]
    lines = checked_lines(*tags, make_filter(any_tags=wanted), make_offer(tags=[f"theme-{i}" for i in range(1_000)]))
    told = [line for line in lines if " RC020 " in line]
    assert len(told) == 200
    assert sum("Did you mean" in line for line in told) == MAX_COMPARISONS // 1_000


def test_one_missing_name_is_compared_once() -> None:
    tags = [make_tag(key=f"theme-{index}", name=f"T{index}") for index in range(1_000)]
    offers = [make_offer(key=f"o{index}", name=f"O{index}", tags=["thema-1"]) for index in range(500)]
    lines = [line for line in checked_lines(*tags, *offers) if " RC020 " in line]
    assert all(line.endswith("there is no tag `thema-1` | Did you mean `theme-1`?") for line in lines)
    assert len(lines) == 500
