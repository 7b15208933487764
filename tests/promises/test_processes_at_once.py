"""Promise 2 with real processes: whoever holds the lease writes, and nobody else."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import httpx
import pytest

from tests.e2e.conftest import Served
from tests.promises.processes import (
    Applying,
    InProcess,
    OverHttp,
    Repository,
    Workplace,
    end_all,
    serving,
    workplace,
)

pytestmark = pytest.mark.e2e

COUNT = 60
PATIENT = ("--lock-timeout", "600s")
SHORT = ("--lease-term", "10s", "--settle", "1s")
REFUSED = {httpx.codes.NOT_FOUND, httpx.codes.CONFLICT, httpx.codes.PRECONDITION_FAILED}
QUIET_S = 0.5


@pytest.fixture(params=["served", "embedded"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Workplace]:
    root = tmp_path / "cat"
    repository: Repository = InProcess(root)
    if request.param == "embedded":
        with workplace(root, repository, COUNT) as there:
            yield there
        return
    with serving("--db", str(tmp_path / "served.db")) as served, workplace(root, OverHttp(served), COUNT) as there:
        yield there


@pytest.mark.parametrize("processes", [2, 3])
def test_processes_that_start_at_once_and_may_wait_all_end_well_and_create_everything_once(
    place: Workplace, processes: int
) -> None:
    place.settle(0)
    running = [place.start(*PATIENT, "--format", "json") for _ in range(processes)]
    ended = end_all(running)
    assert [ran.code for ran in ended] == [0] * processes, [ran.err for ran in ended]
    created = [ran.json.get("summary", {}).get("created", 0) for ran in ended]
    assert sorted(created) == [0] * (processes - 1) + [COUNT]
    place.assert_converged()


def test_processes_that_may_not_wait_end_well_or_locked(place: Workplace) -> None:
    place.settle(0)
    running = [place.start("--lock-timeout", "0s") for _ in range(3)]
    codes = sorted(ran.code for ran in end_all(running))
    assert codes[0] == 0
    assert {*codes} <= {0, 14}
    assert_one_at_a_time(running)
    place.assert_converged()


def test_of_processes_that_want_different_things_one_writes_at_a_time(place: Workplace) -> None:
    places = [place.beside(f"generation-{number}").settle(number) for number in range(3)]
    running = [each.start(*PATIENT) for each in places]
    ended = end_all(running)
    assert [ran.code for ran in ended] == [0, 0, 0], [ran.err for ran in ended]
    assert_one_at_a_time(running)
    last = max(range(3), key=lambda number: running[number].lines[-1]["at"])
    places[last].assert_converged()


@pytest.mark.parametrize("first", ["older", "newer"])
def test_of_two_commits_that_are_applied_at_once_the_newer_one_is_live_at_the_end(place: Workplace, first: str) -> None:
    older, newer = commits(place)
    order = [older, newer] if first == "older" else [newer, older]
    running = [order[0].start(*PATIENT)]
    running[0].hear_lines(1)
    running.append(order[1].start(*PATIENT))
    codes = [ran.code for ran in end_all(running)]
    assert codes == ([0, 0] if first == "older" else [0, 10])
    assert_one_at_a_time(running)
    newer.assert_converged()


def commits(place: Workplace) -> tuple[Workplace, Workplace]:
    """Two clones of one Git repository, of which one has an older commit checked out."""
    place.settle(1)
    (place.root / ".gitignore").write_text(".reconciler\n")
    git(place.root, "init", "--quiet")
    for number in (1, 2):
        place.settle(number)
        git(place.root, "add", "--all")
        git(place.root, "commit", "--quiet", "--message", f"generation {number}")
    older = place.beside("older")
    git(place.root, "worktree", "add", "--quiet", "--force", str(older.root / "cat"), "HEAD~1")
    shutil.move(older.root / ".reconciler", older.root / "cat")
    return replace(older, root=older.root / "cat"), place


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=Anna", "-c", "user.email=anna@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, timeout=600)


def test_a_process_that_may_not_wait_names_the_one_that_writes(tmp_path: Path) -> None:
    with serving() as served, workplace(tmp_path / "cat", OverHttp(served), COUNT) as place:
        first = place.settle(0).start("--lease-term", "600s", held=True)
        first.hear_lines(1)
        refused = place.apply()
        assert first.end().code == 0
    assert refused.code == 14
    assert f"reconciler unlock --run {first.lines[0]['run']}" in " ".join(refused.err.split())


def test_a_process_asleep_beyond_its_lease_writes_no_more_when_it_wakes(tmp_path: Path) -> None:
    with (
        serving("--db", str(tmp_path / "served.db")) as served,
        workplace(tmp_path / "cat", OverHttp(served), COUNT) as place,
    ):
        first = place.settle(1).start(*SHORT, held=True)
        first.hear_lines(30)
        served.process.send_signal(signal.SIGSTOP)
        first.hear_all(QUIET_S)  # all that it has begun is sent in full
        assert first.in_flight
        first.signal(signal.SIGSTOP)
        served.process.send_signal(signal.SIGCONT)
        oversleep(first, place, served)
        place.assert_converged()


def test_a_process_asleep_between_two_attempts_does_not_make_the_second_when_it_wakes(tmp_path: Path) -> None:
    database = ("--db", str(tmp_path / "served.db"))
    with (
        serving(*database, "--fault", "429=1;ops=POST") as busy,
        serving(*database) as idle,
        workplace(tmp_path / "cat", OverHttp(idle), COUNT) as place,
    ):
        assert place.settle(0).apply().code == 0
        first = replace(place.beside("other"), repository=OverHttp(busy)).settle(1).start(*SHORT)
        first.hear_words("asking again in")
        first.hear_all(QUIET_S)
        assert first.in_flight
        oversleep(first, place, busy)
        place.assert_converged()


def oversleep(first: Applying, place: Workplace, served: Served) -> None:
    """Stop a process, let another one take over, and wake the first: what it sends, to renew its lease, is refused."""
    first.signal(signal.SIGSTOP)
    second = place.settle(2).apply("--settle", "1s", *PATIENT)
    assert second.code == 0, second.err
    before = len(served.requests)
    first.signal(signal.SIGCONT)
    woken = first.end()
    late = [line for line in served.requests[before:] if line["method"] != "GET"]
    assert [line for line in late if line["status"] not in REFUSED] == []
    assert woken.code in {12, 13}, (
        woken.out + woken.err
    )  # 13: of what was on its way when it fell asleep no more is known
    assert woken.code == 13 or "the lease was lost to another run" in woken.err


def assert_one_at_a_time(running: Sequence[Applying]) -> None:
    """No process told of a write between the first and the last of another."""
    spans = [each.wrote for each in running if each.wrote]
    assert spans
    assert all(one[1] <= other[0] or other[1] <= one[0] for one, other in combinations(spans, 2))
