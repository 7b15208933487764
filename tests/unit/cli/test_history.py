"""What Git knows of the last applied commit, held against a plan, a saved plan and an apply."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from reconciler.plan.payloads import STAMP_PATH
from tests.page import Page
from tests.unit.cli.conftest import Run
from tests.unit.cli.test_commands import edit


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=T", "-c", "user.email=t@example.org")
    ran = subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return ran.stdout.strip()


def commit(folder: Path, message: str) -> str:
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", message)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def kept(tiny: Path) -> Path:
    """The catalogue in a Git repository of its own, committed."""
    (tiny / ".gitignore").write_text(".reconciler/\n*.plan\n")
    git(tiny, "init", "-q")
    commit(tiny, "first")
    return tiny


def reborn(folder: Path) -> None:
    """The same files in another Git repository."""
    (folder / ".git").rename(folder.parent / "old-git")
    git(folder, "init", "-q")
    commit(folder, "another beginning")


def refusals(text: str) -> dict[str, str]:
    document = json.loads(text)
    return {each["guard"]: each["remedy"] for each in document.get("plan", document)["refusals"]}


def test_an_older_commit_is_not_applied_over_a_newer_one(kept: Path, run: Run) -> None:
    edit(kept / "beach.yaml", "priority: 1", "priority: 2")
    newer = commit(kept, "second")
    assert run("apply", "--yes").code == 0
    git(kept, "checkout", "-q", "HEAD^")
    refused = run("apply", "--yes", "--allow-reverts", "9")
    assert refused.code == 10
    assert f"is older than {newer[:12]}, which was last applied" in " ".join(refused.out.split())
    again = "reconciler apply --yes --allow-reverts 9 --allow-rollback"
    assert f"    -> If that is meant: {again}" in refused.out.splitlines()
    assert run("plan").code == 10
    assert refusals(run("plan", "--format", "json").out)["rollback"].endswith(
        "If that is meant: reconciler plan --format json --allow-rollback"
    )
    assert run("apply", "--yes", "--allow-reverts", "9", "--allow-rollback").code == 0
    assert "No changes." in run("plan").out


def test_a_saved_plan_is_refused_once_a_newer_commit_was_applied(kept: Path, run: Run) -> None:
    run("apply", "--yes")
    edit(kept / "beach.yaml", "priority: 1", "priority: 2")
    commit(kept, "second")
    run("plan", "--out", "old.plan")
    (kept / "more.yaml").write_text("kind: tag\nname: More\n")
    commit(kept, "third")
    assert run("apply", "--yes").code == 0
    refused = run("apply", "--plan", "old.plan")
    assert (refused.code, "which was last applied" in refused.out) == (10, True)
    assert "If that is meant: reconciler apply --plan old.plan --allow-rollback" in refused.out
    assert run("apply", "--plan", "old.plan", "--allow-rollback").code == 0


def test_a_plan_records_that_going_back_was_allowed(kept: Path, run: Run) -> None:
    edit(kept / "beach.yaml", "priority: 1", "priority: 2")
    commit(kept, "second")
    run("apply", "--yes")
    git(kept, "checkout", "-q", "HEAD^")
    assert run("plan", "--out", "refused.plan").code == 10
    assert run("apply", "--plan", "refused.plan").code == 10
    assert run("plan", "--out", "back.plan", "--allow-rollback").code == 0
    assert json.loads((kept / "back.plan").read_text())["allowed"] == {"rollback": 1}
    assert run("apply", "--plan", "back.plan").code == 0


def test_the_share_of_a_saved_plan_is_of_what_is_ours_when_it_is_carried_out(kept: Path, run: Run) -> None:
    for number in range(10):
        (kept / f"t{number}.yaml").write_text(f"kind: tag\nname: T{number}\n")
    commit(kept, "more")
    run("apply", "--yes")
    for number in range(3):
        (kept / f"t{number}.yaml").unlink()
    assert run("plan", "--out", "deletes.plan").code == 0
    limits = "environments: {local: {repository: embedded}}\nguards: {max_delete_share: 0.1}\n"
    edit(kept / "catalog.yaml", "environments: {local: {repository: embedded}}\n", limits)
    refused = run("apply", "--plan", "deletes.plan", "--format", "json")
    assert refused.code == 10
    assert refusals(refused.out) == {
        "deletes": "If that is meant: reconciler apply --plan deletes.plan --format json --allow-deletes 3"
    }
    assert run("apply", "--plan", "deletes.plan", "--allow-deletes", "3").code == 0
    assert run("apply", "--plan", "deletes.plan", "--allow-deletes", "3").code == 0


def test_what_came_to_be_protected_is_not_deleted_by_a_saved_plan(kept: Path, run: Run) -> None:
    run("apply", "--yes")
    (kept / "summer-offers.yaml").unlink()
    assert run("plan", "--out", "delete.plan").code == 0
    (kept / "summer-offers.yaml").write_text("kind: filter\nname: Summer offers\nany_tags: [summer]\nprotect: true\n")
    refused = run("apply", "--plan", "delete.plan")
    assert (refused.code, "1 protected entity would be deleted" in refused.out) == (10, True)
    assert run("apply", "--plan", "delete.plan", "--allow-deletes", "9").code == 10


def test_what_the_last_applied_commit_protected_is_not_archived_once_its_stamp_is_lifted(kept: Path, run: Run) -> None:
    (kept / "beach.yaml").write_text("kind: offer\nname: Beach\ntags: [summer]\nprotect: true\n")
    commit(kept, "protected")
    run("apply", "--yes")
    (kept / "beach.yaml").write_text("kind: offer\nname: Beach\ntags: [summer]\n")
    assert run("apply", "--yes").code == 0  # a dirty folder: the stamp is lifted, no commit says so
    (kept / "beach.yaml").write_text("kind: offer\nname: Beach\ntags: [summer]\nstatus: archived\n")
    refused = run("plan")
    assert (refused.code, "1 protected entity would be deleted, archived" in refused.out) == (10, True)


def test_another_repository_is_told_apart_when_planning(kept: Path, run: Run) -> None:
    run("apply", "--yes")
    reborn(kept)
    refused = run("plan", "--format", "json")
    assert refused.code == 10
    assert refusals(refused.out)["takeover"].endswith(
        "If that is meant: reconciler plan --format json --allow-takeover tiny"
    )
    assert run("apply", "--yes").code == 10
    assert run("plan", "--allow-takeover", "other").code == 10
    edit(kept / "beach.yaml", "priority: 1", "priority: 2")
    assert run("plan", "--allow-takeover", "tiny", "--out", "taken.plan").code == 0
    assert run("apply", "--plan", "taken.plan").code == 0
    assert run("plan").code == 0


def test_a_shallow_clone_is_not_judged(kept: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("apply", "--yes")
    edit(kept / "beach.yaml", "priority: 1", "priority: 2")
    commit(kept, "second")
    shallow = kept.parent / "shallow"
    git(kept, "clone", "-q", "--depth", "1", kept.as_uri(), str(shallow))
    (kept / ".reconciler").rename(shallow / ".reconciler")
    monkeypatch.chdir(shallow)
    assert run("plan").code == 0
    assert run("apply", "--yes").code == 0


def test_the_digest_that_was_expected_is_the_only_one_applied(kept: Path, run: Run) -> None:
    digest = json.loads(run("plan", "--format", "json").out)["digest"]
    refused = run("apply", "--yes", "--expect", "0" * 64)
    assert (refused.code, f"its digest is {digest}" in " ".join(refused.err.split())) == (11, True)
    assert run("list").out.count("not live") == 3
    assert run("apply", "--yes", "--expect", digest).code == 0


def test_a_plan_for_another_environment_is_not_carried_out(kept: Path, run: Run) -> None:
    two = "environments: {local: {repository: embedded}, other: {repository: embedded, sandbox: other}}\n"
    edit(kept / "catalog.yaml", "environments: {local: {repository: embedded}}\n", two)
    assert run("plan", "--env", "local", "--out", "local.plan").code == 0
    refused = run("apply", "--env", "other", "--plan", "local.plan")
    assert (refused.code, "the plan was made for local, not other" in refused.err) == (11, True)


def test_instances_without_a_stamp_are_adopted_up_to_a_number(kept: Path, run: Run) -> None:
    run("apply", "--yes")
    for kind, name in (("tag", "Summer"), ("offer", "Beach"), ("filter", "Summer offers")):
        Page(kept).edit(kind, name, {"op": "remove", "path": STAMP_PATH})
    assert run("plan", "--adopt-up-to", "1").code == 1
    assert "Plan: 0 to create, 0 to patch, 0 to delete, 3 to adopt." in run("plan", "--adopt-up-to", "3").out
    assert "3 adopted" in run("apply", "--yes", "--adopt-up-to", "3").out
    assert "No changes." in run("plan").out


def test_destroying_all_of_it_takes_the_anchor_too(kept: Path, run: Run) -> None:
    run("apply", "--yes")
    assert Page(kept).live().anchor("tiny") is not None
    assert run("destroy", "--yes", "--allow-deletes", "3").code == 0
    assert Page(kept).live().anchor("tiny") is None


def test_destroying_leaves_the_anchor_while_something_of_ours_stays(kept: Path, run: Run) -> None:
    run("apply", "--yes")
    summer = Page(kept).find("tag", "Summer").uri
    Page(kept).create("offer", xdm_name="Theirs", xdm_tags=[summer])
    assert run("destroy", "--yes", "--allow-deletes", "3").code == 12
    assert Page(kept).live().anchor("tiny") is not None


def test_a_saved_plan_to_destroy_takes_the_anchor_too(kept: Path, run: Run) -> None:
    run("apply", "--yes")
    assert run("plan", "--destroy", "--allow-deletes", "3", "--out", "end.plan").code == 0
    assert run("apply", "--plan", "end.plan").code == 0
    assert Page(kept).live().anchor("tiny") is None
    drift = run("drift")
    assert (drift.code, "deleted live" in drift.out) == (3, False)


def test_destroying_takes_the_anchor_though_a_copy_stays(kept: Path, run: Run) -> None:
    run("apply", "--yes")
    edit(kept / "summer.yaml", "Summer", "Summers")
    commit(kept, "second")
    assert run("apply", "--yes").code == 0  # its stamp now names its instance
    original = Page(kept).find("tag", "Summers").instance
    Page(kept).create("tag", original.links, xdm_name="Copy")
    assert run("destroy", "--yes", "--allow-deletes", "3").code == 0
    assert Page(kept).live().anchor("tiny") is None


def test_after_a_destroy_that_leaves_something_of_ours_no_commit_counts_as_applied(kept: Path, run: Run) -> None:
    run("apply", "--yes")
    summer = Page(kept).find("tag", "Summer").uri
    Page(kept).create("offer", xdm_name="Theirs", xdm_tags=[summer])
    run("destroy", "--yes", "--allow-deletes", "3")
    anchor = Page(kept).live().anchor("tiny")
    assert anchor is not None
    assert anchor.state.commit is None
    assert "deleted live" not in run("drift").out


def test_what_is_handed_back_keeps_no_anchor_when_the_rest_is_destroyed(kept: Path, run: Run) -> None:
    (kept / "winter.yaml").write_text("kind: tag\nname: Winter\n")
    run("apply", "--yes")
    (kept / "winter.yaml").unlink()
    with (kept / "catalog.yaml").open("a") as settings:
        settings.write("forget: [{key: tag/winter, reason: theirs now}]\n")
    assert run("destroy", "--yes", "--allow-deletes", "3").code == 0
    assert Page(kept).live().anchor("tiny") is None


@pytest.mark.parametrize("shown", ["plan", "apply --yes", "drift", "pull", "import", "destroy --yes"])
def test_a_command_that_ends_in_an_error_says_its_target_all_the_same(tiny: Path, run: Run, shown: str) -> None:
    (tiny / ".reconciler").mkdir()
    (tiny / ".reconciler" / "local.db").write_text("no database at all, and longer than a header would be" * 9)
    ended = run(*shown.split())
    assert (ended.code, ended.out) == (1, "Target: tiny -> local (embedded, sandbox prod)\n")
    document = json.loads(run(*shown.split(), "--format", "json").out)
    assert (document["catalog"], document["environment"], document["exit"]["code"]) == ("tiny", "local", 1)
    assert "  " not in ended.err.splitlines()[-1]
