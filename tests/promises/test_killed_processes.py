"""Promise 6 with real processes: killed at any point, the next run converges.

``PROMISES_KILLS`` in the environment is how often each of them kills; ``PROMISES_SEED`` chooses the moments.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from tests.promises.processes import (
    HASTY,
    InProcess,
    OverHttp,
    Workplace,
    assert_sound,
    instances,
    serving,
    workplace,
)

pytestmark = pytest.mark.e2e

SEED = os.environ.get("PROMISES_SEED", "1")
GENERATIONS = 4
COUNT = 300
MOST_LINES = 250  # of events that a process may tell before it is killed
LONGEST_S = 2.0


@pytest.fixture(params=["served", "embedded"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Workplace]:
    root = tmp_path / "cat"
    if request.param == "embedded":
        with workplace(root, InProcess(root), COUNT) as there:
            yield there
        return
    with serving("--db", str(tmp_path / "served.db")) as served, workplace(root, OverHttp(served), COUNT) as there:
        yield there


def kills(place: Workplace) -> int:
    """How often. Over HTTP each next run has to wait until the lease of the dead one has run out."""
    usual = "6" if isinstance(place.repository, OverHttp) else "16"
    return int(os.environ.get("PROMISES_KILLS", usual))


def test_a_run_killed_again_and_again_leaves_nothing_that_the_next_one_cannot_mend(place: Workplace) -> None:
    random = Random(f"{SEED}/{type(place.repository).__name__}")  # noqa: S311 - the same moments each time
    died = 0
    for _ in range(kills(place)):
        place.settle(random.randrange(GENERATIONS))
        died += kill_one(place, random)
        assert_sound(instances(place.repository))
    assert died > kills(place) // 2
    last = place.settle(random.randrange(GENERATIONS)).apply("--settle", "1s", "--lock-timeout", "600s")
    assert last.code == 0, last.out + last.err
    place.assert_converged()


def kill_one(place: Workplace, random: Random) -> bool:
    """Start a run and kill it; False when it had carried out everything before.

    Where it had to wait too long for the processor its lease of a second is lost, and it ends 12 or 14.
    """
    running = place.start(*HASTY, "--lock-timeout", "10s")
    if random.random() < 0.2:
        running.hear_for(random.uniform(0.1, LONGEST_S))
    else:
        running.hear_lines(random.randrange(MOST_LINES))
    ran = running.kill()
    assert ran.code in {0, 12, 14, -9}, ran.out + ran.err
    return ran.code != 0
