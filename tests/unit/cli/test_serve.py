"""``serve`` and ``snapshot``: what they refuse, and what they move."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.emulator.app import Emulator
from tests.emulator_support import Caller
from tests.unit.cli.conftest import Run


@pytest.fixture
def db(tmp_path: Path) -> Path:
    """A repository with a container and a tag."""
    with Emulator.open(tmp_path / "x.db") as emulator:
        Caller(emulator).made("tag", name="t")
    return tmp_path / "x.db"


def test_the_content_of_a_file_moves_into_another(tmp_path: Path, db: Path, run: Run) -> None:
    out = run("snapshot", "--db", db, "--out", tmp_path / "one")
    load = run("snapshot", "--db", tmp_path / "y.db", "--load", tmp_path / "one")
    again = run("snapshot", "--db", tmp_path / "y.db", "--out", tmp_path / "two")
    assert (out.code, load.code, again.code) == (0, 0, 0)
    assert load.err == "Loaded 1 containers and 1 instances.\n"
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir() if "db" not in path.name) == ["one", "two"]


def test_a_snapshot_goes_to_stdout(db: Path, run: Run) -> None:
    out = run("snapshot", "--db", db, "--out", "-")
    assert json.loads(out.out.splitlines()[0]) == {"format": "reconciler-snapshot", "version": 1}
    assert len(out.out.splitlines()) == 3


def test_a_snapshot_is_moved_in_another_folder(db: Path, run: Run) -> None:
    assert run("snapshot", "-C", db.parent, "--db", db.name, "--out", "beside").code == 0
    assert (db.parent / "beside").read_text(encoding="utf-8").startswith('{"format"')


def test_a_snapshot_is_only_loaded_into_an_empty_file(tmp_path: Path, db: Path, run: Run) -> None:
    run("snapshot", "--db", db, "--out", tmp_path / "one")
    load = run("snapshot", "--db", db, "--load", tmp_path / "one")
    assert load.code == 1
    assert load.err.startswith("Error: the database is not empty: it holds 1 containers and 1 instances")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--db", "x.db"), 64, "one of --out and --load"),
        (("--db", "x.db", "--out", "a", "--load", "b"), 64, "one of --out and --load"),
        (("--out", "a"), 64, "--db"),
        (("--db", "none.db", "--out", "a"), 1, "none.db"),
        (("--db", "x.db", "--out", "./x.db"), 1, "the database itself"),
        (("--db", "x.db", "--out", "no/folder"), 1, "no/folder"),
        (("--db", "y.db", "--load", "nothing"), 1, "nothing"),
        (("--db", "y.db", "--load", "x.db"), 1, "cannot be read"),
        (("--db", "y.db", "--load", "text"), 1, "no snapshot"),
        (("--db", "text", "--load", "one"), 1, "cannot use the database"),
        (("--db", "y.db", "--load", "one", "--schema", "text"), 1, "the schema text cannot be read"),
    ],
)
def test_a_snapshot_says_what_it_cannot_do(
    db: Path, run: Run, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], code: int, said: str
) -> None:
    monkeypatch.chdir(db.parent)
    (db.parent / "text").write_text('"text that is no database, and long enough to be read as one"\n' * 20)
    run("snapshot", "--db", db, "--out", "one")
    (db.parent / "text").write_text(("not JSON " if "--schema" in arguments else "[]\n") * 400)
    ended = run("snapshot", *arguments)
    assert (ended.code, said in ended.err) == (code, True), ended.err


def test_writing_a_snapshot_leaves_the_file_as_it_is(db: Path, run: Run, tmp_path: Path) -> None:
    before = db.read_bytes()
    run("snapshot", "--db", db, "--out", tmp_path / "one")
    assert db.read_bytes() == before


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--fault", "fast-delete=1", "unknown fault"),
        ("--fault", "500=2", "not a share"),
        ("--schema", "nothing.json", "nothing.json cannot be read"),
        ("--container", "containers", "cannot be the id of a container"),
        ("--db", "no/folder.db", "cannot open the database"),
    ],
)
def test_serve_says_what_it_cannot_do(run: Run, option: str, value: str, said: str) -> None:
    """J1."""
    ended = run("serve", "--port", "0", option, value)
    assert (ended.code, said in ended.err) == (1, True), ended.err
    assert ended.out == ""


def test_serve_loads_only_what_it_needs() -> None:
    """J1. It starts at once."""
    code = (
        "import sys\n"
        "from reconciler.cli.main import main\n"
        "assert main(['serve', '--port', '0', '--fault', 'none=1']) == 1\n"
        "import reconciler.emulator.server\n"
        "print(sorted({'httpx', 'deepdiff', 'pydantic', 'ruamel'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "[]"
