"""Whole catalogues, and all that is wrong with them, line by line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.validate_cases import Case, read_cases


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in read_cases().items()])
def test_a_catalogue_is_told_all_that_is_wrong_with_it(tmp_path: Path, case: Case) -> None:
    assert case.lines(tmp_path) == case.problems
