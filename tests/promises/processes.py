"""Real processes of the program, and the repository that they write to as it is seen from outside."""

from __future__ import annotations

import fcntl
import json
import os
import select
import signal
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Protocol
from urllib.parse import urlencode

import httpx

from reconciler.emulator.app import Access, Emulator
from reconciler.emulator.messages import Request
from reconciler.model.kinds import KINDS
from tests.e2e.conftest import CREDENTIALS, PROGRAM, Ran, Served
from tests.promises.generations import write_generation
from tests.starving import World, faults, live_ones, targets

HASTY = ("--lease-term", "1s", "--settle", "1s")
ALLOWED = ("--allow-deletes", "1000", "--allow-updates", "1000")
PATIENCE_S = 600.0  # a machine may be busy; nothing that is right takes so long
HELD = 4096  # bytes of events that nobody has taken in; then a process waits
STAMP = "reconciler:managed"

Instances = list[tuple[str, dict[str, Any]]]  # of every kind: its name, and the instance as it was listed


# ---------------------------------------------------------------- the repository, from outside


class Repository(Protocol):
    """Where a catalogue lives."""

    @property
    def environment(self) -> str:
        """It, as ``catalog.yaml`` names it."""
        ...

    def ask(self, path: str, query: Mapping[str, str]) -> Any:
        """The JSON answer to a GET."""
        ...


@dataclass(frozen=True)
class OverHttp:
    """A repository that another process serves."""

    served: Served

    @property
    def environment(self) -> str:
        return f"{{repository: '{self.served.url}', container: {self.served.container}}}"

    def ask(self, path: str, query: Mapping[str, str]) -> Any:
        with self.served.client() as client:
            answer = client.get(f"{self.served.container}/{path}", params=query)
        assert answer.status_code == httpx.codes.OK, answer.text
        return answer.json()

    @property
    def writes(self) -> int:
        return len(self.served.writes)


@dataclass(frozen=True)
class InProcess:
    """A repository that the program keeps in a file beside the catalogue."""

    root: Path
    environment: str = "{repository: embedded}"

    def ask(self, path: str, query: Mapping[str, str]) -> Any:
        file = self.root / ".reconciler" / "local.db"
        if not file.exists():
            return {"_embedded": {"results": []}, "_page": {"count": 0}}
        headers = {"authorization": "Bearer t", "x-api-key": "k", "x-gw-ims-org-id": "o"}
        with Emulator.open(file, access=Access.READ) as emulator:
            address = f"/data/core/xcore/{emulator.container}/{path}"
            answer = emulator.handle(Request("GET", address, urlencode(query), headers, b""))
        assert answer.status == httpx.codes.OK, answer.body
        return json.loads(answer.body)


@contextmanager
def serving(*options: str) -> Iterator[Served]:
    """A served repository, until the block ends."""
    with tempfile.NamedTemporaryFile(prefix="serve-", suffix=".log") as log:
        command = [PROGRAM, "serve", "--port", "0", *options]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log) as process:
            try:
                assert process.stdout is not None
                line = json.loads(process.stdout.readline())
                yield Served(line["url"], line["container"], process, log)  # type: ignore[arg-type]
            finally:
                process.terminate()
                process.wait(PATIENCE_S)


def instances(repository: Repository) -> Instances:
    """Everything in it, anchors too."""
    found: Instances = []
    for kind, info in KINDS.items():
        page = repository.ask("instances", {"schema": info.schema, "limit": "1000"})
        assert "next" not in page.get("_links", {})
        found += [(kind.value, item) for item in page["_embedded"]["results"]]
    return found


def assert_sound(there: Instances) -> None:
    """Nothing is there twice, nothing refers to what is not there, and no live activity starves."""
    stamps = Counter(item["_links"][STAMP]["href"].partition("#")[0] for _, item in there)
    names = Counter((kind, item["_instance"]["xdm:name"]) for kind, item in there)
    assert not [stamp for stamp, times in stamps.items() if times > 1]
    assert not [name for name, times in names.items() if times > 1]
    world: World = {item["_instance"]["@id"]: (kind, item["_instance"]) for kind, item in there}
    assert not {uri: missing for uri, (_, held) in world.items() if (missing := targets(held) - world.keys())}
    starving = faults(world)
    assert not {uri: starving[uri] for uri in live_ones(world) if starving[uri]}


# ---------------------------------------------------------------- the program


@contextmanager
def workplace(root: Path, repository: Repository, count: int) -> Iterator[Workplace]:
    """A folder for a catalogue of so many entities; no process that was started in it outlives the block."""
    place = Workplace(root, repository, count)
    try:
        yield place
    finally:
        for each in place.started:
            if not each.ended:
                each.kill()


