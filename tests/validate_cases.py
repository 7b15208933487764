"""The cases in ``tests/cases/validate``: a catalogue, and every line that ``validate`` says about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from ruamel.yaml import YAML

from tests.builders import AT, SETTINGS, read_lines, write_catalogue

FOLDER = Path(__file__).parent / "cases" / "validate"


@dataclass(frozen=True)
class Case:
    """One catalogue. links: path -> what the symbolic link there points to.   at: when it is judged."""

    claim: str
    files: dict[str, str]
    problems: list[str]
    settings: str = SETTINGS
    links: dict[str, str] = field(default_factory=dict)
    at: str | None = None

    def lines(self, folder: Path) -> list[str]:
        """What ``validate`` says about this case."""
        root = write_catalogue(folder / "catalogue", self.files, self.settings)
        for name, target in self.links.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to(target)
        return read_lines(root, datetime.fromisoformat(self.at) if self.at else AT)


def read_cases() -> dict[str, Case]:
    """All cases, by the name of their file."""
    reader = YAML(typ="safe", pure=True)
    return {path.stem: Case(**reader.load(path)) for path in sorted(FOLDER.glob("*.yaml"))}
