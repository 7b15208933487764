"""The repository over HTTP: a reader that cannot write, and a writer."""

from __future__ import annotations

import asyncio
import os
import uuid
from typing import TYPE_CHECKING, Any, Self

from reconciler.repository import wire
from reconciler.repository.addresses import with_query
from reconciler.repository.deletion import Deletion
from reconciler.repository.errors import ContainerUnclear
from reconciler.repository.port import Container, DeleteOutcome, Instance, Match, Page, Pause, Permit, Receipt, always
from reconciler.repository.retry import Timing
from reconciler.repository.session import Ask, Session
from reconciler.repository.transport import InProcess, ReadOnly, network

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence
    from datetime import datetime
    from types import TracebackType

    import httpx

    from reconciler.repository.connection import Connection
    from reconciler.repository.port import Reader, Writer
    from reconciler.repository.retry import Clock
    from reconciler.repository.transport import AsgiApp

LIMIT_MAX = 1000  # clause E4
IDS_MAX = 100  # keeps the request line below the 8 kB that gateways take


class RepositoryReader:
    """Reads one container; satisfies ``port.Reader``. Use it as an async context manager."""

    def __init__(self, settings: Connection, session: Session) -> None:
        self._settings = settings
        self._session = session
        self._base = session.base
        self._container = settings.container
        self._resolving = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    @property
    def container(self) -> str:
        """The container's id; if the settings name none, known from the first request that needs it."""
        if self._container is None:
            raise RuntimeError("the container is not known before the first request or resolve_container()")
        return self._container

    async def resolve_container(self) -> str:
        """The container's id; if the settings name none, the sandbox's only one, asked for once.

        Raises ``ContainerUnclear`` naming what there is, if that is not exactly one.
        """
        async with self._resolving:
            if self._container is None:
                found = await self.containers()
                if len(found) != 1:
                    pairs = [(each.container_id, each.name) for each in found]
                    raise ContainerUnclear(pairs, sandbox=self._settings.sandbox)
                self._container = found[0].container_id
        return self._container

    async def containers(self) -> tuple[Container, ...]:
        """All containers of the sandbox that the credentials may see (clause B1)."""
        return wire.read_containers(await self._session.send(Ask("GET", self._base.url, wire.HOME)))

    async def pages(
        self, schema: str, *, limit: int = 500, properties: Sequence[str] = (), ids: Sequence[str] = ()
    ) -> AsyncIterator[Page]:
        """Every instance of a schema, page by page (clause E); see ``port.Reader``."""
        query = [("schema", schema), ("limit", _hint(limit))]
        query += [("property", condition) for condition in properties]
        start = self._base.instances(await self.resolve_container())
        for some in _chunks(ids):
            async for page in self._follow(with_query(start, query + [("id", uri) for uri in some])):
                yield page

    async def search(
        self,
        schema: str,
        terms: str,
        *,
        fields: Sequence[str] = (),
        match: Match = Match.ANY,
        limit: int = 500,
    ) -> AsyncIterator[Page]:
        """Instances that hold the words, best first (clause F); see ``port.Reader``."""
        query = [("schema", schema), ("limit", _hint(limit)), ("q", terms), ("qop", match.value)]
        query += [("field", path) for path in fields]
        start = self._base.search(await self.resolve_container())
        async for page in self._follow(with_query(start, query)):
            yield page

    async def _follow(self, address: str) -> AsyncIterator[Page]:
        """Pages from this address on, along their ``next`` links; a link met twice would never end."""
        following: str | None = address
        met: set[str] = set()
        while following is not None:
            met.add(following)
            answer = await self._session.send(Ask("GET", following, wire.RESULTS))
            page, following = wire.read_page(answer, self._base, self.address_of)
            if following in met:
                raise answer.malformed("a next link that leads back to a page already read")
            yield page

    async def lookup(self, address: str, schema: str, *, known: Instance | None = None) -> Instance | None:
        """The instance as it stands, None if there is none, ``known`` itself if still current (clause D)."""
        ask = Ask(
            "GET",
            address,
            wire.hal(schema),
            if_none_match=None if known is None else wire.etag_header(known.etag),
            welcome=frozenset({404}) if known is None else frozenset({304, 404}),
        )
        answer = await self._session.send(ask)
        match answer.status:
            case 304:
                return known
            case 404:
                return None
            case _:
                return wire.read_instance(answer.document(), self._base, answer, lambda _: address)

    def server_time(self) -> datetime:
        """What time it is for the repository; see ``port.Reader``."""
        return self._session.server_time()

    @property
    def clock(self) -> Clock:
        """The clock that all waiting goes by."""
        return self._session.timing.clock

    def address_of(self, instance_id: str) -> str:
        """The address built from the id, when nobody told it (clause A8)."""
        return self._base.instance(self.container, instance_id)


