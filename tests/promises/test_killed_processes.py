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
    Repository,
    Workplace,
    assert_sound,
    instances,
    serving,
)

pytestmark = pytest.mark.e2e

SEED = os.environ.get("PROMISES_SEED", "1")
GENERATIONS = 4
COUNT = 300
MOST_LINES = 250  # of events that a process may tell before it is killed
LONGEST_S = 2.0


@pytest.fixture(params=["served", "embedded"])
def repository(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Repository]:
    if request.param == "embedded":
        yield InProcess(tmp_path / "cat")
        return
    with serving("--db", str(tmp_path / "served.db")) as served:
        yield OverHttp(served)


def kills(repository: Repository) -> int:
    """How often. Over HTTP each next run has to wait until the lease of the dead one has run out."""
    usual = "12" if isinstance(repository, OverHttp) else "38"
    return int(os.environ.get("PROMISES_KILLS", usual))


def test_a_run_killed_again_and_again_leaves_nothing_that_the_next_one_cannot_mend(
    repository: Repository, tmp_path: Path
) -> None:
    random = Random(f"{SEED}/{type(repository).__name__}")
    place = Workplace(tmp_path / "cat", repository, COUNT)
    died = 0
    for _ in range(kills(repository)):
        place.settle(random.randrange(GENERATIONS))
        died += kill_one(place, random)
        assert_sound(instances(repository))
    assert died > kills(repository) // 2
    last = place.settle(random.randrange(GENERATIONS)).apply(*HASTY, "--lock-timeout", "10s")
    assert last.code == 0, last.out + last.err
    place.assert_converged()


def kill_one(place: Workplace, random: Random) -> bool:
    """Start a run and kill it; False when it had ended by itself before."""
    running = place.start(*HASTY, "--lock-timeout", "10s")
    if random.random() < 0.2:
        running.hear_for(random.uniform(0.1, LONGEST_S))
    else:
        running.hear_lines(random.randrange(MOST_LINES))
    ran = running.kill()
    assert ran.code in {0, -9}, ran.out + ran.err
    return ran.code == -9
