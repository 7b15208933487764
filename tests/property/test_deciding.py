from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.decision.counters import Counters
from reconciler.decision.decide import decide
from reconciler.decision.eligibility import Verdicts
from reconciler.decision.prepare import prepare
from reconciler.decision.profile import reader_of_ids
from reconciler.decision.ranking import choose_over
from reconciler.decision.state import DecisionState
from reconciler.pql.rule import Situation
from tests.decision_cases import NOON, build

pytestmark = pytest.mark.property

KEYS = [f"o{number}" for number in range(6)]
CONDITIONS = {
    "adult": "age >= 18",
    "elite": 'status = "elite"',
    "local": 'offer.characteristics.get("market") = country',
    "wild": "status.matches(pattern)",  # fails for a profile whose pattern is no regular expression
}
PROFILES = st.fixed_dictionaries(
    {},
    optional={
        "id": st.text(max_size=3),
        "age": st.integers(16, 20),
        "status": st.sampled_from(["elite", "silver"]),
        "country": st.sampled_from(["US", "NO"]),
        "pattern": st.sampled_from(["e", "("]),
    },
)
OFFERS = st.fixed_dictionaries(
    {"priority": st.integers(0, 2)},
    optional={
        "status": st.sampled_from(["approved", "draft"]),
        "rule": st.sampled_from([*CONDITIONS, "gone"]),
        "end": st.sampled_from(["2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"]),
        "caps": st.fixed_dictionaries({"global": st.integers(1, 3)}),
        "characteristics": st.fixed_dictionaries({"market": st.sampled_from(["US", "NO"])}),
    },
)
CATALOGUES = st.dictionaries(st.sampled_from(KEYS), OFFERS, max_size=len(KEYS))
COUNTS = st.dictionaries(st.sampled_from(KEYS), st.integers(0, 3)).map(lambda counts: Counters(counts, {}))


def state_with(offers: dict[str, Any]) -> DecisionState:
    rules = {f"rule/{name}": {"condition": text} for name, text in CONDITIONS.items()}
    return build({**rules, **{f"offer/{key}": changes for key, changes in offers.items()}})


def winners(
    state: DecisionState, profiles: list[dict[str, Any]], seed: str, counters: Counters | None = None
) -> list[str | None]:
    """The winner of each profile, decided as one batch."""
    prepared = prepare(state, "home", NOON, counters or Counters())
    read_id = reader_of_ids("id")
    chosen = choose_over(prepared, Verdicts(profiles, Situation(NOON)), lambda at: read_id(profiles[at]), seed)
    return [None if candidate is None else candidate.key for candidate in chosen]


@given(CATALOGUES, st.lists(PROFILES, max_size=8), st.text(max_size=2), COUNTS)
def test_a_batch_decides_as_each_profile_alone_and_the_trace_agrees(
    offers: dict[str, Any], profiles: list[dict[str, Any]], seed: str, counters: Counters
) -> None:
    state = state_with(offers)
    alone = [
        decide(state, ["home"], profile, at=NOON, seed=seed, counters=counters, id_field="id")[0]
        for profile in profiles
    ]
    assert winners(state, profiles, seed, counters) == [
        decision.key if decision.key != "nothing" else None for decision in alone
    ]
    for decision in alone:
        assert sorted(key for key, _cause in decision.trace) == sorted(offers)
        won = [key for key, cause in decision.trace if cause.step == "won"]
        assert won == ([decision.key] if decision.shown == "offer" else [])


@given(CATALOGUES, st.lists(PROFILES, max_size=8), st.text(max_size=2), st.randoms(), st.integers(0, 8))
def test_neither_the_order_of_profiles_and_offers_nor_the_batch_matters(
    offers: dict[str, Any], profiles: list[dict[str, Any]], seed: str, random: Any, cut: int
) -> None:
    state, expected = state_with(offers), winners(state_with(offers), profiles, seed)
    order = list(range(len(profiles)))
    random.shuffle(order)
    assert winners(state, [profiles[at] for at in order], seed) == [expected[at] for at in order]
    assert winners(state, profiles[:cut], seed) + winners(state, profiles[cut:], seed) == expected
    shuffled = list(offers.items())
    random.shuffle(shuffled)
    assert winners(state_with(dict(shuffled)), profiles, seed) == expected


@settings(max_examples=200)
@given(CATALOGUES, st.sampled_from(KEYS), OFFERS, st.lists(PROFILES, max_size=8), st.text(max_size=2))
def test_one_offer_more_moves_only_the_profiles_that_gain_it(
    offers: dict[str, Any], key: str, more: dict[str, Any], profiles: list[dict[str, Any]], seed: str
) -> None:
    fewer = {name: changes for name, changes in offers.items() if name != key}
    without = winners(state_with(fewer), profiles, seed)
    with_it = winners(state_with({**fewer, key: more}), profiles, seed)
    for before, after in zip(without, with_it, strict=True):
        assert after in (before, key)


@given(CATALOGUES, PROFILES, st.booleans())
def test_no_offer_is_shown_twice_in_one_request_unless_that_is_allowed(
    offers: dict[str, Any], profile: dict[str, Any], allowed: bool
) -> None:
    rules = {f"rule/{name}": {"condition": text} for name, text in CONDITIONS.items()}
    activities: dict[str, Any] = {f"activity/a{number}": {} for number in range(4)}
    state = build({**rules, **activities, **{f"offer/{key}": changes for key, changes in offers.items()}})
    names = [name.partition("/")[2] for name in activities]
    decisions = decide(state, names, profile, at=NOON, id_field="id", allow_duplicates=allowed)
    shown = [decision.key for decision in decisions if decision.shown == "offer"]
    if allowed:
        alone = [decide(state, [name], profile, at=NOON, id_field="id")[0].key for name in names]
        assert [decision.key for decision in decisions] == alone
    else:
        assert len(shown) == len(set(shown))
