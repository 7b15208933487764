"""An embedded repository and its clients that go by one clock, which moves only when somebody sleeps."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from reconciler.emulator.app import Emulator
from reconciler.emulator.asgi import asgi_app
from reconciler.emulator.faults import Faults
from reconciler.repository.auth import FixedToken, Secret
from reconciler.repository.client import RepositoryWriter, open_writer
from reconciler.repository.connection import Connection
from reconciler.repository.retry import Timing

START = datetime(2026, 11, 22, tzinfo=UTC)


@dataclass
class OneClock:
    """Time for everybody. Sleepers wake in the order of their times, and nobody waits in earnest."""

    seconds: float = 0.0
    sleepers: list[tuple[float, int, asyncio.Future[None]]] = field(default_factory=list)
    somebody_sleeps: asyncio.Event = field(default_factory=asyncio.Event)
    stirred: int = 0
    slept: int = 0

    def stir(self) -> None:
        """Somebody is at work: time stands still a little longer."""
        self.stirred += 1

    def now(self) -> float:
        return self.seconds

    def wall(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    async def sleep(self, seconds: float) -> None:
        waker: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.slept += 1
        entry = (self.seconds + seconds, self.slept, waker)
        self.sleepers.append(entry)
        self.somebody_sleeps.set()
        try:
            while not waker.done():
                before = self.stirred
                await _everybody_rests()
                if before == self.stirred:
                    self._wake_the_next()
            await waker
        finally:
            self.sleepers.remove(entry)

    def pass_by(self, seconds: float) -> None:
        """Time goes by while nobody looks: sleepers wake late, as after a suspended machine."""
        self.seconds += seconds

    def _wake_the_next(self) -> None:
        waiting = [entry for entry in self.sleepers if not entry[2].done()]
        if waiting:
            self.seconds = max(self.seconds, min(waiting)[0])
            min(waiting)[2].set_result(None)


async def _everybody_rests() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


@dataclass
class Workplace:
    """One repository. asked: method, path and status of every request."""

    emulator: Emulator
    clock: OneClock
    asked: list[tuple[str, str, int]] = field(default_factory=list)

    @asynccontextmanager
    async def writer(self) -> AsyncIterator[RepositoryWriter]:
        settings = Connection(
            "http://localhost/data/core/xcore/", "prod", org="o", api_key="k", token=FixedToken(Secret("t"))
        )
        app = asgi_app(self.emulator, lambda told: self.asked.append((told.method, told.path, told.status)))
        async with open_writer(settings, app=app, timing=Timing(clock=self.clock)) as writer:
            await writer.resolve_container()
            yield writer

    def run(self, scenario: Callable[[RepositoryWriter], Awaitable[Any]]) -> Any:
        async def body() -> Any:
            async with self.writer() as writer:
                return await scenario(writer)

        return asyncio.run(body())

    @property
    def writes(self) -> list[str]:
        return [method for method, _path, _status in self.asked if method != "GET"]


@contextmanager
def workplace(**faults: Any) -> Iterator[Workplace]:
    clock = OneClock()
    with Emulator.open(clock=clock.wall, faults=Faults(**faults)) as emulator:
        yield Workplace(emulator, clock)