class RepositoryWriter(RepositoryReader):
    """Reads and writes one container; satisfies ``port.Writer``."""

    def __init__(self, settings: Connection, session: Session, permit: Permit = always) -> None:
        super().__init__(settings, session)
        self._permit = permit

    def permitted(self, permit: Permit) -> RepositoryWriter:
        """The same line, on which nothing is written without a permit; see ``port.Writer``."""
        writer = RepositoryWriter(self._settings, self._session, permit)
        writer._container = self._container
        return writer

    async def create(self, schema: str, properties: Mapping[str, Any], links: Mapping[str, Any]) -> Receipt:
        """Store a new instance (clause C); repeated only if certainly not carried out."""
        container = await self.resolve_container()
        ask = Ask(
            "POST",
            self._base.instances(container),
            wire.RECEIPT,
            content_type=wire.hal(schema),
            body=wire.envelope(properties, links),
        )
        return wire.read_receipt(await self._session.send(ask, self._permit), self._base, self.address_of)

    async def replace(
        self,
        address: str,
        schema: str,
        properties: Mapping[str, Any],
        links: Mapping[str, Any],
        *,
        if_match: str | None,
    ) -> Receipt:
        """Put these properties and links in the place of the stored ones (clause G1)."""
        body = wire.envelope(properties, links)
        return await self._change("PUT", address, wire.hal(schema), body, if_match)

    async def patch(
        self, address: str, schema: str, operations: Sequence[Mapping[str, Any]], *, if_match: str
    ) -> Receipt:
        """Apply a JSON Patch to the revision ``if_match`` (clauses G2-G5)."""
        body = wire.encoded(list(operations))
        return await self._change("PATCH", address, wire.patch_hal(schema), body, if_match)

    async def _change(self, method: str, address: str, content_type: str, body: bytes, if_match: str | None) -> Receipt:
        etag = None if if_match is None else wire.etag_header(if_match)
        answer = await self._session.send(
            Ask(method, address, wire.RECEIPT, content_type=content_type, body=body, if_match=etag), self._permit
        )
        return wire.read_receipt(answer, self._base, lambda _: address)

    async def delete(self, address: str, *, if_match: str | None) -> DeleteOutcome:
        """Delete and wait for the verdict (clause H); an instance that is not there counts as deleted."""
        return await Deletion(self._session, self._permit).carry_out(address, if_match)


if TYPE_CHECKING:

    def _kept(reader: RepositoryReader, writer: RepositoryWriter) -> tuple[Reader, Writer]:
        """The type checker's word that the classes keep what the port promises."""
        return reader, writer


def open_reader(
    settings: Connection,
    *,
    app: AsgiApp | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
    environ: Mapping[str, str] = os.environ,
    timing: Timing | None = None,
    request_ids: Callable[[], str] | None = None,
    notice: Callable[[Pause], None] | None = None,
) -> RepositoryReader:
    """A reader on the network, on an ASGI application in this process, or on any transport.

    environ: read for proxies and certificates only.   notice: told of every pause before a repetition.
    ``async with open_reader(...) as reader:`` closes the connections at the end.
    """
    way = ReadOnly(_way(settings, app, transport, environ))
    session = _session(settings, way, timing, request_ids, notice)
    return RepositoryReader(settings, session)


def open_writer(
    settings: Connection,
    *,
    app: AsgiApp | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
    environ: Mapping[str, str] = os.environ,
    timing: Timing | None = None,
    request_ids: Callable[[], str] | None = None,
    notice: Callable[[Pause], None] | None = None,
) -> RepositoryWriter:
    """A writer; everything else as ``open_reader``."""
    session = _session(settings, _way(settings, app, transport, environ), timing, request_ids, notice)
    return RepositoryWriter(settings, session)


def _session(
    settings: Connection,
    way: httpx.AsyncBaseTransport,
    timing: Timing | None,
    request_ids: Callable[[], str] | None,
    notice: Callable[[Pause], None] | None,
) -> Session:
    return Session(
        settings, way, timing=timing or Timing(), request_ids=request_ids or _uuid, notice=notice or _unheard
    )


def _way(
    settings: Connection,
    app: AsgiApp | None,
    transport: httpx.AsyncBaseTransport | None,
    environ: Mapping[str, str],
) -> httpx.AsyncBaseTransport:
    if transport is not None:
        return transport
    return network(settings, environ) if app is None else InProcess(app)


def _uuid() -> str:
    return str(uuid.uuid4())


def _unheard(pause: Pause) -> None:
    """Nobody asked to hear of pauses."""


def _chunks(ids: Sequence[str]) -> list[list[str]]:
    """The ids, each once, as many together as fit in one request; without ids one empty chunk."""
    once = list(dict.fromkeys(ids))
    return [once[at : at + IDS_MAX] for at in range(0, len(once), IDS_MAX)] or [[]]


def _hint(limit: int) -> str:
    return str(max(1, min(limit, LIMIT_MAX)))
