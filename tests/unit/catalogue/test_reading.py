"""A directory -> a catalogue for one environment."""

from __future__ import annotations

import gc
import subprocess
from pathlib import Path

import pytest

from reconciler.catalogue.reading import WrongEnvironment, read_catalogue
from reconciler.model.kinds import EntityKey, Kind
from reconciler.model.problem import CatalogueInvalid, SourceSpan
from tests.builders import SETTINGS, make_offer, write_catalogue

TAG = "kind: tag\nname: Upgrade\n"
TWO = """\
catalog: test
environments:
  prod: {repository: "https://${HOST}/data/core/xcore", sandbox: prod}
  dev: {repository: embedded}
"""


def test_entities_are_read_with_their_places(tmp_path: Path) -> None:
    text = "kind: offer\nname: A better seat\ncaps: {global: 3}\nrepresentations: []\n"
    catalogue = read_catalogue(write_catalogue(tmp_path, {"offers/seat.yaml": text})).catalogue
    key = EntityKey(Kind.OFFER, "seat")
    assert catalogue.entities == {key: make_offer(caps={"global": 3})}
    assert catalogue.span(key, "caps", "global") == SourceSpan(f"{tmp_path.as_posix()}/offers/seat.yaml", 3, 16)


def test_entities_are_sorted_by_kind_then_name(tmp_path: Path) -> None:
    documents = ["kind: rule\nkey: b\nname: B\ncondition: x\n", "kind: tag\nkey: z\nname: Z\n", "kind: tag\nkey: a\n"]
    catalogue = read_catalogue(write_catalogue(tmp_path, {"all.yaml": "---\n".join(documents)})).catalogue
    assert [str(key) for key in catalogue.entities] == ["tag/a", "tag/z", "rule/b"]


def test_the_only_environment_needs_no_name(tmp_path: Path) -> None:
    catalogue = read_catalogue(write_catalogue(tmp_path, {})).catalogue
    assert (catalogue.name, catalogue.environment, catalogue.target.embedded) == ("test", "local", True)


def test_one_of_several_environments_has_to_be_named(tmp_path: Path) -> None:
    with pytest.raises(WrongEnvironment) as caught:
        read_catalogue(write_catalogue(tmp_path, {}, TWO))
    assert caught.value.message == "the catalogue has several environments"
    assert caught.value.remedy == "Say --env dev | --env prod."


def test_the_default_environment_is_taken_unless_another_is_named(tmp_path: Path) -> None:
    root = write_catalogue(tmp_path, {}, f"default_environment: dev\n{TWO}")
    assert read_catalogue(root).catalogue.environment == "dev"
    assert read_catalogue(root, "prod").catalogue.target.repository == "https://${HOST}/data/core/xcore"


def test_an_unknown_environment_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(WrongEnvironment) as caught:
        read_catalogue(write_catalogue(tmp_path, {}, TWO), "stage")
    assert (caught.value.message, caught.value.remedy) == (
        "there is no environment `stage`",
        "There are: dev, prod.",
    )


def test_an_unknown_default_is_told_even_if_another_environment_is_named(tmp_path: Path) -> None:
    root = write_catalogue(tmp_path, {}, f"default_environment: stage\n{TWO}")
    with pytest.raises(CatalogueInvalid) as caught:
        read_catalogue(root, "prod")
    assert [problem.message for problem in caught.value.problems] == ["there is no environment `stage`"]


def test_an_entity_with_a_wrong_field_is_unread_but_known(tmp_path: Path) -> None:
    files = {"a.yaml": f"{TAG}colour: red\n", "b.yaml": "kind: tga\n"}
    catalogue = read_catalogue(write_catalogue(tmp_path, files)).catalogue
    assert catalogue.entities == {}
    assert catalogue.unread == {EntityKey(Kind.TAG, "a"), *(EntityKey(kind, "b") for kind in Kind)}
    assert catalogue.whole


def test_a_document_before_broken_text_is_read(tmp_path: Path) -> None:
    catalogue = read_catalogue(write_catalogue(tmp_path, {"a.yaml": f"key: one\n{TAG}---\nkey: [\n"})).catalogue
    assert [str(key) for key in catalogue.entities] == ["tag/one"]
    assert not catalogue.whole


def test_reading_leaves_the_collector_as_it_was(tmp_path: Path) -> None:
    read_catalogue(write_catalogue(tmp_path, {}))
    assert gc.isenabled()


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=T", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
    command = ["git", *identity, *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def test_outside_git_there_is_no_commit(tmp_path: Path) -> None:
    catalogue = read_catalogue(write_catalogue(tmp_path, {})).catalogue
    assert (catalogue.commit, catalogue.dirty) == (None, False)


def test_inside_git_the_commit_is_known_and_whether_files_differ(tmp_path: Path) -> None:
    root = write_catalogue(tmp_path / "catalogue", {"ü.yaml": f"key: a\n{TAG}"})
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    (tmp_path / "beside.txt").write_text("not ours")
    clean = read_catalogue(root).catalogue
    (root / "new-ü.yaml").write_text(TAG)
    dirty = read_catalogue(root).catalogue
    head = git(tmp_path, "rev-parse", "HEAD")
    assert (clean.commit, clean.dirty, dirty.commit, dirty.dirty) == (head, False, head, True)


def test_a_repository_without_a_commit_has_none(tmp_path: Path) -> None:
    root = write_catalogue(tmp_path, {}, SETTINGS)
    git(root, "init", "-q")
    assert read_catalogue(root).catalogue.commit is None
