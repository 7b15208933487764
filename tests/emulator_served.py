"""The emulator in processes of its own, behind sockets of this host."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx

from tests.emulator_support import CREDENTIALS, NS, XCORE

TAG = {**CREDENTIALS, "content-type": f'{XCORE}hal+json; schema="{NS}tag"'}
PROGRAM = """
import sys
from reconciler.emulator.app import Emulator
from reconciler.emulator.faults import parse_faults
from reconciler.emulator.server import serve
emulator = Emulator.open(sys.argv[1], faults=parse_faults(sys.argv[2:]))
serve(emulator, host="127.0.0.1", port=0, out=sys.stdout, log=sys.stderr)
"""

Result = TypeVar("Result")


def tag(name: str) -> str:
    return json.dumps({"_instance": {"xdm:name": name}, "_links": {}})


@dataclass
class Served:
    """A server in a process of its own."""

    process: subprocess.Popen[str]
    url: str
    container: str

    def stop(self, number: int) -> tuple[int, list[dict[str, Any]]]:
        """Exit code and log lines after a signal."""
        self.process.send_signal(number)
        _, log = self.process.communicate(timeout=600)
        return self.process.returncode, [json.loads(line) for line in log.splitlines()]


@contextmanager
def served(path: Path, *faults: str, program: str = PROGRAM) -> Iterator[Served]:
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(path), *faults], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with process:
        try:
            assert process.stdout is not None
            greeting = json.loads(process.stdout.readline())
            yield Served(process, greeting["url"], greeting["container"])
        finally:
            process.kill()


@contextmanager
def servers(path: Path, count: int) -> Iterator[tuple[Sequence[httpx.Client], str]]:
    """Clients of so many servers on one file, and the container that all serve."""
    with ExitStack() as stack:
        each = [stack.enter_context(served(path)) for _ in range(count)]
        limits = httpx.Limits(max_connections=100)
        clients = [httpx.Client(base_url=one.url, headers=TAG, limits=limits, timeout=600) for one in each]
        yield [stack.enter_context(client) for client in clients], each[0].container


def in_parallel(call: Callable[[int], Result], count: int) -> list[Result]:
    """What the calls give that so many threads make at once, each with its number."""
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(call, range(count)))
