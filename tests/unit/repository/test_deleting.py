"""How a deletion is followed to its verdict."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from reconciler.repository.client import RepositoryWriter
from reconciler.repository.errors import Rejected, Stale, Undecided
from reconciler.repository.port import Deleted, DeleteOutcome, DeleteRejected, Referrer

from .support import BASE, BOX, ONE, InstantClock, Script, answer, envelope, problem, receipt, writer

ACCEPTED = answer(receipt(), 202, content_base=BASE, location=f"{BOX}/deletions/t-1")
GONE = answer(receipt(outcome="deleted"))
KEPT = answer(
    {
        "outcome": "rejected",
        "@id": "xcore:tag:1",
        "referencedBy": [{"@id": "xcore:offer:2", "schema": "offer", "property": "xdm:tags"}],
        "reason": "status",
    }
)


def _delete(door: RepositoryWriter, if_match: str | None = None) -> DeleteOutcome:
    async def run() -> DeleteOutcome:
        async with door:
            return await door.delete(ONE, if_match=if_match)

    return asyncio.run(run())


def test_an_accepted_deletion_is_asked_about_until_it_is_decided() -> None:
    """H1, H2."""
    script = Script([ACCEPTED, ACCEPTED, ACCEPTED, GONE])
    assert _delete(writer(script)) == Deleted()
    assert {str(request.url) for request in script.asked[1:]} == {f"{BASE}{BOX}/deletions/t-1"}


def test_the_questions_begin_after_50_ms_and_become_rarer() -> None:
    """H2."""
    clock = InstantClock()
    _delete(writer(Script([ACCEPTED, ACCEPTED, ACCEPTED, GONE]), clock))
    assert clock.slept == pytest.approx([0.05, 0.075, 0.1125])


def test_a_rejection_names_the_referrers_and_the_reason() -> None:
    """H2, H3, H5."""
    expected = DeleteRejected((Referrer("xcore:offer:2", "offer", "xdm:tags"),), "status")
    assert _delete(writer(Script([ACCEPTED, KEPT]))) == expected


def test_an_immediate_verdict_needs_no_further_question() -> None:
    """H1."""
    script = Script([GONE])
    assert _delete(writer(script)) == Deleted()
    assert len(script.asked) == 1


def test_an_instance_that_is_not_there_is_deleted() -> None:
    """H4."""
    assert _delete(writer(Script([answer({}, 404)]))) == Deleted()


def test_a_deletion_is_conditional_only_if_asked() -> None:
    """H1, G5."""
    script = Script([GONE])
    _delete(writer(script), "7")
    assert script.asked[0].headers["if-match"] == '"7"'
    with pytest.raises(Stale):
        _delete(writer(Script([problem("etag-mismatch", 409)])), "7")


def test_a_status_that_is_not_there_says_nothing_until_the_instance_is_gone_too() -> None:
    """H2, H4."""
    script = Script([ACCEPTED, answer({}, 404), answer(envelope()), answer({}, 404)])
    assert _delete(writer(script)) == Deleted()
    assert [str(request.url) for request in script.asked[2:]] == [ONE, ONE]


@pytest.mark.parametrize("blank", [httpx.Response(202), httpx.Response(200), httpx.Response(204)])
def test_without_a_status_resource_the_instance_itself_is_watched(blank: httpx.Response) -> None:
    """H1, H4."""
    script = Script([blank, answer(envelope()), answer({}, 404)])
    assert _delete(writer(script)) == Deleted()


def test_no_verdict_in_time_is_undecided_and_not_success() -> None:
    """H2."""
    clock = InstantClock()
    with pytest.raises(Undecided, match="no verdict in time") as caught:
        _delete(writer(Script([ACCEPTED]), clock))
    assert caught.value.maybe_carried_out
    assert 50 < clock.seconds < 60


@pytest.mark.parametrize("trouble", [answer({}, 500), answer({}, 403), httpx.Response(200, content=b"<p>")])
def test_trouble_while_asking_leaves_the_deletion_undecided(trouble: httpx.Response) -> None:
    """H2."""
    with pytest.raises(Undecided) as caught:
        _delete(writer(Script([ACCEPTED, trouble])))
    assert caught.value.status_address == f"{BASE}{BOX}/deletions/t-1"


def test_a_status_on_another_host_is_not_asked() -> None:
    """C3, H1."""
    script = Script([answer(receipt(), 202, content_base="https://evil.example/", location="d/1")])
    with pytest.raises(Undecided, match="address outside"):
        _delete(writer(script))
    assert len(script.asked) == 1


def test_a_refused_deletion_is_a_refusal() -> None:
    """H1."""
    with pytest.raises(Rejected):
        _delete(writer(Script([answer({}, 400)])))
