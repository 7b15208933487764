"""The program called in this process, on small catalogues in the embedded repository."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from reconciler.cli.main import main

SETTINGS = "catalog: tiny\nenvironments: {local: {repository: embedded}}\n"
TAG = "kind: tag\nname: Summer\n"
OFFER = "kind: offer\nname: Beach\nstatus: approved\ntags: [summer]\npriority: 1\n"
FILTER = "kind: filter\nname: Summer offers\nany_tags: [summer]\n"


@dataclass(frozen=True)
class Ended:
    """What a call printed, and its exit code."""

    code: int
    out: str
    err: str


Run = Callable[..., Ended]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Call the program."""

    def call(*arguments: str | Path) -> Ended:
        code = main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return Ended(code, printed.out, printed.err)

    return call


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A catalogue of a tag, an offer and a filter, in the folder that the program works in."""
    files = {"catalog.yaml": SETTINGS, "summer.yaml": TAG, "beach.yaml": OFFER, "summer-offers.yaml": FILTER}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path
