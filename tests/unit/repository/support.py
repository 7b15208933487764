"""A scripted repository, an instant clock and sample envelopes for these tests."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from reconciler.repository.auth import FixedToken, Secret
from reconciler.repository.client import RepositoryReader, RepositoryWriter, open_reader, open_writer
from reconciler.repository.connection import Connection
from reconciler.repository.retry import Backoff, Timing

BASE = "https://repo.example/data/core/xcore/"
BOX = "box-1"
TAG = "https://ns.adobe.com/experience/offer-management/tag"
HOME = f"{BASE}{BOX}/instances"
ONE = f"{HOME}/i-1"
TOKEN = "t0ken-of-nobody"  # noqa: S105 - opens nothing

Step = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


@dataclass
class InstantClock:
    """Sleeping only moves the hands."""

    seconds: float = 0.0
    slept: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.seconds

    def wall(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds


@dataclass
class Script:
    """Answers in order, the last one for ever; remembers what was asked."""

    steps: list[Step]
    asked: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        step = self.steps[min(len(self.asked), len(self.steps)) - 1]
        if isinstance(step, Exception):
            raise step
        answer = step if isinstance(step, httpx.Response) else step(request)
        assert isinstance(answer.stream, httpx.ByteStream)  # as it is sent: packed, if it is
        return httpx.Response(
            answer.status_code, headers=answer.headers, stream=httpx.ByteStream(b"".join(answer.stream))
        )


def settings(**changes: Any) -> Connection:
    given: dict[str, Any] = {
        "base_url": BASE.rstrip("/"),
        "sandbox": "stage",
        "org": "ORG@AdobeOrg",
        "api_key": "key-1",
        "token": FixedToken(Secret(TOKEN)),
        "container": BOX,
    }
    return Connection(**(given | changes))


def timing(clock: InstantClock | None = None, **changes: Any) -> Timing:
    retry = Backoff(jitter=lambda: 0.0, **changes)
    poll = Backoff(attempts=1000, first_s=0.05, factor=1.5, longest_s=2.0, jitter=lambda: 1.0)
    return Timing(retry, poll, clock or InstantClock())


def reader(script: Script, clock: InstantClock | None = None, **changes: Any) -> RepositoryReader:
    return open_reader(settings(**changes), transport=httpx.MockTransport(script), timing=timing(clock))


def writer(script: Script, clock: InstantClock | None = None, **changes: Any) -> RepositoryWriter:
    return open_writer(settings(**changes), transport=httpx.MockTransport(script), timing=timing(clock))


def answer(body: Any, status: int = 200, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, content=json.dumps(body).encode(), headers=named)


def envelope(ident: str = "i-1", **changes: Any) -> dict[str, Any]:
    return {
        "instanceId": ident,
        "schemas": [f"{TAG};version=0.1"],
        "repo:etag": 3,
        "repo:createdDate": "2026-01-01T00:00:00.000Z",
        "repo:lastModifiedDate": "2026-01-02T00:00:00.123456Z",
        "repo:createdBy": "ann",
        "repo:lastModifiedBy": "bob",
        "_instance": {"@id": f"xcore:tag:{ident}", "xdm:name": "summer"},
        "_links": {"self": {"href": f"/{BOX}/instances/{ident}"}, "x:Note": {"href": "urn:n"}},
    } | changes


def receipt(ident: str = "i-1", **changes: Any) -> dict[str, Any]:
    return {
        "instanceId": ident,
        "@id": f"xcore:tag:{ident}",
        "repo:etag": 4,
        "repo:lastModifiedDate": "2026-01-03T00:00:00.000Z",
    } | changes


def page(*items: dict[str, Any], total: int | None = None, following: str | None = None) -> dict[str, Any]:
    links = {} if following is None else {"next": {"href": following}}
    counted = {"results": list(items), "total": len(items) if total is None else total, "count": len(items)}
    return {"containerId": BOX, "_embedded": counted, "_links": links}


def problem(kind: str, status: int, **members: Any) -> httpx.Response:
    body = {"type": f"https://errors.example/{kind}", "title": kind, "status": status} | members
    return answer(body, status, content_type="application/problem+json")


Server = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(serve: Server) -> AsyncIterator[int]:
    """A port of this host where ``serve`` meets one caller; at the end the line is down on both sides."""
    hung_up = asyncio.Event()

    async def meet(incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
        await serve(incoming, outgoing)
        outgoing.close()
        await outgoing.wait_closed()
        hung_up.set()

    server = await asyncio.start_server(meet, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        await hung_up.wait()
