"""The emulator as an ASGI application: reads a body with a limit, hands it over, sends the answer back."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from reconciler.emulator.app import Emulator
from reconciler.emulator.jsontext import MAX_BODY
from reconciler.emulator.messages import Request, Response
from reconciler.emulator.problems import problem

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Message, Receive, Send], Awaitable[None]]

# What is read, and thrown away, of a body that is too long, so that its sender gets to read the answer.
_MOST_READ = 64 * MAX_BODY


@dataclass(frozen=True, slots=True)
class Answered:
    """One line of the request log. error: what went wrong inside, when the answer is a 500."""

    method: str
    path: str
    status: int
    ms: float
    request_id: str
    error: str | None = None

    def line(self) -> dict[str, str | int | float]:
        """What the log says, ready for JSON."""
        told: dict[str, str | int | float] = {"method": self.method, "path": self.path, "status": self.status}
        told |= {"ms": self.ms, "request_id": self.request_id}
        return told if self.error is None else told | {"error": self.error}


def asgi_app(emulator: Emulator, on_answer: Callable[[Answered], None] | None = None) -> AsgiApp:
    """The application; ``on_answer`` is told of every request after it was answered."""

    async def application(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        started = time.perf_counter()
        body = await _read_body(receive)
        if body is None:
            return  # the caller hung up in the middle of its request
        request = _to_request(scope, body)
        response, error = _answer(emulator, request)
        await _send(send, response)
        if on_answer is not None:
            ms = round((time.perf_counter() - started) * 1000, 3)
            request_id = response.headers.get("x-request-id", "")
            on_answer(Answered(request.method, request.path, response.status, ms, request_id, error))

    return application


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
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return Request(
        method=scope["method"],
        path=scope["path"],
        query=scope.get("query_string", b"").decode("latin-1"),
        headers=headers,
        body=body,
        scheme=scope.get("scheme", "http"),
    )


def _answer(emulator: Emulator, request: Request) -> tuple[Response, str | None]:
    try:
        return emulator.handle(request), None
    except Exception as error:  # noqa: BLE001  (the edge: a fault of ours or of the disk is told, and the server lives on)
        return problem(
            HTTPStatus.INTERNAL_SERVER_ERROR, "the repository failed"
        ).response, f"{type(error).__name__}: {error}"


async def _send(send: Send, response: Response) -> None:
    headers = [
        *((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.headers.items()),
        (b"content-length", str(len(response.body)).encode()),
    ]
    await send({"type": "http.response.start", "status": int(response.status), "headers": headers})
    await send({"type": "http.response.body", "body": response.body})
