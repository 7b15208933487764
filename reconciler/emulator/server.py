"""The emulator behind a socket, until it is told to stop (clauses J1, J5)."""

from __future__ import annotations

import json
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
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

    def write_line(answered: Answered) -> None:
        log.write(json.dumps(answered.line()) + "\n")
        log.flush()

    return Server(
        uvicorn.Config(
            asgi_app(emulator, write_line),
            http=line_protocol(),
            ws="none",
            log_config=None,
            log_level="critical",
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=_GRACE_S,
        )
    )


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
