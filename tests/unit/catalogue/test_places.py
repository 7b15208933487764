"""Where values stand: line and column of every key and item."""

from __future__ import annotations

import pytest

from reconciler.catalogue.places import SourceText
from reconciler.model.problem import Part, Path

TEXT = b"""\
# a comment
kind: offer
"quoted": 'x'
caps: {global: 1, profile: 2}
text: |
  several
  lines
empty:
list:
- one
-   two: 2
    three:
      - 3
base: &base
  deep: 1
same: *base
---
second: 1
"""


@pytest.mark.parametrize(
    ("path", "value", "key"),
    [
        ((), (2, 1), (2, 1)),
        (("kind",), (2, 7), (2, 1)),
        (("quoted",), (3, 11), (3, 1)),
        (("caps",), (4, 7), (4, 1)),
        (("caps", "profile"), (4, 28), (4, 19)),
        (("text",), (5, 7), (5, 1)),
        (("empty",), (8, 7), (8, 1)),
        (("list",), (9, 1), (9, 1)),
        (("list", 0), (10, 3), (10, 3)),
        (("list", 1, "two"), (11, 10), (11, 5)),
        (("list", 1, "three", 0), (13, 9), (13, 9)),
        (("same",), (16, 7), (16, 1)),
        (("same", "deep"), (15, 9), (15, 3)),
    ],
)
def test_a_path_has_a_place_for_its_value_and_its_key(path: Path, value: tuple[int, int], key: tuple[int, int]) -> None:
    source = SourceText(TEXT)
    assert (source.locate(0, path, Part.VALUE), source.locate(0, path, Part.KEY)) == (value, key)


def test_what_is_not_written_is_where_it_should_be() -> None:
    assert SourceText(TEXT).locate(0, ("caps", "weekly"), Part.VALUE) == (4, 7)
    assert SourceText(TEXT).locate(0, ("rule",), Part.KEY) == (2, 1)


def test_each_document_has_places_of_its_own() -> None:
    assert SourceText(TEXT).locate(1, ("second",), Part.VALUE) == (18, 9)
    assert SourceText(TEXT).locate(7, ("second",), Part.VALUE) == (1, 1)


def test_columns_count_characters() -> None:
    assert SourceText("{ä€😀: 1, b: 2}".encode()).locate(0, ("b",), Part.KEY) == (1, 10)


def test_places_before_broken_text_are_kept() -> None:
    assert SourceText(b"a: 1\n---\nb: [\n").locate(0, ("a",), Part.VALUE) == (1, 4)


def test_of_a_field_written_twice_the_last_counts() -> None:
    assert SourceText(b"a: 1\na: 2\n").locate(0, ("a",), Part.VALUE) == (2, 4)


def test_the_slower_parser_gives_the_same_places() -> None:
    source = SourceText(TEXT + b"---\n{a: b:c, d: 1}\n")
    assert source.locate(0, ("list", 1, "three", 0), Part.VALUE) == (13, 9)
    assert source.locate(2, ("d",), Part.KEY) == (20, 10)


def test_a_text_too_long_for_the_slower_parser_has_one_place() -> None:
    text = b"a: {at: 12:30}\n" + b"# filling\n" * 30_000
    assert SourceText(text).locate(0, ("a",), Part.VALUE) == (1, 1)
