from __future__ import annotations

import pytest

from reconciler.emulator.media import MediaType, parse_accept, parse_media_type


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("*", MediaType("*/*")),
        ("Text/HTML", MediaType("text/html")),
        ('a/b; schema="x;version=0.5"', MediaType("a/b", {"schema": "x;version=0.5"})),
        ('a/b;Schema="x, y" ; q=0.5', MediaType("a/b", {"schema": "x, y", "q": "0.5"})),
        ('a/b; schema="x\\"y"', MediaType("a/b", {"schema": 'x"y'})),
        ('a/b; schema="open', MediaType("a/b", {"schema": "open"})),
        ("a/b; schema=x;version=0.5", MediaType("a/b", {"schema": "x", "version": "0.5"})),
        ("", MediaType("")),
    ],
)
def test_parameters_are_read_with_their_quotes(text: str, expected: MediaType) -> None:
    """A3."""
    assert parse_media_type(text) == expected


def test_commas_inside_quotes_do_not_separate() -> None:
    """A5."""
    assert [wanted.name for wanted in parse_accept('*, a/b; schema="x,y", c/d;q=0, e/f')] == ["*/*", "a/b", "e/f"]


def test_a_schema_is_named_without_its_version() -> None:
    """A7."""
    assert parse_media_type('a/b; schema="x;version=0.5"').schema == "x"
