"""The files of a catalogue at a commit."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from reconciler.catalogue.applied import read_applied, read_at
from reconciler.catalogue.revision import CommitUnreadable, is_older, read_files_at, read_revision, read_roots
from reconciler.model.kinds import EntityKey, Kind

SETTINGS = "catalog: tiny\nenvironments: {local: {repository: embedded}}\n"


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=T", "-c", "user.email=t@example.org"]
    ran = subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return ran.stdout.strip()


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A catalogue in a folder of a Git repository, with a tag, committed."""
    root = tmp_path / "repo" / "offers here"
    (root / "tags").mkdir(parents=True)
    (root / "catalog.yaml").write_text(SETTINGS)
    (root / "tags" / "summer.yaml").write_text("kind: tag\nname: Summer\n")
    git(root.parent, "init", "-q")
    git(root.parent, "add", ".")
    git(root.parent, "commit", "-q", "-m", "first")
    return root


def commit(root: Path) -> str:
    found = read_revision(root).commit
    assert found is not None
    return found


def test_the_catalogue_is_read_as_it_was_whatever_the_files_are_now(work: Path) -> None:
    first = commit(work)
    (work / "tags" / "summer.yaml").unlink()
    (work / "tags" / "ünï.yaml").write_text("kind: tag\nkey: other\nname: Other\n")
    git(work, "add", "-A")
    git(work, "commit", "-q", "-m", "second")
    (work / "catalog.yaml").write_text("broken: [")
    assert list(read_at(work, "local", first).entities) == [EntityKey(Kind.TAG, "summer")]
    assert list(read_at(work, "local", commit(work)).entities) == [EntityKey(Kind.TAG, "other")]


def test_hidden_folders_decisions_and_other_files_are_left_out(work: Path) -> None:
    for path in (".hidden/a.yaml", "decisions/b.yaml", "notes.txt", "deep/decisions/c.yaml"):
        (work / path).parent.mkdir(parents=True, exist_ok=True)
        (work / path).write_text(f"kind: tag\nname: {path}\n")
    git(work, "add", "-A")
    git(work, "commit", "-q", "-m", "more")
    found = read_files_at(work, commit(work))
    assert [file.path for file in found.entities] == ["deep/decisions/c.yaml", "tags/summer.yaml"]


def test_a_link_within_the_folder_is_followed(work: Path) -> None:
    (work / "linked.yaml").symlink_to("tags/summer.yaml")
    (work / "outside.yaml").symlink_to("/etc/hostname")
    git(work, "add", "-A")
    git(work, "commit", "-q", "-m", "links")
    found = {file.path: file.source.text for file in read_files_at(work, commit(work)).entities}
    assert found["linked.yaml"] == found["tags/summer.yaml"]
    assert "outside.yaml" not in found


@pytest.mark.parametrize("name", ["HEAD", "main", "--upload-pack=x", "a" * 39, "A" * 40, "../x", "", "0" * 40 + "\n"])
def test_only_a_full_id_names_a_commit(work: Path, name: str) -> None:
    with pytest.raises(CommitUnreadable):
        read_files_at(work, name)


def test_a_branch_named_like_a_commit_is_not_taken_for_it(work: Path) -> None:
    first = commit(work)
    (work / "tags" / "summer.yaml").unlink()
    git(work, "add", "-A")
    git(work, "commit", "-q", "-m", "second")
    (work.parent / ".git" / "refs" / "heads" / first).write_text(f"{commit(work)}\n")
    assert [file.path for file in read_files_at(work, first).entities] == ["tags/summer.yaml"]


def test_a_commit_that_a_shallow_clone_lacks_says_how_to_fetch_it(work: Path, tmp_path: Path) -> None:
    first = commit(work)
    (work / "tags" / "summer.yaml").write_text("kind: tag\nname: Later\n")
    git(work, "commit", "-q", "-am", "second")
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{work.parent}", "shallow")
    applied = read_applied(tmp_path / "shallow" / work.name, "local", first)
    assert applied.keys is None
    assert applied.why == f"the last applied commit cannot be read: this clone does not have the commit {first[:12]}"
    assert "fetch-depth: 0" in str(applied.remedy)


def test_neither_hooks_nor_filters_nor_monitors_are_run(work: Path) -> None:
    trap = work.parent / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch '{work.parent}/sprung'\ncat\n")
    trap.chmod(0o755)
    hooks = work.parent / ".git" / "hooks"
    for hook in ("post-checkout", "post-index-change", "reference-transaction", "fsmonitor-watchman"):
        os.link(trap, hooks / hook)
    git(work, "config", "core.fsmonitor", str(trap))
    git(work, "config", "filter.trap.smudge", str(trap))
    git(work, "config", "diff.trap.textconv", str(trap))
    (work / ".gitattributes").write_text("*.yaml filter=trap diff=trap\n")
    assert commit(work)
    read_files_at(work, commit(work))
    assert not (work.parent / "sprung").exists()


def test_outside_git_no_commit_can_be_read(tmp_path: Path) -> None:
    with pytest.raises(CommitUnreadable):
        read_files_at(tmp_path, "0" * 40)


def test_a_repository_is_told_by_its_root_commits(work: Path) -> None:
    first = commit(work)
    git(work.parent, "commit", "-q", "--allow-empty", "-m", "second")
    assert read_roots(work, "u") == {first}
    git(work.parent, "checkout", "-q", "--orphan", "other")
    git(work.parent, "commit", "-q", "--allow-empty", "-m", "another beginning")
    second = commit(work)
    git(work.parent, "merge", "-q", "--allow-unrelated-histories", "-s", "ours", "-m", "both", first)
    assert read_roots(work, "u") == {first, second}


def test_a_shallow_clone_does_not_know_its_roots_nor_what_is_older(work: Path, tmp_path: Path) -> None:
    first = commit(work)
    git(work.parent, "commit", "-q", "--allow-empty", "-m", "second")
    git(tmp_path, "clone", "-q", "--depth", "1", work.parent.as_uri(), "shallow")
    shallow = tmp_path / "shallow" / work.name
    assert read_roots(shallow, "u") == frozenset()
    assert is_older(shallow, commit(shallow), first) is None


def test_outside_git_a_catalogue_is_told_by_its_uid(tmp_path: Path) -> None:
    assert read_roots(tmp_path, "u") == {"u"}
    assert read_roots(tmp_path, None) == frozenset()


def test_a_commit_is_older_than_those_that_follow_it_only(work: Path) -> None:
    first = commit(work)
    git(work.parent, "commit", "-q", "--allow-empty", "-m", "second")
    second = commit(work)
    git(work.parent, "checkout", "-q", "-b", "side", first)
    git(work.parent, "commit", "-q", "--allow-empty", "-m", "beside")
    pairs = [(first, second), (second, first), (first, first), (commit(work), second)]
    assert [is_older(work, *pair) for pair in pairs] == [True, False, False, False]
