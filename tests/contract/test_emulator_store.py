"""The database file: durable, shared, refused when it is not ours (clause J2)."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from reconciler.emulator.app import Access, Emulator
from reconciler.model.errors import ReconcilerError
from tests.emulator_support import Caller, ids_of, json_of, names_of, op, xdm

CASES = Path(__file__).parent.parent / "cases" / "emulator"


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


@pytest.fixture
def old_file(tmp_path: Path) -> Path:
    """A file as format 1 had it."""
    connection = sqlite3.connect(tmp_path / "old.db")
    connection.executescript((CASES / "format-1.sql").read_text(encoding="utf-8"))
    connection.close()
    return tmp_path / "old.db"


def test_a_file_of_an_older_format_is_brought_up_to_date(old_file: Path, tmp_path: Path) -> None:
    """J2. It has the tables, indexes and triggers of a new one."""
    Emulator.open(old_file).close()
    Emulator.open(tmp_path / "new.db").close()
    assert _tables(old_file) == _tables(tmp_path / "new.db")


def _tables(path: Path) -> dict[str, object]:
    connection = sqlite3.connect(path)
    found: dict[str, object] = {"format": connection.execute("PRAGMA user_version").fetchone()}
    for kind, name, sql in connection.execute("SELECT type, name, sql FROM sqlite_master").fetchall():
        columns = connection.execute("SELECT name, type FROM pragma_table_xinfo(?)", (name,)).fetchall()
        found[name] = columns if kind == "table" else sql
    connection.close()
    return found


def test_an_older_file_is_listed_and_searched_as_a_new_one(old_file: Path) -> None:
    """E2, E8, F1."""
    with Emulator.open(old_file) as emulator:
        repo = Caller(emulator)
        assert names_of(repo.list("tag", orderBy="_instance.xdm:name")) == ["a", "b", "Été"]
        assert names_of(repo.search("tag", "ete")) == ["Été"]
        assert repo.list("personalized-offer", property="_instance.xdm:status==approved")["_embedded"]["total"] == 1
        made = repo.made("tag", name="new")
        assert ids_of(repo.list("tag", orderBy="repo:createdDate"))[-1] == made.id
        assert [page["_embedded"]["count"] for page in repo.pages(repo.list("tag", limit=3))] == [3, 1]


def test_an_older_file_that_is_only_read_stays_as_it_is(old_file: Path) -> None:
    before = old_file.read_bytes()
    with Emulator.open(old_file, access=Access.READ) as emulator:
        assert Caller(emulator).list("tag")["_embedded"]["total"] == 3
    assert old_file.read_bytes() == before


def test_an_older_file_that_cannot_be_brought_up_to_date_stays_as_it_is(old_file: Path) -> None:
    """J2: all or nothing."""
    connection = sqlite3.connect(old_file)
    connection.execute("UPDATE instance SET text = 'no JSON' WHERE row = 3")
    connection.commit()
    connection.close()
    for _ in range(2):
        with pytest.raises(ReconcilerError, match="format 1"):
            Emulator.open(old_file)
    connection = sqlite3.connect(old_file)
    assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    assert "label" not in [row[1] for row in connection.execute("PRAGMA table_info(instance)")]
    connection.close()


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
