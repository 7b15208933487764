"""Access tokens from Adobe's identity service (IMS): client credentials sent, tokens kept and renewed in time."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from math import inf, isfinite
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus, urlencode, urlsplit

import httpx

from reconciler.model.errors import ReconcilerError
from reconciler.repository.addresses import path_of
from reconciler.repository.auth import Secret, fit_for_header
from reconciler.repository.bodies import ACCEPTED, read_body
from reconciler.repository.connection import is_loopback
from reconciler.repository.errors import (
    Call,
    Malformed,
    RepositoryError,
    TokenUnavailable,
    Unauthorised,
    Unreachable,
    one_line,
)
from reconciler.repository.retry import Attempt, Timing, persist, retry_after_s
from reconciler.repository.transport import TIMEOUT, line, translated, words_of
from reconciler.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

IMS = "https://ims-na1.adobelogin.com/ims/token/v3"
URL = "RECONCILER_IMS_URL"
MARGIN_S = 120.0  # a token is given out only while it outlives a request and its repetitions
ANSWER_LIMIT = 1024 * 1024  # bytes
PASSING = frozenset({429, 500, 502, 503, 504})
REMEDY = "Check RECONCILER_CLIENT_ID, RECONCILER_CLIENT_SECRET and RECONCILER_SCOPES."


@dataclass(frozen=True, slots=True)
class Login:
    """An integration's client credentials, and where they are exchanged.

    scopes: as the console shows them, separated by commas.   Raises ``ReconcilerError`` for an address that
    would not keep the secret safe.
    """

    client_id: str = field(repr=False)
    secret: Secret
    scopes: str
    address: str = IMS

    def __post_init__(self) -> None:
        _refuse_unsafe(self.address)

    def form(self) -> bytes:
        """The body of the request for a token."""
        fields = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.secret.reveal(),
            "scope": self.scopes,
        }
        return urlencode(fields).encode()

    def hide_in(self, text: str) -> str:
        """The text without the secret, in any spelling in which the service may echo it."""
        secret = self.secret.reveal()
        for spelling in sorted({secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1]}):
            text = Secret(spelling).hide_in(text)
        return text


def _refuse_unsafe(address: str) -> None:
    """Raise unless the address is https, or stays on this host. It is not shown: it may hold a password."""
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018 - reading it checks it
    except ValueError:
        parts = urlsplit("")
    host = parts.hostname or ""
    safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    bare = "@" not in parts.netloc and not parts.query and not parts.fragment
    if not safe or not host or not bare or not fit_for_header(address):
        raise ReconcilerError(
            f"{URL} is not an https address without credentials and query",
            remedy=f"Leave {URL} out, or write it as {IMS}; plain http may go to this host only.",
        )


@dataclass(frozen=True, slots=True)
class _Held:
    """A token, and until when, by the clock that only goes forward, it is given out."""

    secret: Secret
    until: float


class ImsTokens:
    """Tokens for client credentials; satisfies ``auth.TokenProvider``.

    One is fetched at the first need and kept until shortly before it ends. However many wait, one fetch is
    under way at a time; if it fails, it fails for all who waited for it, and the next to come tries again.
    """

    def __init__(
        self, login: Login, *, way: Callable[[], httpx.AsyncBaseTransport], timing: Timing | None = None
    ) -> None:
        self._login = login
        self._way = way
        self._timing = timing or Timing()
        self._turn = asyncio.Lock()
        self._held: _Held | None = None
        self._failed: RepositoryError | None = None
        self._fetches = 0

    async def token(self) -> Secret:
        """A token that is good for a while. Raises ``Unauthorised`` or ``TokenUnavailable``."""
        came_at = self._fetches
        held = self._held
        if held is not None and self._timing.clock.now() < held.until:
            return held.secret
        async with self._turn:
            held = self._held
            if held is not None and self._timing.clock.now() < held.until:
                return held.secret
            if self._failed is not None and self._fetches > came_at:
                raise self._failed
            return await self._renew()

    def renew(self, refused: Secret, /) -> bool:
        """Give that token to nobody any more; there is always the hope that a new one is accepted."""
        if self._held is not None and self._held.secret is refused:
            self._held = None
        return True

    async def _renew(self) -> Secret:
        try:
            self._held = await self._fetch()
        except RepositoryError as error:
            self._failed = error
            raise
        else:
            self._failed = None
        finally:
            self._fetches += 1
        return self._held.secret

    async def _fetch(self) -> _Held:
        client = httpx.AsyncClient(transport=self._way(), timeout=TIMEOUT, trust_env=False, follow_redirects=False)
        async with client as http:

            async def once(attempt: Attempt) -> _Held:
                return await self._attempt(http, attempt)

            return await persist(once, timing=self._timing, may_repeat=_is_passing, notice=_unheard)

    async def _attempt(self, http: httpx.AsyncClient, attempt: Attempt) -> _Held:
        asked_at = self._timing.clock.now()
        call = Call("POST", path_of(self._login.address), "token", attempt.number)
        headers = {
            "content-type": "application/x-www-form-urlencoded",
            "accept": "application/json",
            "accept-encoding": ACCEPTED,
            "user-agent": f"reconciler/{__version__}",
        }
        try:
            with translated(call):
                async with asyncio.timeout(max(0.0, attempt.remaining_s)):
                    request = http.build_request(
                        "POST", self._login.address, headers=headers, content=self._login.form()
                    )
                    response, body = await _exchange(http, request)
        except (Unreachable, Malformed) as error:
            words = words_of(error.__cause__) if error.__cause__ else str(error)
            raise self._unavailable(f"no answer from {self._host}: {words}", error) from error.__cause__
        return self._read(response, body, asked_at)

    def _unavailable(self, because: str, error: RepositoryError) -> TokenUnavailable:
        remedy = error.remedy if isinstance(error, Unreachable) else None
        return TokenUnavailable(self._login.hide_in(because), passing=error.transient, remedy=remedy)

    @property
    def _host(self) -> str:
        return urlsplit(self._login.address).netloc

    def _read(self, response: httpx.Response, body: bytes, asked_at: float) -> _Held:
        """The token in an answer, or the error that the answer stands for."""
        status, headers = response.status_code, response.headers
        text = body.decode("utf-8", "replace")
        if status == 200:
            return self._held_from(_document(text), asked_at)
        document = _document(self._login.hide_in(text))
        told = ": ".join(str(document[name]) for name in ("error", "error_description") if document.get(name))
        words = f"({status}): {one_line(told) or 'no reason given'}"
        if 400 <= status < 500 and status not in PASSING:
            raise Unauthorised(
                f"{self._host} did not accept the client credentials {words}", status=status, remedy=REMEDY
            )
        wait = retry_after_s(headers.get("retry-after"), headers.get("date"), self._timing.clock)
        raise TokenUnavailable(f"{self._host} failed {words}", passing=status in PASSING, retry_after_s=wait)

    def _held_from(self, document: Mapping[str, Any], asked_at: float) -> _Held:
        token, lasts_s = document.get("access_token"), document.get("expires_in", inf)
        if not isinstance(token, str) or not token or not fit_for_header(token):
            raise TokenUnavailable(f"an answer of {self._host} that holds no access_token")
        if isinstance(lasts_s, bool) or not isinstance(lasts_s, int | float) or not lasts_s > 0:
            raise TokenUnavailable(f"an answer of {self._host} whose expires_in is not a number of seconds")
        # Without expires_in (RFC 6749 allows it) a token is kept until the repository refuses it.
        return _Held(Secret(token), asked_at + lasts_s - min(MARGIN_S, lasts_s / 2 if isfinite(lasts_s) else 0.0))


def _is_passing(error: RepositoryError) -> bool:
    """A token may be asked for twice without harm."""
    return error.transient


def _unheard(error: RepositoryError, pause: float) -> None:
    """Nobody asked to hear of pauses here."""


async def _exchange(http: httpx.AsyncClient, request: httpx.Request) -> tuple[httpx.Response, bytes]:
    response = await http.send(request, stream=True)
    try:
        return response, await read_body(response, ANSWER_LIMIT)
    finally:
        await response.aclose()


def _document(text: str) -> dict[str, Any]:
    """The JSON object in a body; an empty one when it holds none."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def tokens_from(environ: Mapping[str, str], *, client_id: str, secret: str, scopes: str) -> ImsTokens:
    """Tokens for these client credentials, over the proxy and with the certificates of the environment.

    Raises ``ReconcilerError`` if ``RECONCILER_IMS_URL`` names an address that would not keep the secret safe.
    """
    login = Login(client_id, Secret(secret), scopes, environ.get(URL, "").strip() or IMS)
    return ImsTokens(login, way=lambda: line(login.address, environ))
