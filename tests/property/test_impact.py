from __future__ import annotations

from collections import Counter
from functools import reduce
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.decision.decide import Setting, Shown, decide
from reconciler.decision.impact import NOBODY, Batch, Comparison, Counted, Outcome, compare_states, count_batch
from reconciler.decision.state import DecisionState
from tests.decision_cases import NOON, build

pytestmark = pytest.mark.property

CONDITIONS = {
    "adult": "age >= 18",
    "elite": 'status = "elite"',
    "local": 'offer.characteristics.get("market") = country',
}
RULES = {f"rule/{name}": {"condition": text} for name, text in CONDITIONS.items()}
PROFILES = st.fixed_dictionaries(
    {},
    optional={
        "id": st.text(max_size=2),
        "age": st.integers(16, 20),
        "status": st.sampled_from(["elite", "silver"]),
        "country": st.sampled_from(["US", "NO"]),
    },
)
OFFERS = st.fixed_dictionaries(
    {"priority": st.integers(0, 1)},
    optional={
        "status": st.just("draft"),
        "rule": st.sampled_from([*CONDITIONS, "gone"]),
        "characteristics": st.fixed_dictionaries({"market": st.sampled_from(["US", "NO"])}),
    },
)
ACTIVITIES = st.dictionaries(
    st.sampled_from(["activity/home", "activity/more"]),
    st.fixed_dictionaries({}, optional={"status": st.just("draft"), "fallback": st.just("other")}),
)


@st.composite
def states(draw: st.DrawFn) -> DecisionState:
    offers = draw(st.dictionaries(st.sampled_from(["offer/a", "offer/b", "offer/c"]), OFFERS))
    return build({**RULES, **offers, "fallback/other": {}, **draw(ACTIVITIES)})


def shown(state: DecisionState, activity: str, profile: dict[str, Any], seed: str) -> Outcome:
    """By the engine that explains itself."""
    if activity not in state.activities:
        return Outcome(Shown.NOTHING)
    (decision,) = decide(state, [activity], profile, at=NOON, seed=seed, id_field="id")
    return Outcome(decision.shown, decision.key or "")


def count(comparison: Comparison, profiles: list[dict[str, Any]], first: int = 1) -> Counted:
    return count_batch(comparison, Batch(profiles, range(first, first + len(profiles))))


@settings(deadline=None)  # tests are never timed
@given(states(), states(), st.lists(PROFILES, max_size=8), st.text(max_size=2))
def test_impact_counts_what_decide_shows(
    before: DecisionState, after: DecisionState, profiles: list[dict[str, Any]], seed: str
) -> None:
    comparison = compare_states(before, after, Setting(NOON, seed=seed, id_field="id"))
    counted = count(comparison, profiles)
    moved: set[int] = set()
    for contest in comparison.contests:
        key = contest.activity
        pairs = [(shown(before, key, profile, seed), shown(after, key, profile, seed)) for profile in profiles]
        assert counted.tallies[key].counts == Counter(pairs)
        moved.update(at for at, (first, second) in enumerate(pairs) if first != second)
        for move, examples in counted.tallies[key].examples.items():
            assert all(pairs[example.position - 1] == move for example in examples)
    assert (counted.profiles, counted.moved) == (len(profiles), len(moved))


BEFORE = build({**RULES, "offer/a": {"rule": "adult"}, "offer/b": {"rule": "elite"}, "activity/more": {}})
AFTER = build({**RULES, "offer/a": {"rule": "elite"}, "offer/b": {}, "activity/more": {"status": "draft"}})


@settings(deadline=None)  # tests are never timed
@given(st.lists(PROFILES, max_size=30), st.lists(st.integers(1, 30), max_size=3), st.randoms())
def test_parts_add_up_to_the_whole_in_any_order_and_grouping(
    profiles: list[dict[str, Any]], cuts: list[int], random: Any
) -> None:
    comparison = compare_states(BEFORE, AFTER, Setting(NOON, id_field="id"))
    whole = NOBODY.plus(count(comparison, profiles))
    ends = sorted({0, len(profiles), *(cut for cut in cuts if cut < len(profiles))})
    parts = [count(comparison, profiles[start:end], start + 1) for start, end in pairwise(ends)] or [
        count(comparison, [])
    ]
    random.shuffle(parts)
    assert reduce(Counted.plus, parts, NOBODY) == whole
    middle = random.randint(0, len(parts))
    left, right = (reduce(Counted.plus, some, NOBODY) for some in (parts[:middle], parts[middle:]))
    assert left.plus(right) == whole
    assert right.plus(left) == whole
