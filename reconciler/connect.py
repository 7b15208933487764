"""An environment -> an open repository: the client over the network, or the embedded repository in this process."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from reconciler.model.catalogue import Catalogue
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
        environment.repository,
        environment.sandbox,
        org=credentials.org,
        api_key=credentials.api_key,
        token=credentials.token,
        container=environment.container,
        parallelism=place.parallelism,
    )


def expand(catalogue: Catalogue, environ: Mapping[str, str] = os.environ) -> Catalogue:
    """The catalogue with each ``${NAME}`` of its environment replaced from the process environment.

    Raises ``ReconcilerError`` naming every variable that is not set.
    """
    environment = catalogue.target
    texts = {name: getattr(environment, name) for name in ("repository", "container", "sandbox")}
    wanted = {name for text in texts.values() for name in _VARIABLE.findall(text or "")}
    missing = sorted(name for name in wanted if not environ.get(name))
    if missing:
        raise ReconcilerError(
            f"catalog.yaml asks for what is not set in the environment: {', '.join(missing)}",
            remedy=f"Set {', '.join(missing)}.",
        )
    told = {name: text and _VARIABLE.sub(lambda match: environ[match[1]], text) for name, text in texts.items()}
    environments = {**catalogue.settings.environments, catalogue.environment: environment.model_copy(update=told)}
    return replace(catalogue, settings=catalogue.settings.model_copy(update={"environments": environments}))


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
