"""Writers that come at the same time share one transaction; readers do not wait for it (clauses J1, J3)."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from reconciler.emulator.app import Emulator
from reconciler.emulator.asgi import asgi_app
from reconciler.emulator.faults import Faults
from reconciler.emulator.messages import Request, Response
from reconciler.emulator.turns import Answer, Begun, Writer, Writers
from tests.emulator_served import TAG, tag
from tests.emulator_support import CREDENTIALS, Caller, TickingClock, names_of, xdm


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "x.db"


@pytest.fixture
def repo(path: Path) -> Iterator[Caller]:
    with Emulator.open(path) as emulator:
        yield Caller(emulator)


def post(repo: Caller, name: str) -> Request:
    return Request("POST", f"/data/core/xcore/{repo.container}/instances", "", TAG, tag(name).encode())


def statuses(repo: Caller, *names: str) -> list[int | None]:
    answers = repo.emulator.begin([post(repo, name) for name in names]).finish()
    return [each.status if isinstance(each, Response) else None for each in answers]


def names(repo: Caller) -> list[str]:
    return sorted(each["_instance"]["xdm:name"] for each in repo.list("tag")["_embedded"]["results"])


@asynccontextmanager
async def client_of(emulator: Emulator) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=asgi_app(emulator))
    async with httpx.AsyncClient(transport=transport, base_url="http://repo.test/data/core/xcore/") as client:
        yield client


def test_each_sees_what_the_ones_before_it_wrote(repo: Caller) -> None:
    assert statuses(repo, "a", "b", "a", "c") == [201, 201, 409, 201]
    assert names(repo) == ["a", "b", "c"]


def test_one_that_fails_is_undone_alone(repo: Caller, path: Path) -> None:
    """It fails after its instance was added, at its reference."""
    body = {"_instance": xdm(name="f", tags=[repo.made("tag", name="a").uri]), "_links": {}}
    typed = {**TAG, "content-type": TAG["content-type"].replace("tag", "fallback-offer")}
    with sqlite3.connect(path) as connection:
        connection.execute("ALTER TABLE reference RENAME TO gone")
    failing = replace(post(repo, ""), headers=typed, body=json.dumps(body).encode())
    answers = repo.emulator.begin([post(repo, "b"), failing, post(repo, "c")]).finish()
    assert [each.status for each in answers if isinstance(each, Response)] == [201, 500, 201]
    assert (names(repo), repo.list("fallback-offer")["_embedded"]["total"]) == (["a", "b", "c"], 0)


def test_what_is_written_together_is_found_whatever_is_undone_between(repo: Caller) -> None:
    """F1. The second takes the words of the first into the index, and is then undone."""
    repo.emulator._database.connection.execute(
        "CREATE TRIGGER failing BEFORE DELETE ON reference BEGIN SELECT raise(ABORT, 'failing'); END"
    )
    offer = repo.made("fallback-offer", name="offer", tags=[repo.made("tag", name="old").uri])
    put = Request("PUT", f"/data/core/xcore/{repo.container}/instances/{offer.id}", "", TAG, tag("offer").encode())
    typed = {**TAG, "content-type": TAG["content-type"].replace("tag", "fallback-offer")}
    requests = [post(repo, "first words"), replace(put, headers=typed), post(repo, "last words")]
    answers = repo.emulator.begin(requests).finish()
    assert [each.status for each in answers if isinstance(each, Response)] == [201, 500, 201]
    assert sorted(names_of(repo.search("tag", "words"))) == ["first words", "last words"]


def test_every_answer_agrees_with_a_disk_that_is_full(repo: Caller) -> None:
    repo.emulator._database.connection.execute("PRAGMA max_page_count = 1")
    wanted = ["a", "x" * 500_000, "b"]
    answered = statuses(repo, *wanted)
    assert 503 in answered
    assert names(repo) == sorted(name for name, status in zip(wanted, answered, strict=True) if status == 201)


def test_a_full_disk_is_told_as_one_whoever_meets_it(path: Path) -> None:
    """J3. Not as a fault of ours, wherever in a group it is met: the words of an update are written when it is over."""
    told = set()
    with Emulator.open(path, taken_in_together=1) as emulator:
        repo = Caller(emulator)
        connection = emulator._database.connection
        addresses = [f"/data/core/xcore/{repo.made('tag', name=str(each)).location}" for each in range(7)]
        for number in range(60):
            (pages,) = connection.execute("PRAGMA page_count").fetchone()
            connection.execute(f"PRAGMA max_page_count = {pages + number % 12}")
            words = " ".join(f"w{number}x{each}" for each in range(number % 7 * 60))
            bodies = [tag(f"{number} {each} {words}").encode() for each in range(7)]
            puts = [Request("PUT", *each) for each in zip(addresses, [""] * 7, [TAG] * 7, bodies, strict=True)]
            told |= {each.status for each in emulator.begin(puts).finish() if isinstance(each, Response)}
    assert told == {200, 503}


def test_who_is_not_let_in_waits_for_nobody(repo: Caller, path: Path) -> None:
    """A2."""
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")

    async def ask() -> int:
        async with client_of(repo.emulator) as client:
            waiting = asyncio.create_task(client.post(f"{repo.container}/instances", headers=TAG, content=tag("a")))
            await client.get("", headers=CREDENTIALS)
            refused = await client.post(f"{repo.container}/instances", content=tag("b"))
            assert not waiting.done()
            holder.execute("ROLLBACK")
            assert (await waiting).status_code == 201
            return refused.status_code

    assert asyncio.run(ask()) == 403


def test_all_are_told_when_another_process_holds_the_file(repo: Caller, path: Path) -> None:
    repo.emulator._database.connection.execute("PRAGMA busy_timeout = 0")
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    assert statuses(repo, "a", "b") == [503, 503]
    holder.close()
    assert names(repo) == []


def test_a_write_that_is_refused_undoes_no_decision_before_it(path: Path) -> None:
    """H1. What is due is decided first; then the write is refused, alone or among others."""
    clock = TickingClock()
    with Emulator.open(path, clock=clock, faults=Faults(slow_delete=3)) as emulator:
        repo = Caller(emulator)
        for others in ([], ["other"]):
            tag = repo.made("tag", name="goes")
            repo.delete(tag)
            clock.now += timedelta(seconds=6)
            refused = replace(post(repo, ""), body=b"no JSON")
            answers = emulator.begin([refused, *(post(repo, name) for name in others)]).finish()
            assert next(each.status for each in answers if isinstance(each, Response)) == 400
            assert repo.get(tag).status == 404


def test_what_is_to_begin_at_once_waits_for_no_other_process(repo: Caller, path: Path) -> None:
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    started = time.monotonic()
    assert [repo.emulator.begin_at_once([post(repo, "a")]) for _ in range(3)] == [None] * 3
    assert time.monotonic() - started < 9  # it would wait for ten seconds
    holder.close()
    begun = repo.emulator.begin_at_once([post(repo, "a")])
    assert begun is not None
    assert repo.emulator.begin_at_once([post(repo, "b")]) is None
    begun.finish()
    assert names(repo) == ["a"]


def test_readers_are_answered_while_a_write_waits(repo: Caller, path: Path) -> None:
    """A write that cannot go on holds neither the event loop nor the reads."""
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")

    async def ask() -> tuple[bool, int, int]:
        async with client_of(repo.emulator) as client:
            writing = asyncio.create_task(client.post(f"{repo.container}/instances", headers=TAG, content=tag("a")))
            read = await client.get("", headers=CREDENTIALS)
            waits = not writing.done()
            holder.execute("ROLLBACK")
            return waits, read.status_code, (await writing).status_code

    assert asyncio.run(ask()) == (True, 200, 201)


@dataclass
class Told(Begun):
    """Answers that hold once they may."""

    answers: Sequence[Answer]
    may: threading.Event
    begun: threading.Event = field(default_factory=threading.Event)

    is_light: bool = True
    finished: set[str] = field(default_factory=set)

    def finish(self) -> Sequence[Answer]:
        self.finished.add(threading.current_thread().name)
        self.begun.set()
        assert self.may.wait(10)
        return self.answers


@dataclass
class Recording(Writer):
    """Writes down who goes together. busy: another one writes, so nothing begins at once."""

    busy: bool = False
    is_light: bool = True
    may: threading.Event = field(default_factory=threading.Event)
    begun: threading.Event = field(default_factory=threading.Event)
    groups: list[list[str]] = field(default_factory=list)
    threads: set[str] = field(default_factory=set)
    finished: set[str] = field(default_factory=set)

    def begin(self, requests: Sequence[Request]) -> Told:
        self.threads.add(threading.current_thread().name)
        self.groups.append([each.path for each in requests])
        return Told([Response(201) for _ in requests], self.may, self.begun, self.is_light, self.finished)

    def begin_at_once(self, requests: Sequence[Request]) -> Told | None:
        return None if self.busy else self.begin(requests)


@pytest.mark.parametrize("busy", [False, True])
def test_those_that_come_while_one_is_brought_to_the_disk_go_together(busy: bool) -> None:
    writer = Recording(busy=busy)

    async def ask(writers: Writers) -> list[int]:
        first = [asyncio.create_task(_status(writers, name)) for name in ("0", "1")]
        await asyncio.to_thread(writer.begun.wait)
        rest = [asyncio.create_task(_status(writers, name)) for name in ("2", "3", "gives up", "4")]
        await asyncio.sleep(0)
        rest[2].cancel()
        await asyncio.sleep(0)
        writer.may.set()
        return await asyncio.gather(*first, *(each for each in rest if each is not rest[2]))

    assert asyncio.run(ask(Writers(writer))) == [201] * 5
    assert writer.groups == [["0", "1"], ["2", "3", "4"]]
    assert all(name.startswith("writer") is busy for name in writer.threads)


async def _status(writers: Writers, name: str, body: bytes = b"") -> int:
    answer = await writers.answer(Request("POST", name, body=body))
    assert isinstance(answer, Response)
    return answer.status


def test_those_that_come_at_once_go_together() -> None:
    writer = Recording()
    writer.may.set()

    async def ask(writers: Writers) -> list[int]:
        return await asyncio.gather(*(_status(writers, name) for name in "abc"))

    assert asyncio.run(ask(Writers(writer))) == [201] * 3
    assert writer.groups == [["a", "b", "c"]]


@pytest.mark.parametrize("is_light", [False, True])
def test_one_by_itself_is_finished_where_it_came_in_if_it_is_light(is_light: bool) -> None:
    """J3. Nobody waits for the disk of much work."""
    writer = Recording(is_light=is_light)
    writer.may.set()
    assert asyncio.run(_status(Writers(writer), "1")) == 201
    assert (writer.finished == {threading.current_thread().name}) is is_light


def test_what_does_not_begin_at_once_is_carried_out_at_the_end(repo: Caller) -> None:
    """J3. In one transaction."""
    made = "SELECT label FROM instance WHERE label IS NOT NULL ORDER BY row"
    connection = repo.emulator._database.connection
    begun = repo.emulator.begin_at_once([post(repo, name) for name in "abac"], within_s=0)
    assert begun is not None
    assert connection.execute(made).fetchall() == [("a",)]
    answers = begun.finish()
    assert [each.status for each in answers if isinstance(each, Response)] == [201, 201, 409, 201]
    assert names(repo) == ["a", "b", "c"]


class NoThread(Executor):
    """Takes nothing; what it was given may come back much later."""

    def __init__(self) -> None:
        self.given: list[Callable[[], object]] = []

    def submit(self, work: Callable[..., Any], /, *_: Any, **__: Any) -> Future[Any]:
        self.given.append(work)
        raise RuntimeError("can't start new thread")


def test_where_no_thread_is_to_be_had_the_loop_waits_itself(repo: Caller) -> None:
    """J3. Nobody waits for ever, and nothing is done twice."""
    thread = NoThread()

    async def ask(writers: Writers) -> list[int]:
        answers = await asyncio.gather(*(writers.answer(post(repo, name)) for name in "ab"))
        for work in thread.given:
            work()
        answers += await asyncio.gather(*(writers.answer(post(repo, name)) for name in "cd"))
        return [answer.status for answer in answers if isinstance(answer, Response)]

    assert asyncio.run(ask(Writers(repo.emulator, lambda: thread))) == [201] * 4
    assert len(thread.given) == 2
    assert names(repo) == ["a", "b", "c", "d"]


def test_a_long_body_is_carried_out_where_nobody_waits_for_it() -> None:
    writer = Recording()
    writer.may.set()
    assert asyncio.run(_status(Writers(writer), "long", bytes(100_000))) == 201
    assert not writer.threads & {threading.current_thread().name}


def test_a_loop_that_ends_in_the_middle_leaves_the_turn_to_the_next(repo: Caller) -> None:
    """J3. Its writes are brought to the disk, though nobody hears of it."""
    application = asgi_app(repo.emulator)

    async def ask(name: str, *, patiently: bool) -> int | None:
        transport = httpx.ASGITransport(app=application)
        async with httpx.AsyncClient(transport=transport, base_url="http://repo.test/data/core/xcore/") as client:
            asked = asyncio.create_task(client.post(f"{repo.container}/instances", headers=TAG, content=tag(name)))
            if patiently:
                return (await asked).status_code
            for _ in range(3):
                await asyncio.sleep(0)
            return None

    for name in "abc":
        asyncio.run(ask(name, patiently=False))
    assert asyncio.run(ask("last", patiently=True)) == 201
    assert "last" in names(repo)


@dataclass
class Failing(Recording):
    def begin(self, _: Sequence[Request]) -> Told:
        raise ZeroDivisionError


@pytest.mark.parametrize("busy", [False, True])
def test_what_goes_wrong_inside_reaches_every_caller(busy: bool) -> None:
    with pytest.raises(ZeroDivisionError):
        asyncio.run(_status(Writers(Failing(busy=busy)), "1"))
