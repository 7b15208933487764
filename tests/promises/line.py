"""A line to the embedded repository that fails where it is told to: at each boundary of each request."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum

import httpx

from reconciler.emulator.app import Emulator
from reconciler.emulator.asgi import asgi_app
from reconciler.repository.transport import InProcess
from tests.one_clock import OneClock

LATE_S = 20.0  # within the settle time
ASLEEP_S = 100.0  # longer than a lease lasts, and what was sent before it ended may take


class Killed(BaseException):
    """The process is gone: nothing can catch it, and nothing is sent any more."""


class Fault(Enum):
    """What goes wrong with one request."""

    UNREACHED = "no connection"
    CUT_BEFORE = "sent, but it never arrives"
    CUT_AFTER = "carried out, the answer is lost"
    LATE = "the line is cut, and it is carried out later"
    BUSY = "429"
    BROKEN = "500"
    TRUNCATED = "a page without its last item and next, if it is a page"
    ASLEEP = "the machine sleeps before it reads the answer, for longer than the lease lasts"
    KILLED_BEFORE = "the process dies before it sends"
    KILLED_AFTER = "the process dies before the answer"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer, as the repository saw them."""

    method: str
    path: str
    if_match: str | None
    body: bytes
    status: int
    answer: bytes

    @property
    def is_write(self) -> bool:
        return self.method != "GET"

    @property
    def succeeded(self) -> bool:
        return 200 <= self.status < 300


@dataclass
class Line(httpx.AsyncBaseTransport):
    """One run's way to the repository.

    faults: by the number of the request, from 0, or of the write, from -1 downwards.
    seen: called with each exchange that reached the repository.
    between: called before each request, e.g. for somebody at the page, with its number; before a write with both.
    """

    emulator: Emulator
    clock: OneClock
    seen: Callable[[Exchange], None]
    faults: Mapping[int, Fault] = field(default_factory=dict)
    between: Callable[[int], None] = lambda _number: None
    dead: bool = False
    requests: int = 0
    writes: int = 0
    late: list[asyncio.Task[None]] = field(default_factory=list)
    asleep: asyncio.Future[None] | None = None
    shut: bool = False  # asleep, and nothing is about to be sent any more

    def __post_init__(self) -> None:
        self._inner = InProcess(asgi_app(self.emulator))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.dead:
            raise Killed
        if self.shut and self.asleep is not None:
            await asyncio.wait([self.asleep])
            raise httpx.ConnectError("the connection is gone", request=request)
        number, self.requests = self.requests, self.requests + 1
        self.between(number)
        self.clock.stir()
        self.writes += request.method != "GET"
        if request.method != "GET":
            self.between(-self.writes)
        fault = self.faults.get(number)
        if fault is None and request.method != "GET":
            fault = self.faults.get(-self.writes)
        if fault is None or (fault is Fault.TRUNCATED and request.method != "GET"):
            return await self._answered(request)
        return await self._failing(request, fault)

    async def _failing(self, request: httpx.Request, fault: Fault) -> httpx.Response:
        if fault in {Fault.KILLED_BEFORE, Fault.KILLED_AFTER}:
            await self._die(request, fault)
        if fault in {Fault.UNREACHED, Fault.CUT_BEFORE, Fault.CUT_AFTER, Fault.LATE}:
            await self._cut(request, fault)
        if fault is Fault.BUSY:
            return httpx.Response(429, headers={"retry-after": "1"}, request=request)
        if fault is Fault.BROKEN:
            return httpx.Response(500, request=request)
        if fault is Fault.ASLEEP and self.asleep is None:
            return await self._sleep(request)
        response = await self._answered(request)
        return _truncated(response) if fault is Fault.TRUNCATED else response

    async def _sleep(self, request: httpx.Request) -> httpx.Response:
        """Time goes by for others. What was sent is carried out; nobody reads the answers, and nothing is sent."""
        self.asleep = asyncio.get_running_loop().create_future()
        response = await self._exchanged(request)
        await self.clock.sleep(0.0)  # whoever may send has sent: leave to send is asked for right before
        self.shut = True
        await self.clock.sleep(ASLEEP_S)
        self.asleep.set_result(None)
        self.asleep, self.shut = None, False
        return response

    async def _die(self, request: httpx.Request, fault: Fault) -> None:
        if fault is Fault.KILLED_AFTER:
            await self._answered(request)
        self.dead = True
        raise Killed

    async def _cut(self, request: httpx.Request, fault: Fault) -> None:
        if fault is Fault.UNREACHED:
            raise httpx.ConnectError("no connection", request=request)
        if fault is Fault.CUT_AFTER:
            await self._answered(request)
        if fault is Fault.LATE:
            self.late.append(asyncio.ensure_future(self._later(request)))
        raise httpx.ReadError("cut", request=request)

    async def _answered(self, request: httpx.Request) -> httpx.Response:
        response = await self._exchanged(request)
        if self.asleep is not None:
            await asyncio.wait([self.asleep])
        return response

    async def _exchanged(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        answer = await response.aread()
        body = await request.aread()
        path = request.url.path.removeprefix("/data/core/xcore/")
        self.clock.stir()
        self.seen(Exchange(request.method, path, request.headers.get("if-match"), body, response.status_code, answer))
        return httpx.Response(response.status_code, headers=response.headers, content=answer, request=request)

    async def _later(self, request: httpx.Request) -> None:
        await self.clock.sleep(LATE_S)
        await self._answered(request)

    async def settled(self) -> None:
        """Everything that is on its way has arrived."""
        await asyncio.gather(*self.late)

    async def aclose(self) -> None:
        await self._inner.aclose()


def _truncated(response: httpx.Response) -> httpx.Response:
    if "hal/results" not in response.headers.get("content-type", ""):
        return response
    page = json.loads(response.content)
    page["_links"].pop("next", None)
    page["_embedded"]["results"] = page["_embedded"]["results"][:-1]
    page["_embedded"]["count"] = len(page["_embedded"]["results"])
    return httpx.Response(response.status_code, headers=_plain(response), content=json.dumps(page).encode())


def _plain(response: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name != "content-length"}
