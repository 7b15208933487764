"""Ctrl-C while a document is printed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import PROGRAM

pytestmark = pytest.mark.e2e


def test_a_document_that_is_being_printed_is_printed_to_its_end(tmp_path: Path) -> None:
    (tmp_path / "catalog.yaml").write_text("catalog: tiny\nenvironments: {local: {repository: embedded}}\n")
    tags = (f"kind: tag\nkey: t{number}\nname: T{number} {'x' * 200}\n" for number in range(400))
    (tmp_path / "tags.yaml").write_text("---\n".join(tags))
    with subprocess.Popen(
        [PROGRAM, "plan", "--format", "json"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        begun = os.read(process.stdout.fileno(), 1)  # more than a pipe holds is still to come
        process.send_signal(signal.SIGINT)
        rest, told = process.communicate(timeout=600)
    assert len(json.loads(begun + rest)["steps"]) == 400
    assert process.returncode == 130
    assert told.decode().splitlines()[-1] == "reconciler: exit 130: interrupted"
