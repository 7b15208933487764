"""``snapshot``: the content of an embedded repository, out of its file and into another."""

from __future__ import annotations

import os
from pathlib import Path

import click

from reconciler.cli.command import folder_option
from reconciler.cli.ending import FINE, Ending

_file = click.Path(path_type=Path, dir_okay=False, allow_dash=True)


@click.command()
@folder_option
@click.option(
    "--db", required=True, type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="The SQLite file."
)
@click.option("--out", type=_file, metavar="FILE", help="Write its content there; - is stdout.")
@click.option("--load", type=_file, metavar="FILE", help="Fill it, an empty or new file, from there; - is stdin.")
@click.option(
    "--schema",
    "schemas",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="With --load: the JSON Schema of a further type.",
)
def snapshot(folder: Path, db: Path, out: Path | None, load: Path | None, schemas: tuple[Path, ...]) -> Ending:
    """Move the content of an embedded repository.

    A snapshot has one JSON document a line: a header, then containers, then instances. It is read all or not at all.
    """
    from reconciler.emulator.moving import dump_file, load_file

    os.chdir(folder)
    if (out is None) is (load is None):
        raise click.UsageError("give one of --out and --load")
    if out is not None:
        moved = dump_file(db, out)
        click.echo(f"Wrote {moved.containers} containers and {moved.instances} instances.", err=True)
    elif load is not None:
        moved = load_file(db, load, schemas)
        click.echo(f"Loaded {moved.containers} containers and {moved.instances} instances.", err=True)
    return FINE
