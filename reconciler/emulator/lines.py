"""The lines of the server: uvicorn's, which can be cut on purpose, and refuse what is no HTTP as we refuse the rest."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from http import HTTPStatus
from typing import Any, cast
from uuid import uuid4

from reconciler.emulator.asgi import HANG_UP, Message, Receive, Send
from reconciler.emulator.messages import Response
from reconciler.emulator.problems import bad_request


def line_protocol() -> type[asyncio.Protocol]:
    """uvicorn's protocol, which tells the application how to hang up, and answers 400 with a problem (A6)."""
    from uvicorn.protocols.http.auto import AutoHTTPProtocol

    class Line(AutoHTTPProtocol):  # type: ignore[valid-type,misc]  # one of two classes, as installed
        app: Any

        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            inner = self.app

            async def application(scope: Message, receive: Receive, send: Send) -> None:
                scope.setdefault("extensions", {})[HANG_UP] = self.transport.abort
                await inner(scope, receive, send)

            self.app = application

        def connection_made(self, transport: asyncio.Transport) -> None:
            # asyncio does so only for sockets whose protocol is told, and those of a listener are not: the body of an
            # answer would wait until the caller has acknowledged its head, which may take 40 ms.
            with suppress(OSError):  # whoever asked may be gone
                transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            super().connection_made(transport)

        def send_400_response(self, msg: str) -> None:
            refused = bad_request(f"the request cannot be read: {msg}").response
            self.transport.write(_raw(refused.plus({"x-request-id": str(uuid4()), "Connection": "close"})))
            self.transport.close()

    return cast(type[asyncio.Protocol], Line)


def _raw(response: Response) -> bytes:
    status = HTTPStatus(response.status)
    headers = {**response.headers, "Content-Length": str(len(response.body))}
    lines = [f"HTTP/1.1 {int(status)} {status.phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + response.body
