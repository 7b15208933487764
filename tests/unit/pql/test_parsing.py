"""Rules that cannot be read, and what is said about them; texts that are hard to read."""

from __future__ import annotations

import pytest

from reconciler.pql.errors import RuleError, illustrate
from reconciler.pql.parser import parse_rule
from tests.pql_cases import read_lines_of

MEBIBYTE = 1024 * 1024
HARD = [
    *("(", "[", "a[", "if(a,", "not ", "-", "(a)=>", "exists a from b where ", "let a = b in ", "a.b(", "sum ", "1+"),
    *(
        "a.",
        "a and ",
        "a in [1, ",
        "/*",
        "//",
        '"\\"',
        "@{",
        "a = ",
        "a occurs <= ",
        "^",
        ",",
        "=",
        "\\",
        "\u00e9",
        "!",
    ),
    *("sum(x) + ", "sum x over ", "select a from "),
]


def shown(text: str) -> str:
    with pytest.raises(RuleError) as caught:
        parse_rule(text)
    return illustrate(caught.value.finding, text)


@pytest.mark.parametrize(("text", "expected"), read_lines_of("errors"), ids=lambda part: part.split("\n")[0][:60])
def test_a_rule_that_cannot_be_read_says_where_and_what_to_write(text: str, expected: str) -> None:
    assert shown(text) == expected


@pytest.mark.parametrize("piece", HARD)
def test_a_long_text_of_one_piece_ends_in_a_tree_or_an_error(piece: str) -> None:
    text = piece * (MEBIBYTE // 8 // len(piece))
    try:
        parse_rule(text)
    except RuleError as error:
        line, column = error.line_and_column
        assert (line, column) > (0, 0)


def test_ten_thousand_brackets_are_an_error() -> None:
    text = "(" * 10_000 + "a" + ")" * 10_000
    assert shown(text).startswith("1:101: this rule is nested too deeply")


def test_a_rule_of_more_than_a_mebibyte_is_refused() -> None:
    assert shown("a" * (MEBIBYTE + 1)).startswith("1:1: a rule of more than 1,048,576 characters")


def test_half_a_character_is_refused() -> None:
    assert shown('a = "\ud800"').startswith("1:6: half of a character (a lone surrogate) in the rule")


def test_the_line_of_a_long_rule_is_cut_around_the_place() -> None:
    text = " and ".join(["abc"] * 60) + " == 1" + " and abc" * 60
    _, line, carets, _ = shown(text).split("\n")
    assert line.strip().startswith("…")
    assert line.endswith("…")
    assert line[carets.index("^") : carets.index("^") + 2] == "=="
