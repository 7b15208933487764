"""Promises 5 and 6 when somebody presses Ctrl-C: the report is the truth, and the next run converges."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from reconciler.model.stamp import LINK
from tests.e2e.conftest import Served
from tests.promises.processes import Applying, OverHttp, Workplace, assert_sound, instances, serving, workplace

pytestmark = pytest.mark.e2e

COUNT = 60
AT_ONCE = 8
QUIET_S = 0.5
SETTLED = ("--settle", "5s", "--lock-timeout", "600s")
JSON = ("--format", "json")


@dataclass(frozen=True)
class Stage:
    """A catalogue, and the repository that it lives in."""

    place: Workplace
    served: Served

    @contextmanager
    def unanswered(self) -> Iterator[Applying]:
        """A run with some steps done and others in flight: the repository answers no more until the block ends."""
        running = self.place.start(*SETTLED, *JSON, "--parallelism", str(AT_ONCE))
        running.hear_lines(10)
        self.served.process.send_signal(signal.SIGSTOP)
        try:
            running.hear_all(QUIET_S)
            assert 0 < running.in_flight <= AT_ONCE
            yield running
        finally:
            self.served.process.send_signal(signal.SIGCONT)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with serving() as served, workplace(tmp_path / "cat", OverHttp(served), COUNT) as place:
        yield Stage(place.settle(0), served)


def created(place: Workplace) -> set[str]:
    """The steps that are certainly carried out: a create for each stamp."""
    hrefs = [item["_links"][LINK]["href"] for _, item in instances(place.repository)]
    keys = {href.removeprefix("urn:reconciler:generated/") for href in hrefs}
    return {f"create:{key}" for key in keys - {"anchor"}}


def with_outcome(report: Any, outcome: str) -> set[str]:
    return {step["step"] for step in report["outcomes"] if step["outcome"] == outcome}


def test_after_one_ctrl_c_what_is_in_flight_is_finished_and_nothing_else_begun(stage: Stage) -> None:
    with stage.unanswered() as running:
        running.signal(signal.SIGINT)
        running.hear_words("Stopping when")
        running.hear_all(0.0)
        begun = running.begun
    ended = running.end()
    assert ended.code == 130, ended.err
    assert with_outcome(ended.json, "done") == begun == running.begun == created(stage.place)
    assert len(begun) < COUNT
    assert_next_run_converges(stage.place)


def test_after_a_second_ctrl_c_what_is_in_flight_is_unknown_and_still_not_made_twice(stage: Stage) -> None:
    with stage.unanswered() as running:
        running.signal(signal.SIGINT)
        running.hear_words("Stopping when")
        running.signal(signal.SIGINT)
        ended = running.end()
    assert ended.code == 130, ended.err
    done, unknown = with_outcome(ended.json, "done"), with_outcome(ended.json, "unknown")
    assert unknown
    assert done | unknown == running.begun
    assert done <= created(stage.place) <= running.begun
    freed = stage.place.run("unlock", "--run", running.lines[0]["run"])
    assert freed.code == 0, freed.err
    assert_next_run_converges(stage.place)


def assert_next_run_converges(place: Workplace) -> None:
    assert_sound(instances(place.repository))
    following = place.apply(*SETTLED)
    assert following.code == 0, following.out + following.err
    place.assert_converged()
