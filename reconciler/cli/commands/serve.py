"""``serve``: the embedded repository over HTTP."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from reconciler.cli.command import folder_option
from reconciler.cli.ending import FINE, Ending


@click.command()
@folder_option
@click.option(
    "--db", default=":memory:", show_default=True, metavar="FILE", help="Keep everything in this SQLite file."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0 takes a free one.")
@click.option("--container", metavar="ID", help="The container's id; by default the file's, else a new one.")
@click.option("--sandbox", default="prod", show_default=True, metavar="NAME", help="The container's sandbox.")
@click.option(
    "--schema",
    "schemas",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The JSON Schema 2020-12 of a further type; its $id names it.",
)
@click.option("--fault", "faults", multiple=True, metavar="SPEC", help="A fault on purpose; see above.")
@click.option("--token", help="The only access token let in.")
@click.option("--api-key", help="The only API key let in.")
@click.option("--org", help="The only organisation let in.")
def serve(
    folder: Path,
    db: str,
    host: str,
    port: int,
    container: str | None,
    sandbox: str,
    schemas: tuple[Path, ...],
    faults: tuple[str, ...],
    token: str | None,
    api_key: str | None,
    org: str | None,
) -> Ending:
    """Run the embedded repository over HTTP.

    For tests, demos and shared staging. Any non-empty credentials are let in, unless the options say which.

    Faults, for tests: latency=50ms, 429=0.1, 500=0.1, drop-before=0.05, drop-after=0.05, truncate-list=0.1 (shares of
    the requests), slow-delete=3 (polls), stale-list=2s; each narrowed by ";ops=POST,PATCH". seed=7 chooses the dice.
    /healthz counts them, and /openapi.json describes the API.

    The first line on stdout is JSON with its address and container; the log goes to stderr, a line for each request.
    """
    from reconciler.emulator.app import Emulator
    from reconciler.emulator.faults import parse_faults
    from reconciler.emulator.gateway import Accepted
    from reconciler.emulator.registry import read_documents
    from reconciler.emulator.server import serve as run

    os.chdir(folder)
    if db == ":memory:":
        click.echo("Keeping everything in memory; --db FILE keeps it on disk.", err=True)
    emulator = Emulator.open(
        db,
        sandbox=sandbox,
        container=container,
        faults=parse_faults(faults),
        schemas=read_documents(schemas),
        accepted=Accepted(token, api_key, org),
    )
    run(emulator, host=host, port=port, out=sys.stdout, log=sys.stderr)
    return FINE
