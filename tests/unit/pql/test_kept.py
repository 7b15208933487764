"""Compiled rules are kept, in bounded memory."""

from __future__ import annotations

import pytest

from reconciler.pql.errors import RuleError
from reconciler.pql.kept import MAX_CHARACTERS, MAX_LENGTH, KeptRules


def padded(number: int, length: int) -> str:
    return f"a = {number}".ljust(length)


def test_a_rule_is_compiled_once_while_it_is_asked_for() -> None:
    kept = KeptRules()
    first = kept.compiled("a = 1")
    for number in range(2 * MAX_CHARACTERS // MAX_LENGTH):
        kept.compiled(padded(number, MAX_LENGTH))
        assert kept.compiled("a = 1") is first
        assert kept.characters <= MAX_CHARACTERS
    assert kept.compiled(padded(0, MAX_LENGTH)) is not None


def test_of_long_rules_the_last_one_is_kept() -> None:
    kept = KeptRules()
    long, other = padded(1, 100_000), padded(2, 100_000)
    first = kept.compiled(long)
    assert kept.compiled(long) is first
    kept.compiled(other)
    assert kept.characters == len(other)
    assert kept.compiled(long) is not first


def test_a_text_that_is_no_rule_is_not_kept() -> None:
    kept = KeptRules()
    for text in ("a =", padded(1, MAX_LENGTH) + "="):
        with pytest.raises(RuleError):
            kept.compiled(text)
    assert kept.characters == 0
