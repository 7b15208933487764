"""The database file: durable, shared, refused when it is not ours (clause J2)."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from reconciler.emulator.app import Emulator
from reconciler.model.errors import ReconcilerError
from tests.emulator_support import Caller, json_of, op, xdm


def test_what_was_answered_is_there_after_opening_again(tmp_path: Path) -> None:
    """J2."""
    with Emulator.open(tmp_path / "x.db") as emulator:
        made = Caller(emulator).made("tag", name="t")
        location = Caller(emulator).delete(made).headers["Location"]
    with Emulator.open(tmp_path / "x.db") as emulator:
        repo = Caller(emulator)
        assert repo.read(made)["instanceId"] == made.id
        assert json_of(repo.send("GET", location))["outcome"] == "deleted"


def test_the_container_of_a_file_is_found_again(tmp_path: Path) -> None:
    """J1."""
    with Emulator.open(tmp_path / "x.db", container="mine") as first, Emulator.open(tmp_path / "x.db") as second:
        assert first.container == second.container == "mine"


def test_opening_makes_the_file_and_asking_does_not(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    assert not Emulator.exists(path)
    assert not path.exists()
    Emulator.open(path).close()
    assert Emulator.exists(path)


def test_two_repositories_on_one_file_see_each_other(tmp_path: Path) -> None:
    """J2."""
    with Emulator.open(tmp_path / "x.db") as one, Emulator.open(tmp_path / "x.db") as two:
        made = Caller(one).made("tag", name="t")
        assert Caller(two).create("tag", xdm(name="t")).status == 409
        assert Caller(two).patch(made, op("add", "/_instance/x", value=1), if_match='"1"').status == 200
        assert Caller(one).put(made, xdm(name="u"), if_match='"1"').status == 409
        assert Caller(one).list("tag")["_embedded"]["total"] == 1


def test_a_file_of_a_newer_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    Emulator.open(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(ReconcilerError, match="format 99"):
        Emulator.open(path)


def test_a_database_of_another_program_is_refused_untouched(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE theirs (a)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(ReconcilerError, match="another program"):
        Emulator.open(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["text.db", "no/folder.db", "."])
def test_what_is_no_database_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "text.db").write_text("not a database, but long enough to be read as the header of one" * 20)
    with pytest.raises(ReconcilerError, match="database"):
        Emulator.open(tmp_path / name)


def test_a_container_belongs_to_one_sandbox(tmp_path: Path) -> None:
    """B3."""
    Emulator.open(tmp_path / "x.db", container="mine").close()
    with pytest.raises(ReconcilerError, match="taken in sandbox/prod"):
        Emulator.open(tmp_path / "x.db", container="mine", sandbox="stage")


@pytest.mark.parametrize("name", ["a/b", "", "ä", "-x"])
def test_a_container_needs_an_id_that_fits_in_an_address(name: str) -> None:
    with pytest.raises(ReconcilerError, match="container"):
        Emulator.open(container=name)
