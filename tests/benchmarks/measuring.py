"""Processes that are measured: what they spent until they ended, or what they have spent so far."""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Environ = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Spent:
    """What a process took, its children included. peak_mb: of the largest of them."""

    cpu_s: float
    wall_s: float
    peak_mb: float
    out: str


class Failed(Exception):
    """A process that is measured did not do what it is measured for."""


def run(command: Sequence[str], *, environ: Environ | None = None, codes: frozenset[int] = frozenset({0})) -> Spent:
    """Run a program to its end. Raises ``Failed`` for an exit code that is not expected."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=out, stderr=err, env={**os.environ, **(environ or {})})
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if process.returncode not in codes:
            told = (out.read()[-1000:] + err.read()[-2000:]).decode("utf-8", "replace")
            raise Failed(f"{' '.join(command)} ended {process.returncode}: {told}")
        text = out.read().decode()
    return Spent(usage.ru_utime + usage.ru_stime, wall_s, usage.ru_maxrss / 1024, text)


def cpu_so_far_s(process_id: int) -> float:
    """User and system time of a process that runs; its CPU clock, as ``clock_getcpuclockid`` names it on Linux."""
    return time.clock_gettime((~process_id << 3) | 2)


def median(times: int, measure: Callable[[], float]) -> float:
    """The median of so many measurements."""
    return statistics.median(measure() for _ in range(times))
