"""The program: its commands, and the one place where every ending becomes an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from reconciler.cli.command import sentence
from reconciler.cli.commands.apply import apply
from reconciler.cli.commands.drift import drift
from reconciler.cli.commands.graph import graph
from reconciler.cli.commands.plan import plan
from reconciler.cli.commands.serve import serve
from reconciler.cli.commands.validate import validate
from reconciler.cli.ending import FINE, Ending, Exit
from reconciler.model.errors import ReconcilerError
from reconciler.version import __version__


class InOrder(click.Group):
    """Lists the commands in the order in which one meets them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click gives it
        """The names, as they were added."""
        return list(self.commands)


@click.group(cls=InOrder, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="reconciler")
def cli() -> None:
    """Keep an offer catalogue in Git, and make the live repository match it."""


for _command in (validate, plan, apply, drift, graph, serve):
    cli.add_command(_command)


def run(arguments: Sequence[str] | None = None) -> None:
    """Run the program and leave the process with its exit code."""
    sys.exit(main(arguments))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; returns the exit code. The last line on stderr says what a code other than 0 means."""
    ending = _ended(arguments)
    if ending.code:
        click.echo(f"reconciler: exit {int(ending.code)}: {ending.meaning}", err=True)
    return int(ending.code)


def _ended(arguments: Sequence[str] | None) -> Ending:
    try:
        ending = cli.main(
            args=None if arguments is None else list(arguments),
            prog_name="reconciler",
            standalone_mode=False,
            auto_envvar_prefix="RECONCILER",
        )
    except click.UsageError as error:
        error.show()
        return Ending(Exit.USAGE, "wrong usage")
    except click.ClickException as error:
        error.show()
        return Ending(Exit.ERROR, "an error, told above")
    except ReconcilerError as error:
        click.echo(sentence(error), err=True)
        return Ending(Exit.ERROR, "an error, told above")
    except (click.Abort, KeyboardInterrupt):
        return Ending(Exit.INTERRUPTED, "interrupted")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nobody reads on; that is no error of ours
        return FINE
    except Exception as error:  # noqa: BLE001 - the last line of defence: no traceback reaches a user
        return _unexpected(error)
    return ending if isinstance(ending, Ending) else FINE


def _unexpected(error: Exception) -> Ending:
    if os.environ.get("RECONCILER_DEBUG"):
        raise error
    where = error.__traceback__
    while where is not None and where.tb_next is not None:
        where = where.tb_next
    place = f" at {where.tb_frame.f_globals.get('__name__')}:{where.tb_lineno}" if where else ""
    click.echo(f"Error: this is a defect of reconciler {__version__}: {type(error).__name__}{place}", err=True)
    click.echo("  -> Please report it, with what RECONCILER_DEBUG=1 prints.", err=True)
    return Ending(Exit.ERROR, "a defect of the program")
