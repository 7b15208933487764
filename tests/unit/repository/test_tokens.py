"""Access tokens for client credentials: fetched once, kept, renewed in time, and never seen."""

from __future__ import annotations

import asyncio
import gzip
import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from reconciler.model.errors import ReconcilerError
from reconciler.repository.auth import Secret, credentials_from
from reconciler.repository.client import RepositoryWriter, open_writer
from reconciler.repository.errors import RepositoryError, TokenUnavailable, Unauthorised, Unreachable
from reconciler.repository.ims import IMS, ImsTokens, Login

from .support import ONE, TAG, InstantClock, Script, answer, envelope, listening, receipt, settings, timing

HUSH = "hu/sh +1"
SCOPES = "openid,AdobeID,read_organizations"
LOST = httpx.ReadTimeout("slow")


def _granted(given: str = "ims-1", **changes: Any) -> httpx.Response:
    return answer({"access_token": given, "token_type": "bearer", "expires_in": 86399} | changes)


def _tokens(script: Callable[..., Any], clock: InstantClock | None = None) -> ImsTokens:
    login = Login("client", Secret(HUSH), SCOPES)
    return ImsTokens(login, way=lambda: httpx.MockTransport(script), timing=timing(clock))


def _take(tokens: ImsTokens, times: int = 1) -> list[str]:
    async def run() -> list[str]:
        return [(await tokens.token()).reveal() for _ in range(times)]

    return asyncio.run(run())


def _refused(tokens: ImsTokens) -> RepositoryError:
    with pytest.raises(RepositoryError) as caught:
        _take(tokens)
    return caught.value


# ---------------------------------------------------------------- the exchange


def test_the_client_credentials_are_sent_as_a_form() -> None:
    """A2."""
    script = Script([_granted()])
    assert _take(_tokens(script)) == ["ims-1"]
    request = script.asked[0]
    assert (request.method, str(request.url)) == ("POST", IMS)
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert parse_qsl(request.content.decode(), strict_parsing=True) == [
        ("grant_type", "client_credentials"),
        ("client_id", "client"),
        ("client_secret", HUSH),
        ("scope", SCOPES),
    ]


def test_a_token_is_fetched_once() -> None:
    """A2."""
    script = Script([_granted(), _granted("ims-2")])
    assert _take(_tokens(script), 3) == ["ims-1"] * 3
    assert len(script.asked) == 1


@pytest.mark.parametrize(("passed_s", "asked"), [(86_000, 1), (86_399 - 119, 2), (90_000, 2)])
def test_a_token_is_renewed_shortly_before_its_seconds_are_over(passed_s: float, asked: int) -> None:
    """A2."""
    clock, script = InstantClock(), Script([_granted(), _granted("ims-2")])
    tokens = _tokens(script, clock)
    _take(tokens)
    clock.seconds += passed_s
    assert (_take(tokens), len(script.asked)) == ([f"ims-{asked}"], asked)


def test_a_token_that_lasts_for_moments_is_used_for_half_of_them() -> None:
    """A2."""
    clock, script = InstantClock(), Script([_granted(expires_in=10)])
    tokens = _tokens(script, clock)
    for _ in range(3):
        _take(tokens)
        clock.seconds += 2.6
    assert len(script.asked) == 2


def test_the_seconds_count_from_the_question_and_not_from_the_answer() -> None:
    """A2."""
    clock = InstantClock()

    def slow(request: httpx.Request) -> httpx.Response:
        clock.seconds += 8
        return _granted(expires_in=10)

    script = Script([slow])
    _take(_tokens(script, clock), 2)
    assert len(script.asked) == 2


def test_a_token_without_an_end_is_kept_until_it_is_refused() -> None:
    """A2."""
    clock, script = InstantClock(), Script([answer({"access_token": "a"}), _granted("b")])
    tokens = _tokens(script, clock)
    held = asyncio.run(tokens.token())
    clock.seconds += 1e9
    assert _take(tokens) == ["a"]
    assert tokens.renew(held)
    assert _take(tokens) == ["b"]


@pytest.mark.parametrize("ends", ["0", "-1", '"86399"', "true", "null", "NaN"])
def test_an_end_that_is_no_number_of_seconds_is_not_guessed(ends: str) -> None:
    """A2."""
    body = f'{{"access_token": "a", "expires_in": {ends}}}'.encode()
    error = _refused(_tokens(Script([httpx.Response(200, content=body)])))
    assert error.message == (
        "no access token: an answer of ims-na1.adobelogin.com whose expires_in is not a number of seconds"
    )


