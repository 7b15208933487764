"""Many callers at once, of one server and of two on one file (clauses C3, C6, G5, H3, H4, J2)."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from threading import Semaphore
from typing import Any

import httpx
import pytest

from tests.emulator_served import TAG, in_parallel, served, servers, tag
from tests.emulator_support import NS, XCORE, xdm

OFFER = {**TAG, "content-type": f'{XCORE}hal+json; schema="{NS}fallback-offer"'}
ONE_OR_TWO = pytest.mark.parametrize("count", [1, 2], ids=["one server", "two servers"])
WRITERS = 32


@pytest.mark.e2e
@ONE_OR_TWO
def test_of_many_writers_with_one_etag_one_wins(tmp_path: Path, count: int) -> None:
    """G5, J2."""
    with servers(tmp_path / "x.db", count) as (clients, container):
        location = clients[0].post(f"{container}/instances", content=tag("t")).headers["location"]

        def write(number: int) -> int:
            sent = {"if-match": '"1"'}
            return clients[number % count].put(location, content=tag(f"by {number}"), headers=sent).status_code

        assert sorted(in_parallel(write, WRITERS)) == [200, *[409] * (WRITERS - 1)]
        assert clients[-1].get(location).json()["repo:etag"] == 2


@pytest.mark.e2e
@ONE_OR_TWO
def test_of_many_creates_of_one_name_one_wins(tmp_path: Path, count: int) -> None:
    """C6, J2."""
    with servers(tmp_path / "x.db", count) as (clients, container):

        def write(number: int) -> int:
            return clients[number % count].post(f"{container}/instances", content=tag("same")).status_code

        assert sorted(in_parallel(write, WRITERS)) == [201, *[409] * (WRITERS - 1)]
        assert (
            clients[-1].get(f"{container}/instances", params={"schema": NS + "tag"}).json()["_embedded"]["total"] == 1
        )


@pytest.mark.e2e
@ONE_OR_TWO
def test_dates_never_run_backwards(tmp_path: Path, count: int) -> None:
    """C3, J2. In the order in which the writes came to the file, and no two are the same."""
    with servers(tmp_path / "x.db", count) as (clients, container):

        def write(number: int) -> None:
            for turn in range(8):
                clients[number % count].post(f"{container}/instances", content=tag(f"t {number} {turn}"))

        in_parallel(write, 8)
    connection = sqlite3.connect(tmp_path / "x.db")
    dates = [created for (created,) in connection.execute("SELECT created FROM instance ORDER BY row")]
    connection.close()
    assert len(dates) == 65  # the container too
    assert dates == sorted(set(dates))


@pytest.mark.e2e
@ONE_OR_TWO
def test_no_reference_is_accepted_to_what_a_poll_deletes(tmp_path: Path, count: int) -> None:
    """H3, H4, J2. Either the reference came first and the deletion is rejected, or nothing refers to it any more."""
    with servers(tmp_path / "x.db", count) as (clients, container):
        for turn in range(12):
            made = clients[0].post(f"{container}/instances", content=tag(f"t{turn}"))
            uri, location = made.json()["@id"], made.headers["location"]
            status = clients[0].delete(location).headers["location"]

            def ask(number: int, uri: str = uri, status: str = status, turn: int = turn) -> Any:
                client = clients[number // 2 % count]
                if number % 2:
                    return client.get(status).json()["outcome"]
                body = {"_instance": xdm(name=f"o{turn} {number}", tags=[uri]), "_links": {}}
                return client.post(f"{container}/instances", content=json.dumps(body), headers=OFFER).status_code

            answers = in_parallel(ask, 8)
            referred, outcomes = answers[::2], set(answers[1::2])
            assert outcomes == ({"rejected"} if 201 in referred else {"deleted"})
            assert set(referred) <= ({201} if 201 in referred else {422})
            assert clients[-1].get(location).status_code == (200 if 201 in referred else 404)


@pytest.mark.e2e
def test_answered_writes_survive_a_kill(tmp_path: Path) -> None:
    """J2. It comes in the middle of a burst; what was not answered is there whole or not at all."""
    path, enough = tmp_path / "x.db", Semaphore(0)
    with served(path) as server, httpx.Client(base_url=server.url, headers=TAG, timeout=600) as client:

        def write(number: int) -> list[tuple[str, int]]:
            """The addresses and etags that were answered, until the line is cut."""
            answered: list[tuple[str, int]] = []
            if number == 0:
                for _ in range(60):
                    enough.acquire()
                server.process.kill()
                return answered
            try:
                while True:
                    made = client.post(f"{server.container}/instances", content=tag(f"t {number} {len(answered)}"))
                    answered.append((made.headers["location"], 1))
                    enough.release()
                    put = client.put(made.headers["location"], content=tag(f"u {number} {len(answered)}"))
                    answered.append((made.headers["location"], put.json()["repo:etag"]))
                    enough.release()
            except httpx.TransportError:
                return answered

        known = dict(pair for answered in in_parallel(write, 17) for pair in answered)
    assert len(known) >= 30
    with served(path) as server, httpx.Client(base_url=server.url, headers=TAG) as client:
        found = {location: client.get(location) for location in known}
        assert {answer.status_code for answer in found.values()} == {200}
        assert all(found[location].json()["repo:etag"] >= etag for location, etag in known.items())
        names = {"1": "t", "2": "u"}
        for answer in found.values():
            assert answer.json()["_instance"]["xdm:name"].startswith(names[str(answer.json()["repo:etag"])])
        page = client.get(f"{server.container}/instances", params={"schema": NS + "tag", "limit": 1000}).json()
    assert page["_embedded"]["total"] == page["_embedded"]["count"] >= len(known)
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
