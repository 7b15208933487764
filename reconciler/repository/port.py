"""What the other rooms see of a repository: instances, pages, receipts, and two doors, Reader and Writer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from datetime import datetime

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


@dataclass(frozen=True, slots=True)
class Instance:
    """One stored instance as it was read.

    uri: the instance's ``@id``, ``""`` if its schema has none.   schemas: ids with their versions.
    etag: the revision, opaque and unquoted.   address: where to send writes; absolute, never ``""``.
    created, modified: as sent, RFC 3339.   links: the custom HAL links, without ``self``.
    """

    instance_id: str
    uri: str
    schemas: tuple[str, ...]
    etag: str
    address: str
    created: str
    modified: str
    created_by: str | None
    modified_by: str | None
    properties: Mapping[str, Any]
    links: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a listing; ``total`` counts from this page on, so a last page has ``total == count``.

    Source: clauses E5, E6. A page with ``count < total`` and no next one is an incomplete read.
    """

    items: tuple[Instance, ...]
    total: int
    count: int
    has_next: bool


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the repository says of a write it carried out: the new revision, and where the instance lives."""

    instance_id: str
    uri: str
    etag: str
    address: str
    modified: str


@dataclass(frozen=True, slots=True)
class Referrer:
    """Who still points to an instance that was to be deleted, and by which property."""

    uri: str
    schema: str
    property: str


@dataclass(frozen=True, slots=True)
class Deleted:
    """The instance is gone, by this call or before it."""


@dataclass(frozen=True, slots=True)
class DeleteRejected:
    """The instance stays as it was. ``reason`` is the repository's word (``status``, ``etag``), if it gave one."""

    referrers: tuple[Referrer, ...]
    reason: str | None


DeleteOutcome = Deleted | DeleteRejected


@dataclass(frozen=True, slots=True)
class Container:
    """A container of the sandbox that these credentials may see."""

    container_id: str
    name: str
    product_contexts: tuple[str, ...]


class Match(Enum):
    """How many of the search terms an instance must hold."""

    ANY = "or"
    ALL = "and"


@dataclass(frozen=True, slots=True)
class Pause:
    """The client waits before it asks again; ``status`` is None when there was no answer at all.

    A scheduler that hears of 429 or 503 here should send less at once.
    """

    method: str
    path: str
    status: int | None
    seconds: float


Permit = Callable[[], Awaitable[bool]]


async def always() -> bool:
    """The permit of a writer that nobody holds back."""
    return True


class Reader(Protocol):
    """Reads one container. Every method may raise ``RepositoryError``."""

    @property
    def container(self) -> str:
        """The id of the container."""
        ...

    async def containers(self) -> tuple[Container, ...]:
        """All containers of the sandbox that the credentials may see, from the home document."""
        ...

    def pages(
        self, schema: str, *, limit: int = 500, properties: Sequence[str] = (), ids: Sequence[str] = ()
    ) -> AsyncIterator[Page]:
        """Every instance of a schema, page by page, in the order of instance ids.

        limit: a hint, 1..1000.   properties: conditions such as ``_instance.xdm:status==approved``, all of
        which must hold.   ids: URIs, any of which; none means no condition. Of more than 100 each hundred is a
        listing of its own, with its own total and its own last page.
        """
        ...

    def search(
        self,
        schema: str,
        terms: str,
        *,
        fields: Sequence[str] = (),
        match: Match = Match.ANY,
        limit: int = 500,
    ) -> AsyncIterator[Page]:
        """Instances that hold the words, best first; ``terms`` is the query text with its own escapes."""
        ...

    async def lookup(self, address: str, schema: str, *, known: Instance | None = None) -> Instance | None:
        """The instance as it stands, None if there is none; ``known`` itself if that is still current."""
        ...

    def server_time(self) -> datetime:
        """What time it is for the repository, aware: by its last answer, else by our own clock."""
        ...

    def address_of(self, instance_id: str) -> str:
        """The address built from the id: the last resort when neither Location nor ``self`` is known."""
        ...


class Writer(Reader, Protocol):
    """Reads and writes one container."""

    def permitted(self, permit: Permit) -> Writer:
        """The same line, on which nothing is written unless the permit is given: it is asked before each attempt, the
        repeated ones too. Without it a call raises ``NotPermitted``.
        """
        ...

    async def create(self, schema: str, properties: Mapping[str, Any], links: Mapping[str, Any]) -> Receipt:
        """Store a new instance. Never repeated once the repository may have heard it.

        Raises ``NameTaken``; and errors with ``maybe_carried_out`` set when the answer was lost.
        """
        ...

    async def replace(
        self,
        address: str,
        schema: str,
        properties: Mapping[str, Any],
        links: Mapping[str, Any],
        *,
        if_match: str | None,
    ) -> Receipt:
        """Put these properties and links in the place of the stored ones."""
        ...

    async def patch(
        self, address: str, schema: str, operations: Sequence[Mapping[str, Any]], *, if_match: str
    ) -> Receipt:
        """Apply a JSON Patch, all of it or nothing, to the revision ``if_match``.

        Raises ``Stale`` if that is not the current one; with ``maybe_carried_out`` set, perhaps because an
        earlier attempt of this very call was carried out and its answer was lost.
        """
        ...

    async def delete(self, address: str, *, if_match: str | None) -> DeleteOutcome:
        """Delete and wait for the verdict. Raises ``Undecided`` if there was none in time."""
        ...
