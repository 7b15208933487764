"""How requests travel: shards, proxies, certificates, and what httpx's bad news become."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import httpx
import pytest

from reconciler.model.errors import ReconcilerError
from reconciler.repository.auth import Secret
from reconciler.repository.client import open_writer
from reconciler.repository.errors import Malformed, RepositoryError, TokenUnavailable, Unreachable
from reconciler.repository.ims import ImsTokens, Login
from reconciler.repository.transport import InProcess, Sharded, network, proxy_for, trusted

from .support import BASE, HOME, TAG, InstantClock, Script, listening, settings, timing, writer

# Ours, and whether the write may have been carried out, for each of httpx's errors.
COUNTERPARTS: dict[str, tuple[type[RepositoryError], bool]] = {
    "HTTPError": (Unreachable, True),
    "RequestError": (Unreachable, True),
    "TransportError": (Unreachable, True),
    "TimeoutException": (Unreachable, True),
    "ConnectTimeout": (Unreachable, False),
    "ReadTimeout": (Unreachable, True),
    "WriteTimeout": (Unreachable, True),
    "PoolTimeout": (Unreachable, False),
    "NetworkError": (Unreachable, True),
    "ConnectError": (Unreachable, False),
    "ReadError": (Unreachable, True),
    "WriteError": (Unreachable, True),
    "CloseError": (Unreachable, True),
    "ProtocolError": (Unreachable, True),
    "LocalProtocolError": (Unreachable, True),
    "RemoteProtocolError": (Unreachable, True),
    "ProxyError": (Unreachable, False),
    "UnsupportedProtocol": (Unreachable, False),
    "DecodingError": (Malformed, True),
    "TooManyRedirects": (Malformed, True),
    "HTTPStatusError": (Unreachable, True),
    "InvalidURL": (Malformed, True),
    "CookieConflict": (Malformed, True),
    "StreamError": (Unreachable, True),
    "StreamConsumed": (Unreachable, True),
    "StreamClosed": (Unreachable, True),
    "ResponseNotRead": (Unreachable, True),
    "RequestNotRead": (Unreachable, True),
}


def _family(root: type[Exception]) -> list[type[Exception]]:
    return [root, *(each for child in root.__subclasses__() for each in _family(child))]


HTTPX = [c for r in (httpx.HTTPError, httpx.InvalidURL, httpx.CookieConflict, httpx.StreamError) for c in _family(r)]


def _make(kind: type[Exception]) -> Exception:
    if issubclass(kind, httpx.HTTPStatusError):
        return kind("bad", request=httpx.Request("GET", BASE), response=httpx.Response(500))
    takes_nothing = issubclass(kind, httpx.StreamError) and kind is not httpx.StreamError
    return kind() if takes_nothing else kind("bad")


def _create(script: Script) -> RepositoryError:
    async def run() -> None:
        async with writer(script) as door:
            await door.create(TAG, {}, {})

    with pytest.raises(RepositoryError) as caught:
        asyncio.run(run())
    return caught.value


def test_every_error_that_httpx_exports_has_a_counterpart() -> None:
    """A new one must be judged by somebody."""
    exported = {name for name in httpx.__all__ if isinstance(getattr(httpx, name), type)}
    errors = {name for name in exported if issubclass(getattr(httpx, name), Exception)}
    assert errors == set(COUNTERPARTS)
    assert {kind.__name__ for kind in HTTPX if kind.__module__ == "httpx"} == set(COUNTERPARTS)


@pytest.mark.parametrize("kind", [kind for kind in HTTPX if kind.__module__ == "httpx"])
def test_what_httpx_raises_becomes_ours(kind: type[Exception]) -> None:
    """Translated once; the original stays as the cause."""
    error = _create(Script([_make(kind)]))
    assert (type(error), error.maybe_carried_out) == COUNTERPARTS[kind.__name__]
    assert isinstance(error.__cause__, kind)


@pytest.mark.parametrize("kind", [kind for kind in HTTPX if kind.__module__ == "httpx"])
def test_what_httpx_raises_from_the_token_service_becomes_ours(kind: type[Exception]) -> None:
    """Translated once; the original stays as the cause."""
    script = Script([_make(kind)])
    tokens = ImsTokens(Login("id", Secret("hush"), "s"), way=lambda: httpx.MockTransport(script), timing=timing())
    with pytest.raises(TokenUnavailable) as caught:
        asyncio.run(tokens.token())
    assert isinstance(caught.value.__cause__, kind)


def test_a_certificate_that_is_not_trusted_is_told_at_once_with_the_remedy() -> None:
    """Asking again cannot help."""
    refused = httpx.ConnectError("certificate verify failed")
    refused.__cause__ = ssl.SSLCertVerificationError("self-signed")
    script = Script([refused])
    assert "SSL_CERT_FILE" in (_create(script).remedy or "")
    assert len(script.asked) == 1


def test_a_protocol_error_is_told_without_its_text_which_may_quote_a_header() -> None:
    """Secrets never reach a message."""
    assert "Bearer" not in str(_create(Script([httpx.LocalProtocolError("Illegal header value b'Bearer x'")])))


class _Gate(httpx.AsyncBaseTransport):
    """Counts how many requests are inside at once, and answers only when let."""

    def __init__(self) -> None:
        self.inside = self.most = self.closed = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.inside += 1
        self.most = max(self.most, self.inside)
        await asyncio.sleep(0)
        self.inside -= 1
        if request.url.path == "/broken":
            raise httpx.ReadError("broken")
        return httpx.Response(200, stream=httpx.ByteStream(b"ok"))

    async def aclose(self) -> None:
        self.closed += 1


def test_each_shard_carries_one_request_at_a_time() -> None:
    """The waiting ones get their turn."""
    gates = [_Gate(), _Gate()]

    async def run() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=Sharded(gates), trust_env=False) as client:
            return await asyncio.gather(*(client.get("https://x.example/") for _ in range(9)))

    assert [response.text for response in asyncio.run(run())] == ["ok"] * 9
    assert [(gate.most, gate.closed) for gate in gates] == [(1, 1), (1, 1)]


def test_a_shard_is_free_again_after_a_failure() -> None:
    """Even if every request failed before."""

    async def run() -> str:
        async with httpx.AsyncClient(transport=Sharded([_Gate()]), trust_env=False) as client:
            for _ in range(3):
                with pytest.raises(httpx.ReadError):
                    await client.get("https://x.example/broken")
            return (await client.get("https://x.example/")).text

    assert asyncio.run(run()) == "ok"


def test_a_request_that_finds_no_free_shard_in_time_was_never_sent() -> None:
    """Every connection may be held by a slow answer."""

    async def run() -> None:
        client = httpx.AsyncClient(transport=Sharded([_Gate()]), timeout=httpx.Timeout(1, pool=0.01), trust_env=False)
        async with client, client.stream("GET", "https://x.example/"):
            await client.get("https://x.example/")

    with pytest.raises(httpx.PoolTimeout):
        asyncio.run(run())


def test_an_application_that_drops_the_line_is_a_lost_answer() -> None:
    """J4."""

    async def app(scope: object, receive: object, send: object) -> None:
        raise ConnectionResetError

    async def run() -> None:
        async with httpx.AsyncClient(transport=InProcess(app), trust_env=False) as client:
            await client.get(BASE)

    with pytest.raises(httpx.ReadError):
        asyncio.run(run())


@pytest.mark.parametrize(
    ("url", "environ", "proxy"),
    [
        (BASE, {}, None),
        (BASE, {"HTTPS_PROXY": "http://p:1"}, "http://p:1"),
        (BASE, {"https_proxy": "http://low:1", "HTTPS_PROXY": "http://up:1"}, "http://low:1"),
        (BASE, {"HTTP_PROXY": "http://p:1"}, None),
        (BASE, {"ALL_PROXY": "p:1"}, "http://p:1"),
        (BASE, {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "a.b, .example"}, None),
        (BASE, {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "*"}, None),
        (BASE, {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "o.example"}, "http://p:1"),
        ("https://10.1.2.3/x", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "10.0.0.0/8"}, None),
        ("http://127.0.0.1:8080/x", {"HTTP_PROXY": "http://p:1"}, None),
    ],
)
def test_the_proxy_of_the_environment_is_used_unless_exempt(
    url: str, environ: dict[str, str], proxy: str | None
) -> None:
    """HTTPS_PROXY is obeyed; loopback is always reached directly."""
    assert proxy_for(url, environ) == proxy


def test_a_proxy_is_asked_to_open_the_tunnel() -> None:
    """HTTPS_PROXY is obeyed."""
    heard: list[bytes] = []

    async def refuse(incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
        heard.append(await incoming.readline())
        outgoing.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

    async def run() -> None:
        async with listening(refuse) as port:
            environ = {"HTTPS_PROXY": f"http://127.0.0.1:{port}"}
            async with open_writer(settings(), environ=environ, timing=timing(InstantClock(), attempts=1)) as door:
                with pytest.raises(Unreachable, match="ProxyError"):
                    await door.lookup(f"{HOME}/i-1", TAG)

    asyncio.run(run())
    assert heard == [b"CONNECT repo.example:443 HTTP/1.1\r\n"]


def test_a_proxy_that_cannot_be_used_is_refused_without_showing_its_password() -> None:
    """Secrets never reach a message."""
    with pytest.raises(ReconcilerError, match="proxy") as caught:
        network(settings(), {"HTTPS_PROXY": "gopher://me:pa55@p:1"})
    assert "pa55" not in caught.value.message


def test_certificates_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    """SSL_CERT_FILE is obeyed."""
    missing = tmp_path / "none.pem"
    with pytest.raises(ReconcilerError, match=r"none\.pem"):
        trusted(BASE, {"SSL_CERT_FILE": str(missing)})


def test_a_real_line_carries_a_lookup() -> None:
    """The sharded transport speaks HTTP, and closes what it opened."""

    async def serve(incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
        await incoming.readuntil(b"\r\n\r\n")
        outgoing.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        await incoming.read()  # until the client hangs up

    async def run() -> object:
        async with listening(serve) as port:
            url = f"http://127.0.0.1:{port}/data/core/xcore"
            async with open_writer(settings(base_url=url), environ={}) as door:
                return await door.lookup(door.address_of("i-1"), TAG)

    assert asyncio.run(run()) is None


def test_an_answer_packed_wrongly_is_malformed() -> None:
    """A body that cannot be unpacked is no answer."""
    packed = httpx.Response(200, stream=httpx.ByteStream(b"not gzip"), headers={"content-encoding": "gzip"})
    door = open_writer(settings(), transport=httpx.MockTransport(lambda _: packed))

    async def run() -> None:
        async with door:
            await door.lookup(f"{HOME}/i-1", TAG)

    with pytest.raises(Malformed, match="cannot be unpacked"):
        asyncio.run(run())