@dataclass(frozen=True)
class Workplace:
    """A folder with a catalogue that lives in a repository."""

    root: Path
    repository: Repository
    count: int
    started: list[Applying] = field(default_factory=list)

    def beside(self, name: str) -> Workplace:
        """Another folder for the same repository; an embedded one is shared."""
        root = self.root.with_name(name)
        root.mkdir()
        state = self.root / ".reconciler"
        state.mkdir(parents=True, exist_ok=True)
        (root / state.name).symlink_to(state)
        return replace(self, root=root)

    def settle(self, number: int) -> Workplace:
        """Have one generation in the folder."""
        self.root.mkdir(parents=True, exist_ok=True)
        (self.root / "catalog.yaml").write_text(
            f"catalog: generated\nenvironments:\n  test: {self.repository.environment}\n"
        )
        write_generation(self.root, number, self.count)
        return self

    def start(self, *options: str, held: bool = False) -> Applying:
        """Apply in a process of its own, that tells its events through a pipe.

        held: it goes no further than a few steps beyond what has been heard of it.
        """
        events, ours = os.pipe()
        if held:
            fcntl.fcntl(ours, fcntl.F_SETPIPE_SZ, HELD)
        out = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the process has ended; a pipe would fill up
        command = [PROGRAM, "apply", "--yes", "--json-events", f"/dev/fd/{ours}", *ALLOWED, *options]
        process = subprocess.Popen(
            command,
            cwd=self.root,
            env=_environ(),
            pass_fds=(ours,),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.PIPE,
        )
        os.close(ours)
        self.started.append(Applying(process, events, out))
        return self.started[-1]

    def run(self, *arguments: str) -> Ran:
        done = subprocess.run(
            [PROGRAM, *arguments],
            cwd=self.root,
            env=_environ(),
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def apply(self, *options: str) -> Ran:
        return self.run("apply", "--yes", *ALLOWED, *options)

    def assert_converged(self) -> None:
        """The next plan is empty, and everything is sound."""
        planned = self.run("plan", "--detailed-exitcode")
        assert planned.code == 0, planned.out + planned.err
        assert planned.out.endswith("No changes. The live catalogue matches Git.\n")
        there = instances(self.repository)
        assert_sound(there)
        assert len(there) == 1 + sum(1 for folder in self.root.iterdir() for _ in folder.rglob("[!.]*.yaml"))


def _environ() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RECONCILER_")}
    return {**kept, **CREDENTIALS}


@dataclass
class Applying:
    """A process that applies. lines: its events so far."""

    process: subprocess.Popen[bytes]
    events: int
    out: IO[bytes]
    lines: list[dict[str, Any]] = field(default_factory=list)
    over: bool = False  # it tells no more
    _rest: bytes = b""
    _said: bytes = b""

    def hear(self, timeout_s: float) -> bool:
        """Take in what it tells; False when it told nothing in that time, or will tell nothing more."""
        if self.over or not select.select([self.events], [], [], timeout_s)[0]:
            return False
        told = os.read(self.events, 1 << 16)
        if not told:
            self.over = True
            os.close(self.events)
            return False
        *whole, self._rest = (self._rest + told).split(b"\n")
        self.lines += [json.loads(line) for line in whole]
        return True

    def hear_lines(self, number: int) -> None:
        """Wait for so many events; fewer when it ends before."""
        deadline = time.monotonic() + PATIENCE_S
        while len(self.lines) < number and not self.over:
            self.hear(1.0)
            assert time.monotonic() < deadline, self.lines[-3:]

    def hear_for(self, seconds: float) -> None:
        """Let so much time go by, or less when it ends before."""
        deadline = time.monotonic() + seconds
        while not self.over and (left := deadline - time.monotonic()) > 0:
            self.hear(left)

    def hear_all(self, quiet_s: float) -> None:
        """Take in what there is, until it tells nothing for so long."""
        while self.hear(quiet_s):
            pass

    def hear_words(self, words: str) -> None:
        """Wait until these words stand on its stderr."""
        assert self.process.stderr is not None
        deadline = time.monotonic() + PATIENCE_S
        while words.encode() not in self._said:
            assert select.select([self.process.stderr], [], [], PATIENCE_S)[0], self._said
            told = os.read(self.process.stderr.fileno(), 1 << 16)
            assert told, self._said
            assert time.monotonic() < deadline, self._said
            self._said += told

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self) -> Ran:
        """How it ended, with all that it told."""
        while not self.over:
            assert self.hear(PATIENCE_S) or self.over, self.lines[-3:]
        _, err = self.process.communicate(timeout=PATIENCE_S)
        with self.out:
            self.out.seek(0)
            return Ran(self.process.returncode, self.out.read().decode(), (self._said + err).decode())

    @property
    def ended(self) -> bool:
        """Whether ``end`` has told."""
        return self.out.closed

    def kill(self) -> Ran:
        """End it without a word."""
        self.process.kill()
        return self.end()

    # ------------------------------------------------------------ what it told

    @property
    def wrote(self) -> tuple[datetime, datetime] | None:
        """From when to when it wrote; None when it had nothing to write."""
        moments = [datetime.fromisoformat(line["at"]) for line in self.lines]
        return (moments[0], moments[-1]) if moments else None

    def outcomes(self) -> dict[str, str]:
        """What became of each step, as told by the events."""
        return {line["step"]: line["outcome"] for line in self.lines if line["event"] == "outcome"}

    @property
    def begun(self) -> set[str]:
        """The steps that it has begun."""
        return {line["step"] for line in self.lines if line["event"] == "intent"}

    @property
    def in_flight(self) -> int:
        """Steps that were begun and have no outcome yet."""
        return len(self.begun - self.outcomes().keys())


def end_all(running: Sequence[Applying]) -> list[Ran]:
    """How each of them ended."""
    return [each.end() for each in running]
