"""Git, asked through its executable: the commit of a catalogue directory, and its files at another commit.

Only commands that read objects are run. They start no hook, filter, editor or transport, whatever a repository's
configuration says; a commit is taken by its full id only, since a branch may carry any other name.
"""

from __future__ import annotations

import os
import posixpath
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reconciler.catalogue.documents import MAX_BYTES
from reconciler.catalogue.files import DECISIONS, ENVIRONMENTS, SETTINGS_FILE, Files, TextFile
from reconciler.catalogue.places import SourceText
from reconciler.model.errors import ReconcilerError

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}", re.ASCII)
_OPTIONS = ("--no-optional-locks", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")
_ENVIRON = {"GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_REPLACE_OBJECTS": "1", "LC_ALL": "C"}
_LINK_MODE = "120000"
_MOST_LINKS = 10  # from link to link
TIMEOUT_S = 60


class CommitUnreadable(ReconcilerError):
    """The files of a commit cannot be read from this Git repository."""


@dataclass(frozen=True, slots=True)
class Revision:
    """The commit of a directory, None outside Git; dirty: whether its files differ from that commit."""

    commit: str | None = None
    dirty: bool = False


def read_revision(root: Path) -> Revision:
    """The commit that a directory stands at; without Git, or outside a repository: none."""
    commit = _words(root, "rev-parse", "--verify", "--quiet", "HEAD")
    if not commit:
        return Revision()
    changed = _words(root, "status", "--porcelain", "--untracked-files=normal", "--", ".")
    return Revision(commit.strip(), changed is None or bool(changed.strip()))


def has_git() -> bool:
    """Whether Git is installed where this program finds it."""
    return shutil.which("git") is not None


def read_roots(root: Path, uid: str | None) -> frozenset[str]:
    """What tells this repository from others: its root commits; ``uid`` outside Git; nothing for a shallow clone."""
    shallow = _words(root, "rev-parse", "--is-shallow-repository")
    if shallow is None:
        return frozenset({uid}) if uid else frozenset()
    if shallow.strip() == "true":
        return frozenset()
    return frozenset((_words(root, "rev-list", "--max-parents=0", "HEAD") or "").split())


def is_older(root: Path, commit: str, than: str) -> bool | None:
    """Whether a commit is an ancestor of another and not the same; None when Git does not know both."""
    if commit == than:
        return False
    known = _words(root, "cat-file", "-e", f"{than}^{{commit}}") is not None
    return _words(root, "merge-base", "--is-ancestor", commit, than) is not None if known else None


def is_commit(text: str) -> bool:
    """Whether this is the full id of a commit, and so cannot be an option or the name of a branch."""
    return _COMMIT.fullmatch(text) is not None


def find_commit(root: Path, name: str) -> str | None:
    """The full id of the commit that a branch, tag, abbreviated id or such means; None when Git knows none."""
    if name.startswith("-") or not name.isprintable():
        return None
    found = _words(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    lines = (found or "").split()
    return lines[-1] if lines and is_commit(lines[-1]) else None


def read_files_at(root: Path, commit: str) -> Files:
    """The YAML files of a catalogue directory as they were at a commit.

    Raises ``CommitUnreadable`` when this clone does not have the commit, or had no catalogue there.
    """
    if not is_commit(commit):
        raise CommitUnreadable(f"{commit[:80]!r} is not the full id of a commit")
    if _words(root, "cat-file", "-e", f"{commit}^{{commit}}") is None:
        raise CommitUnreadable(
            f"this clone does not have the commit {commit[:12]}",
            remedy="Fetch the whole history: in a GitHub workflow, `fetch-depth: 0` for actions/checkout.",
        )
    listed = _git(root, "ls-tree", "-r", "-z", "-l", commit, "--", ".")
    if listed is None:
        raise CommitUnreadable(f"the files of the commit {commit[:12]} cannot be listed")
    wanted = _yaml_blobs(_tree(listed))
    texts = _contents(root, wanted)
    if SETTINGS_FILE not in texts:
        raise CommitUnreadable(f"there is no {SETTINGS_FILE} at the commit {commit[:12]}")
    found = [TextFile(path, f"{commit[:12]}:{path}", SourceText(text)) for path, text in sorted(texts.items())]
    settings = next(file for file in found if file.path == SETTINGS_FILE)
    rest = [file for file in found if file is not settings]
    return Files(
        settings,
        tuple(file for file in rest if not file.path.startswith(f"{ENVIRONMENTS}/")),
        tuple(file for file in rest if file.path.startswith(f"{ENVIRONMENTS}/")),
        (),
    )


@dataclass(frozen=True, slots=True)
class _Blob:
    mode: str
    name: str  # Git's, of the content
    size: int


def _tree(listed: bytes) -> dict[str, _Blob]:
    """Paths below the folder that was asked for, and their blobs. Source: git-ls-tree(1), -l -z."""
    blobs: dict[str, _Blob] = {}
    for line in listed.split(b"\0"):
        about, _, path = line.partition(b"\t")
        words = about.decode("ascii", "replace").split()
        if len(words) == 4 and words[1] == "blob" and words[3].isdigit():
            blobs[path.decode("utf-8", "surrogateescape")] = _Blob(words[0], words[2], int(words[3]))
    return blobs


def _yaml_blobs(blobs: Mapping[str, _Blob]) -> dict[str, _Blob]:
    return {path: blob for path, blob in blobs.items() if _is_entity_file(path) and blob.size <= MAX_BYTES}


def _is_entity_file(path: str) -> bool:
    parts = path.split("/")
    hidden = any(part.startswith(".") for part in parts)
    return path.endswith((".yaml", ".yml")) and not hidden and not (len(parts) > 1 and parts[0] == DECISIONS)


def _contents(root: Path, blobs: Mapping[str, _Blob]) -> dict[str, bytes]:
    """The content of each file; of a link within the folder, that of the file it points to."""
    texts = _read_blobs(root, [blob.name for blob in blobs.values()])
    found = {path: texts[blob.name] for path, blob in blobs.items() if blob.name in texts}
    links = {path: found[path] for path, blob in blobs.items() if blob.mode == _LINK_MODE and path in found}
    plain = {path: text for path, text in found.items() if path not in links}
    for path in links:
        target = _followed(path, links)
        if target in plain:
            plain[path] = plain[target]
    return plain


def _followed(path: str, links: Mapping[str, bytes]) -> str:
    for _ in range(_MOST_LINKS):
        if path not in links:
            break
        to = links[path].decode("utf-8", "surrogateescape")
        path = posixpath.normpath(posixpath.join(posixpath.dirname(path), to))
    return path


def _read_blobs(root: Path, names: Sequence[str]) -> dict[str, bytes]:
    """The contents by Git's names, from one process. Source: git-cat-file(1), BATCH OUTPUT."""
    answer = _git(root, "cat-file", "--batch", given="".join(f"{name}\n" for name in dict.fromkeys(names)).encode())
    texts: dict[str, bytes] = {}
    position = 0
    while answer and (end := answer.find(b"\n", position)) >= 0:
        words = answer[position:end].decode("ascii", "replace").split()
        position = end + 1
        if len(words) == 3 and words[1] == "blob":
            size = int(words[2])
            texts[words[0]] = answer[position : position + size]
            position += size + 1
    return texts


def _words(root: Path, *arguments: str) -> str | None:
    answer = _git(root, *arguments)
    return None if answer is None else answer.decode("utf-8", "replace")


def _git(root: Path, *arguments: str, given: bytes = b"") -> bytes | None:
    """What Git answers; None when there is no Git, or it refuses."""
    try:
        answer = subprocess.run(  # noqa: S603 - fixed program and options; ids are checked, paths are never given
            ["git", *_OPTIONS, *arguments],  # noqa: S607 - git is found where the user has it
            cwd=root,
            env={**os.environ, **_ENVIRON},
            input=given,
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout if answer.returncode == 0 else None
