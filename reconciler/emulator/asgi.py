"""The emulator as an ASGI application: reads a body with a limit, hands it over, sends the answer back."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from reconciler.emulator.app import Emulator
from reconciler.emulator.faults import Dropped
from reconciler.emulator.jsontext import MAX_BODY
from reconciler.emulator.messages import Request, Response
from reconciler.emulator.turns import Answer, Writers

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
HANG_UP = "reconciler.hang_up"  # an extension of our server: a function that closes the line without an answer
AsgiApp = Callable[[Message, Receive, Send], Awaitable[None]]

# What is read, and thrown away, of a body that is too long, so that its sender gets to read the answer.
_MOST_READ = 64 * MAX_BODY


@dataclass(frozen=True, slots=True)
class Answered:
    """One line of the request log.

    status: 0 when there was no answer, because a fault cut the line.
    error: what went wrong inside, when the answer is a 500 or 503; or the name of the fault.
    """

    method: str
    path: str
    status: int
    ms: float
    request_id: str
    error: str | None = None

    def line(self) -> str:
        """What the log says, as JSON."""
        error = "" if self.error is None else f', "error": {json.dumps(self.error)}'
        return (
            f'{{"method": {json.dumps(self.method)}, "path": {json.dumps(self.path)}, "status": {self.status:d},'
            f' "ms": {self.ms}, "request_id": {json.dumps(self.request_id)}{error}}}'
        )


def asgi_app(
    emulator: Emulator,
    on_answer: Callable[[Answered], None] | None = None,
    *,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsgiApp:
    """The application; ``on_answer`` is told of every request after it was answered.

    pause: waits out the latency that was asked for.
    A line that a fault cuts is closed through the extension ``HANG_UP`` of the server; without it ``ConnectionError``
    is raised, and the caller in this process gets no answer.
    """

    writers = Writers(emulator)

    async def application(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        started = time.perf_counter()
        body = await _read_body(receive)
        if body is None:
            return  # the caller hung up in the middle of its request
        request = _to_request(scope, body)
        waiting = emulator.latency_s(request)
        if waiting:
            await pause(waiting)
        if emulator.waits_for_disk(request):
            answer = await writers.answer(request)
        else:
            answer = emulator.answer(request)
        if isinstance(answer, Response):
            await _send(send, answer)
        if on_answer is not None:
            ms = round((time.perf_counter() - started) * 1000, 3)
            on_answer(_answered(request, answer, ms))
        if isinstance(answer, Dropped):
            await _hang_up(scope, receive, answer)

    return application


def _answered(request: Request, answer: Answer, ms: float) -> Answered:
    if isinstance(answer, Dropped):
        return Answered(request.method, request.path, 0, ms, request.header("x-request-id") or "", answer.fault)
    request_id = answer.headers.get("x-request-id", "")
    return Answered(request.method, request.path, answer.status, ms, request_id, answer.cause)


async def _hang_up(scope: Message, receive: Receive, dropped: Dropped) -> None:
    cut: Callable[[], None] | None = scope.get("extensions", {}).get(HANG_UP)
    if cut is None:
        raise dropped
    cut()
    while (await receive())["type"] != "http.disconnect":
        pass  # the server would answer for us if we left before it has seen the end of the line


async def _read_body(receive: Receive) -> bytes | None:
    """The body, cut off where it is certainly too long; None when the connection was closed."""
    chunks: list[bytes] = []
    length = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunk: bytes = message.get("body", b"")
        length += len(chunk)
        if length - len(chunk) <= MAX_BODY:
            chunks.append(chunk)
        if not message.get("more_body", False) or length > _MOST_READ:
            return b"".join(chunks)


def _to_request(scope: Message, body: bytes) -> Request:
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:  # names are in lower case
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return Request(
        method=scope["method"],
        path=scope["path"],
        query=scope.get("query_string", b"").decode("latin-1"),
        headers=headers,
        body=body,
        scheme=scope.get("scheme", "http"),
    )


async def _send(send: Send, response: Response) -> None:
    headers = [
        *((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.headers.items()),
        (b"content-length", str(len(response.body)).encode()),
    ]
    await send({"type": "http.response.start", "status": int(response.status), "headers": headers})
    await send({"type": "http.response.body", "body": response.body})
