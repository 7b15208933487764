"""Deleting: asked for, polled, decided (clause H)."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from reconciler.emulator.app import Emulator
from reconciler.emulator.faults import Faults, parse_faults
from tests.emulator_support import NS, Caller, TickingClock, json_of, op, xdm


def test_a_delete_names_where_to_ask(repo: Caller) -> None:
    """H1."""
    made = repo.made("tag", name="t")
    response = repo.delete(made)
    assert (response.status, response.headers["ETag"]) == (202, '"1"')
    assert json_of(response)["@id"] == made.uri
    assert response.headers["Location"].startswith(f"{repo.container}/deletions/")
    assert response.headers["Content-Base"] == "http://localhost/data/core/xcore/"


def test_a_poll_gives_the_outcome_again_and_again(repo: Caller) -> None:
    """H2."""
    made = repo.made("tag", name="t")
    location = repo.delete(made).headers["Location"]
    first, second = repo.send("GET", location), repo.send("GET", location)
    assert (first.status, first.body) == (200, second.body)
    assert json_of(first)["outcome"] == "deleted"
    assert json_of(first)["instanceId"] == made.id


def test_a_slow_deletion_stays_undecided_for_some_polls() -> None:
    """H2, H4, J4."""
    with Emulator.open(faults=parse_faults(["slow-delete=2"])) as emulator:
        repo = Caller(emulator)
        made = repo.made("tag", name="t")
        location = repo.delete(made).headers["Location"]
        for _ in range(2):
            undecided = repo.send("GET", location)
            assert (undecided.status, undecided.headers["Location"]) == (202, location)
            assert undecided.headers["Content-Base"] == "http://localhost/data/core/xcore/"
            assert repo.get(made).status == 200
        assert repo.send("GET", location).status == 200
        assert repo.get(made).status == 404


@pytest.mark.parametrize(("seconds", "status"), [(4, 200), (6, 404)])
def test_what_nobody_polls_is_decided_by_a_write_some_seconds_later(seconds: int, status: int) -> None:
    """H1. Whoever lost the answer cannot poll; the repository goes on without."""
    clock = TickingClock()
    with Emulator.open(clock=clock, faults=Faults(slow_delete=3)) as emulator:
        repo = Caller(emulator)
        tag = repo.made("tag", name="goes")
        asked = repo.delete(tag)
        clock.now += timedelta(seconds=seconds)
        assert repo.get(tag).status == 200
        repo.made("tag", name="comes")
        assert repo.get(tag).status == status
        polled = repo.send("GET", asked.headers["Location"])
        assert polled.status == (202 if status == 200 else 200)


def test_what_nobody_polls_stays_where_a_reference_came_meanwhile() -> None:
    """H3, H4."""
    clock = TickingClock()
    with Emulator.open(clock=clock, faults=Faults(slow_delete=1)) as emulator:
        repo = Caller(emulator)
        tag = repo.made("tag", name="stays")
        asked = repo.delete(tag)
        repo.made("personalized-offer", name="o", tags=[tag.uri])
        clock.now += timedelta(seconds=6)
        repo.made("tag", name="comes")
        assert repo.get(tag).status == 200
        assert json_of(repo.send("GET", asked.headers["Location"]))["outcome"] == "rejected"


def test_what_is_deleted_is_gone_and_its_name_free(repo: Caller) -> None:
    """H4."""
    made = repo.made("tag", name="t")
    repo.delete_and_poll(made)
    assert {call(made).status for call in (repo.get, repo.delete, repo.patch)} == {404}
    assert repo.put(made, xdm(name="t")).status == 404
    assert repo.list("tag")["_embedded"]["total"] == 0
    repo.made("tag", name="t")


def test_a_type_that_nothing_references_is_deleted_at_once(repo: Caller) -> None:
    """H1."""
    placement = repo.made("offer-placement", name="p")
    fallback = repo.made("fallback-offer", name="f", representations=[{"xdm:placement": placement.uri}])
    members = repo.made("offer-filter", name="m", filterType="offers", ids=[])
    activity = repo.made("offer-activity", name="a", placement=placement.uri, filter=members.uri, fallback=fallback.uri)
    response = repo.delete(activity)
    assert (response.status, json_of(response)["outcome"]) == (200, "deleted")
    assert repo.get(activity).status == 404


def test_a_referenced_instance_stays_and_its_referrers_are_named(repo: Caller) -> None:
    """H2, H3."""
    tag = repo.made("tag", name="t")
    offer = repo.made("personalized-offer", name="o", tags=[tag.uri, tag.uri])
    outcome = repo.delete_and_poll(tag)
    assert (outcome["outcome"], outcome["@id"]) == ("rejected", tag.uri)
    referrer = {"@id": offer.uri, "schema": NS + "personalized-offer", "property": "_instance.xdm:tags"}
    assert outcome["referencedBy"] == [referrer]
    assert repo.read(tag)["repo:etag"] == 1


def test_a_reference_made_while_undecided_counts(repo: Caller) -> None:
    """H3, H4."""
    tag = repo.made("tag", name="t")
    location = repo.delete(tag).headers["Location"]
    repo.made("personalized-offer", name="o", tags=[tag.uri])
    assert json_of(repo.send("GET", location))["outcome"] == "rejected"


def test_a_reference_taken_away_frees_the_target(repo: Caller) -> None:
    """H3."""
    tag = repo.made("tag", name="t")
    offer = repo.made("personalized-offer", name="o", tags=[tag.uri])
    repo.patch(offer, op("remove", "/_instance/xdm:tags/0"))
    assert repo.delete_and_poll(tag)["outcome"] == "deleted"


def test_a_referrer_deleted_frees_the_target(repo: Caller) -> None:
    """H3."""
    tag = repo.made("tag", name="t")
    repo.delete_and_poll(repo.made("personalized-offer", name="o", tags=[tag.uri]))
    assert repo.delete_and_poll(tag)["outcome"] == "deleted"


@pytest.mark.parametrize(
    ("status", "outcome"), [("draft", "deleted"), ("archived", "deleted"), ("approved", "rejected")]
)
def test_only_drafts_and_archived_offers_are_deleted(repo: Caller, status: str, outcome: str) -> None:
    """H5."""
    decided = repo.delete_and_poll(repo.made("fallback-offer", name="o", status=status))
    assert decided["outcome"] == outcome
    assert decided.get("reason") == ("status" if outcome == "rejected" else None)


def test_a_delete_honours_if_match(repo: Caller) -> None:
    """H1."""
    made = repo.made("tag", name="t")
    assert repo.delete(made, if_match='"7"').status == 409
    assert repo.delete(made, if_match='"1"').status == 202


def test_what_is_written_while_undecided_is_not_deleted_under_the_old_etag(repo: Caller) -> None:
    """H1."""
    made = repo.made("tag", name="t")
    location = repo.delete(made, if_match='"1"').headers["Location"]
    repo.put(made, xdm(name="u"))
    for _ in range(2):
        outcome = json_of(repo.send("GET", location))
        assert (outcome["outcome"], outcome["reason"], outcome["repo:etag"]) == ("rejected", "etag", 2)
    assert repo.get(made).status == 200


@pytest.mark.parametrize("condition", [None, "*", '"1", "2"'])
def test_what_is_written_while_undecided_is_deleted_where_the_condition_allows_it(
    repo: Caller, condition: str | None
) -> None:
    """H1."""
    made = repo.made("tag", name="t")
    location = repo.delete(made, if_match=condition).headers["Location"]
    repo.put(made, xdm(name="u"))
    assert json_of(repo.send("GET", location))["outcome"] == "deleted"


def test_the_outcome_says_nothing_of_the_condition(repo: Caller) -> None:
    """H2. Also when another request was decided first."""
    made = repo.made("tag", name="t")
    first, second = (repo.delete(made, if_match='"1"').headers["Location"] for _ in range(2))
    assert repo.send("GET", first).body == repo.send("GET", second).body


def test_a_second_request_finds_the_work_done(repo: Caller) -> None:
    """H2."""
    made = repo.made("tag", name="t")
    first, second = (repo.delete(made).headers["Location"] for _ in range(2))
    assert json_of(repo.send("GET", first))["outcome"] == "deleted"
    assert json_of(repo.send("GET", second))["outcome"] == "deleted"


def test_a_request_to_delete_that_nobody_made_is_not_found(repo: Caller) -> None:
    """H2."""
    assert repo.send("GET", f"{repo.container}/deletions/nothing").status == 404


def test_the_oldest_decided_requests_are_forgotten(tmp_path: Path) -> None:
    """H2. 10,000 outcomes can be asked for again; what is undecided is never forgotten."""
    path = tmp_path / "x.db"
    with Emulator.open(path) as emulator:
        repo = Caller(emulator)
        waiting = repo.delete(repo.made("tag", name="waits")).headers["Location"]
        connection = sqlite3.connect(path)
        rows = [(f"t{number}", repo.container) for number in range(10_000)]
        connection.executemany("INSERT INTO deletion VALUES (?, ?, 'i', 0, '{}', NULL, '9')", rows)
        for token, _ in rows:
            connection.execute("UPDATE deletion SET outcome = '{\"repo:etag\": 1}' WHERE token = ?", (token,))
        connection.commit()
        connection.close()
        asked = [f"{repo.container}/deletions/{token}" for token in ("t0", "t1")]
        assert [repo.send("GET", place).status for place in asked] == [200, 200]
        repo.delete_and_poll(repo.made("tag", name="goes"))
        assert [repo.send("GET", place).status for place in asked] == [404, 200]
        assert json_of(repo.send("GET", waiting))["outcome"] == "deleted"
