"""``init``: a small working catalogue to begin with."""

from __future__ import annotations

import json
import re
from pathlib import Path
from uuid import uuid4

import click

from reconciler.cli.command import folder_option, makes_product, output_options
from reconciler.cli.ending import Product
from reconciler.cli.screen import Screen
from reconciler.model.errors import ReconcilerError

STARTER = Path(__file__).parent.parent / "starter"
HIDDEN = {"gitignore": ".gitignore", "pre-commit-config.yaml": ".pre-commit-config.yaml"}
WORKFLOWS = "workflows/"
SHOWN = 3
_SAFE_ADDRESS = re.compile(r"git\+https://[A-Za-z0-9.-]+(:\d+)?/[\w./~-]+@[0-9a-f]{40,64}", re.ASCII)  # no credentials


@click.command()
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@folder_option
@output_options("text", "json")
@makes_product
def init(screen: Screen, directory: Path) -> Product:  # noqa: ARG001 - every product has a screen
    """Make a small working catalogue in DIR.

    One entity of each kind, workflows for GitHub (plan on pull requests, apply on main, drift every night), a
    pre-commit hook. Writes over nothing that is there.
    """
    from reconciler.catalogue.writer import write_texts
    from reconciler.model.edits import FileText

    texts = [FileText(path, None, text) for path, text in sorted(starter(directory.resolve().name).items())]
    there = [text.path for text in texts if (directory / text.path).exists() or (directory / text.path).is_symlink()]
    if there:
        more = f" and {len(there) - SHOWN} more of its files" if len(there) > SHOWN else ""
        raise ReconcilerError(
            f"{directory} has {', '.join(there[:SHOWN])}{more} already",
            remedy="Name an empty folder, or move these files away.",
        )
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ReconcilerError(f"{directory} cannot be made: {error.strerror}", remedy="Name another folder.") from error
    write_texts(directory, texts)
    paths = [text.path for text in texts]
    listed = "\n".join(f"+ {directory / path}" for path in paths)
    then = f"Next:\n    reconciler apply {directory}\n    git -C {directory} init && git -C {directory} add ."
    return Product(f"{listed}\n\n{then}", {"directory": str(directory), "files": paths})


def starter(folder: str) -> dict[str, bytes]:
    """The files of a new catalogue in a folder of this name, by path."""
    name = re.sub(r"[^a-z0-9]+", "-", folder.lower()).strip("-")[:63].rstrip("-") or "my-catalogue"
    words = {"CATALOG_NAME": name, "CATALOG_UID": uuid4().hex, "INSTALLED_FROM": installed_from()}
    found: dict[str, bytes] = {}
    for file in sorted(STARTER.rglob("*")):
        if file.is_file():
            path = file.relative_to(STARTER).as_posix()
            path = f".github/{path}" if path.startswith(WORKFLOWS) else HIDDEN.get(path, path)
            text = file.read_text(encoding="utf-8")
            for word, told in words.items():
                text = text.replace(word, told)
            found[path] = text.encode()
    return found


def installed_from() -> str:
    """What pip installs this very program from: the Git address and commit it came from; empty where that is unknown.

    A name alone is no answer: whoever owns it in a package index would run beside the credentials.
    Source: PEP 610, direct_url.json.
    """
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        told = json.loads(distribution("reconciler").read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, ValueError):
        return ""
    commit = told.get("vcs_info", {}).get("commit_id", "")
    found = f"git+{told.get('url')}@{commit}"
    return found if _SAFE_ADDRESS.fullmatch(found) else ""
