"""Every code of a problem has a case that shows it."""

from __future__ import annotations

from reconciler.model.problem import Code
from tests.validate_cases import read_cases


def test_every_code_has_a_case() -> None:
    lines = [line for case in read_cases().values() for line in case.problems]
    assert [code for code in Code if not any(f" {code} " in line for line in lines)] == []


def test_a_code_has_one_severity_in_all_cases() -> None:
    assert {code for code in Code if code >= "RC100"} == {code for code in Code if code.startswith("RC1")}
