"""The installed program against a served repository, over a socket."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from urllib.parse import urljoin
from uuid import uuid4

import httpx
import pytest

PROGRAM = str(Path(sys.executable).parent / "reconciler")
EXAMPLE = Path(__file__).parents[2] / "catalog-example"
PATIENCE_S = 600.0  # a guard against what hangs; a busy machine may take long
CREDENTIALS = {
    "RECONCILER_ACCESS_TOKEN": "a-token",
    "RECONCILER_API_KEY": "a-key",
    "RECONCILER_ORG_ID": "org@AdobeOrg",
}


@dataclass(frozen=True)
class Ran:
    """How a run of the program ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Served:
    """A repository behind a socket, and its log."""

    url: str
    container: str
    process: subprocess.Popen[bytes]
    log: IO[bytes]
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def requests(self) -> list[dict[str, Any]]:
        """What was asked so far, as logged. A line is written behind its answer, so one more is asked and awaited."""
        mark = str(uuid4())
        httpx.get(urljoin(self.url, "/healthz"), headers={"x-request-id": mark})
        lines: list[dict[str, Any]] = []
        while not any(line["request_id"] == mark for line in lines):
            text = Path(self.log.name).read_text()
            lines = [json.loads(line) for line in text.splitlines(keepends=True) if line[0] == "{" and line[-1] == "\n"]
        return [line for line in lines if line["path"] != "/healthz"]

    @property
    def writes(self) -> list[str]:
        return [request["method"] for request in self.requests if request["method"] != "GET"]

    def client(self) -> httpx.Client:
        """A client of another person, who edits by hand."""
        return httpx.Client(
            base_url=self.url,
            headers={"Authorization": "Bearer editor", "x-api-key": "page", "x-gw-ims-org-id": "org@AdobeOrg"},
        )

    def live(self, schema: str) -> list[dict[str, Any]]:
        """Every instance of one type, the anchor aside."""
        with self.client() as client:
            answer = client.get(
                f"{self.container}/instances",
                params={"schema": f"https://ns.adobe.com/experience/offer-management/{schema}", "limit": "1000"},
            )
        found: list[dict[str, Any]] = answer.json()["_embedded"]["results"]
        return [item for item in found if not item["_instance"]["xdm:name"].startswith("reconciler:")]

    def edit(self, instance: dict[str, Any], operations: Sequence[dict[str, Any]]) -> None:
        """Patch an instance by hand."""
        with self.client() as client:
            answer = client.patch(
                instance["_links"]["self"]["href"].lstrip("/"),
                json=list(operations),
                headers={
                    "Content-Type": "application/vnd.adobe.platform.xcore.patch.hal+json; "
                    f'schema="{instance["schemas"][0]}"'
                },
            )
        assert answer.status_code == 200, answer.text


Serve = Callable[..., Served]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start a repository; options go to ``reconciler serve``."""
    running: list[Served] = []

    def start(*options: str) -> Served:
        log = tempfile.NamedTemporaryFile(prefix="serve-", suffix=".log")  # noqa: SIM115 - closed with the server
        process = subprocess.Popen([PROGRAM, "serve", "--port", "0", *options], stdout=subprocess.PIPE, stderr=log)
        assert process.stdout is not None
        line = json.loads(process.stdout.readline())
        served = Served(line["url"], line["container"], process, log)  # type: ignore[arg-type]
        running.append(served)
        return served

    yield start
    for served in running:
        served.process.terminate()
        served.process.wait(PATIENCE_S)
        assert served.process.stdout is not None
        served.process.stdout.close()
        served.log.close()


@pytest.fixture
def server(serve: Serve) -> Served:
    """A repository in memory."""
    return serve()


@dataclass(frozen=True)
class Workplace:
    """A folder with a catalogue of which every file can be edited."""

    folder: Path
    name: str = "cat"

    @property
    def root(self) -> Path:
        return self.folder / self.name

    def run(self, *arguments: str, **variables: str) -> Ran:
        environ = {name: value for name, value in os.environ.items() if not name.startswith("RECONCILER_")}
        done = subprocess.run(
            [PROGRAM, *arguments],
            cwd=self.folder,
            env={**environ, **CREDENTIALS, **variables},
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def replace(self, file: str, old: str, new: str) -> None:
        """Edit one file; the old text must be there."""
        path = self.root / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))

    def point_to(self, server: Served) -> None:
        """Let the catalogue live in a served repository."""
        (self.root / "catalog.yaml").write_text(
            "catalog: skyline-air\n"
            "environments:\n"
            f"  test: {{repository: '{server.url}', container: {server.container}}}\n"
        )


@pytest.fixture
def example(tmp_path: Path, server: Served) -> Workplace:
    """A copy of the example catalogue that lives in the served repository."""
    workplace = Workplace(tmp_path)
    shutil.copytree(EXAMPLE, workplace.root, ignore=shutil.ignore_patterns(".reconciler"))
    workplace.point_to(server)
    return workplace


@pytest.fixture
def embedded(tmp_path: Path) -> Workplace:
    """A copy of the example catalogue as it is: on the embedded repository."""
    workplace = Workplace(tmp_path)
    shutil.copytree(EXAMPLE, workplace.root, ignore=shutil.ignore_patterns(".reconciler"))
    return workplace
