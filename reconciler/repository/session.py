"""One request and its answer: headers, deadline, size limit, repetition, and refusals turned into errors."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import httpx

from reconciler.repository.addresses import Base, path_of
from reconciler.repository.auth import Secret, fit_for_header
from reconciler.repository.bodies import ACCEPTED, read_body
from reconciler.repository.errors import (
    ETAG_MISMATCH,
    NAME_TAKEN,
    Call,
    Malformed,
    NameTaken,
    NotPermitted,
    Problem,
    RateLimited,
    Rejected,
    RepositoryError,
    ServerFault,
    Stale,
    Unauthorised,
    Unreachable,
)
from reconciler.repository.port import Pause, Permit, always
from reconciler.repository.retry import Attempt, http_date, is_repeatable, persist, retry_after_s
from reconciler.repository.transport import TIMEOUT, translated
from reconciler.repository.wire import Answer, read_problem
from reconciler.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.repository.connection import Connection
    from reconciler.repository.retry import Timing

BODY_LIMIT = 64 * 1024 * 1024  # bytes, after decompression


@dataclass(frozen=True, slots=True)
class Ask:
    """One request as the API means it. ``welcome``: statuses beside 2xx that are answers, not errors."""

    method: str
    address: str
    accept: str
    content_type: str | None = None
    body: bytes | None = None
    if_match: str | None = None
    if_none_match: str | None = None
    welcome: frozenset[int] = frozenset()


class Session:
    """An open line to one repository."""

    def __init__(
        self,
        settings: Connection,
        transport: httpx.AsyncBaseTransport,
        *,
        timing: Timing,
        request_ids: Callable[[], str],
        notice: Callable[[Pause], None],
    ) -> None:
        self._settings = settings
        self.base = Base.of(settings.base_url)
        self.timing = timing
        self._request_ids = request_ids
        self._notice = notice
        self._told_time: tuple[datetime, float] | None = None  # by the repository, and when we heard it
        # trust_env off: neither .netrc nor a proxy may slip in behind the transport we chose.
        self._http = httpx.AsyncClient(transport=transport, timeout=TIMEOUT, trust_env=False, follow_redirects=False)

    def server_time(self) -> datetime:
        """What time it is for the repository, by its last answer; by our own clock where it never said."""
        if self._told_time is None:
            return self.timing.clock.wall()
        told, heard = self._told_time
        return told + timedelta(seconds=self.timing.clock.now() - heard)

    async def close(self) -> None:
        """Hang up."""
        await self._http.aclose()

    async def send(self, ask: Ask, permit: Permit = always) -> Answer:
        """The answer, asked for again where that is safe. Raises ``RepositoryError``.

        permit: asked before each attempt to write; without it nothing is sent.

        Refuses an address that is not below the base before anything, above all the token, is sent.
        """
        self.base.own(ask.address)

        async def once(attempt: Attempt) -> Answer:
            if ask.method != "GET" and not await permit():
                raise NotPermitted(call=self._call(ask, attempt))
            return await self._attempt(ask, attempt)

        return await persist(
            once, timing=self.timing, may_repeat=is_repeatable, notice=lambda e, s: self._tell(ask, e, s)
        )

    async def _attempt(self, ask: Ask, attempt: Attempt) -> Answer:
        secret = await self._token(ask, attempt)
        sent = self.timing.clock.now()
        answer = await self._carry(ask, attempt, secret)
        if answer.status == 401 and self._settings.token.renew(secret):
            # Refused at the gateway, so nothing was done: even a POST may be sent once more.
            left = attempt.remaining_s - (self.timing.clock.now() - sent)
            secret = await self._token(ask, attempt)
            answer = await self._carry(ask, replace(attempt, remaining_s=left), secret)
        if 200 <= answer.status < 300 or answer.status in ask.welcome:
            return answer
        raise self._refusal(answer, ask, secret)

    def _call(self, ask: Ask, attempt: Attempt) -> Call:
        return Call(ask.method, path_of(ask.address), self._request_ids(), attempt.number, in_doubt=attempt.in_doubt)

    async def _token(self, ask: Ask, attempt: Attempt) -> Secret:
        """The token; what it takes to get one has a deadline of its own."""
        try:
            return await self._settings.token.token()
        except RepositoryError as error:
            if not attempt.in_doubt:
                raise
            raise Unreachable(
                error.message, call=self._call(ask, attempt), maybe_carried_out=True, passing=False
            ) from error

    async def _carry(self, ask: Ask, attempt: Attempt, secret: Secret) -> Answer:
        """One exchange, with its own request id."""
        call = self._call(ask, attempt)
        headers = self._headers(ask, call, secret)
        with translated(call):
            async with asyncio.timeout(max(0.0, attempt.remaining_s)):
                request = self._http.build_request(ask.method, ask.address, headers=headers, content=ask.body)
                return await self._exchange(request, call)

    async def _exchange(self, request: httpx.Request, call: Call) -> Answer:
        response = await self._http.send(request, stream=True)
        try:
            body = await read_body(response, BODY_LIMIT)
        except httpx.DecodingError as error:
            raise Malformed(str(error), call=call, status=response.status_code) from error
        finally:
            await response.aclose()
        told = http_date(response.headers.get("date"))
        if told is not None:
            self._told_time = (told, self.timing.clock.now())
        return Answer(response.status_code, response.headers, body, call)

    def _headers(self, ask: Ask, call: Call, secret: Secret) -> dict[str, str]:
        """The headers of every call (clause A2) and of this one."""
        if not fit_for_header(secret.reveal()):
            raise Unauthorised("the access token holds characters no header can carry", call=call)
        headers = {
            "authorization": f"Bearer {secret.reveal()}",
            "x-api-key": self._settings.api_key,
            "x-gw-ims-org-id": self._settings.org,
            "x-sandbox-name": self._settings.sandbox,
            "x-request-id": call.request_id,
            "user-agent": f"reconciler/{__version__}",
            "accept": ask.accept,
            "accept-encoding": ACCEPTED,
        }
        optional = {
            "content-type": ask.content_type,
            "if-match": ask.if_match,
            "if-none-match": ask.if_none_match,
        }
        return headers | {name: value for name, value in optional.items() if value is not None}

    def _without_secrets(self, token: Secret, body: bytes) -> bytes:
        """A body without the token and the API key, should the repository echo them."""
        text = token.hide_in(body.decode("utf-8", "replace"))
        return Secret(self._settings.api_key).hide_in(text).encode()

    def _refusal(self, answer: Answer, ask: Ask, secret: Secret) -> RepositoryError:
        """The error that an answer's status and body stand for (clauses A2, A6)."""
        status, call = answer.status, answer.call
        problem = read_problem(Answer(status, answer.headers, self._without_secrets(secret, answer.body), call))
        headers = answer.headers
        wait = retry_after_s(headers.get("retry-after"), headers.get("date"), self.timing.clock)
        if status in {401, 403}:
            words = str(problem) or "no reason given"
            return Unauthorised(
                f"the repository did not accept the credentials ({status}): {words}",
                call=call,
                status=status,
                code=problem.code,
            )
        if status == 409:
            return _conflict(problem, ask, call)
        if status == 429:
            return RateLimited(call=call, retry_after_s=wait)
        if status >= 500:
            return ServerFault(problem, call=call, status=status, retry_after_s=wait)
        if status >= 400:
            return Rejected(problem, call=call, status=status)
        return answer.malformed(f"status {status}, which is not used by this API")

    def _tell(self, ask: Ask, error: RepositoryError, seconds: float) -> None:
        self._notice(Pause(ask.method, path_of(ask.address), error.status, seconds))


def _conflict(problem: Problem, ask: Ask, call: Call) -> Stale | NameTaken:
    """Which 409 this is, as far as the answer tells; an unknown type is judged by what was asked."""
    if problem.type.endswith(ETAG_MISMATCH):
        return Stale(problem, call=call)
    if problem.type.endswith(NAME_TAKEN) or ask.if_match is None:
        return NameTaken(problem, call=call)
    return Stale(problem, call=call)
