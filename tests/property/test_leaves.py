"""Leaves are all that differs: putting them into one value makes the other."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.diff.leaves import leaves
from reconciler.model.canonical import canonical_json
from tests.property.catalogues import RAW

pytestmark = pytest.mark.property

NAMES = st.sampled_from(["a", "b/~", "__c", "d'[e]\"", "0", ""])
VALUES = st.dictionaries(NAMES, RAW | st.dictionaries(NAMES, RAW, max_size=4), max_size=4)


@settings(deadline=None, max_examples=300)
@given(VALUES, VALUES)
def test_the_leaves_make_one_value_the_other(before: dict[str, Any], after: dict[str, Any]) -> None:
    value = copy.deepcopy(before)
    for leaf in leaves(before, after):
        parent: Any = value
        for step in leaf.path[:-1]:
            parent = parent[step]
        if leaf.removed:
            del parent[leaf.path[-1]]
        else:
            parent[leaf.path[-1]] = leaf.after
    assert canonical_json(value) == canonical_json(after)
