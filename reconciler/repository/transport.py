"""How requests travel: many one-connection pools side by side, a GET-only gate, proxies, and the translation
of httpx's bad news into ours."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import contextmanager
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx

from reconciler.model.errors import ReconcilerError
from reconciler.repository.connection import is_loopback
from reconciler.repository.errors import Malformed, Unreachable, WriteRefused

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping, Sequence

    from reconciler.repository.connection import Connection
    from reconciler.repository.errors import Call

Message = MutableMapping[str, Any]
AsgiApp = Callable[[Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]]

TIMEOUT = httpx.Timeout(connect=10.0, read=30.0, write=30.0, pool=30.0)  # seconds

# Raised before the first byte of the request is on its way; everything else may have been carried out.
NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
# An answer came, or an address was given, that makes no sense.
NOT_THE_API = (httpx.DecodingError, httpx.TooManyRedirects, httpx.InvalidURL, httpx.CookieConflict)


@contextmanager
def translated(call: Call) -> Iterator[None]:
    """Turn what httpx raises into ours, once; the original stays as ``__cause__``."""
    try:
        yield
    except NOT_THE_API as error:
        raise Malformed(words_of(error), call=call) from error
    except httpx.HTTPError as error:
        raise _unreachable(error, call) from error
    except httpx.StreamError as error:
        raise Unreachable(words_of(error), call=call, maybe_carried_out=True, passing=False) from error
    except TimeoutError as error:
        raise Unreachable("the time for this request is over", call=call, maybe_carried_out=True) from error


def _unreachable(error: httpx.HTTPError, call: Call) -> Unreachable:
    sent = not isinstance(error, NEVER_SENT)
    if _is_distrust(error):
        return Unreachable(
            words_of(error),
            call=call,
            maybe_carried_out=sent,
            passing=False,
            remedy="Have SSL_CERT_FILE point to the certificates of your organisation.",
        )
    passing = not isinstance(error, httpx.UnsupportedProtocol | httpx.HTTPStatusError)
    return Unreachable(words_of(error), call=call, maybe_carried_out=sent, passing=passing)


def words_of(error: BaseException) -> str:
    """Class and text; a protocol error's text is left out, since it may quote a header."""
    name = type(error).__name__
    text = "" if isinstance(error, httpx.ProtocolError) else str(error)
    return f"{name}: {text}" if text else name


def _is_distrust(error: BaseException) -> bool:
    """Whether a certificate was not accepted: trying again cannot help."""
    link: BaseException | None = error
    while link is not None:
        if isinstance(link, ssl.SSLCertVerificationError):
            return True
        link = link.__cause__ or link.__context__
    return False


class ReadOnly(httpx.AsyncBaseTransport):
    """A transport on which nothing can be changed, whoever asks: only GET gets through."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Pass a GET on; raise ``WriteRefused`` for anything else."""
        if request.method != "GET":
            raise WriteRefused(request.method)
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        """Close what is inside."""
        await self._inner.aclose()


class InProcess(httpx.ASGITransport):
    """An ASGI application as if it stood at the other end of a line, which it drops by ``ConnectionError``."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The application's answer; its dropped line is a lost answer."""
        try:
            return await super().handle_async_request(request)
        except ConnectionError as error:
            raise httpx.ReadError("the application dropped the line", request=request) from error


