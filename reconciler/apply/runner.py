"""This process, as a lease names it, and whether the process of another lease is gone."""

from __future__ import annotations

import getpass
import os
import socket
import subprocess
import uuid
from pathlib import Path

from reconciler.apply.lease import Runner

_BOOT = Path("/proc/sys/kernel/random/boot_id")


def this_runner(roots: frozenset[str], *, local: bool) -> Runner:
    """Who is running here, with a new run id. local: the repository is this host's alone, so that a process that is
    gone from here is gone.
    """
    process = f"{_host()} {os.getpid()} {_started(os.getpid())}"
    return Runner(uuid.uuid4().hex, f"{_user()}@{socket.gethostname()}", process, roots, is_gone if local else _unknown)


def is_gone(process: str) -> bool:
    """Whether a process of this host, as its lease named it, runs no more. False where that cannot be told."""
    host, _, rest = process.partition(" ")
    pid, _, started = rest.partition(" ")
    if host != _host() or not pid.isdecimal() or not started:
        return False
    return _started(int(pid)) != started


def _unknown(_process: str) -> bool:
    return False


def _host() -> str:
    """This host since it was started, and the space that its process ids are counted in."""
    try:
        return f"{_BOOT.read_text().strip()}.{Path('/proc/self/ns/pid').stat().st_ino}"
    except OSError:
        return socket.gethostname()


def _started(pid: int) -> str:
    """When a process was started, in the system's own spelling; empty when there is none."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        if Path("/proc/self/stat").exists():
            return ""
    except OSError:
        return ""
    else:
        return "" if words[0] in {"Z", "X"} else words[19]
    told = subprocess.run(  # noqa: S603 - fixed program, a number
        ["ps", "-o", "lstart=", "-p", str(pid)],  # noqa: S607 - ps is found where the system has it
        capture_output=True,
        text=True,
        check=False,
    )
    return " ".join(told.stdout.split()).replace(" ", "_")


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "somebody"
