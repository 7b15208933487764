"""Catalogues that a program writes, and the one that people read first."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.catalogue.reading import read_catalogue
from reconciler.model.kinds import Kind
from tests.builders import read_lines
from tests.generate import entity_files, write_generated

EXAMPLE = Path(__file__).parents[3] / "catalog-example"


@pytest.mark.parametrize("count", [10, 11, 24, 99, 100, 399, 1_000])
def test_a_generated_catalogue_has_nothing_wrong_with_it(tmp_path: Path, count: int) -> None:
    write_generated(tmp_path, count)
    assert read_lines(tmp_path) == []
    entities = read_catalogue(tmp_path).catalogue.entities
    assert (len(entities), {key.kind for key in entities}) == (count, set(Kind))


def test_the_same_count_gives_the_same_files() -> None:
    assert list(entity_files(100)) == list(entity_files(100))


def test_the_example_has_nothing_wrong_with_it() -> None:
    assert read_lines(EXAMPLE) == []
