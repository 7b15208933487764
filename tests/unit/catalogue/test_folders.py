"""Which files of a directory are read, and how the unreadable ones are told."""

from __future__ import annotations

import os
from contextlib import chdir
from pathlib import Path

import pytest

from reconciler.catalogue.reading import read_catalogue
from reconciler.model.errors import ReconcilerError
from reconciler.model.problem import CatalogueInvalid
from tests.builders import SETTINGS, format_lines, problem_lines, write_catalogue

TAG = "kind: tag\nname: Upgrade\n"


def keys(root: Path) -> list[str]:
    loaded = read_catalogue(root)
    assert loaded.problems == ()
    return [str(key) for key in loaded.catalogue.entities]


def test_any_layout_of_folders_will_do(tmp_path: Path) -> None:
    files = {"a.yaml": TAG, "deep/er/b.yml": TAG, "offers/c.yaml": TAG, "nested/decisions/d.yaml": TAG}
    assert keys(write_catalogue(tmp_path, files)) == ["tag/a", "tag/b", "tag/c", "tag/d"]


@pytest.mark.parametrize(
    "name",
    [".git/a.yaml", "x/.hidden/a.yaml", ".a.yaml", "decisions/a.yaml", "a.json", "a.yaml.bak", "yaml", "a.YAML.txt"],
)
def test_what_holds_no_entities_is_not_read(tmp_path: Path, name: str) -> None:
    assert keys(write_catalogue(tmp_path, {name: "a: [", "b.yaml": TAG})) == ["tag/b"]


def test_a_folder_may_be_called_like_a_file(tmp_path: Path) -> None:
    assert keys(write_catalogue(tmp_path, {"x.yaml/y.yaml": TAG})) == ["tag/y"]


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    root = write_catalogue(tmp_path, {"a.yaml": TAG})
    os.mkfifo(root / "pipe.yaml")
    (root / "link.yaml").symlink_to("pipe.yaml")
    assert format_lines(root) == [
        f"{name} RC001 neither a file nor a folder | Remove it, or give it another ending."
        for name in ("link.yaml", "pipe.yaml")
    ]


def test_a_link_inside_the_catalogue_is_one_more_file(tmp_path: Path) -> None:
    root = write_catalogue(tmp_path, {"a.yaml": TAG})
    (root / "b.yaml").symlink_to("a.yaml")
    assert keys(root) == ["tag/a", "tag/b"]


def test_a_linked_folder_inside_the_catalogue_is_read_once(tmp_path: Path) -> None:
    root = write_catalogue(tmp_path, {"tags/a.yaml": TAG})
    (root / "again").symlink_to("tags")
    (root / "round").symlink_to(".")
    assert keys(root) == ["tag/a"]


def test_the_catalogue_itself_may_be_reached_by_a_link(tmp_path: Path) -> None:
    root = write_catalogue(tmp_path / "real", {"a.yaml": TAG})
    (root / "b.yaml").symlink_to("a.yaml")
    (tmp_path / "link").symlink_to("real")
    assert keys(tmp_path / "link") == ["tag/a", "tag/b"]


def test_a_sibling_whose_name_begins_alike_is_outside(tmp_path: Path) -> None:
    write_catalogue(tmp_path / "one-more", {"a.yaml": TAG})
    root = write_catalogue(tmp_path / "one", {})
    (root / "a.yaml").symlink_to(tmp_path / "one-more" / "a.yaml")
    assert format_lines(root) == [
        "a.yaml RC006 a link that leaves the catalogue is not followed | Copy what it points to into the catalogue."
    ]


def test_file_names_may_be_any_text(tmp_path: Path) -> None:
    root = write_catalogue(tmp_path, {"ägypten 日本.yaml": f"key: a\n{TAG}", "a\nb: c.yaml": f"key: b\n{TAG}"})
    assert keys(root) == ["tag/a", "tag/b"]


def test_a_file_name_that_is_no_text_can_still_be_shown(tmp_path: Path) -> None:
    root = write_catalogue(tmp_path, {})
    with open(os.fsencode(root) + b"/\xff.yaml", "wb") as file:  # noqa: PTH123 - a name that pathlib cannot write
        file.write(TAG.encode())
    line = "\ufffd.yaml:1:1 RC014 `key` is missing, and the file's name `\ufffd` is no valid one | Add `key: …`"
    assert [found[: len(line)] for found in format_lines(root)] == [line]


def test_files_are_named_as_the_user_named_the_catalogue(tmp_path: Path) -> None:
    write_catalogue(tmp_path / "catalogue", {"offers/a.yaml": "kind: offr\n"})
    problem = "RC010 `offr` is no kind | Did you mean `offer`?"
    with chdir(tmp_path):
        assert problem_lines(read_catalogue(Path("catalogue")).problems) == [f"catalogue/offers/a.yaml:1:7 {problem}"]
    with chdir(tmp_path / "catalogue"):
        assert problem_lines(read_catalogue(Path()).problems) == [f"offers/a.yaml:1:7 {problem}"]


def test_the_order_of_files_on_disk_does_not_show(tmp_path: Path) -> None:
    one = write_catalogue(tmp_path / "one", {f"{name}.yaml": TAG for name in "abc"})
    other = write_catalogue(tmp_path / "other", {f"{name}.yaml": TAG for name in "cba"})
    assert keys(one) == keys(other) == ["tag/a", "tag/b", "tag/c"]


def test_a_file_over_the_limit_is_not_read_to_its_end(tmp_path: Path) -> None:
    root = write_catalogue(tmp_path, {"big.yaml": TAG})
    os.truncate(root / "big.yaml", 2**40)
    assert format_lines(root) == ["big.yaml:1:1 RC004 this file is larger than 5 MiB | Split it."]


def test_a_folder_that_is_not_there_is_no_catalogue(tmp_path: Path) -> None:
    with pytest.raises(ReconcilerError) as caught:
        read_catalogue(tmp_path / "nowhere")
    assert caught.value.message == f"{tmp_path / 'nowhere'} is not a directory"
    assert caught.value.remedy == "Name the folder that holds catalog.yaml."


def test_a_folder_without_settings_is_no_catalogue(tmp_path: Path) -> None:
    with pytest.raises(ReconcilerError) as caught:
        read_catalogue(tmp_path)
    assert caught.value.message == f"there is no catalog.yaml in {tmp_path}"


def test_settings_that_are_a_broken_link_are_told_with_all_else(tmp_path: Path) -> None:
    (tmp_path / "catalog.yaml").symlink_to("nowhere.yaml")
    with pytest.raises(CatalogueInvalid) as caught:
        read_catalogue(tmp_path)
    assert problem_lines(caught.value.problems, tmp_path) == [
        "catalog.yaml RC001 cannot be read: No such file or directory | Mend the link, or remove it."
    ]


def test_settings_that_are_a_folder_are_no_catalogue(tmp_path: Path) -> None:
    (tmp_path / "catalog.yaml").mkdir()
    with pytest.raises(ReconcilerError) as caught:
        read_catalogue(tmp_path)
    assert caught.value.message == f"there is no catalog.yaml in {tmp_path}"


def test_a_file_that_cannot_be_read_leaves_open_what_it_holds(tmp_path: Path) -> None:
    root = write_catalogue(tmp_path, {"a.yaml": TAG}, SETTINGS)
    assert read_catalogue(root).catalogue.whole
    (root / "b.yaml").symlink_to("nowhere")
    assert not read_catalogue(root).catalogue.whole