@pytest.mark.parametrize(
    "body", [b"<html>", b"[]", b"{}", b'{"access_token": ""}', b'{"access_token": "a\\r\\nb"}', b"["]
)
def test_an_answer_without_a_token_is_told(body: bytes) -> None:
    """A2."""
    error = _refused(_tokens(Script([httpx.Response(200, content=body)])))
    assert error.message == "no access token: an answer of ims-na1.adobelogin.com that holds no access_token"


def test_an_endless_answer_is_given_up() -> None:
    """A2."""
    error = _refused(_tokens(Script([httpx.Response(200, content=b" " * (1024 * 1024 + 1))])))
    assert "more than 1048576 bytes" in error.message


def test_an_answer_packed_twice_is_given_up_unread() -> None:
    """A2. What a few bytes stand for may fill the memory."""
    twice = gzip.compress(gzip.compress(b" " * (1024 * 1024 + 1)))
    answered = httpx.Response(200, headers={"content-encoding": "gzip, gzip"}, content=twice)
    assert "which was not asked for" in _refused(_tokens(Script([answered]))).message


# ---------------------------------------------------------------- many who wait


def test_one_fetch_is_under_way_however_many_wait() -> None:
    """A2."""
    asked: list[httpx.Request] = []

    async def slow(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        await asyncio.sleep(0)
        return _granted()

    async def run() -> set[str]:
        tokens = _tokens(slow)
        return {secret.reveal() for secret in await asyncio.gather(*(tokens.token() for _ in range(20)))}

    assert (asyncio.run(run()), len(asked)) == ({"ims-1"}, 1)


def test_a_fetch_that_fails_fails_for_all_who_waited_and_the_next_to_come_tries_again() -> None:
    """A2."""
    script = Script([answer({"error": "invalid_client"}, 400), _granted()])

    async def slow(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0)
        return script(request)

    tokens = _tokens(slow)

    async def run() -> tuple[list[object], str]:
        failed = await asyncio.gather(*(tokens.token() for _ in range(5)), return_exceptions=True)
        return list(failed), (await tokens.token()).reveal()

    failed, then = asyncio.run(run())
    assert ([type(error) for error in failed], then, len(script.asked)) == ([Unauthorised] * 5, "ims-1", 2)


def test_whoever_waits_takes_over_a_fetch_that_was_given_up() -> None:
    """A2."""
    arrived = asyncio.Event()

    async def stuck_at_first(request: httpx.Request) -> httpx.Response:
        if not arrived.is_set():
            arrived.set()
            await asyncio.Event().wait()
        return _granted()

    async def run() -> str:
        tokens = _tokens(stuck_at_first)
        first, second = asyncio.create_task(tokens.token()), asyncio.create_task(tokens.token())
        await arrived.wait()
        first.cancel()
        return (await second).reveal()

    assert asyncio.run(run()) == "ims-1"


# ---------------------------------------------------------------- trouble


@pytest.mark.parametrize(
    "trouble", [LOST, httpx.ConnectError("no"), *(answer({}, s) for s in (429, 500, 502, 503, 504))]
)
def test_passing_trouble_with_the_token_service_is_waited_out(trouble: Exception | httpx.Response) -> None:
    """A2."""
    script = Script([trouble, _granted()])
    assert (_take(_tokens(script)), len(script.asked)) == (["ims-1"], 2)


def test_the_token_service_says_how_long_to_wait() -> None:
    """A2."""
    clock = InstantClock()
    _take(_tokens(Script([answer({}, 429, retry_after="7"), _granted()]), clock))
    assert clock.slept == [7.0]


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_refused_client_credentials_are_told_at_once(status: int) -> None:
    """A2."""
    script = Script([answer({"error": "invalid_client", "error_description": "no such\nclient"}, status)])
    error = _refused(_tokens(script))
    assert (type(error), error.message, len(script.asked)) == (
        Unauthorised,
        f"ims-na1.adobelogin.com did not accept the client credentials ({status}): invalid_client: no such client",
        1,
    )
    assert error.remedy == "Check RECONCILER_CLIENT_ID, RECONCILER_CLIENT_SECRET and RECONCILER_SCOPES."


def test_a_redirect_of_the_token_service_is_not_followed() -> None:
    """The secret goes where we send it, and nowhere else."""
    script = Script([answer({}, 302, location="https://elsewhere.example/")])
    error = _refused(_tokens(script))
    assert (type(error), len(script.asked)) == (TokenUnavailable, 1)


def test_a_token_service_that_does_not_answer_is_named() -> None:
    """A2."""
    error = _refused(_tokens(Script([httpx.ConnectError("refused")])))
    assert (type(error), error.maybe_carried_out) == (TokenUnavailable, False)
    assert error.message == "no access token: no answer from ims-na1.adobelogin.com: ConnectError: refused"


def test_a_token_service_that_falls_silent_is_given_up_at_the_deadline() -> None:
    """A2."""

    async def silent(request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    login = Login("client", Secret(HUSH), SCOPES)
    short = timing(InstantClock(), deadline_s=0.01)
    error = _refused(ImsTokens(login, way=lambda: httpx.MockTransport(silent), timing=short))
    assert error.message.startswith("no access token: no answer from ims-na1.adobelogin.com: TimeoutError")


@pytest.mark.parametrize(
    "trouble",
    [
        answer({"error": f"no {HUSH}", "error_description": "hu%2Fsh%20%2B1 hu%2Fsh+%2B1"}, 400),
        answer({"error": f"no {HUSH}"}, 503),
        httpx.ConnectError(f"no {HUSH}"),
    ],
)
def test_the_secret_is_in_no_message(trouble: Exception | httpx.Response) -> None:
    """Secrets never reach a message."""
    error = _refused(_tokens(Script([trouble])))
    assert "hu" not in f"{error!r} {error}"
    assert "[hidden]" in error.message


def test_neither_secret_nor_token_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Secrets never reach a log."""
    with caplog.at_level(logging.DEBUG):
        _look(Script([answer(envelope())]), _tokens(Script([_granted()])))
    assert "ims-na1" in caplog.text
    assert not any(secret in caplog.text for secret in (HUSH, "hu%2F", "ims-1 ", "Bearer"))


def test_client_credentials_do_not_show_themselves() -> None:
    """Secrets never reach a traceback."""
    assert HUSH not in repr(Login("client", Secret(HUSH), SCOPES))


@pytest.mark.parametrize(
    "address",
    [
        "http://ims.example/token",
        "ftp://ims.example/",
        "ims.example",
        "https://me:pa55@ims.example/",
        "https://ims.example:port/",
        "http://127.0.0.1.evil.example/",
        "https://",
        "https://ims.example/\n",
        "https://ims.example/?client_secret=pa55",
        "https://ims.example/#x",
    ],
)
def test_an_address_that_would_not_keep_the_secret_safe_is_refused(address: str) -> None:
    """Plain http only to loopback."""
    with pytest.raises(ReconcilerError, match="RECONCILER_IMS_URL is not an https address") as caught:
        Login("client", Secret(HUSH), SCOPES, address)
    assert "pa55" not in caught.value.message


def test_the_address_of_the_environment_is_asked() -> None:
    """A2."""
    heard: list[bytes] = []

    async def serve(incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
        heard.append((await incoming.readuntil(b"\r\n\r\n")).partition(b"\r\n")[0])
        body = _granted().content
        outgoing.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        await incoming.read()  # until the client hangs up

    async def run() -> str:
        async with listening(serve) as port:
            environ = {
                "RECONCILER_CLIENT_ID": "client",
                "RECONCILER_CLIENT_SECRET": HUSH,
                "RECONCILER_SCOPES": SCOPES,
                "RECONCILER_IMS_URL": f"http://127.0.0.1:{port}/token",
                "RECONCILER_API_KEY": "key",
                "RECONCILER_ORG_ID": "org",
            }
            return (await credentials_from(environ).token.token()).reveal()

    assert (asyncio.run(run()), heard) == ("ims-1", [b"POST /token HTTP/1.1"])


# ---------------------------------------------------------------- tokens and the repository


def _door(script: Script, tokens: ImsTokens) -> RepositoryWriter:
    return open_writer(settings(token=tokens), transport=httpx.MockTransport(script), timing=timing())


def _look(script: Script, tokens: ImsTokens) -> None:
    async def run() -> None:
        async with _door(script, tokens) as door:
            await door.lookup(ONE, TAG)

    asyncio.run(run())


def _create(script: Script, tokens: ImsTokens) -> None:
    async def run() -> None:
        async with _door(script, tokens) as door:
            await door.create(TAG, {}, {})

    asyncio.run(run())


def _bearers(script: Script) -> list[str]:
    return [request.headers["authorization"].removeprefix("Bearer ") for request in script.asked]


def test_a_token_that_the_repository_refuses_is_renewed_and_the_call_sent_once_more() -> None:
    """A2."""
    script = Script([answer({}, 401), answer(receipt(), 201)])
    _create(script, _tokens(Script([_granted(), _granted("ims-2")])))
    assert _bearers(script) == ["ims-1", "ims-2"]
    assert len({request.headers["x-request-id"] for request in script.asked}) == 2


def test_the_call_sent_once_more_has_only_the_time_that_is_left() -> None:
    """A2."""
    clock = InstantClock()

    class Slow(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if request.headers["authorization"] == "Bearer ims-1":
                clock.seconds += 59.999  # of 60
                return answer({}, 401)
            return await asyncio.Future()

    tokens = _tokens(Script([_granted(), _granted("ims-2")]), clock)

    async def run() -> None:
        door = open_writer(settings(token=tokens), transport=Slow(), timing=timing(clock))
        async with door, asyncio.timeout(5):
            await door.lookup(ONE, TAG)

    with pytest.raises(Unreachable, match="the time for this request is over"):
        asyncio.run(run())


def test_a_second_refusal_is_final() -> None:
    """A2."""
    script = Script([answer({}, 401)])
    with pytest.raises(Unauthorised):
        _look(script, _tokens(Script([_granted(), _granted("ims-2")])))
    assert _bearers(script) == ["ims-1", "ims-2"]


def test_a_forbidden_call_does_not_renew_the_token() -> None:
    """A2."""
    script = Script([answer({}, 403)])
    with pytest.raises(Unauthorised):
        _look(script, _tokens(Script([_granted()])))
    assert len(script.asked) == 1


def test_many_refused_calls_renew_the_token_once() -> None:
    """A2."""
    service = Script([_granted(), _granted("ims-2")])

    def repository(request: httpx.Request) -> httpx.Response:
        old = request.headers["authorization"] == "Bearer ims-1"
        return answer({}, 401) if old else answer(envelope())

    async def run() -> None:
        async with _door(Script([repository]), _tokens(service)) as door:
            await asyncio.gather(*(door.lookup(ONE, TAG) for _ in range(8)))

    asyncio.run(run())
    assert len(service.asked) == 2


def test_without_a_token_nothing_is_sent_and_nothing_asked_twice() -> None:
    """A2."""
    script, service = Script([answer(receipt())]), Script([answer({}, 400)])
    with pytest.raises(Unauthorised) as caught:
        _create(script, _tokens(service))
    assert (script.asked, len(service.asked), caught.value.maybe_carried_out) == ([], 1, False)


def test_a_token_service_that_is_down_is_asked_for_one_round_only() -> None:
    """A2."""
    script, service = Script([answer(receipt())]), Script([answer({}, 503)])
    with pytest.raises(TokenUnavailable):
        _create(script, _tokens(service))
    assert (script.asked, len(service.asked)) == ([], 6)


def test_the_time_that_a_token_takes_is_not_taken_from_the_request() -> None:
    """A2."""
    clock = InstantClock()

    def slow(request: httpx.Request) -> httpx.Response:
        clock.seconds += 70
        return _granted()

    script = Script([answer(envelope())])

    async def run() -> None:
        door = open_writer(
            settings(token=_tokens(Script([slow]), clock)), transport=httpx.MockTransport(script), timing=timing(clock)
        )
        async with door:
            await door.lookup(ONE, TAG)

    asyncio.run(run())
    assert _bearers(script) == ["ims-1"]


def test_a_write_in_doubt_stays_in_doubt_when_the_token_cannot_be_renewed() -> None:
    """G5."""
    clock = InstantClock()

    def lost_in_the_end(request: httpx.Request) -> httpx.Response:
        clock.seconds += 2
        raise LOST

    tokens = _tokens(Script([_granted(expires_in=1), answer({}, 400)]), clock)

    async def run() -> None:
        async with _door(Script([lost_in_the_end]), tokens) as door:
            await door.patch(ONE, TAG, [], if_match="1")

    with pytest.raises(Unreachable, match="did not accept the client credentials") as caught:
        asyncio.run(run())
    assert caught.value.maybe_carried_out
