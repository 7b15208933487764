"""Which Git commit a catalogue directory stands at, asked of the git executable."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Revision:
    """The commit of a directory, None outside Git; dirty: whether its files differ from that commit."""

    commit: str | None = None
    dirty: bool = False


def read_revision(root: Path) -> Revision:
    """The commit that a directory stands at; without Git, or outside a repository: none."""
    commit = _git(root, "rev-parse", "--verify", "--quiet", "HEAD")
    if not commit:
        return Revision()
    changed = _git(root, "status", "--porcelain", "--untracked-files=normal", "--", ".")
    return Revision(commit.strip(), changed is None or bool(changed.strip()))


def read_roots(root: Path, uid: str | None) -> frozenset[str]:
    """What tells this repository from others: its root commits; ``uid`` outside Git; nothing for a shallow clone."""
    shallow = _git(root, "rev-parse", "--is-shallow-repository")
    if shallow is None:
        return frozenset({uid}) if uid else frozenset()
    if shallow.strip() == "true":
        return frozenset()
    return frozenset((_git(root, "rev-list", "--max-parents=0", "HEAD") or "").split())


def is_older(root: Path, commit: str, than: str) -> bool | None:
    """Whether a commit is an ancestor of another and not the same; None when Git does not know both."""
    if commit == than:
        return False
    known = _git(root, "cat-file", "-e", f"{than}^{{commit}}") is not None
    return _git(root, "merge-base", "--is-ancestor", commit, than) is not None if known else None


def _git(root: Path, *arguments: str) -> str | None:
    try:
        answer = subprocess.run(  # noqa: S603 - fixed program and options; the path is the working directory only
            ["git", "--no-optional-locks", *arguments],  # noqa: S607 - git is found where the user has it
            cwd=root,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout if answer.returncode == 0 else None
