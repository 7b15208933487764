"""Disk -> the texts of a catalogue directory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from reconciler.catalogue.documents import MAX_BYTES, SourceText
from reconciler.model.errors import ReconcilerError
from reconciler.model.problem import Code, Problem, SourceSpan

SETTINGS_FILE = "catalog.yaml"
ENVIRONMENTS = "environments"
_NO_ENTITIES = {"decisions", ENVIRONMENTS}
_ENDINGS = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class TextFile:
    """One YAML file: its path below the catalogue's root, with forward slashes, how reports name it, its text."""

    path: str
    name: str
    source: SourceText

    @property
    def stem(self) -> str:
        """The file's name without folders and ending."""
        return self.path.rsplit("/", 1)[-1].rsplit(".", 1)[0]


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

    Raises ``ReconcilerError`` when there is no such directory, or no ``catalog.yaml`` in it.
    """
    if not root.is_dir():
        raise ReconcilerError(f"{root} is not a directory", remedy="Name the folder that holds catalog.yaml.")
    if not (root / SETTINGS_FILE).is_file():
        raise ReconcilerError(
            f"there is no {SETTINGS_FILE} in {root}",
            remedy="Name the folder that holds it; -C DIR or the argument CATALOG says which.",
        )
    problems: list[Problem] = []
    paths = sorted(_yaml_paths(root, problems))
    texts = [text for path in paths if (text := _read(root, path, problems)) is not None]
    settings = [text for text in texts if text.path == SETTINGS_FILE]
    if not settings:
        raise ReconcilerError(
            f"{root / SETTINGS_FILE} cannot be read", remedy=problems[0].message if problems else None
        )
    rest = [text for text in texts if text.path != SETTINGS_FILE]
    overlays = tuple(text for text in rest if text.path.startswith(f"{ENVIRONMENTS}/"))
    folders = {name + "/" for name in _NO_ENTITIES}
    entities = tuple(text for text in rest if not text.path.startswith(tuple(folders)))
    return Files(settings[0], entities, overlays, tuple(problems))


def _yaml_paths(root: Path, problems: list[Problem]) -> Iterator[str]:
    inside = root.resolve()
    for folder, subfolders, names in os.walk(root, onerror=lambda error: problems.append(_unreadable(root, error))):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        below = Path(folder).relative_to(root)
        for name in [*names, *subfolders]:
            path = below / name
            is_yaml = name.endswith(_ENDINGS) and not name.startswith(".")
            if Path(folder, name).is_symlink() and (is_yaml or name in subfolders):
                target = Path(folder, name).resolve()
                if not target.is_relative_to(inside):
                    problems.append(_leaves(root, path))
                    continue
            if is_yaml and name in names:
                yield path.as_posix()


def _leaves(root: Path, path: Path) -> Problem:
    return Problem(
        Code.LINK,
        SourceSpan((root / path).as_posix()),
        "a link that leaves the catalogue is not followed",
        "Copy what it points to into the catalogue.",
    )


def _unreadable(root: Path, error: OSError) -> Problem:
    name = error.filename or root
    return Problem(
        Code.FILE, SourceSpan(Path(name).as_posix()), f"cannot be read: {error.strerror}", "Check its permissions."
    )


def _read(root: Path, path: str, problems: list[Problem]) -> TextFile | None:
    full = root / path
    try:
        with full.open("rb") as file:
            text = file.read(MAX_BYTES + 1)
    except OSError as error:
        problems.append(_unreadable(root, error))
        return None
    return TextFile(path, full.as_posix(), SourceText(text))
