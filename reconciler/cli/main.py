"""The program: its commands, and the one place where every ending becomes an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module

import click

from reconciler.cli.commands import COMMANDS
from reconciler.cli.ending import FINE, Ending, Exit
from reconciler.model.errors import ReconcilerError
from reconciler.version import __version__

_BESIDE = 6  # columns around the name of a command, as click counts them


class Commands(Mapping[str, click.Command]):
    """The commands in the order in which one meets them, each imported when it is asked for."""

    def __getitem__(self, name: str) -> click.Command:
        module = COMMANDS[name].module
        command: click.Command = getattr(import_module(f"reconciler.cli.commands.{module}"), module)
        return command

    def __contains__(self, name: object) -> bool:
        return name in COMMANDS

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


class InOrder(click.Group):
    """Lists the commands in their order, from what the registry says of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click gives it
        """The names, as they stand in the registry."""
        return list(self.commands)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - the same
        """The names, each with the first line of its help."""
        limit = formatter.width - _BESIDE - max(map(len, COMMANDS))
        with formatter.section("Commands"):
            formatter.write_dl(
                [
                    (name, click.Command(name, help=each.help).get_short_help_str(limit))
                    for name, each in COMMANDS.items()
                ]
            )


@click.group(cls=InOrder, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="reconciler")
def cli() -> None:
    """Keep an offer catalogue in Git, and make the live repository match it."""


cli.commands = Commands()  # type: ignore[assignment]  # nothing is ever added


def run(arguments: Sequence[str] | None = None) -> None:
    """Run the program and leave the process with its exit code."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed by whoever started us
            from pathlib import Path

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
        from reconciler.cli.command import sentence

        click.echo(sentence(error), err=True)
        return Ending(Exit.ERROR, "an error, told above")
    except (click.Abort, KeyboardInterrupt):
        return Ending(Exit.INTERRUPTED, "interrupted")
    except Exception as error:  # noqa: BLE001 - as in ``command``, for what is no product
        from reconciler.cli.command import defect

        return defect(error).ending
    return ending if isinstance(ending, Ending) else FINE
