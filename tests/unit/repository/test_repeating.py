"""Which calls are made again, when, and for how long."""

from __future__ import annotations

import asyncio

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
                case "POST":
                    await door.create(TAG, {}, {})

    asyncio.run(run())


def _good(method: str) -> httpx.Response:
    extra = {"DELETE": {"outcome": "deleted"}, "GET": {"_instance": {}}}
    return answer(receipt(**extra.get(method, {})))


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("trouble", [LOST, UNSENT, *(answer({}, s) for s in (429, 500, 502, 503, 504))])
def test_what_may_happen_twice_is_asked_again(method: str, trouble: Exception | httpx.Response) -> None:
    """A2."""
    script = Script([trouble, _good(method)])
    _do(method, writer(script))
    assert len(script.asked) == 2


@pytest.mark.parametrize("trouble", [UNSENT, httpx.ConnectTimeout("slow"), httpx.PoolTimeout("busy"), answer({}, 429)])
def test_a_post_that_certainly_did_nothing_is_sent_again(trouble: Exception | httpx.Response) -> None:
    """C."""
    script = Script([trouble, _good("POST")])
    _do("POST", writer(script))
    assert len(script.asked) == 2


@pytest.mark.parametrize("trouble", [LOST, httpx.RemoteProtocolError("closed"), answer({}, 500), answer({}, 503)])
def test_a_post_whose_answer_was_lost_is_never_sent_again(trouble: Exception | httpx.Response) -> None:
    """C."""
    script = Script([trouble, _good("POST")])
    with pytest.raises(RepositoryError) as caught:
        _do("POST", writer(script))
    assert caught.value.maybe_carried_out
    assert len(script.asked) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 406, 422, 501])
def test_a_refusal_is_final(status: int) -> None:
    """A6."""
    script = Script([answer({}, status)])
    with pytest.raises(RepositoryError):
        _do("PUT", writer(script))
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
