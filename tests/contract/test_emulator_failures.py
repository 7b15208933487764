"""The database fails in the middle of a request (clauses J3, J5)."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from reconciler.emulator.app import Emulator
from reconciler.emulator.asgi import Answered, asgi_app
from tests.emulator_support import CREDENTIALS, PROBLEM, Caller, json_of, xdm


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "x.db"


@pytest.fixture
def repo(path: Path) -> Iterator[Caller]:
    with Emulator.open(path) as emulator:
        yield Caller(emulator)


def run(path: Path, statement: str) -> None:
    """A statement by somebody else."""
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.close()


def test_a_broken_database_is_a_problem_that_tells_nothing_of_it(repo: Caller, path: Path) -> None:
    """A6. The cause is for the log alone."""
    run(path, "ALTER TABLE reference RENAME TO gone")
    response = repo.create("fallback-offer", xdm(name="o", tags=[repo.made("tag", name="t").uri]))
    assert (response.status, response.headers["Content-Type"]) == (500, PROBLEM)
    assert response.cause == "OperationalError: no such table: reference"
    assert "reference" not in json_of(response)["detail"]
    assert response.headers["x-request-id"]


def test_a_failed_write_leaves_nothing_behind(repo: Caller, path: Path) -> None:
    """G3."""
    tag = repo.made("tag", name="t")
    run(path, "ALTER TABLE reference RENAME TO gone")
    assert repo.create("fallback-offer", xdm(name="o", tags=[tag.uri])).status == 500
    run(path, "ALTER TABLE gone RENAME TO reference")
    assert repo.list("fallback-offer")["_embedded"]["total"] == 0
    assert repo.create("fallback-offer", xdm(name="o", tags=[tag.uri])).status == 201


def test_a_full_disk_is_a_reason_to_come_back(repo: Caller) -> None:
    """J3. What was there can be read."""
    tag = repo.made("tag", name="t")
    repo.emulator._database.connection.execute("PRAGMA max_page_count = 1")
    response = repo.create("tag", xdm(name="x" * 500_000))
    assert (response.status, response.headers["Retry-After"]) == (503, "1")
    assert response.cause == "OperationalError: database or disk is full"
    assert repo.get(tag).status == 200


def test_a_file_that_another_process_holds_is_a_reason_to_come_back(repo: Caller, path: Path) -> None:
    """J2."""
    repo.emulator._database.connection.execute("PRAGMA busy_timeout = 0")
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    response = repo.create("tag", xdm(name="t"))
    holder.close()
    assert (response.status, response.headers["Retry-After"]) == (503, "1")
    assert response.cause == "Busy: another process is writing"


def test_the_caller_in_process_hears_of_the_cause(repo: Caller, path: Path) -> None:
    """J5."""
    log: list[Answered] = []
    run(path, "ALTER TABLE instance RENAME TO gone")

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=asgi_app(repo.emulator, log.append))
        async with httpx.AsyncClient(transport=transport, headers=CREDENTIALS) as client:
            return await client.get("http://repo.test/data/core/xcore/")

    answer = asyncio.run(ask())
    assert (answer.status_code, [line.error for line in log]) == (500, ["OperationalError: no such table: instance"])
