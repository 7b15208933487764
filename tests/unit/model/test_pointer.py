"""JSON pointers."""

from __future__ import annotations

import pytest

from reconciler.model.pointer import MISSING, look_up, put, read_pointer, spell_pointer

DOCUMENT = {"a/b": {"~": [1, {"c": None}]}, "0": "text"}


def test_slashes_and_tildes_are_escaped_and_read_back() -> None:
    assert spell_pointer("a/b", "~", 1, "c") == "/a~1b/~0/1/c"
    assert read_pointer("/a~1b/~0/1/c") == ["a/b", "~", "1", "c"]


@pytest.mark.parametrize(
    ("text", "value"),
    [("", DOCUMENT), ("/0", "text"), ("/a~1b/~0/0", 1), ("/a~1b/~0/1/c", None)],
)
def test_a_pointer_leads_to_a_value(text: str, value: object) -> None:
    assert look_up(DOCUMENT, text) == value


@pytest.mark.parametrize("text", ["/none", "/a~1b/~0/2", "/a~1b/~0/-", "/0/0", "/a~1b/~0/1/c/d"])
def test_a_pointer_that_leads_nowhere_is_missing_and_null_is_not(text: str) -> None:
    assert look_up(DOCUMENT, text) is MISSING


def test_a_value_is_put_into_objects_and_arrays() -> None:
    document = {"a": [None, {}]}
    put(document, "/a/0", "first")
    put(document, "/a/1/x~1y", "second")
    assert document == {"a": ["first", {"x/y": "second"}]}
