"""The program: its commands, and the one place where every ending becomes an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from reconciler.cli.command import defect, sentence
from reconciler.cli.commands.apply import apply
from reconciler.cli.commands.decide import decide
from reconciler.cli.commands.destroy import destroy
from reconciler.cli.commands.drift import drift
from reconciler.cli.commands.eval_ import eval_
from reconciler.cli.commands.graph import graph
from reconciler.cli.commands.impact import impact
from reconciler.cli.commands.import_ import import_
from reconciler.cli.commands.init import init
from reconciler.cli.commands.list_ import list_
from reconciler.cli.commands.plan import plan
from reconciler.cli.commands.pull import pull
from reconciler.cli.commands.serve import serve
from reconciler.cli.commands.show import show
from reconciler.cli.commands.snapshot import snapshot
from reconciler.cli.commands.test import test
from reconciler.cli.commands.unlock import unlock
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


for _command in (
    init,
    validate,
    plan,
    show,
    apply,
    drift,
    pull,
    import_,
    list_,
    destroy,
    unlock,
    graph,
    eval_,
    decide,
    test,
    impact,
    serve,
    snapshot,
):
    cli.add_command(_command)


def run(arguments: Sequence[str] | None = None) -> None:
    """Run the program and leave the process with its exit code."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed by whoever started us
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - open to the end
    sys.exit(main(arguments))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; returns the exit code. The last line on stderr says what a code other than 0 means."""
    ending = _ended(arguments)
    if ending.code:
        click.echo(f"reconciler: exit {int(ending.code)}: {ending.meaning}", err=True)
    return int(ending.code)


def _ended(arguments: Sequence[str] | None) -> Ending:
    try:
        words = list(sys.argv[1:] if arguments is None else arguments)
        ending = cli.main(
            words, prog_name="reconciler", standalone_mode=False, auto_envvar_prefix="RECONCILER", obj=words
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
    except Exception as error:  # noqa: BLE001 - as in ``command``, for what is no product
        return defect(error).ending
    return ending if isinstance(ending, Ending) else FINE
