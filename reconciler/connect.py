"""An environment -> an open repository: the client over the network, or the embedded repository in this process."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from reconciler.model.errors import ReconcilerError
from reconciler.model.settings import Environment

if TYPE_CHECKING:
    from reconciler.emulator.asgi import AsgiApp
    from reconciler.repository.client import RepositoryReader, RepositoryWriter
    from reconciler.repository.connection import Connection
    from reconciler.repository.port import Pause

EMBEDDED_URL = "http://localhost/data/core/xcore/"
STATE_FOLDER = ".reconciler"
DATABASE = "local.db"
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where to connect, and on whose behalf.

    root: the catalogue's folder, for an embedded repository.   environ: credentials, proxies and certificates.
    notice: told when the repository makes us wait.
    """

    environment: Environment
    root: Path
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    parallelism: int = 10
    notice: Callable[[Pause], None] | None = None


@asynccontextmanager
async def open_for_reading(place: Place) -> AsyncIterator[RepositoryReader]:
    """A reader. Makes no file: an embedded repository that is not there yet reads as empty.

    Raises ``ReconcilerError`` for an address, a variable or a credential that is missing.
    """
    from reconciler.repository.client import open_reader

    with _reached(place, write=False) as (settings, app):
        async with open_reader(settings, app=app, environ=place.environ, notice=place.notice) as reader:
            await _check_container(reader, settings)
            yield reader


@asynccontextmanager
async def open_for_writing(place: Place) -> AsyncIterator[RepositoryWriter]:
    """A writer; an embedded repository is made when it is not there."""
    from reconciler.repository.client import open_writer

    with _reached(place, write=True) as (settings, app):
        async with open_writer(settings, app=app, environ=place.environ, notice=place.notice) as writer:
            await _check_container(writer, settings)
            yield writer


async def _check_container(door: RepositoryReader, settings: Connection) -> None:
    """Know the container before anything is asked of it; a wrong one is told with those that there are."""
    if settings.container is None:
        await door.resolve_container()
        return
    there = await door.containers()
    if all(found.container_id != settings.container for found in there):
        names = ", ".join(f"{found.container_id} ({found.name})" for found in there) or "none"
        raise ReconcilerError(
            f"the sandbox {settings.sandbox} has no container {settings.container}; it has: {names}",
            remedy="Correct `container` or `sandbox` of the environment in catalog.yaml.",
        )


@contextmanager
def _reached(place: Place, *, write: bool) -> Iterator[tuple[Connection, AsgiApp | None]]:
    """The settings of the client, and the embedded repository where the environment has one."""
    if not place.environment.embedded:
        yield _network(place), None
        return
    from reconciler.emulator.app import Access, Emulator
    from reconciler.emulator.asgi import asgi_app

    path = place.root / STATE_FOLDER / DATABASE
    there = path.exists()
    if write:
        state_folder(place.root)
    environment = place.environment
    with Emulator.open(
        path if there or write else ":memory:",
        sandbox=environment.sandbox,
        container=environment.container or (None if there else _first_container(environment)),
        access=Access.WRITE if write else Access.READ,
    ) as emulator:
        yield _embedded(place), asgi_app(emulator)


def _first_container(environment: Environment) -> str:
    """The id of a container not made yet: always the same, so that a plan for an empty repository is too."""
    return str(uuid5(NAMESPACE_URL, f"urn:reconciler:embedded:{environment.sandbox}"))


def _embedded(place: Place) -> Connection:
    from reconciler.repository.auth import FixedToken, Secret
    from reconciler.repository.connection import Connection

    return Connection(
        EMBEDDED_URL,
        place.environment.sandbox,
        org="embedded",
        api_key="embedded",
        token=FixedToken(Secret("embedded")),
        container=place.environment.container,
        parallelism=place.parallelism,
    )


def _network(place: Place) -> Connection:
    from reconciler.repository.auth import credentials_from
    from reconciler.repository.connection import Connection

    credentials = credentials_from(place.environ)
    environment = place.environment
    return Connection(
        _expand(environment.repository, place.environ),
        _expand(environment.sandbox, place.environ),
        org=credentials.org,
        api_key=credentials.api_key,
        token=credentials.token,
        container=_expand(environment.container, place.environ) if environment.container else None,
        parallelism=place.parallelism,
    )


def _expand(text: str, environ: Mapping[str, str]) -> str:
    """The text with each ``${NAME}`` replaced from the process environment."""

    def value(match: re.Match[str]) -> str:
        found = environ.get(match[1])
        if not found:
            raise ReconcilerError(
                f"catalog.yaml asks for the variable {match[1]}, which is not set", remedy=f"Set {match[1]}."
            )
        return found

    return _VARIABLE.sub(value, text)


def state_folder(root: Path) -> Path:
    """The folder for what is this machine's alone: closed to others, invisible to Git."""
    folder = root / STATE_FOLDER
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        ignore = folder / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n")
    except OSError as error:
        raise ReconcilerError(
            f"{folder} cannot be made: {error.strerror}", remedy="Make the catalogue's folder writable."
        ) from error
    return folder