class Sharded(httpx.AsyncBaseTransport):
    """Several transports side by side; a request takes a free one, the most recently used first.

    One httpcore pool looks at all its connections for each request: its rate falls as workers are added.
    """

    def __init__(self, shards: Sequence[httpx.AsyncBaseTransport]) -> None:
        self._shards = tuple(shards)
        self._free: asyncio.LifoQueue[httpx.AsyncBaseTransport] = asyncio.LifoQueue()
        for shard in self._shards:
            self._free.put_nowait(shard)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer of one shard, which is free again once the answer is closed."""
        shard = await self._take(request)
        try:
            response = await shard.handle_async_request(request)
        except BaseException:
            self._free.put_nowait(shard)
            raise
        response.stream = _Returning(response.stream, lambda: self._free.put_nowait(shard))
        return response

    async def _take(self, request: httpx.Request) -> httpx.AsyncBaseTransport:
        try:
            return self._free.get_nowait()
        except asyncio.QueueEmpty:
            patience = request.extensions.get("timeout", {}).get("pool")
        try:
            async with asyncio.timeout(patience):
                return await self._free.get()
        except TimeoutError as error:
            raise httpx.PoolTimeout("every connection is busy", request=request) from error

    async def aclose(self) -> None:
        """Close every shard."""
        for shard in self._shards:
            await shard.aclose()


class _Returning(httpx.AsyncByteStream):
    """A body that gives its shard back when it is closed, once."""

    def __init__(self, inner: object, give_back: Callable[[], None]) -> None:
        if not isinstance(inner, httpx.AsyncByteStream):
            raise TypeError("an async transport answers with an async stream")
        self._inner = inner
        self._give_back: Callable[[], None] | None = give_back

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._inner:
            yield chunk

    async def aclose(self) -> None:
        """Close the body, then free the shard, even if closing failed."""
        try:
            await self._inner.aclose()
        finally:
            if self._give_back is not None:
                self._give_back()
                self._give_back = None


def network(settings: Connection, environ: Mapping[str, str]) -> httpx.AsyncBaseTransport:
    """The way over the network: as many connections as requests may travel at once."""
    return Sharded(_lines(settings.base_url, environ, settings.parallelism))


def line(url: str, environ: Mapping[str, str]) -> httpx.AsyncBaseTransport:
    """One connection to the host of an address, over the proxy that the environment names for it."""
    return _lines(url, environ, 1)[0]


def _lines(url: str, environ: Mapping[str, str], number: int) -> list[httpx.AsyncHTTPTransport]:
    trust = trusted(url, environ)
    proxy = proxy_for(url, environ)
    limits = httpx.Limits(max_connections=1, max_keepalive_connections=1)
    try:
        return [
            httpx.AsyncHTTPTransport(verify=trust, trust_env=False, limits=limits, proxy=proxy) for _ in range(number)
        ]
    # The address is not shown: a proxy's may hold a password.
    except (ImportError, ValueError, httpx.InvalidURL) as error:
        raise ReconcilerError(
            "the proxy named in the environment cannot be used",
            remedy="Set HTTPS_PROXY to http://HOST:PORT; SOCKS needs the package socksio.",
        ) from error


def trusted(url: str, environ: Mapping[str, str]) -> ssl.SSLContext:
    """The certificates we believe: SSL_CERT_FILE or SSL_CERT_DIR if set, else the usual authorities.

    Made once for all connections: reading the authorities takes longer than a request.
    """
    if url.startswith("http:"):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # trusts nobody, and is not used
    file, folder = environ.get("SSL_CERT_FILE"), environ.get("SSL_CERT_DIR")
    if not file and not folder:
        return httpx.create_ssl_context(trust_env=False)
    try:
        return ssl.create_default_context(cafile=file or None, capath=None if file else folder)
    except OSError as error:  # ssl.SSLError is one
        raise ReconcilerError(f"the certificates of {file or folder} cannot be read: {error}") from error


def proxy_for(url: str, environ: Mapping[str, str]) -> str | None:
    """The proxy that the environment names for this address, as curl and httpx read it; None for none.

    Loopback addresses are always reached directly.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if is_loopback(host) or _is_exempt(host, _either_case(environ, "no_proxy")):
        return None
    found = _either_case(environ, f"{parts.scheme}_proxy") or _either_case(environ, "all_proxy")
    return f"http://{found}" if found and "://" not in found else found or None


def _either_case(environ: Mapping[str, str], name: str) -> str:
    return environ.get(name) or environ.get(name.upper()) or ""


def _is_exempt(host: str, no_proxy: str) -> bool:
    names = [entry.strip().lower() for entry in no_proxy.split(",") if entry.strip()]
    return any(_covers(name, host) for name in names)


def _covers(entry: str, host: str) -> bool:
    bare = entry.removeprefix("*").removeprefix(".")
    if entry == "*" or host == bare or host.endswith("." + bare):
        return True
    try:
        return ip_address(host) in ip_network(entry, strict=False)
    except ValueError:
        return False
