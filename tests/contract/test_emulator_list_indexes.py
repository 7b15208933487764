"""What lists cost: read from indexes, and sorted once (clauses E6, J3)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reconciler.emulator.app import Emulator
from reconciler.emulator.derived import place_of
from tests.emulator_support import NS, Caller, TickingClock, ids_of, items_of, json_of, names_of, xdm

CASES = [
    "",
    "orderBy=-instanceId",
    "orderBy=repo:createdDate",
    "orderBy=-repo:createdDate",
    "orderBy=repo:lastModifiedDate",
    "orderBy=-repo:lastModifiedDate",
    "orderBy=_instance.xdm:name",
    "orderBy=-_instance.xdm:name",
    "property=_instance.xdm:name==o3",
    "property=_instance.xdm:status==approved",
    "property=_instance.xdm:status==approved&orderBy=-instanceId",
    "id=xcore:personalized-offer:000000000000000",
    "q=summer&orderBy=instanceId",
]


@pytest.fixture
def offers() -> Iterator[Caller]:
    with Emulator.open(clock=TickingClock()) as emulator:
        repo = Caller(emulator)
        for number in range(9):
            repo.made("personalized-offer", name=f"o{number}", status=["draft", "approved"][number % 2], n=number)
        yield repo


def connection_of(repo: Caller) -> sqlite3.Connection:
    return repo.emulator._parts.store._connection


@contextmanager
def statements(repo: Caller) -> Iterator[list[str]]:
    """What is asked of the database inside, with the values in it."""
    seen: list[str] = []
    connection_of(repo).set_trace_callback(seen.append)
    yield seen
    connection_of(repo).set_trace_callback(None)


def walk(repo: Caller, query: str) -> list[str]:
    kind = "queries/core/search" if query.startswith("q=") else "instances"
    first = json_of(repo.send("GET", f"{repo.container}/{kind}?schema={NS}personalized-offer&limit=2&{query}"))
    return [each for page in repo.pages(first) for each in ids_of(page)]


@pytest.mark.parametrize("query", CASES)
def test_no_page_scans_the_table(offers: Caller, query: str) -> None:
    """Every step of every statement searches an index; only the small tables of sums and removals may be read whole."""
    with statements(offers) as seen:
        walk(offers, query)
    steps = [
        step
        for statement in seen
        if statement.startswith("SELECT")
        for (*_, step) in connection_of(offers).execute("EXPLAIN QUERY PLAN " + statement)
    ]
    assert any("instance" in step for step in steps)
    scans = [step for step in steps if step.startswith("SCAN") and "VIRTUAL TABLE" not in step]
    assert {step for step in scans if "CONSTANT ROW" not in step} <= {"SCAN calendar", "SCAN taken_in", "SCAN removed"}
    assert not [step for step in steps if "USE TEMP B-TREE FOR ORDER BY" in step]


def test_a_view_is_made_once_for_a_walk(offers: Caller) -> None:
    """E6: a walk is not quadratic."""
    with statements(offers) as seen:
        assert len(walk(offers, "orderBy=-_instance.xdm:n&property=repo:etag==1")) == 9
    assert len([each for each in seen if "INDEXED BY instance_in_order" in each]) == 1


def test_a_view_takes_in_only_what_has_changed(offers: Caller) -> None:
    """E6."""
    query = f"{offers.container}/instances?schema={NS}personalized-offer&limit=2&orderBy=-_instance.xdm:n"
    offers.send("GET", query)
    offers.made("personalized-offer", name="late", n=99)
    with statements(offers) as seen:
        page = json_of(offers.send("GET", query))
    assert (items_of(page)[0]["_instance"]["xdm:n"], page["_embedded"]["total"]) == (99, 10)
    assert not [each for each in seen if "INDEXED BY instance_in_order" in each]


def test_a_walk_by_name_counts_what_remains_only_once(offers: Caller) -> None:
    """E6: behind the first page only the page before is counted."""
    with statements(offers) as seen:
        walk(offers, "orderBy=_instance.xdm:name")
    counts = [each for each in seen if each.startswith("SELECT count(*)") and "instance_by_label" in each]
    assert counts
    assert all("label <= " in each for each in counts)


def test_what_many_removals_did_is_known_too(offers: Caller) -> None:
    """E6. More removals than are remembered: the view is made again."""
    query = {"orderBy": "_instance.xdm:n", "limit": 2}
    offers.list("personalized-offer", **query)
    connection_of(offers).execute("UPDATE sqlite_sequence SET seq = seq + 20000 WHERE name = 'removed'")
    connection_of(offers).execute("DELETE FROM search WHERE rowid = (SELECT row FROM instance WHERE label = 'o0')")
    connection_of(offers).execute("DELETE FROM instance WHERE label = 'o0'")
    assert offers.list("personalized-offer", **query)["_embedded"]["total"] == 8


def test_a_database_of_two_servers_is_listed_alike_by_both(tmp_path: Path) -> None:
    """J2, E6."""
    path = tmp_path / "x.db"
    with Emulator.open(path, clock=TickingClock()) as one, Emulator.open(path, clock=TickingClock()) as two:
        for number in range(6):
            Caller(one).made("tag", name=f"t{number}", n=number)
        for order in ("_instance.xdm:n", "-_instance.xdm:name"):
            assert Caller(two).list("tag", orderBy=order, limit=2)["_embedded"]["total"] == 6
        Caller(one).made("tag", name="late", n=-1)
        Caller(one).delete_and_poll(Caller(one).made("tag", name="gone", n=-2))
        for order in ("_instance.xdm:n", "-_instance.xdm:name"):
            pages = [list(Caller(each).pages(Caller(each).list("tag", orderBy=order, limit=2))) for each in (one, two)]
            assert [ids_of(page) for page in pages[0]] == [ids_of(page) for page in pages[1]]
            assert pages[1][0]["_embedded"]["total"] == 7


def test_a_long_instance_waits_with_no_others_to_be_taken_in(offers: Caller) -> None:
    """J3. Neither a search nor the create that takes them in reads much; a short one that becomes long too."""
    connection = connection_of(offers)
    taken_in = "SELECT taken_in.row, (SELECT max(row) FROM instance) FROM taken_in"
    offers.made("tag", name="short")
    assert connection.execute(taken_in).fetchone() == (0, 11)
    offers.made("tag", name="long", text="x" * 5000)
    assert connection.execute(taken_in).fetchone() == (12, 12)
    grows = offers.made("tag", name="grows")
    assert connection.execute(taken_in).fetchone() == (12, 13)
    offers.put(grows, xdm(name="grows", text="y" * 5000))
    assert connection.execute(taken_in).fetchone() == (13, 13)
    assert names_of(offers.search("tag", "grows")) == ["grows"]


def test_words_that_an_older_version_has_added_by_itself_are_taken_in_all_the_same(offers: Caller) -> None:
    """J2. It had the file open when its format became newer."""
    place = place_of(offers.container, f"{NS}personalized-offer")
    connection_of(offers).execute(
        "INSERT INTO search (rowid, place, words) SELECT max(row), ?, 'o8' FROM instance", (place,)
    )
    assert names_of(offers.search("personalized-offer", "o8")) == ["o8"]
    offers.made("tag", name="long", text="x" * 5000)
    assert names_of(offers.search("tag", "long")) == ["long"]
    assert names_of(offers.search("personalized-offer", "o8")) == ["o8"]
