"""Where words go: the product to stdout or a file, everything else to stderr."""

from __future__ import annotations

import os
import shutil
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from reconciler.model.errors import ReconcilerError

WIDTHS = (60, 120)
PATIENCE_S = 2.0  # before a progress bar appears


@dataclass(slots=True)
class Screen:
    """What the user asked for about output. format: ``text``, ``json`` or another that the command knows."""

    format: str = "text"
    output: Path | None = None
    quiet: bool = False
    no_color: bool = False
    target: str = field(default="", init=False)  # the line that says what the run is about, once that is known
    about: dict[str, Any] = field(default_factory=dict, init=False)  # the same for a document
    shown: bool = field(default=False, init=False)  # whether any of the product was printed
    _begun: bool = field(default=False, init=False)

    @property
    def json(self) -> bool:
        """Whether the product is one JSON document."""
        return self.format == "json"

    @property
    def width(self) -> int:
        """Columns for text: those of the terminal within reason, 80 where there is none."""
        if self.output is not None or not sys.stdout.isatty():
            return 80
        return min(max(shutil.get_terminal_size().columns, WIDTHS[0]), WIDTHS[1])

    def paint(self, text: str, colour: str) -> str:
        """Text in a colour, where colours are wanted. Source: NO_COLOR (no-color.org), FORCE_COLOR."""
        if not self._colours:
            return text
        return click.style(text, dim=True) if colour == "dim" else click.style(text, fg=colour)

    @property
    def _colours(self) -> bool:
        if self.no_color or os.environ.get("NO_COLOR") or self.output is not None:
            return False
        return bool(os.environ.get("FORCE_COLOR")) or sys.stdout.isatty()

    def show(self, text: str) -> None:
        """Print a piece of the product. A reader that has gone away does not change how the run ends."""
        if not text:
            return
        self.shown = True
        if self.output is not None:
            self._store(text)
            return
        try:
            click.echo(text, color=True)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except OSError as error:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise ReconcilerError(
                f"the output cannot be written: {error.strerror}", remedy="Make room, or write it elsewhere."
            ) from error

    def _store(self, text: str) -> None:
        assert self.output is not None  # noqa: S101 - asked by show
        try:
            with self.output.open("a" if self._begun else "w", encoding="utf-8") as file:
                file.write(text + "\n")
        except OSError as error:
            raise ReconcilerError(
                f"{self.output} cannot be written: {error.strerror}", remedy="Make room, or name another file."
            ) from error
        self._begun = True

    def say(self, text: str) -> None:
        """Tell something that is not the product."""
        if not self.quiet:
            click.echo(text, err=True)

    def say_on_terminal(self, text: str) -> None:
        """Tell what is going on, where a person watches."""
        if sys.stderr.isatty():
            self.say(text)

    def begin(self) -> None:
        """Make sure that the output file can be written before any work is done; its content stays until then."""
        if self.output is None:
            return
        if self.output.suffix in {".yaml", ".yml"}:
            raise click.BadParameter(f"{self.output} is a YAML file, which no product is", param_hint="--output")
        try:
            self.output.open("a").close()
        except OSError as error:
            raise click.BadParameter(
                f"{self.output} cannot be written: {error.strerror}", param_hint="--output"
            ) from error


class Progress:
    """A bar on stderr for work that takes longer than a moment; silent where nobody watches."""

    def __init__(self, screen: Screen, total: int, label: str) -> None:
        self._total, self._label = total, label
        self._wanted = sys.stderr.isatty() and not screen.quiet and total > 1
        self._started = time.monotonic()
        self._done = 0
        self._bar: Any = None

    def advance(self) -> None:
        """One more piece is done."""
        self._done += 1
        if not self._wanted:
            return
        if self._bar is None:
            if time.monotonic() - self._started < PATIENCE_S:
                return
            self._bar = click.progressbar(length=self._total, label=self._label, file=sys.stderr)
            self._bar.update(self._done)
            return
        self._bar.update(1)

    def finish(self) -> None:
        """Leave the line of the bar."""
        if self._bar is not None:
            self._bar.render_finish()
