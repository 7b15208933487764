"""``pull``, ``import`` and ``list`` as a user meets them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.page import Page, drop, put
from tests.unit.cli.conftest import Run


@pytest.fixture
def page(tiny: Path, run: Run) -> Page:
    """The tiny catalogue, applied, and somebody at the web page."""
    assert run("apply", "--yes").code == 0
    return Page(tiny)


def test_an_edit_made_live_is_pulled_into_its_line(tiny: Path, page: Page, run: Run) -> None:
    page.edit("offer", "Beach", put("xdm:rank/xdm:priority", 7))
    pulled = run("pull")
    assert pulled.code == 0
    assert pulled.out.splitlines()[1:] == [
        "",
        "~ offer/beach                                                         beach.yaml",
        "    priority",
        "",
        "Pulled 1 field into 1 file.",
    ]
    assert (tiny / "beach.yaml").read_text() == (
        "kind: offer\nname: Beach\nstatus: approved\ntags: [summer]\npriority: 7\n"
    )
    assert "No changes. The live catalogue matches Git." in run("plan").out


def test_where_nothing_was_edited_nothing_is_pulled(page: Page, run: Run) -> None:
    ended = run("pull")
    assert (ended.code, ended.out.splitlines()[2:]) == (
        0,
        ["Nothing to pull. The live catalogue holds no edits that the files lack."],
    )


def test_a_dry_run_shows_the_patch_and_writes_nothing(tiny: Path, page: Page, run: Run) -> None:
    page.edit("offer", "Beach", put("xdm:rank/xdm:priority", 7))
    before = (tiny / "beach.yaml").read_bytes()
    shown = run("pull", "--dry-run")
    assert (tiny / "beach.yaml").read_bytes() == before
    assert shown.out.splitlines()[5:] == [
        "--- a/beach.yaml",
        "+++ b/beach.yaml",
        "@@ -2,4 +2,4 @@",
        " name: Beach",
        " status: approved",
        " tags: [summer]",
        "-priority: 1",
        "+priority: 7",
        "",
        "Would pull 1 field into 1 file.",
    ]


def test_a_field_of_which_both_have_moved_is_left_and_named(tiny: Path, page: Page, run: Run) -> None:
    page.edit("offer", "Beach", put("xdm:rank/xdm:priority", 7), put("xdm:name", "Sand"))
    text = (tiny / "beach.yaml").read_text()
    (tiny / "beach.yaml").write_text(text.replace("priority: 1", "priority: 2"))
    ended = run("pull")
    assert (ended.code, ended.err.splitlines()[-1]) == (1, "reconciler: exit 1: some drift is left, told above")
    assert "both offer/beach: priority" in ended.out
    assert (tiny / "beach.yaml").read_text() == text.replace("priority: 1", "priority: 2").replace("Beach", "Sand")


def test_a_reference_to_what_is_not_ours_is_refused_with_the_way_out(tiny: Path, page: Page, run: Run) -> None:
    uri = page.create("tag", **{"xdm:name": "Stray"})
    page.edit("offer", "Beach", put("xdm:tags", [uri]), put("xdm:rank/xdm:priority", 7))
    ended = run("pull")
    assert ended.code == 1
    assert "not pulled offer/beach: tags" in ended.out
    assert "beach.yaml:4" in ended.out
    assert f"external: {{id: {uri}}}" in ended.out.replace("\n    ", " ")
    assert "priority: 7" in (tiny / "beach.yaml").read_text()


def test_what_an_overlay_says_is_edited_in_the_overlay(tiny: Path, run: Run) -> None:
    overlay = tiny / "environments" / "local" / "beach.yaml"
    overlay.parent.mkdir(parents=True)
    overlay.write_text("kind: offer\nkey: beach\npriority: 5  # here\ncharacteristics: {a: one}\n")
    run("apply", "--yes")
    base = (tiny / "beach.yaml").read_bytes()
    Page(tiny).edit("offer", "Beach", put("xdm:rank/xdm:priority", 9), put("xdm:characteristics/a", "two"))
    assert run("pull").code == 0
    assert (tiny / "beach.yaml").read_bytes() == base
    assert overlay.read_text() == "kind: offer\nkey: beach\npriority: 9  # here\ncharacteristics: {a: two}\n"
    assert "No changes." in run("plan").out


def test_what_was_deleted_live_leaves_the_files_only_by_a_number(tiny: Path, run: Run) -> None:
    (tiny / ".gitignore").write_text(".reconciler/\n")
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "first"]):
        who = ["-c", "user.name=T", "-c", "user.email=t@example.org"]
        subprocess.run(["git", *who, *arguments], cwd=tiny, check=True)
    assert run("apply", "--yes").code == 0
    Page(tiny).delete("filter", "Summer offers")
    drifted = run("drift")
    assert (drifted.code, "live ahead: deleted live" in drifted.out) == (2, True)
    kept = run("pull")
    assert kept.code == 1
    assert "-> Take them out with `--deletes 1`, or apply to make them again." in kept.out
    assert (tiny / "summer-offers.yaml").exists()
    assert run("pull", "--deletes", "1").code == 0
    assert not (tiny / "summer-offers.yaml").exists()
    assert "No changes." in run("plan").out


def test_a_file_that_a_link_names_is_written_where_it_stands(tiny: Path, page: Page, run: Run) -> None:
    real = tiny / "kept.txt"
    (tiny / "beach.yaml").rename(real)
    real.chmod(0o640)
    (tiny / "beach.yaml").symlink_to("kept.txt")
    page.edit("offer", "Beach", drop("xdm:rank"))
    assert run("pull").code == 0
    assert (tiny / "beach.yaml").is_symlink()
    assert "priority: 0" in real.read_text()
    assert real.stat().st_mode & 0o777 == 0o640


def test_a_pull_as_json_has_the_patch(page: Page, run: Run) -> None:
    page.edit("offer", "Beach", put("xdm:rank/xdm:priority", 7))
    document = json.loads(run("pull", "--format", "json").out)
    assert document["taken"] == [{"key": "offer/beach", "fields": ["priority"], "files": ["beach.yaml"]}]
    assert document["patch"].splitlines()[-1] == "+priority: 7"
    assert document["exit"] == {"code": 0, "meaning": "success"}


def test_what_is_live_without_a_file_is_imported_and_then_adopted_unchanged(tiny: Path, page: Page, run: Run) -> None:
    uri = page.create("tag", **{"xdm:name": "no"})
    page.create("offer", **{"xdm:name": "Made by hand", "xdm:tags": [uri]})
    imported = run("import")
    assert imported.code == 0
    assert imported.out.splitlines()[1:] == [
        "",
        '+ tag/no  "no"                                                      tags/no.yaml',
        '+ offer/made-by-hand  "Made by hand"                    offers/made-by-hand.yaml',
        "",
        "Imported 2 entities into 3 files.",
        "Next: `reconciler plan` shows them as adopted, without changes.",
    ]
    assert (tiny / "offers" / "made-by-hand.yaml").read_text() == (
        'kind: offer\nkey: made-by-hand\nname: Made by hand\ntags: ["no"]\n'
    )
    assert "Plan: 0 to create, 0 to patch, 0 to delete, 2 to adopt." in run("plan").out
    assert run("apply", "--yes").code == 0
    assert "No changes." in run("plan").out
    assert "Nothing to import." in run("import").out


def test_an_import_of_one_kind_brings_what_it_refers_to_and_never_writes_over_a_file(
    tiny: Path, page: Page, run: Run
) -> None:
    uri = page.create("tag", **{"xdm:name": "Needed"})
    page.create("tag", **{"xdm:name": "Other"})
    page.create("offer", **{"xdm:name": "Made by hand", "xdm:tags": [uri]})
    (tiny / "offers").mkdir()
    (tiny / "offers" / "made-by-hand.yaml").write_text("# notes\n")
    document = json.loads(run("import", "--kind", "offer", "--format", "json").out)
    assert [item["file"] for item in document["imported"]] == ["tags/needed.yaml", "offers/made-by-hand-2.yaml"]
    assert (tiny / "offers" / "made-by-hand.yaml").read_text() == "# notes\n"


def test_an_instance_with_the_name_of_an_entity_is_left_to_adoption(tiny: Path, run: Run) -> None:
    Page(tiny).create("tag", **{"xdm:name": "Summer"})
    ended = run("import")
    assert ended.code == 1
    assert "-> Take it over: `apply --adopt tag/summer`." in ended.out


def test_the_list_shows_key_status_name_and_uri(tiny: Path, page: Page, run: Run) -> None:
    (tiny / "new.yaml").write_text("kind: tag\nname: New\n")
    (tiny / "summer-offers.yaml").unlink()
    uri = page.find("offer", "Beach").uri
    lines = run("list").out.splitlines()
    assert lines[2] == "KEY                   STATUS    NAME"
    assert lines[3:5] == ["tag/new                         New", "    not live"]
    assert lines[7:9] == ["offer/beach           approved  Beach", f"    {uri}"]
    assert lines[11:] == ["    no file: the next apply deletes it", "", "4 entities, 3 live."]
    assert max(len(line) for line in lines) <= 80
    document = json.loads(run("list", "--format", "json", "--kind", "offer").out)
    assert document["entities"] == [
        {"key": "offer/beach", "name": "Beach", "status": "approved", "uri": uri, "source": "beach.yaml:1"}
    ]
