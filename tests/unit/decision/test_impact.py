from __future__ import annotations

from typing import Any

import pytest

from reconciler.decision.counters import Counters
from reconciler.decision.decide import Setting, Shown
from reconciler.decision.impact import (
    EXAMPLES,
    NOTHING,
    Batch,
    Example,
    Impact,
    OfferChange,
    Outcome,
    OverCap,
    compare_states,
    count_batch,
    summarise,
)
from reconciler.decision.prepare import UnknownActivity
from reconciler.decision.state import DecisionState
from tests.decision_cases import NOON, build

GOLD = {"rule/gold": {"condition": 'status = "gold"'}}
BEFORE = build({**GOLD, "offer/lounge": {"rule": "gold", "priority": 2}, "offer/bag": {"rule": "gold"}})
FALLBACK = Outcome(Shown.FALLBACK, "nothing")


def offer(key: str) -> Outcome:
    return Outcome(Shown.OFFER, key)


def people(gold: int, others: int) -> Batch:
    profiles = [{"id": f"p{number}", "status": "gold" if number <= gold else "none"} for number in range(1, 1 + gold)]
    profiles += [{"id": f"p{number}", "status": "none"} for number in range(gold + 1, gold + others + 1)]
    return Batch(profiles, range(1, len(profiles) + 1))


def impact(after: DecisionState, batch: Batch, before: DecisionState = BEFORE, **setting: Any) -> Impact:
    comparison = compare_states(before, after, Setting(NOON, id_field="id", **setting))
    return summarise(comparison, count_batch(comparison, batch))


def test_the_same_state_moves_nobody() -> None:
    found = impact(BEFORE, people(3, 7))
    assert (found.profiles, found.moved, found.share) == (10, 0, 0.0)
    (home,) = found.activities
    assert home.kept == {offer("lounge"): 3, FALLBACK: 7}
    assert (home.moves, home.offers) == ((), ())


def test_who_loses_an_offer_gets_the_next_one_or_the_fallback() -> None:
    after = build(
        {**GOLD, "offer/lounge": {"rule": "gold", "priority": 2, "status": "draft"}, "offer/bag": {"rule": "gold"}}
    )
    (home,) = impact(after, people(3, 7)).activities
    assert [(move.before, move.after, move.count) for move in home.moves] == [(offer("lounge"), offer("bag"), 3)]
    assert home.offers == (OfferChange("lounge", 3, 0), OfferChange("bag", 0, 3))
    (home,) = impact(build(GOLD), people(3, 7)).activities
    assert [(move.before, move.after, move.count) for move in home.moves] == [(offer("lounge"), FALLBACK, 3)]
    assert (home.shown_before(Shown.FALLBACK), home.shown_after(Shown.FALLBACK)) == (7, 10)
    assert home.share == 0.3


def test_examples_are_the_first_in_the_file_and_few() -> None:
    comparison = compare_states(BEFORE, build(GOLD), Setting(NOON, id_field="id"))
    batch = people(EXAMPLES + 3, 0)
    counted = [
        count_batch(comparison, Batch([profile], [position]))
        for profile, position in zip(batch.profiles, batch.positions, strict=True)
    ]
    total = counted[-1]
    for one in reversed(counted[:-1]):
        total = total.plus(one)
    (move,) = summarise(comparison, total).activities[0].moves
    assert move.examples == tuple(Example(number, f"p{number}") for number in range(1, EXAMPLES + 1))


def test_another_fallback_is_a_change_and_another_content_is_none() -> None:
    after = build({"fallback/other": {}, "activity/home": {"fallback": "other"}})
    (home,) = impact(after, people(0, 4), build({})).activities
    assert [(move.before, move.after, move.count) for move in home.moves] == [
        (FALLBACK, Outcome(Shown.FALLBACK, "other"), 4)
    ]
    shown = {
        "offer/bag": {"representations": [{"placement": "hero", "components": [{"type": "html", "content": "x"}]}]}
    }
    assert impact(build(shown), people(0, 4), build({"offer/bag": {}})).moved == 0


def test_an_activity_that_is_not_live_or_not_there_shows_nothing() -> None:
    (home,) = impact(build({"activity/home": {"status": "draft"}}), people(1, 1)).activities
    assert {move.after for move in home.moves} == {NOTHING}
    assert (home.why_before, home.why_after, home.decides) == ("", "the activity is draft", True)
    found = impact(build({"activity/new": {}}), people(0, 2), build({}))
    new = next(activity for activity in found.activities if activity.activity == "new")
    assert (new.why_before, new.moved) == ("there is no such activity", 2)


def test_a_profile_that_moves_in_two_activities_is_one_profile() -> None:
    two = {**GOLD, "activity/more": {}, "offer/lounge": {"rule": "gold"}}
    found = impact(build({**two, "offer/lounge": {"status": "draft"}}), people(3, 7), build(two))
    assert [activity.moved for activity in found.activities] == [3, 3]
    assert found.moved == 3


def test_rules_of_other_names_with_the_same_text_change_nothing() -> None:
    renamed = build(
        {
            "rule/best": {"condition": 'status = "gold"'},
            "offer/lounge": {"rule": "best", "priority": 20},
            "offer/bag": {"rule": "best"},
        }
    )
    comparison = compare_states(BEFORE, renamed, Setting(NOON))
    assert [contest.shared for contest in comparison.contests] == [2]


def test_wins_beyond_a_global_cap_are_counted_after_what_was_proposed() -> None:
    capped = build({"offer/bag": {"caps": {"global": 10}}})
    found = impact(capped, people(0, 8), capped, counters=Counters({"bag": 7}, {}))
    assert found.over_caps == (OverCap("bag", 10, 5, 5),)
    assert impact(capped, people(0, 8), capped).over_caps == ()
    assert impact(build({}), people(0, 12), capped).over_caps == (OverCap("bag", 10, 2, 0),)


def test_an_activity_that_neither_state_has_is_an_error_with_the_nearest_name() -> None:
    with pytest.raises(UnknownActivity) as told:
        compare_states(BEFORE, BEFORE, Setting(NOON), activities=["hone"])
    assert told.value.message == "there is no activity `hone`, neither before nor after"
    assert "home" in (told.value.remedy or "")


def test_only_the_activities_asked_for_are_compared_each_once() -> None:
    two = build({"activity/more": {}})
    comparison = compare_states(two, two, Setting(NOON), activities=["more", "more"])
    assert [contest.activity for contest in comparison.contests] == ["more"]
