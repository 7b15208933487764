"""A reviewer asks which customers a branch would hit."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import EXAMPLE, PROGRAM, Workplace
from tests.profiles import write_profiles

pytestmark = pytest.mark.e2e

COUNT = 1_500
USUAL = ("--at", "2026-06-01T12:00:00Z", "--profiles", "customers.ndjson", "--workers", "1")


@pytest.fixture
def branch(tmp_path: Path) -> Workplace:
    """The example in Git, its customers, and a branch on which a filter lost most of its offers by mistake."""
    place = Workplace(tmp_path)
    shutil.copytree(EXAMPLE, place.root, ignore=shutil.ignore_patterns(".reconciler"))
    git(place.root, "init", "-q", "-b", "main")
    git(place.root, "add", "-A")
    git(place.root, "commit", "-q", "-m", "as it is")
    filter_ = place.root / "filters" / "call-center-offers.yaml"
    kept = [line for line in filter_.read_text().splitlines() if not line.startswith("  - ") or "last-minute" in line]
    filter_.write_text("\n".join([*kept, ""]))
    write_profiles(tmp_path / "customers.ndjson", COUNT)
    return place


def git(folder: Path, *words: str) -> None:
    names = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.com")
    subprocess.run(["git", *names, *words], cwd=folder, check=True)


def impact(place: Workplace, *more: str) -> Any:
    return place.run("impact", "cat", "--base", "main", *USUAL, *more)


def test_a_narrowed_filter_names_the_activity_who_falls_to_the_fallback_and_the_offers_that_lose(
    branch: Workplace,
) -> None:
    ran = impact(branch, "--format", "json", "--fail-over", "5%")
    assert ran.code == 2, ran.err
    assert ran.json["exit"] == {"code": 2, "meaning": "More than 5% of the profiles change in call-center"}
    assert ran.json["over"] == ["call-center"]
    first = ran.json["activities"][0]
    assert first["activity"] == "call-center"
    assert [other["moved"] for other in ran.json["activities"][1:]] == [0] * (len(ran.json["activities"]) - 1)
    assert first["shown"]["fallback"]["after"] > first["shown"]["fallback"]["before"] + COUNT / 2
    losers = {change["offer"] for change in first["offers"] if change["gained"] < 0}
    assert {"premium-economy-upgrade", "miles-upgrade", "family-seating"} <= losers
    assert [change["offer"] for change in first["offers"] if change["gained"] > 0] == ["last-minute-upgrade"]
    assert sum(move["count"] for move in first["moves"]) == first["moved"]
    assert all(move["examples"] for move in first["moves"])


def test_the_same_in_markdown_is_fit_for_a_pull_request(branch: Workplace) -> None:
    fold = impact(branch, "--format", "markdown").out.partition("<details>")[0]
    assert "<code>call-center</code>" in fold
    assert "no longer get any offer" in fold
    assert "<code>premium-economy-upgrade</code> −" in fold
    assert len(fold.split("\n")) < 25


def test_the_share_that_may_change_is_of_one_activity(branch: Workplace) -> None:
    assert impact(branch, "--fail-over", "100%").code == 0
    assert impact(branch, "--activity", "web-home", "--fail-over", "0%").code == 0
    told = impact(branch, "--fail-over", "5")
    assert told.code == 64
    assert "'5' is no share of the profiles, such as 5%" in told.err


def test_a_page_is_written_to_a_file(branch: Workplace) -> None:
    ran = impact(branch, "--format", "html", "-o", "impact.html")
    assert (ran.code, ran.out) == (0, "")
    assert "</html>" in (branch.folder / "impact.html").read_text()


def test_bad_profiles_states_and_activities_are_told_with_what_to_do(branch: Workplace) -> None:
    (branch.folder / "bad.ndjson").write_text('{"a": 1}\n{"a": }\n')
    bad = branch.run("impact", "cat", "--base", "main", "--profiles", "bad.ndjson")
    assert bad.code == 1
    assert "Error: bad.ndjson:2: this line is not JSON: Expecting value, column 7\n  -> " in bad.err
    (branch.folder / "empty.ndjson").write_text("\n")
    assert (
        "there are no profiles in empty.ndjson"
        in branch.run("impact", "cat", "--base", "main", "--profiles", "empty.ndjson").err
    )
    assert (
        "there is no file gone.ndjson" in branch.run("impact", "cat", "--base", "main", "--profiles", "gone.ndjson").err
    )
    assert "cat is a folder" in branch.run("impact", "cat", "--base", "main", "--profiles", "cat").err
    assert "'nowhere' is no state" in branch.run("impact", "cat", *USUAL, "--base", "nowhere").err
    assert "there is no activity `web-hom`" in impact(branch, "--activity", "web-hom").err


def test_what_is_live_and_a_plan_are_states_too(branch: Workplace) -> None:
    git(branch.root, "stash", "-q")
    assert branch.run("apply", "cat", "--yes").code == 0
    git(branch.root, "stash", "pop", "-q")
    assert branch.run("plan", "cat", "--out", "plan.json").code == 0
    moved = {
        words: branch.run("impact", "cat", *USUAL, "--format", "json", *words).json["profiles"]["moved"]
        for words in (
            ("--base", "live"),
            ("--base", "live", "--head", "plan.json"),
            ("--base", "plan.json", "--head", "plan.json"),
            ("--base", "main", "--head", "live"),
        )
    }
    assert list(moved.values())[3] == 0
    assert len(set(list(moved.values())[:3])) == 1
    assert moved["--base", "live"] > COUNT / 2


def test_ctrl_c_ends_all_processes_at_once_and_says_so(branch: Workplace) -> None:
    pipe = branch.folder / "endless.ndjson"
    lines = (branch.folder / "customers.ndjson").read_bytes()
    pipe.write_bytes(lines * 40)
    # What a shell starts in the background ignores Ctrl-C, and so would all that is started here.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(
        [PROGRAM, "impact", "cat", "--base", "main", "--profiles", str(pipe), "--workers", "2"],
        cwd=branch.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        assert process.stderr is not None
        process.stderr.readline()  # what it is about to do
        while len(workers_of(process.pid)) < 3 and process.poll() is None:  # the two, and who cleans up after them
            pass
        os.killpg(process.pid, signal.SIGINT)
        out, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == b""
    assert told.decode().splitlines()[-1] == "reconciler: exit 130: interrupted"
    assert "Traceback" not in told.decode()


def workers_of(process_id: int) -> list[str]:
    return subprocess.run(["pgrep", "-P", str(process_id)], capture_output=True, text=True, check=False).stdout.split()
