"""The leaves in which two values differ."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.diff.leaves import Leaf, leaves


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({"a": 1, "b": 2}, {"a": 1, "b": 3}, [Leaf(("b",), 2, 3)]),
        ({}, {"a": None}, [Leaf(("a",), None, None)]),
        ({"a": None}, {}, [Leaf(("a",), None, None, removed=True)]),
        ({"a": 1}, {"a": None}, [Leaf(("a",), 1, None)]),
        ({"a": {"b": 1}}, {"a": {"c": 1}}, [Leaf(("a", "b"), 1, None, removed=True), Leaf(("a", "c"), None, 1)]),
        ({"a": {"b": 1}}, {"a": 1}, [Leaf(("a",), {"b": 1}, 1)]),
        ({"a": 1}, {"a": {"b": 1}}, [Leaf(("a",), 1, {"b": 1})]),
        ({"a": {}}, {"a": []}, [Leaf(("a",), {}, [])]),
        ({"a": [1, 2]}, {"a": [2, 1]}, [Leaf(("a",), [1, 2], [2, 1])]),
        ({"a": [{"b": 1}]}, {"a": [{"b": 2}]}, [Leaf(("a",), [{"b": 1}], [{"b": 2}])]),
        ({"a": 1}, {"a": True}, [Leaf(("a",), 1, True)]),
        ({"a": 1}, {"a": 1.0}, [Leaf(("a",), 1, 1.0)]),
        ({"a": [None, 1]}, {"a": [None, True]}, [Leaf(("a",), [None, 1], [None, True])]),
        ({"a": [1, {"b": 0}]}, {"a": [1, {"b": False}]}, [Leaf(("a",), [1, {"b": 0}], [1, {"b": False}])]),
        ({"a": [1]}, {"a": "[1]"}, [Leaf(("a",), [1], "[1]")]),
        ({"a": "1"}, {"a": 1}, [Leaf(("a",), "1", 1)]),
        ({"__a": 1}, {"__a": 2}, [Leaf(("__a",), 1, 2)]),
        ({"a": {"0": 1}}, {"a": {"0": 2}}, [Leaf(("a", "0"), 1, 2)]),
        ({"a'[b]\"": 1}, {"a'[b]\"": 2}, [Leaf(("a'[b]\"",), 1, 2)]),
        ({"a": 1}, {"b": 1, "c": 2, "d": 3, "e": 4}, None),
    ],
)
def test_every_differing_leaf_is_found(before: Any, after: Any, found: list[Leaf] | None) -> None:
    if found is None:
        found = [Leaf(("a",), 1, None, removed=True), *(Leaf((name,), None, after[name]) for name in "bcde")]
    assert list(leaves(before, after)) == found


def test_equal_values_have_none() -> None:
    assert leaves({"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}) == ()
