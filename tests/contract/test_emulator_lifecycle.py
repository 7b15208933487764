"""What may become of a status, and which statuses can be deleted, for every kind that has one (clauses H5, I)."""

from __future__ import annotations

import pytest

from tests.emulator_support import Caller, Made, json_of, op, xdm

OFFERS = ("personalized-offer", "fallback-offer")
MIDDLE = {"personalized-offer": "approved", "fallback-offer": "approved", "offer-activity": "live"}
STATUSES = ("draft", "approved", "live", "archived")


def made(repo: Caller, kind: str, status: str | None) -> Made:
    given = {} if status is None else {"status": status}
    if kind in OFFERS:
        return repo.made(kind, name="o", **given)
    placement = repo.made("offer-placement", name="p")
    fallback = repo.made("fallback-offer", name="f", representations=[{"xdm:placement": placement.uri}])
    members = repo.made("offer-filter", name="m", filterType="offers", ids=[])
    parts = {"placement": placement.uri, "filter": members.uri, "fallback": fallback.uri}
    return repo.made(kind, name="a", **parts, **given)


def allowed(kind: str) -> set[tuple[str, str]]:
    """From and to; to stay is always allowed."""
    middle = MIDDLE[kind]
    states = ("draft", middle, "archived")
    return {("draft", middle), (middle, "archived"), ("archived", "draft"), *((each, each) for each in states)}


@pytest.mark.parametrize("kind", MIDDLE)
@pytest.mark.parametrize("before", [None, "draft", "middle", "archived"])
@pytest.mark.parametrize("after", STATUSES)
def test_a_status_moves_along_the_lifecycle_only(repo: Caller, kind: str, before: str | None, after: str) -> None:
    """I. None counts as ``draft``."""
    status = MIDDLE[kind] if before == "middle" else before
    one = made(repo, kind, status)
    expected = 200 if (status or "draft", after) in allowed(kind) else 422
    assert repo.patch(one, op("add", "/_instance/xdm:status", value=after)).status == expected
    kept = repo.read(one)["_instance"].get("xdm:status")
    assert kept == (after if expected == 200 else status)


@pytest.mark.parametrize("kind", MIDDLE)
@pytest.mark.parametrize("status", [None, "draft", "middle", "archived"])
def test_a_status_is_taken_away_from_a_draft_only(repo: Caller, kind: str, status: str | None) -> None:
    """I."""
    one = made(repo, kind, MIDDLE[kind] if status == "middle" else status)
    instance = {name: value for name, value in repo.read(one)["_instance"].items() if name != "xdm:status"}
    assert repo.put(one, instance).status == (200 if status in {None, "draft"} else 422)


@pytest.mark.parametrize("kind", MIDDLE)
@pytest.mark.parametrize("status", [None, "draft", "middle", "archived"])
def test_what_is_neither_draft_nor_archived_is_not_deleted(repo: Caller, kind: str, status: str | None) -> None:
    """H5."""
    one = made(repo, kind, MIDDLE[kind] if status == "middle" else status)
    asked = repo.delete(one)
    outcome = json_of(asked if asked.status == 200 else repo.send("GET", asked.headers["Location"]))
    assert outcome["outcome"] == ("rejected" if status == "middle" else "deleted")
    assert outcome.get("reason") == ("status" if status == "middle" else None)
    assert repo.get(one).status == (200 if status == "middle" else 404)


@pytest.mark.parametrize("kind", MIDDLE)
@pytest.mark.parametrize("status", STATUSES)
def test_something_is_created_in_any_status_of_its_kind(repo: Caller, kind: str, status: str) -> None:
    """I."""
    draft = made(repo, kind, "draft")
    instance = {name: value for name, value in repo.read(draft)["_instance"].items() if name != "@id"}
    answer = repo.create(kind, instance | xdm(name="another", status=status))
    assert answer.status == (201 if status in {"draft", MIDDLE[kind], "archived"} else 422)
