"""What goes wrong on purpose (clause J4)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import httpx
import pytest

from reconciler.emulator.app import Emulator
from reconciler.emulator.asgi import Answered, asgi_app
from reconciler.emulator.faults import Faults, parse_faults
from reconciler.emulator.messages import Request
from tests.emulator_support import CREDENTIALS, NS, PROBLEM, XCORE, Caller, TickingClock, json_of, names_of, op, xdm


@contextmanager
def faulty(*specs: str, clock: TickingClock | None = None) -> Iterator[Caller]:
    """A repository with these faults."""
    with Emulator.open(clock=clock or TickingClock(), faults=parse_faults(specs)) as emulator:
        yield Caller(emulator)


def healthz(repo: Caller) -> Any:
    return json_of(repo.emulator.handle(Request("GET", "/healthz")))


def statuses(repo: Caller, count: int) -> list[int]:
    """Of so many lookups of the home document."""
    return [repo.send("GET", "").status for _ in range(count)]


def test_too_many_requests_say_when_to_come_back() -> None:
    with faulty("429=1") as repo:
        response = repo.create("tag", xdm(name="t"))
    assert (response.status, response.headers["Content-Type"]) == (429, PROBLEM)
    assert response.headers["Retry-After"] == "1"
    assert response.headers["x-request-id"]


@pytest.mark.parametrize("name", ["429", "500"])
def test_a_refusal_on_purpose_does_nothing(name: str) -> None:
    with faulty(f"{name}=1;ops=POST") as repo:
        assert repo.create("tag", xdm(name="t")).status == int(name)
        assert repo.list("tag")["_embedded"]["total"] == 0


def test_a_line_cut_before_does_nothing() -> None:
    with faulty("drop-before=1;ops=POST") as repo:
        with pytest.raises(ConnectionError):
            repo.create("tag", xdm(name="t"))
        assert repo.list("tag")["_embedded"]["total"] == 0


def test_a_line_cut_after_has_done_it() -> None:
    with faulty("drop-after=1;ops=POST") as repo:
        with pytest.raises(ConnectionError):
            repo.create("tag", xdm(name="t"))
        assert repo.list("tag")["_embedded"]["total"] == 1


def test_about_the_asked_share_is_hit() -> None:
    with faulty("500=0.2") as repo:
        hit = statuses(repo, 1000).count(500)
    assert 150 < hit < 250


def test_one_seed_gives_the_same_faults_and_another_one_others() -> None:
    def with_seed(number: int) -> list[int]:
        with faulty("500=0.5", f"seed={number}") as repo:
            return statuses(repo, 64)

    assert with_seed(1) == with_seed(1) != with_seed(2)


def test_one_more_fault_does_not_move_the_others() -> None:
    with faulty("500=0.5") as alone, faulty("500=0.5", "drop-after=0.5;ops=POST") as together:
        for number in range(32):
            with suppress(ConnectionError):
                alone.create("tag", xdm(name=f"t{number}"))
            with suppress(ConnectionError):
                together.create("tag", xdm(name=f"t{number}"))
        assert alone.emulator.mishaps.counts["500"] == together.emulator.mishaps.counts["500"]


def test_a_fault_narrowed_to_some_methods_spares_the_others() -> None:
    with faulty("500=1;ops=POST,patch") as repo:
        assert repo.send("GET", "").status == 200
        assert repo.send("PATCH", "").status == 500


def test_every_fault_is_counted() -> None:
    """J4, J5."""
    with faulty("429=1;ops=POST", "drop-after=1;ops=GET", "slow-delete=1") as repo:
        repo.create("tag", xdm(name="t"))
        with pytest.raises(ConnectionError):
            repo.send("GET", "")
        assert healthz(repo) == {"status": "ok", "faults": {"429": 1, "drop-after": 1, "slow-delete": 0}}


def test_health_and_the_description_of_the_api_are_spared() -> None:
    """J5."""
    with faulty("500=1", "drop-before=1") as repo:
        assert healthz(repo)["status"] == "ok"
        assert repo.emulator.handle(Request("GET", "/openapi.json")).status == 200


def test_faults_are_given_as_arguments_too() -> None:
    faults = Faults(server_error=1, ops={"500": frozenset({"DELETE"})})
    assert faults == parse_faults(["500=1;ops=DELETE"])


# --- lists


def test_a_truncated_page_has_no_next() -> None:
    """E5. Only a page that had one is counted."""
    with faulty("truncate-list=1") as repo:
        for number in range(3):
            repo.made("tag", name=f"t{number}")
        cut, whole = repo.list("tag", limit=2), repo.list("tag")
        assert "next" not in cut["_links"]
        assert (cut["_embedded"]["count"], cut["_embedded"]["total"]) == (2, 3)
        assert whole["_embedded"]["count"] == 3
        assert repo.emulator.mishaps.counts == {"truncate-list": 1}


def test_a_new_instance_appears_late_in_lists() -> None:
    clock = TickingClock()
    with faulty("stale-list=2s", clock=clock) as repo:
        old = repo.made("tag", name="old")
        clock.now += timedelta(seconds=3)
        new = repo.made("tag", name="new")
        page = repo.list("tag", limit=1)
        assert [each["instanceId"] for each in page["_embedded"]["results"]] == [old.id]
        assert (page["_embedded"]["total"], "next" in page["_links"]) == (1, False)
        clock.now += timedelta(seconds=3)
        assert {each["instanceId"] for each in repo.list("tag")["_embedded"]["results"]} == {old.id, new.id}
        assert repo.emulator.mishaps.counts == {"stale-list": 1}


def test_a_new_instance_appears_late_in_searches() -> None:
    """F1, J4."""
    clock = TickingClock()
    with faulty("stale-list=2s", clock=clock) as repo:
        repo.made("tag", name="old word")
        clock.now += timedelta(seconds=3)
        repo.made("tag", name="new word")
        for q in ("word", None):
            page = repo.search("tag", q)
            assert (names_of(page), page["_embedded"]["total"]) == (["old word"], 1)
        clock.now += timedelta(seconds=3)
        assert sorted(names_of(repo.search("tag", "word"))) == ["new word", "old word"]


def test_everything_but_a_list_sees_a_new_instance_at_once() -> None:
    with faulty("stale-list=1h".replace("1h", "3600s")) as repo:
        tag = repo.made("tag", name="t")
        assert repo.list("tag", id=tag.uri)["_embedded"]["total"] == 0
        assert repo.get(tag).status == 200
        assert repo.create("tag", xdm(name="t")).status == 409
        assert repo.create("fallback-offer", xdm(name="o", tags=[tag.uri])).status == 201
        assert repo.patch(tag, op("add", "/_instance/x", value=1)).status == 200
        assert repo.delete_and_poll(tag)["outcome"] == "rejected"


def test_a_list_told_late_changes_nothing() -> None:
    clock = TickingClock()
    with faulty("stale-list=2s", clock=clock) as repo:
        tag = repo.made("tag", name="t")
        offer = repo.made("fallback-offer", name="o", tags=[tag.uri])
        repo.list("tag"), repo.list("fallback-offer"), repo.list_response("nothing")
        clock.now += timedelta(seconds=3)
        assert repo.list("tag")["_embedded"]["total"] == 1
        assert repo.delete_and_poll(tag)["referencedBy"][0]["@id"] == offer.uri


def test_new_containers_appear_late_too() -> None:
    """B4."""
    schema = "https://ns.adobe.com/experience/xcore/container"
    with faulty("stale-list=2s") as repo:
        page = json_of(repo.send("GET", f"containers?schema={schema}"))
        assert page["_embedded"]["total"] == 0
        assert len(json_of(repo.send("GET", ""))["_embedded"][schema]) == 1


# --- behind ASGI


class Pauses:
    """What the application would have waited."""

    def __init__(self) -> None:
        self.waited: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.waited.append(seconds)


def through_asgi(specs: Sequence[str], *methods: str) -> tuple[list[httpx.Response | str], list[Answered], list[float]]:
    """Answers, or the names of errors, of requests for the home document; the log; and the pauses."""
    log: list[Answered] = []
    pauses = Pauses()

    async def send(client: httpx.AsyncClient, method: str) -> httpx.Response | str:
        try:
            return await client.request(method, "/data/core/xcore/")
        except ConnectionError as error:
            return str(error)

    async def send_all() -> list[httpx.Response | str]:
        with faulty(*specs) as repo:
            transport = httpx.ASGITransport(app=asgi_app(repo.emulator, log.append, pause=pauses))
            async with httpx.AsyncClient(
                transport=transport, base_url="http://repo.test", headers=CREDENTIALS
            ) as client:
                return [await send(client, method) for method in methods]

    return asyncio.run(send_all()), log, pauses.waited


@pytest.mark.parametrize("name", ["drop-before", "drop-after"])
def test_in_process_a_cut_line_is_a_connection_error(name: str) -> None:
    """J4, J5. It has its line in the log."""
    answers, (line,), _ = through_asgi([f"{name}=1"], "GET")
    assert answers == [name]
    assert (line.method, line.status, line.error) == ("GET", 0, name)


def test_latency_is_waited_out_before_the_request() -> None:
    answers, _, waited = through_asgi(["latency=50ms;ops=GET"], "GET", "POST")
    assert [answer.status_code for answer in answers if isinstance(answer, httpx.Response)] == [200, 405]
    assert waited == [0.05]


def test_a_fault_hits_bodies_of_any_kind() -> None:
    """J3. A request on which a fault strikes is not read further."""
    with faulty("500=1") as repo:
        kind = f'{XCORE}hal+json; schema="{NS}tag"'
        assert repo.send("POST", f"{repo.container}/instances", b"\xff", content_type=kind).status == 500
        assert json.loads(repo.send("POST", "", b"\xff").body)["status"] == 500
