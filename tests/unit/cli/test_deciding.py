"""``decide`` and ``test`` as a user calls them: states, options, exit codes."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.conftest import Ended, Run

FILES = {
    "catalog.yaml": "catalog: tiny\nenvironments: {local: {repository: embedded}}\n",
    "hero.yaml": "kind: placement\nname: Hero\nchannel: web\ncomponent_type: text\ncontent_types: [text/plain]\n",
    "adults.yaml": "kind: rule\nname: Adults\ncondition: age >= 18\n",
    "beach.yaml": "kind: offer\nname: Beach\nstatus: approved\nrule: adults\npriority: 1\n"
    "representations: [{placement: hero, components: [{type: text, format: text/plain, copyline: Sun}]}]\n",
    "nothing.yaml": "kind: fallback\nname: Nothing\nstatus: approved\n"
    "representations: [{placement: hero, components: [{type: text, format: text/plain, copyline: Hello}]}]\n",
    "all.yaml": "kind: filter\nname: All\noffers: [beach]\n",
    "home.yaml": "kind: activity\nname: Home\nstatus: live\nplacement: hero\nfilter: all\nfallback: nothing\n",
    "adult.json": '{"age": 30, "identityMap": {"ECID": [{"id": "ann"}]}}',
    "child.json": '{"age": 9}',
    "counts.json": '{"global": {"beech": 3}}',
}
CASE = "cases:\n  - {case: %s, activity: home, at: 2026-06-01T12:00:00Z, profile: {age: %s}, expect: %s}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A catalogue that decides, in Git and applied, in the folder that the program works in."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def decided(ended: Ended) -> dict[str, Any]:
    assert ended.code == 0, ended.err
    (decision,) = json.loads(ended.out)["decisions"]
    return dict(decision)


def ask(run: Run, *options: str, profile: str = "adult.json") -> Ended:
    return run("decide", ".", "--activity", "home", "--profile", profile, "--format", "json", *options)


def commit(folder: Path) -> None:
    for command in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-qm", "x"]):
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *command], cwd=folder, check=True)


def test_the_winner_is_told_with_its_content_and_why(folder: Path, run: Run) -> None:
    ended = run("decide", ".", "--activity", "home", "--profile", "adult.json", "--at", "2026-06-01T12:00:00Z")
    assert ended.code == 0
    assert ended.out == (
        "Decided from files as at 2026-06-01T12:00:00Z, seed 0.\n"
        "Profile ann.\n\n"
        "home: offer/beach\n  Beach\n  in hero\n    text text/plain\n"
        '      copyline: "Sun"\n\n'
        "  OFFER  OUT AT     WHY\n  beach  won        priority 1\n"
    )
    child = decided(ask(run, profile="child.json"))
    assert (child["key"], child["trace"][0]["why"]) == ("nothing", "rule adults false: age = 9")


def test_a_git_revision_a_plan_and_what_is_live_decide_too(folder: Path, run: Run) -> None:
    commit(folder)
    assert run("apply", "--yes", "-q").code == 0
    (folder / "adults.yaml").write_text(FILES["adults.yaml"].replace("18", "40"))
    (folder / "new.yaml").write_text(FILES["beach.yaml"].replace("Beach", "New").replace("rule: adults\n", ""))
    (folder / "all.yaml").write_text(FILES["all.yaml"].replace("[beach]", "[beach, new]"))
    assert run("plan", "--out", "plan.json", "-q").code == 0
    keys = {state: decided(ask(run, "--state", state))["key"] for state in ("files", "live", "plan.json", "git:HEAD")}
    assert keys == {"files": "new", "live": "beach", "plan.json": "new", "git:HEAD": "beach"}
    assert decided(ask(run, "--state", "main"))["key"] == "beach"


def test_a_plan_that_live_no_longer_fits_ends_11(folder: Path, run: Run) -> None:
    assert run("apply", "--yes", "-q").code == 0
    (folder / "beach.yaml").write_text(FILES["beach.yaml"].replace("priority: 1", "priority: 2"))
    assert run("plan", "--out", "plan.json", "-q").code == 0
    (folder / "beach.yaml").write_text(FILES["beach.yaml"].replace("priority: 1", "priority: 3"))
    assert run("apply", "--yes", "-q").code == 0
    ended = ask(run, "--state", "plan.json")
    assert ended.code == 11
    assert "no longer fits" in json.loads(ended.out)["error"]["message"]


@pytest.fixture
def staged(folder: Path, run: Run) -> Path:
    """As ``folder``, in Git, with a second environment whose rule asks for another age, and a plan for each."""
    stage = "  stage: {repository: embedded, container: stage}\n"
    local = "  local: {repository: embedded, container: local}\n"
    (folder / "catalog.yaml").write_text(f"catalog: tiny\ndefault_environment: local\nenvironments:\n{local}{stage}")
    (folder / "environments" / "stage").mkdir(parents=True)
    (folder / "environments" / "stage" / "adults.yaml").write_text("kind: rule\nkey: adults\ncondition: age >= 40\n")
    commit(folder)
    for name in ("local", "stage"):
        assert run("plan", "--env", name, "--out", f"{name}.plan", "-q").code == 0
    (folder / "ann.ndjson").write_text(FILES["adult.json"] + "\n")
    return folder


def compare(run: Run, base: str, head: str, *more: str) -> Ended:
    return run("impact", "--profiles", "ann.ndjson", "--base", base, "--head", head, "--format", "json", *more)


def sides(ended: Ended) -> tuple[int, int]:
    """How many profiles get the offer before, and after."""
    assert ended.code == 0, ended.err
    (activity,) = json.loads(ended.out)["activities"]
    shown = activity["shown"]["offer"]
    return shown["before"], shown["after"]


def test_a_plan_says_the_environment_of_the_other_state_whichever_comes_first(staged: Path, run: Run) -> None:
    """Where ann, who is 30, gets the offer in one environment and not in the other."""
    assert sides(compare(run, "main", "stage.plan")) == (0, 0)
    assert sides(compare(run, "files", "stage.plan")) == (0, 0)
    assert sides(compare(run, "main", "local.plan")) == (1, 1)
    assert sides(compare(run, "stage.plan", "files")) == (0, 0)
    assert run("apply", "--env", "stage", "--plan", "stage.plan", "-q").code == 0
    assert sides(compare(run, "live", "stage.plan")) == (0, 0)


@pytest.mark.parametrize(
    ("base", "head", "more", "said"),
    [
        ("main", "stage.plan", ["--env", "local"], "for stage, not local -> Give --env stage."),
        ("local.plan", "stage.plan", [], "for stage, not local, as local.plan was -> Name plans of one environment."),
    ],
)
def test_a_plan_of_another_environment_says_which_to_give(
    staged: Path, run: Run, base: str, head: str, more: list[str], said: str
) -> None:
    ended = compare(run, base, head, *more)
    assert (ended.code, said in " ".join(ended.err.split())) == (11, True), ended.err


def test_profiles_come_through_a_pipe_too(staged: Path, run: Run) -> None:
    os.mkfifo(staged / "pipe")
    writer = subprocess.Popen(["cp", "ann.ndjson", "pipe"], cwd=staged)
    assert sides(run("impact", "--base", "main", "--format", "json", "--profiles", "pipe")) == (1, 1)
    assert writer.wait() == 0


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--state", "nowhere"], 1, "'nowhere' is no state: neither `files`, `live`, a plan file nor a Git revision"),
        (["--state", "git:--all"], 1, "'git:--all' is no state"),
        (["--timezone", "Mars"], 64, "'Mars' is no time zone"),
        (["--at", "noon"], 64, "'noon' is not a date-time"),
        (["--activity", "hoem"], 1, "there is no activity `hoem`"),
        (["--counters", "adult.json"], 1, "adult.json: 'age' is no counter"),
        (["--counters", "counts.json"], 1, "counts.json: there is no offer `beech` -> Did you mean `beach`?"),
        (["--context", "catalog.yaml"], 1, "catalog.yaml is not JSON: Expecting value in line 1, column 1"),
        (["--profile", "gone.json"], 1, "gone.json cannot be read"),
    ],
)
def test_what_cannot_be_asked_is_told(folder: Path, run: Run, options: list[str], code: int, said: str) -> None:
    commit(folder)
    ended = ask(run, *options)
    assert (ended.code, said in " ".join(ended.err.split())) == (code, True), ended.err


def test_the_instant_counts_to_its_last_digit(folder: Path, run: Run) -> None:
    (folder / "home.yaml").write_text(FILES["home.yaml"] + "start: 2026-03-01T05:59:59.999Z\n")
    assert decided(ask(run, "--at", "2026-03-01T05:59:59.998Z"))["shown"] == "nothing"
    assert decided(ask(run, "--at", "2026-03-01T05:59:59.999Z"))["shown"] == "offer"


def test_a_profile_is_one_json_object_of_numbers_that_json_knows(folder: Path, run: Run) -> None:
    (folder / "bad.json").write_text("[1]")
    assert "bad.json holds no profile" in ask(run, profile="bad.json").err
    (folder / "bad.json").write_text('{"age": NaN}')
    assert "bad.json is not JSON that can be used: NaN is no number" in ask(run, profile="bad.json").err


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b'{"age": ' + b"[" * 100_000, "it is nested too deeply"),
        (b'{"age": "\xff"}', "it is not in UTF-8"),
        (b'{"age": ' + b"9" * 5_000 + b"}", "a number in it has too many digits"),
        (b" " * (64 << 20) + b"{}", "bad.json is larger than 64 MiB -> Name a smaller file."),
    ],
)
def test_a_profile_that_json_cannot_hold_says_why(folder: Path, run: Run, text: bytes, why: str) -> None:
    (folder / "bad.json").write_bytes(text)
    assert why in " ".join(ask(run, profile="bad.json").err.split())


def test_a_state_without_activities_says_what_to_do(folder: Path, run: Run) -> None:
    said = " ".join(ask(run, "--state", "live").err.split())
    assert "What decides holds no activity at all: apply the catalogue first" in said


def test_cases_that_hold_end_0_and_one_that_does_not_ends_1(folder: Path, run: Run) -> None:
    (folder / "decisions").mkdir()
    (folder / "decisions" / "a.yaml").write_text(CASE % ("an adult", 30, "{offer: beach}"))
    assert run("test").code == 0
    (folder / "decisions" / "b.yaml").write_text(CASE % ("a child", 9, "{offer: beach}"))
    ended = run("test", ".", "--coverage")
    assert ended.code == 1
    assert ended.out == (
        "Decision cases, decided from files.\n\n"
        "ok      an adult\n"
        "FAILED  a child\n"
        "        decisions/b.yaml:2\n"
        "        expected offer/beach\n"
        "        actual   fallback/nothing, because no offer is left\n"
        "          beach: rule: rule adults false: age = 9\n\n"
        "2 cases, 1 failed.\n\n"
        "Coverage:\n"
        "  offers never won: 0 of 1\n  rules never true: 0 of 1\n"
        "  rules never false: 0 of 1\n  fallbacks never shown: 0 of 1\n"
    )
    assert ended.err.endswith("reconciler: exit 1: 1 of 2 decision cases failed\n")
    assert '<testsuites name="decision cases" tests="2" failures="1">' in run("test", "--format", "junit").out


def test_that_nothing_is_live_is_told_once_for_all_cases(folder: Path, run: Run) -> None:
    (folder / "decisions").mkdir()
    (folder / "decisions" / "a.yaml").write_text(
        CASE % ("x", 30, "{offer: beach}") + CASE[7:] % ("y", 9, "{none: true}")
    )
    ended = run("test", "--state", "live")
    said = " ".join(ended.err.split())
    assert (ended.code, said.count("activity")) == (1, 1)
    assert "there is no activity at all in what decides: live, local -> Apply the catalogue first" in said


def test_counters_and_cases_name_offers_that_there_are(folder: Path, run: Run) -> None:
    (folder / "decisions").mkdir()
    (folder / "decisions" / "a.yaml").write_text(CASE % ("x", 30, "{offer: beach}"))
    commit(folder)
    (folder / "ann.ndjson").write_text(FILES["adult.json"])
    for command in (["test"], ["impact", "--base", "main", "--profiles", "ann.ndjson"]):
        assert "Did you mean `beach`?" in run(*command, "--counters", "counts.json").err
        (folder / "good.json").write_text('{"profile": {"beach": 0}}')
        assert run(*command, "--counters", "good.json").code == 0


@pytest.mark.parametrize(
    ("name", "text", "remedy"),
    [
        ("p.csv", "id,age\n", "Write a line for each profile, below the names of the columns."),
        ("p.ndjson", "", "Write one JSON object a line."),
        ("p", "\n", "Write one JSON object a line."),
    ],
)
def test_a_file_without_profiles_says_how_to_fill_it(folder: Path, run: Run, name: str, text: str, remedy: str) -> None:
    commit(folder)
    (folder / name).write_text(text)
    assert f"there are no profiles in {name}\n  -> {remedy}" in run("impact", "--base", "main", "--profiles", name).err


def test_without_git_a_revision_is_told_from_a_wrong_name(
    folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(folder)
    monkeypatch.setenv("PATH", str(folder))
    said = " ".join(ask(run, "--state", "main").err.split())
    assert "'main' is neither `files`, `live` nor a plan file, and Git is not installed" in said


def test_a_wrong_case_is_a_located_problem_and_none_at_all_is_an_error(folder: Path, run: Run) -> None:
    assert "there are no decision cases in decisions" in run("test").err
    (folder / "decisions").mkdir()
    (folder / "decisions" / "a.yaml").write_text(CASE % ("x", 30, "{offer: beech}"))
    ended = run("test", "--format", "json")
    assert ended.code == 1
    (problem,) = json.loads(ended.out)["problems"]
    assert (problem["file"], problem["line"], problem["remedy"]) == ("decisions/a.yaml", 2, "Did you mean `beach`?")
