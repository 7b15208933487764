"""An environment -> an open repository."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from reconciler.connect import Place, expand, open_for_reading, open_for_writing
from reconciler.model.errors import ReconcilerError
from reconciler.model.settings import Environment
from tests.plan_builders import make_catalogue

EMBEDDED = Environment(repository="embedded")


def enter(place: Place, *, write: bool) -> str:
    async def container() -> str:
        async with (open_for_writing if write else open_for_reading)(place) as door:
            return door.container

    return asyncio.run(container())


def test_reading_makes_nothing(tmp_path: Path) -> None:
    enter(Place(EMBEDDED, tmp_path), write=False)
    assert list(tmp_path.iterdir()) == []


def test_a_repository_that_is_not_made_yet_has_the_container_that_it_will_have(tmp_path: Path) -> None:
    place = Place(EMBEDDED, tmp_path)
    assert enter(place, write=False) == enter(place, write=True) == enter(place, write=False)


def test_reading_never_writes_the_database(tmp_path: Path) -> None:
    enter(Place(EMBEDDED, tmp_path), write=True)
    database = tmp_path / ".reconciler" / "local.db"
    before = database.read_bytes()
    enter(Place(Environment(repository="embedded", sandbox="other", container="another"), tmp_path), write=False)
    assert database.read_bytes() == before


@pytest.mark.parametrize("content", [b"no database at all", b"SQLite format 3\x00" + b"x" * 5000])
def test_a_file_that_is_no_database_is_an_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / ".reconciler").mkdir()
    (tmp_path / ".reconciler" / "local.db").write_bytes(content)
    for write in (False, True):
        with pytest.raises(ReconcilerError, match=r"local\.db"):
            enter(Place(EMBEDDED, tmp_path), write=write)


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / ".reconciler").write_text("in the way")
    with pytest.raises(ReconcilerError, match="cannot be made"):
        enter(Place(EMBEDDED, tmp_path), write=True)


def test_variables_of_the_environment_are_filled_in() -> None:
    given = {"test": {"repository": "https://${HOST}/data/core/xcore", "container": "${BOX}", "sandbox": "dev"}}
    expanded = expand(make_catalogue({}, environments=given), {"HOST": "example.com", "BOX": "box-1"})
    assert expanded.target == Environment(
        repository="https://example.com/data/core/xcore", container="box-1", sandbox="dev"
    )


def test_every_variable_that_is_not_set_is_named_at_once() -> None:
    given = {"test": {"repository": "https://${HOST}/data/core/xcore", "container": "${BOX}"}}
    with pytest.raises(ReconcilerError, match="BOX, HOST") as refused:
        expand(make_catalogue({}, environments=given), {"HOST": ""})
    assert refused.value.remedy == "Set BOX, HOST."
