"""What is said to be impossible does not happen."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.decision.counters import Counters
from reconciler.decision.decide import Shown, decide
from reconciler.decision.meaning import find_impossible
from reconciler.decision.state import state_of
from reconciler.pql.implication import Rules, implies
from tests.decision_cases import make_entity

pytestmark = pytest.mark.property

CONDITIONS = [
    "age >= 18",
    "age >= 18 and vip = true",
    "vip = true",
    "age > 3 and age < 2",
    "true",
    "offer.rank.priority < age",
]
KEYS = [f"o{number}" for number in range(5)]
TIMES = ["2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z", "2027-01-01T00:00:00Z"]
OFFERS = st.fixed_dictionaries(
    {"priority": st.integers(0, 3)},
    optional={
        "rule": st.integers(0, len(CONDITIONS) - 1).map("r{}".format),
        "start": st.sampled_from(TIMES),
        "end": st.sampled_from(TIMES),
        "caps": st.just({"profile": 1}),
        "representations": st.sampled_from([[{"placement": "side"}], [{"placement": "side"}, {"placement": "hero"}]]),
    },
)
ACTIVITIES = st.fixed_dictionaries(
    {"filter": st.sampled_from(["f0", "f1"]), "placement": st.sampled_from(["hero", "side"])},
    optional={"start": st.sampled_from(TIMES), "end": st.sampled_from(TIMES)},
)
FILTERS = st.lists(st.sampled_from(KEYS), unique=True, max_size=5)
ASKED = st.tuples(
    st.permutations(["a0", "a1", "a2"]),
    st.fixed_dictionaries({}, optional={"age": st.sampled_from([1, 17, 18, 30]), "vip": st.booleans()}),
    st.sampled_from(["2026-03-01T00:00:00Z", "2026-08-01T00:00:00Z", "2027-06-01T00:00:00Z"]),
    st.dictionaries(st.sampled_from(KEYS), st.integers(0, 1)),
)
PARTS = ["age >= 18", "vip = true", "1 = 1", "true", "tier in ['a']", "offer.name = tier", "'!' = '!'", "vip", "age >"]
RULES = st.none() | st.lists(st.sampled_from(PARTS), max_size=4).flatmap(
    lambda parts: st.sampled_from([" and ".join(parts), " or ".join(parts)])
)


@given(st.lists(RULES, max_size=12), RULES)
def test_a_rule_that_holds_whenever_another_does_is_found_near_it(texts: list[str | None], one: str | None) -> None:
    near = list(Rules(texts).near(one))
    assert len(near) == len(set(near))
    assert {other for other in texts if implies(one, other)} <= set(near) <= set(texts)


@settings(max_examples=300)
@given(
    st.lists(OFFERS, min_size=5, max_size=5),
    st.lists(ACTIVITIES, min_size=1, max_size=3),
    st.tuples(FILTERS, FILTERS),
    st.lists(ASKED, max_size=6),
)
def test_who_can_never_win_never_does_and_a_vain_activity_shows_its_fallback(
    offers: list[dict[str, Any]],
    activities: list[dict[str, Any]],
    filters: tuple[list[str], list[str]],
    asked: list[tuple[list[str], dict[str, Any], str, dict[str, int]]],
) -> None:
    made = [make_entity(f"rule/r{number}", {"condition": text}) for number, text in enumerate(CONDITIONS)]
    made += [make_entity(f"offer/o{number}", changes) for number, changes in enumerate(offers)]
    made += [make_entity(f"filter/f{number}", {"offers": listed}) for number, listed in enumerate(filters)]
    made += [make_entity(f"activity/a{number}", changes) for number, changes in enumerate(activities)]
    entities = {entity.entity_key: entity for entity in [*made, make_entity("fallback/nothing")]}
    impossible = find_impossible(entities)
    state = state_of(entities)
    for names, profile, at, counts in asked:
        known = [name for name in names if name in state.activities]
        for decision in decide(state, known, profile, at=datetime.fromisoformat(at), counters=Counters({}, counts)):
            if decision.shown is Shown.OFFER:
                assert decision.key not in impossible.never_wins
                assert decision.activity not in impossible.in_vain
