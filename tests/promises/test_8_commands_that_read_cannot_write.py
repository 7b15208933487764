"""Promise 8: commands that read cannot write. Not to the repository, and to no file but those that they exist to write.

The commands are those that the program has: a new one is held to this as soon as it is there.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import httpx
import pytest

import reconciler.cli
from reconciler.cli.main import cli
from reconciler.repository import port
from reconciler.repository.client import RepositoryReader, RepositoryWriter, open_reader
from reconciler.repository.errors import WriteRefused
from tests.e2e.conftest import CREDENTIALS, EXAMPLE, PROGRAM, Ran, Served, Workplace
from tests.promises.processes import PATIENCE_S, serving
from tests.unit.repository.support import HOME, settings

e2e = pytest.mark.e2e

WRITING = {"apply", "destroy", "unlock"}
OF_NO_CATALOGUE = {"init", "serve"}  # one makes a new folder, the other is a repository
GET_ONLY = {"GET", "HEAD"}
_ROOTS_OWN = "-dac_override,-dac_read_search"
HUMBLY = ("setpriv", "--bounding-set", _ROOTS_OWN, "--inh-caps", _ROOTS_OWN)


@dataclass(frozen=True)
class Call:
    """How a command is called. makes: patterns of what it exists to write.   asks: whether a repository is asked."""

    arguments: tuple[str, ...]
    makes: tuple[str, ...] = ()
    asks: bool = True

    def __str__(self) -> str:
        return " ".join(self.arguments)


def call(*arguments: str, makes: tuple[str, ...] = (), asks: bool = True) -> Call:
    return Call(arguments, makes, asks)


_AT = ("--at", "2027-01-31T09:00:00Z")
_DECIDE = ("decide", "cat", "--activity", "app-home", "--profile", "profile.json", *_AT)
OTHERWISE = {
    "validate": [call("validate", "cat", asks=False)],
    "graph": [call("graph", "cat", asks=False)],
    "plan": [
        call("plan", "cat"),
        call("plan", "cat", "--destroy"),
        call("plan", "cat", "--adopt-up-to", "9"),
        call("plan", "cat", "--output", "told.txt", makes=("told.txt",)),
        call("plan", "cat", "--out", "new.json", makes=("new.json",)),
    ],
    "show": [call("show", "-C", "cat", "offer/elite-upgrade"), call("show", "saved.json", asks=False)],
    "pull": [call("pull", "cat", "--dry-run"), call("pull", "cat", makes=("cat/offers/*",))],
    "import": [
        call("import", "cat", "--dry-run"),
        call("import", "cat", makes=("cat/activities/*", "cat/tags/*", "cat/environments/*")),
    ],
    "eval": [call("eval", "true", asks=False)],
    "decide": [call(*_DECIDE, "--state", "live"), call(*_DECIDE, asks=False)],
    "test": [call("test", "cat", asks=False)],
    "impact": [call("impact", "cat", "--profiles", "profiles.ndjson", *_AT)],
    "snapshot": [
        call("snapshot", "--db", "cat/.reconciler/local.db", "--out", "-", asks=False),
        call("snapshot", "--db", "cat/.reconciler/local.db", "--out", "new.jsonl", makes=("new.jsonl",), asks=False),
    ],
}
CALLS = [
    each for name in cli.commands if name not in WRITING | OF_NO_CATALOGUE
    for each in OTHERWISE.get(name, [call(name, "cat")])
]  # fmt: skip
OF_FILES = {"snapshot"}  # they know no other repository than a file


# ---------------------------------------------------------------- on the disk, and at the repository's door


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Workplace]]:
    """A served repository and a catalogue that differ in every way."""
    place = Workplace(tmp_path_factory.mktemp("served"))
    with serving() as server:
        estrange(place, server)
        yield server, place


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    """The same in a file beside the catalogue."""
    place = Workplace(tmp_path_factory.mktemp("embedded"))
    state = place.root / ".reconciler"
    state.mkdir(parents=True, mode=0o700)
    (state / ".gitignore").write_text("*\n")
    with serving("--db", str(state / "local.db")) as server:
        estrange(place, server)
    shutil.copy(EXAMPLE / "catalog.yaml", place.root)
    place.run("plan", "cat", "--out", "saved.json")
    return place


def estrange(place: Workplace, server: Served) -> None:
    """Apply, and then edit on both sides: there is something to create, patch, delete, adopt, pull and import."""
    shutil.copytree(EXAMPLE, place.root, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".reconciler"))
    for profiles in ("profile.json", "profiles.ndjson"):
        (place.folder / profiles).write_text("{}\n")
    place.point_to(server)
    assert place.run("apply", "cat", "--yes").code == 0
    first, second = server.live("personalized-offer")[:2]
    server.edit(first, [{"op": "add", "path": "/_instance/xdm:rank", "value": {"xdm:priority": 77}}])
    server.edit(second, [{"op": "remove", "path": "/_links/reconciler:managed"}])
    (place.root / "activities" / "web-winter-campaign.yaml").unlink()
    place.replace("placements/kiosk-hero.yaml", "name: ", "name: Our ")
    (place.root / "tags" / "new.yaml").write_text("kind: tag\nname: Ours\n")
    place.run("plan", "cat", "--out", "saved.json")  # ends 1: what lost its stamp may be ours
    assert (place.folder / "saved.json").exists()


@e2e
@pytest.mark.parametrize("called", [each for each in CALLS if each.arguments[0] not in OF_FILES], ids=str)
def test_a_repository_is_only_read(served: tuple[Served, Workplace], tmp_path: Path, called: Call) -> None:
    server, prepared = served
    before = len(server.requests)
    ran = assert_only_what_it_makes_is_written(copied(prepared, tmp_path), called)
    asked = {request["method"] for request in server.requests[before:]}
    assert asked <= GET_ONLY
    assert bool(asked) is called.asks, ran.err


@e2e
@pytest.mark.parametrize("called", CALLS, ids=str)
def test_an_embedded_repository_is_only_read_and_nothing_needs_to_be_writable(
    embedded: Workplace, tmp_path: Path, called: Call
) -> None:
    """What a command exists to write it cannot write there, and says so; everything else goes on as anywhere."""
    place = copied(embedded, tmp_path)
    usual = assert_only_what_it_makes_is_written(place, called)
    assert database(place) == database(embedded)
    closed = copied(embedded, tmp_path, "closed")
    ran = run_where_nothing_is_writable(closed, called)
    assert (written(closed.folder), database(closed)) == (written(embedded.folder), database(embedded))
    if called.makes:
        assert ran.code in {1, 64}, ran.out + ran.err
        assert "Permission denied" in " ".join(ran.err.split())
    else:
        assert (ran.code, ran.out) == (usual.code, usual.out), ran.err


@e2e
@pytest.mark.parametrize("called", {each.arguments[0]: each for each in CALLS if each.asks}.values(), ids=str)
def test_a_repository_that_is_not_there_yet_is_not_made(tmp_path: Path, called: Call) -> None:
    place = Workplace(tmp_path)
    shutil.copytree(EXAMPLE, place.root, ignore=shutil.ignore_patterns(".reconciler"))
    run(place, called)
    assert not (place.root / ".reconciler" / "local.db").exists()
    assert_state_is_closed(place.root / ".reconciler")


def copied(prepared: Workplace, tmp_path: Path, name: str = "work") -> Workplace:
    """The prepared folder, to be written to."""
    shutil.copytree(prepared.folder, tmp_path / name)
    return Workplace(tmp_path / name)


def run(place: Workplace, called: Call, *, humble: bool = False) -> Ran:
    """A call of which nothing can escape the folder. humble: modes of files hold for root too."""
    home = str(place.folder)
    environ = {name: value for name, value in os.environ.items() if not name.startswith("RECONCILER_")}
    ended = subprocess.run(
        [*(HUMBLY if humble else ()), PROGRAM, *called.arguments],
        cwd=place.folder,
        env={**environ, **CREDENTIALS, "HOME": home, "TMPDIR": home, "XDG_CACHE_HOME": home, "XDG_STATE_HOME": home},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert "Traceback" not in ended.stderr
    return Ran(ended.returncode, ended.stdout, ended.stderr)


def run_where_nothing_is_writable(place: Workplace, called: Call) -> Ran:
    root = os.geteuid() == 0
    if root and not shutil.which("setpriv"):
        pytest.skip("to root everything is writable")
    set_modes(place.folder, 0o555)
    try:
        return run(place, called, humble=root)
    finally:
        set_modes(place.folder, 0o755)


def database(place: Workplace) -> bytes:
    return (place.root / ".reconciler" / "local.db").read_bytes()


def assert_only_what_it_makes_is_written(place: Workplace, called: Call) -> Ran:
    before = written(place.folder)
    ran = run(place, called)
    assert ran.code != 64, f"{ran.err}How it is called stands in OTHERWISE."
    after = written(place.folder)
    changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    others = {path for path in changed if not any(fnmatch(path, pattern) for pattern in called.makes)}
    assert not others, ran.err
    assert bool(changed) is bool(called.makes), ran.out + ran.err
    assert_state_is_closed(place.root / ".reconciler")
    return ran


def assert_state_is_closed(state: Path) -> None:
    """Others cannot look into it, and Git does not."""
    if state.exists():
        assert state.stat().st_mode & 0o777 == 0o700
        assert (state / ".gitignore").read_text() == "*\n"


def written(folder: Path) -> dict[str, bytes]:
    """Every file by its path, but not what is this machine's alone."""
    files = [path for path in folder.rglob("*") if path.is_file() and ".reconciler" not in path.parts]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def set_modes(folder: Path, mode: int) -> None:
    """Of a folder and all that is in it, the deepest first."""
    for path in sorted([folder, *folder.rglob("*")], reverse=True):
        path.chmod(mode)


