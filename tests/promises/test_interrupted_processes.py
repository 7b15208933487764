"""Promises 5 and 6 when somebody presses Ctrl-C: the report is the truth, and the next run converges."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reconciler.model.stamp import LINK
from tests.promises.processes import Applying, OverHttp, Workplace, assert_sound, instances, serving, workplace

pytestmark = pytest.mark.e2e

COUNT = 60
SLOW = "latency=2s;ops=POST,PATCH,DELETE"
QUIET_S = 0.2
LEASE = ("--lease-term", "10s")  # what a run that was cut off leaves behind lasts no longer
SETTLED = ("--settle", "5s", "--lock-timeout", "60s")  # longer than the repository takes for a request
JSON = ("--format", "json")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Workplace]:
    """A catalogue in a slow repository: what a run sends is in flight for seconds."""
    with serving("--fault", SLOW) as served, workplace(tmp_path / "cat", OverHttp(served), COUNT) as there:
        yield there.settle(0)


def start(place: Workplace) -> Applying:
    """A run with some steps done and others in flight."""
    running = place.start(*SETTLED, *LEASE, *JSON, "--parallelism", "8")
    running.hear_lines(10)
    running.hear_quiet(QUIET_S)
    assert running.in_flight == 8
    return running


def created(place: Workplace) -> set[str]:
    """The steps that are certainly carried out: a create for each stamp."""
    hrefs = [item["_links"][LINK]["href"] for _, item in instances(place.repository)]
    keys = {href.removeprefix("urn:reconciler:generated/") for href in hrefs}
    return {f"create:{key}" for key in keys - {"anchor"}}


def with_outcome(report: Any, outcome: str) -> set[str]:
    return {step["step"] for step in report["outcomes"] if step["outcome"] == outcome}


def test_after_one_ctrl_c_what_is_in_flight_is_finished_and_nothing_else_begun(place: Workplace) -> None:
    running = start(place)
    begun = {line["step"] for line in running.lines if line["event"] == "intent"}
    running.signal(signal.SIGINT)
    ended = running.end()
    assert ended.code == 130, ended.err
    assert with_outcome(ended.json, "done") == begun == created(place)
    assert with_outcome(ended.json, "unknown") == set()
    assert_next_run_converges(place)


def test_after_a_second_ctrl_c_what_is_in_flight_is_unknown_and_still_not_made_twice(place: Workplace) -> None:
    running = start(place)
    in_flight = {line["step"] for line in running.lines if line["event"] == "intent"} - running.outcomes().keys()
    running.signal(signal.SIGINT)
    running.hear_words("Stopping when")
    running.signal(signal.SIGINT)
    ended = running.end()
    assert ended.code == 130, ended.err
    assert with_outcome(ended.json, "unknown") == in_flight
    assert with_outcome(ended.json, "done") == created(place)
    assert_next_run_converges(place)


def assert_next_run_converges(place: Workplace) -> None:
    assert_sound(instances(place.repository))
    following = place.apply(*SETTLED)
    assert following.code == 0, following.out + following.err
    place.assert_converged()
