"""Safe text, values and columns."""

from __future__ import annotations

import pytest

from reconciler.report.words import change_lines, columns, no_paint, paragraph, spell_value, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain äöü 漢字 🛫", "plain äöü 漢字 🛫"),
        ("a\nb\tc\r", "a\\nb\\tc\\r"),
        ("\x1b[31m", "\\x1b[31m"),
        ("\x85\x9b", "\\x85\\x9b"),
        ("\u202eabc\u2066", "\\u202eabc\\u2066"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
    ],
)
def test_what_could_hide_or_steer_is_made_visible(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize(
    ("value", "spelled"),
    [
        (None, "(absent)"),
        ('say "hi"', '"say \\"hi\\""'),
        (True, "true"),
        (3, "3"),
        (["a", "b"], '["a", "b"]'),
        ({"b": 1, "a": None}, '{"a": null, "b": 1}'),
    ],
)
def test_values_are_spelled_as_json_and_none_as_absent(value: object, spelled: str) -> None:
    assert spell_value(value) == spelled


def test_left_and_right_share_a_line_only_when_both_fit() -> None:
    assert columns("left", "right", 12) == "left   right"
    assert columns("left left", "right", 12) == "left left\n       right"


def test_long_words_stay_whole() -> None:
    assert paragraph("see https://example.com/a-rather-long-path now", "  ", 20) == [
        "  see",
        "  https://example.com/a-rather-long-path",
        "  now",
    ]


def test_texts_of_several_lines_are_compared_line_by_line() -> None:
    old = "first\nsecond line that is long enough\nthird\nfourth\nfifth"
    new = old.replace("second line", "2nd line")
    assert list(change_lines(old, new, no_paint, "  ", 40, "condition")) == [
        "  condition:",
        "      first",
        "    - second line that is long enough",
        "    + 2nd line that is long enough",
        "      third",
    ]
