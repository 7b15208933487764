"""Which calls are made again, when, and for how long."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from reconciler.repository.client import RepositoryWriter, open_writer
from reconciler.repository.errors import RateLimited, RepositoryError, ServerFault, Stale, Unreachable
from reconciler.repository.port import Pause
from reconciler.repository.retry import Backoff, Timing, retry_after_s

from .support import ONE, TAG, InstantClock, Script, answer, problem, receipt, settings, timing, writer

LOST = httpx.ReadTimeout("slow")
UNSENT = httpx.ConnectError("refused")


def _do(method: str, door: RepositoryWriter) -> None:
    async def run() -> None:
        async with door:
            match method:
                case "GET":
                    await door.lookup(ONE, TAG)
                case "PUT":
                    await door.replace(ONE, TAG, {}, {}, if_match=None)
                case "PATCH":
                    await door.patch(ONE, TAG, [], if_match="1")
                case "DELETE":
                    await door.delete(ONE, if_match=None)
                case _:
                    await door.create(TAG, {}, {})

    asyncio.run(run())


def _good(method: str) -> httpx.Response:
    extra: dict[str, dict[str, Any]] = {"DELETE": {"outcome": "deleted"}, "GET": {"_instance": {}}}
    return answer(receipt(**extra.get(method, {})))


METHODS = ("GET", "PUT", "PATCH", "DELETE", "POST")
# Every failure, and for which methods the call is made again: all that may happen twice, or a POST that did nothing.
ALL, TWICE, NONE = set(METHODS), set(METHODS) - {"POST"}, set[str]()
FAILURES: dict[str, tuple[Exception | httpx.Response, set[str]]] = {
    "not connected": (UNSENT, ALL),
    "not connected in time": (httpx.ConnectTimeout("slow"), ALL),
    "no connection free": (httpx.PoolTimeout("busy"), ALL),
    "refused by the proxy": (httpx.ProxyError("403"), ALL),
    "answer lost": (LOST, TWICE),
    "line down while reading": (httpx.ReadError("reset"), TWICE),
    "line down while writing": (httpx.WriteError("reset"), TWICE),
    "written too slowly": (httpx.WriteTimeout("slow"), TWICE),
    "answer cut off": (httpx.RemoteProtocolError("closed"), TWICE),
    "too many requests": (answer({}, 429), ALL),
    **{str(status): (answer({}, status), TWICE) for status in (500, 502, 503, 504)},
    **{str(status): (answer({}, status), NONE) for status in (501, 505, 507)},
    **{str(status): (answer({}, status), NONE) for status in (400, 401, 403, 405, 406, 409, 413, 415, 422)},
    **{str(status): (answer({}, status), NONE) for status in (301, 302, 307, 308)},
    "not JSON": (httpx.Response(200, content=b"<html>"), NONE),
    "packed wrongly": (httpx.DecodingError("gzip"), NONE),
    "no such scheme": (httpx.UnsupportedProtocol("ftp"), NONE),
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("failure", FAILURES)
def test_what_may_be_asked_again_is_and_nothing_else(method: str, failure: str) -> None:
    """A2, A6, C3. A POST that the repository may have heard is never repeated."""
    trouble, again = FAILURES[failure]
    script = Script([trouble, _good(method)])
    error: RepositoryError | None = None
    try:
        _do(method, writer(script))
    except RepositoryError as told:
        error = told
    asked = [request.method for request in script.asked]
    assert (asked, error is None) == (([method] * 2, True) if method in again else ([method], False))


def test_a_post_is_in_doubt_exactly_when_it_is_not_asked_again_after_passing_trouble() -> None:
    """C3."""
    for trouble, again in FAILURES.values():
        if again == TWICE:
            with pytest.raises(RepositoryError) as caught:
                _do("POST", writer(Script([trouble])))
            assert caught.value.maybe_carried_out


def test_a_look_up_of_nothing_is_not_asked_again() -> None:
    """D3."""
    script = Script([answer({}, 404)])
    _do("GET", writer(script))
    assert len(script.asked) == 1


def test_the_doubt_of_an_earlier_attempt_outlives_a_later_certainty() -> None:
    """G5."""
    with pytest.raises(Unreachable) as caught:
        _do("PATCH", writer(Script([LOST, UNSENT])))
    assert caught.value.maybe_carried_out


def test_a_stale_revision_after_a_lost_answer_may_be_our_own_doing() -> None:
    """G5."""
    with pytest.raises(Stale) as caught:
        _do("PATCH", writer(Script([LOST, problem("etag-mismatch", 409)])))
    assert caught.value.maybe_carried_out


def test_a_connection_refused_to_the_end_did_nothing() -> None:
    """A2."""
    with pytest.raises(Unreachable, match=r"ConnectError: refused .*attempt 6") as caught:
        _do("PATCH", writer(Script([UNSENT])))
    assert not caught.value.maybe_carried_out


def test_reading_never_changes_anything() -> None:
    """D."""
    with pytest.raises(ServerFault) as caught:
        _do("GET", writer(Script([answer({}, 500)])))
    assert not caught.value.maybe_carried_out


def test_pauses_double_up_to_the_longest() -> None:
    """A2."""
    clock = InstantClock()
    with pytest.raises(ServerFault):
        _do("GET", writer(Script([answer({}, 500)]), clock))
    assert clock.slept == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6])


def test_a_pause_is_between_half_and_all_of_its_length() -> None:
    """A2."""
    pauses = [Backoff(jitter=lambda j=j: j).pause(3) for j in (0.0, 1.0)]
    assert pauses == pytest.approx([0.4, 0.8])


def test_the_repository_says_how_long_to_wait() -> None:
    """A2."""
    clock = InstantClock()
    _do("POST", writer(Script([answer({}, 429, retry_after="7"), _good("POST")]), clock))
    assert clock.slept == [7.0]


@pytest.mark.parametrize(
    ("value", "date", "seconds"),
    [
        ("12", None, 12.0),
        ("Thu, 01 Jan 2026 00:00:30 GMT", None, 30.0),
        ("Thu, 01 Jan 2026 00:00:30 GMT", "Thu, 01 Jan 2026 00:00:20 GMT", 10.0),
        ("Wed, 31 Dec 2025 00:00:00 GMT", None, 0.0),
        ("soon", None, None),
        ("-3", None, None),
        (None, None, None),
    ],
)
def test_retry_after_is_read_in_both_forms(value: str | None, date: str | None, seconds: float | None) -> None:
    """A2."""
    assert retry_after_s(value, date, InstantClock()) == seconds


def test_patience_ends_before_a_wait_that_reaches_the_deadline() -> None:
    """A2."""
    clock = InstantClock()
    with pytest.raises(RateLimited, match="asking for 60 s of patience") as caught:
        _do("GET", writer(Script([answer({}, 429, retry_after="60")]), clock))
    assert (clock.slept, caught.value.retry_after_s) == ([], 60.0)


def test_an_answer_that_does_not_come_is_given_up_at_the_deadline() -> None:
    """A2."""

    async def silent(request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    short = timing(InstantClock(), deadline_s=0.01)
    door = open_writer(settings(), transport=httpx.MockTransport(silent), timing=short)
    with pytest.raises(Unreachable, match="time for this request is over") as caught:
        _do("POST", door)
    assert caught.value.maybe_carried_out


def test_whoever_schedules_hears_of_every_pause() -> None:
    """A2."""
    heard: list[Pause] = []
    script = Script([answer({}, 503, retry_after="2"), UNSENT, _good("PATCH")])
    door = open_writer(
        settings(), transport=httpx.MockTransport(script), timing=timing(InstantClock()), notice=heard.append
    )
    _do("PATCH", door)
    assert [(p.method, p.status, p.seconds) for p in heard] == [("PATCH", 503, 2.0), ("PATCH", None, 0.2)]


def test_each_attempt_has_its_own_request_id() -> None:
    """A2."""
    script, ids = Script([UNSENT, _good("GET")]), iter(["r-1", "r-2"])
    plain = Timing(Backoff(), Backoff(), InstantClock())
    door = open_writer(settings(), transport=httpx.MockTransport(script), timing=plain, request_ids=lambda: next(ids))
    _do("GET", door)
    assert [request.headers["x-request-id"] for request in script.asked] == ["r-1", "r-2"]
