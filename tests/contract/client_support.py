"""The client and the emulator in one process: scenarios that speak through the one to the other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from reconciler.emulator.app import Emulator
from reconciler.emulator.asgi import asgi_app
from reconciler.emulator.faults import Faults
from reconciler.emulator.gateway import Accepted
from reconciler.repository.auth import FixedToken, Secret
from reconciler.repository.client import RepositoryReader, RepositoryWriter, open_reader, open_writer
from reconciler.repository.connection import Connection
from reconciler.repository.port import Instance, Receipt
from reconciler.repository.retry import Timing
from tests.emulator_support import NS, TickingClock, xdm
from tests.unit.repository.support import InstantClock

BASE = "http://localhost/data/core/xcore/"
TAG, PLACEMENT, RULE, FILTER = f"{NS}tag", f"{NS}offer-placement", f"{NS}eligibility-rule", f"{NS}offer-filter"
OFFER, FALLBACK, ACTIVITY = f"{NS}personalized-offer", f"{NS}fallback-offer", f"{NS}offer-activity"

T = TypeVar("T")


@dataclass
class Meanwhile(InstantClock):
    """Lets something happen each time the client pauses."""

    happens: Callable[[], Awaitable[object]] | None = None

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds)
        if self.happens is not None:
            await self.happens()


@dataclass
class Shared:
    """One emulator, and a client for each scenario. asked: method, path and status of every request."""

    emulator: Emulator
    asked: list[tuple[str, str, int]] = field(default_factory=list)

    def write(
        self, scenario: Callable[[RepositoryWriter], Awaitable[T]], clock: Meanwhile | None = None, **changes: Any
    ) -> T:
        """What the scenario makes of a writer."""

        async def run() -> T:
            door = open_writer(self._connection(**changes), app=self._app(), timing=Timing(clock=clock or Meanwhile()))
            async with door:
                await door.resolve_container()
                return await scenario(door)

        return asyncio.run(run())

    def read(self, scenario: Callable[[RepositoryReader], Awaitable[T]], **changes: Any) -> T:
        """What the scenario makes of a reader."""

        async def run() -> T:
            door = open_reader(self._connection(**changes), app=self._app(), timing=Timing(clock=Meanwhile()))
            async with door:
                return await scenario(door)

        return asyncio.run(run())

    def _connection(self, **changes: Any) -> Connection:
        given: dict[str, Any] = {
            "base_url": BASE,
            "sandbox": "prod",
            "org": "org@AdobeOrg",
            "api_key": "key",
            "token": FixedToken(Secret("a-token")),
        }
        return Connection(**(given | changes))

    def _app(self) -> Any:
        return asgi_app(self.emulator, lambda told: self.asked.append((told.method, told.path, told.status)))


@contextmanager
def shared(faults: Faults | None = None, accepted: Accepted | None = None) -> Iterator[Shared]:
    """An emulator of its own; polls of a deletion and accepted credentials as given."""
    opened = Emulator.open(clock=TickingClock(), faults=faults or Faults(), accepted=accepted or Accepted())
    with opened as emulator:
        yield Shared(emulator)


async def made(door: RepositoryWriter, schema: str, **properties: object) -> Receipt:
    """An instance that is there; keywords are properties without their ``xdm:``."""
    return await door.create(schema, xdm(**properties), {})


async def listed(door: RepositoryReader, schema: str, **narrowed: Any) -> list[Instance]:
    """All items of all pages."""
    return [item async for page in door.pages(schema, **narrowed) for item in page.items]


async def found(door: RepositoryReader, receipt: Receipt, schema: str) -> Instance:
    """The instance of a receipt, which must be there."""
    instance = await door.lookup(receipt.address, schema)
    assert instance is not None
    return instance
