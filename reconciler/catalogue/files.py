"""Disk -> the texts of a catalogue directory."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from functools import partial
from io import FileIO
from pathlib import Path

from reconciler.catalogue.documents import MAX_BYTES, Document
from reconciler.catalogue.places import SourceText
from reconciler.model.errors import ReconcilerError
from reconciler.model.problem import CatalogueInvalid, Code, Problem, Source, SourceSpan

SETTINGS_FILE = "catalog.yaml"
ENVIRONMENTS = "environments"
DECISIONS = "decisions"  # cases for decisions, read by those who test them
_ENDINGS = (".yaml", ".yml")
_BROKEN_LINK = {errno.ENOENT, errno.ELOOP}


@dataclass(frozen=True, slots=True)
class TextFile:
    """One YAML file: its path below the catalogue's root, with forward slashes, how reports name it, its text."""

    path: str
    name: str
    source: SourceText

    @property
    def stem(self) -> str:
        """The file's name without folders and ending."""
        return _shown(self.path.rsplit("/", 1)[-1].rsplit(".", 1)[0])

    def source_of(self, document: Document) -> Source:
        """What tells where the values of one of its documents stand."""
        text, index = self.source, document.index
        return Source(
            self.name,
            partial(text.locate, index),
            document.start,
            locate_within=partial(text.locate_within, index),
        )


@dataclass(frozen=True, slots=True)
class Files:
    """The texts of a catalogue directory, sorted by path.

    overlays: the files below ``environments/``; they hold no entities of their own.
    """

    settings: TextFile
    entities: tuple[TextFile, ...]
    overlays: tuple[TextFile, ...]
    problems: tuple[Problem, ...]


def read_files(root: Path) -> Files:
    """Read every YAML file of a catalogue directory.

    Raises ``ReconcilerError`` when there is no such directory, or no ``catalog.yaml`` in it; ``CatalogueInvalid`` when
    that file cannot be read.
    """
    if not root.is_dir():
        raise ReconcilerError(f"{root} is not a directory", remedy="Name the folder that holds catalog.yaml.")
    if not (root / SETTINGS_FILE).is_file() and not (root / SETTINGS_FILE).is_symlink():
        raise ReconcilerError(
            f"there is no {SETTINGS_FILE} in {root}",
            remedy="Name the folder that holds it; -C DIR or the argument CATALOG says which.",
        )
    folder = _Folder(root)
    texts = [text for path in sorted(folder.yaml_paths()) if (text := folder.read(path)) is not None]
    settings = [text for text in texts if text.path == SETTINGS_FILE]
    if not settings:
        raise CatalogueInvalid(folder.problems)
    rest = [text for text in texts if text.path != SETTINGS_FILE]
    overlays = tuple(text for text in rest if text.path.startswith(f"{ENVIRONMENTS}/"))
    entities = tuple(text for text in rest if not text.path.startswith(f"{ENVIRONMENTS}/"))
    return Files(settings[0], entities, overlays, tuple(folder.problems))


def read_decision_files(root: Path) -> tuple[tuple[TextFile, ...], tuple[Problem, ...]]:
    """The YAML files below ``decisions/``, sorted by path, and what cannot be read; none without that folder."""
    if not (root / DECISIONS).is_dir():
        return (), ()
    folder = _Folder(root / DECISIONS)
    texts = [text for path in sorted(folder.yaml_paths()) if (text := folder.read(path)) is not None]
    return tuple(texts), tuple(folder.problems)


class _Folder:
    """A catalogue directory while it is read; ``problems`` grows."""

    def __init__(self, root: Path) -> None:
        self.prefix = "" if root == Path() else f"{root.as_posix().rstrip('/')}/"
        self.inside = os.path.realpath(root)
        self.problems: list[Problem] = []

    def yaml_paths(self) -> list[str]:
        """The paths of all YAML files below the root; hidden ones and decision cases are left out."""
        found: list[str] = []
        waiting = [""]
        while waiting:
            below = waiting.pop()
            try:
                with os.scandir(f"{self.prefix}{below}" or ".") as entries:
                    for entry in entries:
                        if entry.name.startswith(".") or (not below and entry.name == DECISIONS):
                            continue
                        path = f"{below}{entry.name}"
                        if entry.is_dir(follow_symlinks=False):
                            waiting.append(f"{path}/")
                        elif self._is_wanted(entry, path):
                            found.append(path)
            except OSError as error:
                self._unreadable(below.rstrip("/"), error)
        return found

    def _is_wanted(self, entry: os.DirEntry[str], path: str) -> bool:
        """Whether this is a YAML file of the catalogue. A folder that is a link into it is read where it stands."""
        is_yaml = entry.name.endswith(_ENDINGS)
        if entry.is_symlink():
            is_folder = os.path.isdir(entry.path)  # noqa: PTH112 - unlike the entry's own, it takes links in a circle
            if not is_yaml and not is_folder:
                return False
            target = os.path.realpath(entry.path)
            if target != self.inside and not target.startswith(f"{self.inside.rstrip('/')}/"):
                remedy = "Copy what it points to into the catalogue."
                self._complain(Code.LINK, path, "a link that leaves the catalogue is not followed", remedy)
                return False
            if is_folder:
                return False
            if not os.path.exists(entry.path):  # noqa: PTH110 - as above; reading it tells why
                return is_yaml
        if is_yaml and not entry.is_file():
            self._complain(Code.FILE, path, "neither a file nor a folder", "Remove it, or give it another ending.")
            return False
        return is_yaml

    def read(self, path: str) -> TextFile | None:
        """One file; no more of it than shows that it is too large."""
        name = f"{self.prefix}{path}"
        try:
            with FileIO(name) as file:
                too_large = os.fstat(file.fileno()).st_size > MAX_BYTES
                text = file.read(MAX_BYTES + 1 if too_large else -1)
        except OSError as error:
            self._unreadable(path, error)
            return None
        return TextFile(path, _shown(name), SourceText(text))

    def _unreadable(self, path: str, error: OSError) -> None:
        remedy = "Mend the link, or remove it." if error.errno in _BROKEN_LINK else "Check its permissions."
        self._complain(Code.FILE, path, f"cannot be read: {error.strerror}", remedy)

    def _complain(self, code: Code, path: str, message: str, remedy: str) -> None:
        self.problems.append(Problem(code, SourceSpan(_shown(f"{self.prefix}{path}") or "."), message, remedy))


def _shown(name: str) -> str:
    """A file's name as text that every terminal takes; bytes that are no UTF-8 cannot be shown."""
    return name if name.isascii() else name.encode(errors="surrogateescape").decode(errors="replace")
