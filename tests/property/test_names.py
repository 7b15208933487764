"""Every place of a rule keeps what its names mean, in whatever order places are made and asked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.pql.names import Names

pytestmark = pytest.mark.property

STEPS = st.lists(st.tuples(st.integers(0, 30), st.none() | st.sampled_from("abc"), st.integers(0, 3)), max_size=30)


@given(STEPS)
def test_a_place_knows_its_names_whatever_is_named_or_asked_elsewhere(steps: list[tuple[int, str | None, int]]) -> None:
    places: list[Names[int]] = [Names()]
    expected: list[dict[str, int]] = [{}]
    for number, name, meaning in steps:
        at = number % len(places)
        if name is not None:
            places.append(places[at].bound(name, meaning))
            expected.append({**expected[at], name: meaning})
        assert dict(places[at]) == expected[at]
        assert "a" in places[at] or "a" not in expected[at]
    assert list(map(dict, places)) == expected
