"""Members that are pulled keep their places, and are compared about once each. Nothing is timed."""

from __future__ import annotations

import pytest

from reconciler.diff.pulling import in_place


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("cab", "abc", "cab"),
        ("cab", "bcd", "cbd"),
        ("", "ba", "ba"),
        ("ab", "", ""),
        ("aba", "ab", "aba"),
        ("a", "abb", "abb"),
    ],
)
def test_what_stays_keeps_its_place_and_what_is_new_comes_behind(before: str, after: str, expected: str) -> None:
    assert in_place([*before], [*after]) == [*expected]


class Member(str):
    """A text that counts how often it is compared."""

    __slots__ = ()
    compared = 0

    def __eq__(self, other: object) -> bool:
        Member.compared += 1
        return str.__eq__(self, other)

    __hash__ = str.__hash__


def test_half_of_the_members_are_exchanged_with_a_comparison_each() -> None:
    before = [Member(number) for number in range(1000)]
    after = [Member(number) for number in range(500, 1500)]
    assert in_place(before, after) == [*after]
    assert Member.compared < 5000
