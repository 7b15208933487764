"""The emulator behind a socket, until it is told to stop (clauses J1, J5)."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import TYPE_CHECKING, TextIO

from reconciler.emulator.app import Emulator
from reconciler.emulator.asgi import Answered, asgi_app
from reconciler.emulator.lines import line_protocol
from reconciler.emulator.messages import BASE_PATH
from reconciler.model.errors import ReconcilerError

if TYPE_CHECKING:
    import uvicorn

_GRACE_S = 10  # how long requests in flight may take to finish after the signal to stop
_BACKLOG = 2048


def serve(emulator: Emulator, *, host: str, port: int, out: TextIO, log: TextIO) -> None:
    """Answer requests until SIGTERM or SIGINT, then finish those in flight and close the emulator.

    port: 0 takes a free one.   out: gets one JSON line with the address, once connections are accepted.
    log: gets one JSON line for each request.   Must run in the main thread to hear signals.
    Raises ``ReconcilerError`` when the address cannot be taken.
    """
    try:
        with _listening(host, port) as listener:
            server = _server(emulator, log)
            with _stopped_by_signals(server):
                # The socket listens already: a caller that reads this line can connect, and waits for the loop.
                print(json.dumps(_greeting(emulator, listener)), file=out, flush=True)
                server.run(sockets=[listener])
    finally:
        emulator.close()


def _greeting(emulator: Emulator, listener: socket.socket) -> dict[str, str]:
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    return {"url": f"http://{shown}:{port}{BASE_PATH}/", "container": emulator.container}


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except (OSError, OverflowError) as error:
        remedy = "Give another --port, or 0 for any free one."
        raise ReconcilerError(f"cannot listen on {host}:{port}: {error}", remedy=remedy) from error
    with listener:
        yield listener


def _server(emulator: Emulator, log: TextIO) -> uvicorn.Server:
    import uvicorn

    class Server(uvicorn.Server):
        """Stops by our signal handlers: uvicorn's own raise the signal again when it is done."""

        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield

    return Server(
        uvicorn.Config(
            asgi_app(emulator, _Log(log).add),
            http=line_protocol(),
            ws="none",
            log_config=None,
            log_level="critical",
            access_log=False,
            lifespan="off",
            server_header=False,
            proxy_headers=False,  # nobody stands before it: a header of the caller changes no address
            timeout_graceful_shutdown=_GRACE_S,
        )
    )


class _Log:
    """Lines for requests that were answered at the same time are written together, right behind the answers."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._lines: list[str] = []

    def add(self, answered: Answered) -> None:
        """Called in the event loop."""
        if not self._lines:
            asyncio.get_running_loop().call_soon(self._write)
        self._lines.append(answered.line() + "\n")

    def _write(self) -> None:
        lines, self._lines = self._lines, []
        with suppress(OSError):  # whoever reads it is gone, or its disk is full: requests are answered nevertheless
            self._out.write("".join(lines))
            self._out.flush()


@contextmanager
def _stopped_by_signals(server: uvicorn.Server) -> Iterator[None]:
    def stop(_number: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
