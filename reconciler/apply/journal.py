"""What a run did, as lines of JSON: intent before each write, outcome after it. No payloads, no secrets."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from reconciler.apply.events import Ended, Event, Finished, Started
from reconciler.apply.outcomes import outcome_fields
from reconciler.model.instant import spell_instant

FOLDER = "journal"


@dataclass(slots=True)
class EventLog:
    """One file of lines; a line is on its way to the disk before the write that it announces is sent.

    A file that cannot be written never stops a run: ``trouble`` is told once, and the rest is left out.
    """

    path: Path
    run: str
    now: Callable[[], datetime]
    trouble: Callable[[str], None]
    _descriptor: int | None = field(default=None, init=False)
    _broken: bool = field(default=False, init=False)

    def hear(self, event: Event) -> None:
        """Write down one event of the engine."""
        match event:
            case Started(step):
                self.write("intent", {"step": step.id, "remote_id": step.remote_id})
            case Finished(step, outcome):
                self.write("outcome", {"step": step.id, **outcome_fields(outcome)})
            case Ended(interrupted, complete):
                self.write("ended", {"interrupted": interrupted, "complete": complete})

    def write(self, event: str, told: Mapping[str, Any]) -> None:
        """Write one line."""
        if self._broken:
            return
        line = {"at": spell_instant(self.now()), "run": self.run, "event": event, **told}
        try:
            if self._descriptor is None:
                flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
                self._descriptor = os.open(self.path, flags, 0o600)
            os.write(self._descriptor, json.dumps(line, ensure_ascii=True).encode() + b"\n")
        except OSError as error:
            self._broken = True
            self.trouble(f"{self.path} cannot be written: {error.strerror}; going on without it.")

    def close(self) -> None:
        """Have everything on the disk."""
        if self._descriptor is not None:
            with suppress(OSError):  # a pipe, or a file system that knows no better
                os.fsync(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = None