# ---------------------------------------------------------------- in the program


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "ANYTHING"])
def test_the_way_of_a_reader_lets_nothing_through_but_a_get(method: str) -> None:
    heard: list[str] = []

    def hear(request: httpx.Request) -> httpx.Response:
        heard.append(request.method)
        return httpx.Response(200)

    async def ask() -> None:
        async with open_reader(settings(), transport=httpx.MockTransport(hear)) as reader:
            await reader._session._http.get(HOME)
            await reader._session._http.request(method, HOME)

    with pytest.raises(WriteRefused, match=method):
        asyncio.run(ask())
    assert heard == ["GET"]


def test_a_reader_has_nothing_to_write_with() -> None:
    for reader, writer in ((port.Reader, port.Writer), (RepositoryReader, RepositoryWriter)):
        assert writer not in reader.__mro__
        assert public(writer) - public(reader) == {"permitted", "create", "replace", "patch", "delete"}


def public(owner: type) -> set[str]:
    return {name for name in dir(owner) if not name.startswith("_")}


def test_only_what_writes_opens_a_repository_for_writing() -> None:
    """``applying`` is what apply and destroy have in common."""
    modules = {path.stem: path.read_text() for path in Path(reconciler.cli.__path__[0]).rglob("*.py")}
    assert {name for name, text in modules.items() if "open_for_writing" in text} == {"applying", "unlock"}
    assert {name for name, text in modules.items() if "cli.applying" in text} == {"apply", "destroy"}
    assert {"apply", "destroy", "unlock"} == WRITING
