"""The emulator behind ASGI and behind a socket (clauses J1, J2, J5)."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import httpx
import pytest
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from reconciler.emulator.app import Emulator
from reconciler.emulator.asgi import Answered, asgi_app
from reconciler.emulator.lines import line_protocol
from reconciler.emulator.server import serve
from reconciler.model.errors import ReconcilerError
from tests.emulator_served import PROGRAM, TAG, served, tag
from tests.emulator_support import NS

BASE = "http://repo.test/data/core/xcore/"


def through_asgi(emulator: Emulator, *requests: tuple[str, str, Any]) -> tuple[list[httpx.Response], list[Answered]]:
    """The answers to method, address and body, sent through httpx; and the log of them."""
    log: list[Answered] = []

    async def send_all() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app=asgi_app(emulator, log.append))
        async with httpx.AsyncClient(transport=transport, base_url=BASE, headers=TAG) as client:
            return [await client.request(method, path, content=body) for method, path, body in requests]

    return asyncio.run(send_all()), log


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator.open() as opened:
        yield opened


def test_an_instance_is_found_where_its_create_says(emulator: Emulator) -> None:
    """C3. Base and location resolve to the address by RFC 3986."""
    (created,), _ = through_asgi(emulator, ("POST", f"{emulator.container}/instances", tag("t")))
    address = httpx.URL(created.headers["content-base"]).join(created.headers["location"])
    (found,), _ = through_asgi(emulator, ("GET", str(address), None))
    assert (created.status_code, found.status_code) == (201, 200)
    assert str(address).startswith(BASE)


def test_a_request_is_logged_without_its_token(emulator: Emulator) -> None:
    """J5."""
    (answer,), (line,) = through_asgi(emulator, ("GET", "nowhere", None))
    assert (line.method, line.path, line.status) == ("GET", "/data/core/xcore/nowhere", 404)
    assert line.request_id == answer.headers["x-request-id"]
    assert "token" not in str(line)


def test_health_needs_no_credentials(emulator: Emulator) -> None:
    """J5."""
    (answer,), _ = through_asgi(emulator, ("GET", "http://repo.test/healthz", None))
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_a_body_sent_in_pieces_is_put_together(emulator: Emulator) -> None:
    """J3."""

    async def pieces() -> Any:
        for letter in tag("t"):
            yield letter.encode()

    (answer,), _ = through_asgi(emulator, ("POST", f"{emulator.container}/instances", pieces()))
    assert answer.status_code == 201


def test_a_body_that_never_ends_is_too_large(emulator: Emulator) -> None:
    """J3."""

    async def pieces() -> Any:
        for _ in range(2000):
            yield b" " * 65536

    (answer,), _ = through_asgi(emulator, ("POST", f"{emulator.container}/instances", pieces()))
    assert answer.status_code == 413


def test_a_fault_of_ours_is_told_and_logged() -> None:
    """J3, J5. The disk, or the database, may fail."""
    broken = Emulator.open()
    broken.close()
    (answer,), (line,) = through_asgi(broken, ("GET", "", None))
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert line.error is not None
    assert line.error.startswith("ProgrammingError")


def test_a_fault_of_ours_has_a_request_id_too() -> None:
    """A2, J3."""

    def none_left() -> UUID:
        raise LookupError("no more of them")

    with Emulator.open(container="box", new_uuid=none_left) as broken:
        (answer,), (line,) = through_asgi(broken, ("POST", "box/instances", tag("t")))
    assert (answer.status_code, line.error) == (500, "LookupError: no more of them")
    assert line.request_id == answer.headers["x-request-id"] != ""


def test_a_port_in_use_is_refused(emulator: Emulator) -> None:
    """J1."""
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(ReconcilerError, match="cannot listen"):
        serve(emulator, host="127.0.0.1", port=taken.getsockname()[1], out=StringIO(), log=StringIO())


@pytest.mark.e2e
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_says_where_it_is_and_ends_well(tmp_path: Path, number: int) -> None:
    """J1, J5."""
    with served(tmp_path / "x.db") as server, httpx.Client(base_url=server.url, headers=TAG) as client:
        assert client.post(f"{server.container}/instances", content=tag("t")).status_code == 201
        code, log = server.stop(number)
    assert code == 0
    assert [(line["method"], line["status"]) for line in log] == [("POST", 201)]
    assert set(log[0]) == {"method", "path", "status", "ms", "request_id"}


@pytest.mark.e2e
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_request_in_flight_is_finished_before_the_end(tmp_path: Path, number: int) -> None:
    """J1."""
    with served(tmp_path / "x.db") as server:
        address = httpx.URL(server.url)
        body = tag("t").encode()
        head = f"POST {address.path}{server.container}/instances HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n"
        lines = "".join(f"{name}: {value}\r\n" for name, value in TAG.items())
        with socket.create_connection((address.host, address.port or 0)) as connection:
            connection.sendall(f"{head}{lines}expect: 100-continue\r\n\r\n".encode())
            assert connection.recv(100).startswith(b"HTTP/1.1 100")  # it waits for the body now
            server.process.send_signal(number)
            connection.sendall(body)
            assert connection.recv(100).startswith(b"HTTP/1.1 201")
        assert server.process.wait(timeout=600) == 0


@pytest.mark.e2e
def test_what_is_no_http_is_refused_as_everything_else(tmp_path: Path) -> None:
    """A6. By a problem with a request id, and the line is closed."""
    with served(tmp_path / "x.db") as server:
        address = httpx.URL(server.url)
        with socket.create_connection((address.host, address.port or 0)) as connection:
            connection.sendall(b"this is no HTTP\r\n\r\n")
            with connection.makefile("rb") as answered:
                head, _, body = answered.read().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"Content-Type: application/problem+json" in head
    assert b"x-request-id: " in head
    assert json.loads(body)["status"] == 400


def test_the_body_of_an_answer_waits_for_nothing(emulator: Emulator) -> None:
    """J1. Head and body are two packets; the second is not held until the first is acknowledged."""

    async def option() -> int:
        config, state = uvicorn.Config(asgi_app(emulator), lifespan="off", ws="none"), ServerState()
        config.load()
        protocol = cast(Callable[..., asyncio.Protocol], line_protocol())
        loop = asyncio.get_running_loop()
        listener = socket.create_server(("127.0.0.1", 0))
        async with await loop.create_server(lambda: protocol(config, state, {}), sock=listener):
            reader, writer = await asyncio.open_connection(*listener.getsockname())
            writer.write(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
            assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"
            (line,) = state.connections
            accepted = cast(HttpToolsProtocol, line).transport.get_extra_info("socket")
            told = int(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()
            await writer.wait_closed()
        return told

    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        assert runner.run(option()) != 0


@pytest.mark.e2e
def test_a_header_of_the_caller_changes_no_address(tmp_path: Path) -> None:
    """C3."""
    headers = {**TAG, "X-Forwarded-Proto": "https", "X-Forwarded-For": "10.0.0.1"}
    with served(tmp_path / "x.db") as server, httpx.Client(base_url=server.url, headers=headers) as client:
        created = client.post(f"{server.container}/instances", content=tag("t"))
    assert created.headers["content-base"] == server.url


@pytest.mark.e2e
def test_requests_are_answered_though_their_log_cannot_be_written(tmp_path: Path) -> None:
    """J5. And nothing else is said instead."""
    program = "def full(_): raise OSError(28, 'No space left on device')\n" + PROGRAM.replace(
        "log=sys.stderr", "log=type('Full', (), {'write': staticmethod(full)})"
    )
    with (
        served(tmp_path / "x.db", program=program) as server,
        httpx.Client(base_url=server.url, headers=TAG) as client,
    ):
        answers = [client.post(f"{server.container}/instances", content=tag(name)) for name in "abc"]
        assert server.stop(signal.SIGTERM) == (0, [])
    assert [answer.status_code for answer in answers] == [201] * 3


@pytest.mark.e2e
@pytest.mark.parametrize(("fault", "made"), [("drop-before", 0), ("drop-after", 1)])
def test_over_a_socket_a_cut_line_has_no_answer(tmp_path: Path, fault: str, made: int) -> None:
    """J4. Not a byte of one; the next line is as good as ever."""
    with (
        served(tmp_path / "x.db", f"{fault}=1;ops=POST") as server,
        httpx.Client(base_url=server.url, headers=TAG) as client,
    ):
        with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
            client.post(f"{server.container}/instances", content=tag("t"))
        page = client.get(f"{server.container}/instances", params={"schema": NS + "tag"}).json()
        counted = client.get(httpx.URL(server.url).join("/healthz")).json()
        code, log = server.stop(signal.SIGTERM)
    assert page["_embedded"]["total"] == made
    assert counted == {"status": "ok", "faults": {fault: 1}}
    assert (code, log[0]["status"], log[0]["error"]) == (0, 0, fault)


@pytest.mark.e2e
def test_a_request_that_waits_on_purpose_is_finished_before_the_end(tmp_path: Path) -> None:
    """J1, J4. Nobody else waits with it."""
    with (
        served(tmp_path / "x.db", "latency=2s;ops=POST") as server,
        httpx.Client(base_url=server.url, headers=TAG, timeout=60) as client,
        ThreadPoolExecutor(1) as pool,
    ):
        slow = pool.submit(client.post, f"{server.container}/instances", content=tag("t"))
        with httpx.Client(base_url=server.url, headers=TAG, timeout=60) as other:
            while not other.get(httpx.URL(server.url).join("/healthz")).json()["faults"]["latency"]:
                pass
            assert not slow.done()
        code, log = server.stop(signal.SIGTERM)
        assert slow.result().status_code == 201
    assert (code, log[-1]["status"]) == (0, 201)
