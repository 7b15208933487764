"""``init`` and ``show`` as a user meets them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from reconciler.catalogue.documents import parse_documents
from reconciler.cli.commands.init import starter
from tests.page import Page, put
from tests.unit.cli.conftest import Run


@pytest.fixture
def begun(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that ``init`` has made, and that the program works in."""
    assert run("init", tmp_path / "My Offers").code == 0
    monkeypatch.chdir(tmp_path / "My Offers")
    return tmp_path / "My Offers"


def test_a_new_catalogue_validates_applies_and_then_has_nothing_to_do(begun: Path, run: Run) -> None:
    assert run("validate", "--strict").out == "7 entities, no problems.\n"
    assert "Apply complete: 7 created, 0 patched, 0 deleted." in run("apply", "--yes").out
    assert "No changes. The live catalogue matches Git." in run("plan").out
    assert run("drift").code == 0
    assert (begun / "catalog.yaml").read_text().startswith("catalog: my-offers\nuid: ")


def test_a_new_catalogue_has_a_uid_of_its_own() -> None:
    assert starter("a")["catalog.yaml"] != starter("a")["catalog.yaml"]
    assert starter("...")["catalog.yaml"].startswith(b"catalog: my-catalogue\n")


def test_init_writes_over_nothing_and_then_writes_nothing(tmp_path: Path, run: Run) -> None:
    (tmp_path / "catalog.yaml").write_text("mine\n")
    ended = run("init", tmp_path)
    assert ended.code == 1
    assert ended.err.replace("\n", " ").startswith(f"Error: {tmp_path} has catalog.yaml already")
    assert [path.name for path in tmp_path.iterdir()] == ["catalog.yaml"]


def test_init_leaves_other_files_of_the_folder_alone(tmp_path: Path, run: Run) -> None:
    (tmp_path / "README.md").write_text("mine\n")
    assert run("init", tmp_path).code == 0
    assert (tmp_path / "README.md").read_text() == "mine\n"


@pytest.mark.parametrize("name", ["plan", "apply", "drift"])
def test_every_workflow_reads_as_yaml_and_never_installs_by_a_name_alone(name: str) -> None:
    text = starter("x")[f".github/workflows/{name}.yml"]
    documents, complaints = parse_documents(text)
    assert not complaints
    (job,) = documents[0].value["jobs"].values()
    commands = [step["run"] for step in job["steps"] if "run" in step]
    assert commands[-1].startswith(f"reconciler {name}")
    assert commands[0].startswith('pip install "${PACKAGE:?')
    assert job["steps"][0]["with"]["fetch-depth"] == 0


def test_an_entity_is_shown_with_file_base_and_live_side_by_side(tiny: Path, run: Run) -> None:
    run("apply", "--yes")
    Page(tiny).edit("offer", "Beach", put("xdm:rank/xdm:priority", 7))
    (tiny / "beach.yaml").write_text((tiny / "beach.yaml").read_text().replace("Beach", "Sand"))
    shown = run("show", "offer/beach")
    assert shown.code == 0
    lines = shown.out.splitlines()
    assert lines[2:4] == ['offer/beach  "Sand"', "    file  beach.yaml:1"]
    assert lines[7:] == [
        "",
        "FIELD              FILE                 BASE                 LIVE",
        'name               "Sand"               "Beach"              "Beach"',
        "    Git ahead",
        'status             "approved"           "approved"           "approved"',
        'tags               ["summer"]           ["summer"]           ["summer"]',
        "priority           1                    1                    7",
        "    live ahead",
    ]


def test_the_base_is_read_from_the_commit_that_wrote_it(tiny: Path, run: Run) -> None:
    git = ["git", "-c", "user.name=T", "-c", "user.email=t@example.org"]
    (tiny / ".gitignore").write_text(".reconciler/\n")
    subprocess.run([*git, "init", "-q"], cwd=tiny, check=True)
    subprocess.run([*git, "add", "."], cwd=tiny, check=True)
    subprocess.run([*git, "commit", "-q", "-m", "first"], cwd=tiny, check=True)
    run("apply", "--yes")
    Page(tiny).edit("offer", "Beach", put("xdm:rank/xdm:priority", 7))
    (tiny / "beach.yaml").write_text((tiny / "beach.yaml").read_text().replace("priority: 1", "priority: 2"))
    document = json.loads(run("show", "offer/beach", "--format", "json").out)
    (priority,) = [field for field in document["fields"] if field["field"] == "priority"]
    assert priority == {
        "field": "priority",
        "file": 2,
        "base": {"known": True, "value": 1},
        "live": 7,
        "ahead": "both",
    }


def test_a_base_that_nothing_tells_is_another_value(tiny: Path, run: Run) -> None:
    run("apply", "--yes")
    Page(tiny).edit("offer", "Beach", put("xdm:rank/xdm:priority", 7))
    (tiny / "beach.yaml").write_text((tiny / "beach.yaml").read_text().replace("priority: 1", "priority: 2"))
    assert "priority           2                    (another value)      7" in run("show", "offer/beach").out


def test_what_there_is_not_cannot_be_shown(tiny: Path, run: Run) -> None:
    assert run("show", "offer/none").code == 1
    assert run("show", "nothing").code == 1
