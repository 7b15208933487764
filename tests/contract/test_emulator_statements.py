"""No request reads more than it needs: every step of every statement searches an index (clauses E6, J3)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reconciler.emulator.app import Emulator
from tests.emulator_support import Caller, Made, TickingClock, op, xdm

# Read whole: one row, or what happened last.
SMALL = {"SCAN calendar", "SCAN taken_in", "SCAN removed", "SCAN former", "SCAN CONSTANT ROW"}
WHOLE = re.compile(r"\(scope=\?( AND schema=\?)?\)")  # an index that leads to all of a container, or of a type in it
VERBS = ("SELECT", "INSERT", "UPDATE", "DELETE")


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[Caller]:
    with Emulator.open(tmp_path / "x.db", clock=TickingClock()) as emulator:
        yield Caller(emulator)


def referred(repo: Caller) -> Made:
    tag = repo.made("tag", name="t")
    repo.made("personalized-offer", name="o", tags=[tag.uri])
    return tag


def _poll(repo: Caller) -> Callable[[], object]:
    location = repo.delete(repo.made("tag", name="t")).headers["Location"]
    return lambda: repo.send("GET", location)


def _poll_of_what_is_referred_to(repo: Caller) -> Callable[[], object]:
    location = repo.delete(referred(repo)).headers["Location"]
    return lambda: repo.send("GET", location)


def _update(repo: Caller) -> Callable[[], object]:
    tag, offer = repo.made("tag", name="t"), repo.made("personalized-offer", name="o", tags=[])
    return lambda: repo.put(offer, xdm(name="p", tags=[tag.uri]), if_match='"1"')


def _patch(repo: Caller) -> Callable[[], object]:
    tag, offer = repo.made("tag", name="t"), repo.made("personalized-offer", name="o", tags=[])
    return lambda: repo.patch(offer, op("add", "/_instance/xdm:tags/-", value=tag.uri))


def _create(repo: Caller) -> Callable[[], object]:
    tag = repo.made("tag", name="t")
    return lambda: repo.create("personalized-offer", xdm(name="o", tags=[tag.uri]))


def _taken(repo: Caller) -> Callable[[], object]:
    repo.made("tag", name="t")
    return lambda: repo.create("tag", xdm(name="t"))


def _lookup(repo: Caller) -> Callable[[], object]:
    tag = repo.made("tag", name="t")
    return lambda: repo.get(tag)


def _delete(repo: Caller) -> Callable[[], object]:
    tag = referred(repo)
    return lambda: repo.delete(tag)


def _home(repo: Caller) -> Callable[[], object]:
    return lambda: repo.send("GET", "")


ACTIONS = (_create, _taken, _lookup, _update, _patch, _delete, _poll, _poll_of_what_is_referred_to, _home)


@pytest.mark.parametrize("action", ACTIONS, ids=[each.__name__.strip("_") for each in ACTIONS])
def test_no_request_scans_a_table(filled: Caller, action: Callable[[Caller], Callable[[], object]]) -> None:
    """J3."""
    asked = action(filled)
    connection, reading = filled.emulator._database.connection, filled.emulator._reading.store._connection
    seen: list[str] = []
    for each in (connection, reading):
        each.set_trace_callback(seen.append)
    asked()
    for each in (connection, reading):
        each.set_trace_callback(None)
    statements = [each for each in seen if each.lstrip().upper().startswith(VERBS)]
    steps = [step for each in statements for (*_, step) in connection.execute("EXPLAIN QUERY PLAN " + each)]
    assert statements
    assert {step for step in steps if step.startswith("SCAN") and not _is_narrow(step)} <= SMALL
    # Home gives every container of its sandbox.
    assert action is _home or not [step for step in steps if WHOLE.search(step)]


def _is_narrow(step: str) -> bool:
    """Whether it reads the values given, the full-text index by row or by words, or the first undecided deletions."""
    return (
        "json_each" in step
        or step.endswith("INDEX deletion_undecided")
        or ("VIRTUAL TABLE" in step and not step.endswith("INDEX 0:"))
    )
