"""A run over 500 and over 1,000 entities makes as many requests as is promised, to the last one.

Promised are: home 1, the pages of the listings, the anchor (a page that is asked for by its name, then one write that
makes or takes it, and one that gives it back), the referrers read before each archiving, the writes, the
polls of deletes, and the pages of the kinds created in.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest

from reconciler.apply.lease import Runner, Terms
from reconciler.apply.resuming import Resumed, resume
from reconciler.apply.run import Run, carry_out
from reconciler.catalogue.reading import read_catalogue
from reconciler.emulator.app import Emulator
from reconciler.emulator.asgi import asgi_app
from reconciler.live.snapshot import PAGE_SIZE, LiveState, read_live_async
from reconciler.model.catalogue import Catalogue
from reconciler.model.entities import Offer
from reconciler.model.kinds import KINDS, Kind
from reconciler.model.stamp import LINK
from reconciler.plan.build import Options, build_plan
from reconciler.plan.steps import Plan
from reconciler.repository.auth import FixedToken, Secret
from reconciler.repository.client import RepositoryWriter, open_writer
from reconciler.repository.connection import Connection
from reconciler.repository.port import IDS_MAX
from reconciler.repository.retry import Timing
from tests.generate import sizes, write_generated
from tests.plan_builders import NOW

HOME = Counter(GET=1)
NEW_ANCHOR = Counter(GET=1, POST=1, PATCH=1)  # sought, made, released
ANCHOR = Counter(GET=1, PATCH=2)  # sought, taken, released
LAST_OF_ANCHOR = Counter(GET=2, PATCH=1, DELETE=1)  # sought, taken, deleted, the deletion polled
STRIP = [{"op": "remove", "path": f"/_links/{LINK}"}]
CATALOG = "generated"
ALLOWED = Options(allow_deletes=10**9, allow_updates=10**9)
Asked = Counter[str]
Made = TypeVar("Made")


class StandingClock:
    """Pauses are over at once, and no time passes, so that no renewal is ever due."""

    def now(self) -> float:
        return 0.0

    def wall(self) -> datetime:
        return NOW

    async def sleep(self, seconds: float) -> None:
        await (asyncio.sleep(0) if seconds < 1 else asyncio.Event().wait())


@dataclass
class Life:
    """What is done to a catalogue, one operation after the other. took: the requests of each."""

    catalogue: Catalogue
    emulator: Emulator
    asked: Asked = field(default_factory=Counter)
    took: dict[str, Asked] = field(default_factory=dict)

    @asynccontextmanager
    async def client(self) -> AsyncIterator[RepositoryWriter]:
        """A new client, which has to find its container."""
        token = FixedToken(Secret("t"))
        settings = Connection("http://localhost/data/core/xcore/", "prod", org="o", api_key="k", token=token)
        app = asgi_app(self.emulator, lambda told: self.asked.update([told.method]))
        async with open_writer(settings, app=app, timing=Timing(clock=StandingClock())) as writer:
            await writer.resolve_container()
            yield writer

    def plan(self, name: str, catalogue: Catalogue) -> Plan:
        async def planned() -> Plan:
            async with self.client() as writer:
                return build_plan(catalogue, await read_live_async(writer), now=NOW, options=ALLOWED)

        return self._counted(name, planned)

    def apply(self, name: str, catalogue: Catalogue, options: Options = ALLOWED, saved: Plan | None = None) -> None:
        """One apply or destroy, as the commands do it. saved: the plan that is carried out."""

        def prepare(live: LiveState) -> Resumed:
            return resume(saved, live) if saved else Resumed(build_plan(catalogue, live, now=NOW, options=options), {})

        async def applied() -> None:
            async with self.client() as writer:
                run = Run(CATALOG, prepare, Runner("run", "test", "1"), Terms())
                ended = await carry_out(run, writer, writer.clock)
                assert ended.complete
                assert not ended.unlisted

        self._counted(name, applied)

    def strip_stamps(self) -> None:
        """What pages do when they save."""

        async def stripped() -> None:
            async with self.client() as writer:
                for item in await read_live_async(writer):
                    stored = item.instance
                    await writer.patch(stored.address, KINDS[item.kind].schema, STRIP, if_match=stored.etag)

        asyncio.run(stripped())

    def _counted(self, name: str, work: Callable[[], Coroutine[Any, Any, Made]]) -> Made:
        self.asked.clear()
        try:
            return asyncio.run(work())
        finally:
            self.took[name] = Counter(self.asked)


def lived(folder: Path, count: int) -> Life:
    """A catalogue of this many entities comes, changes twice, loses its stamps, and goes."""
    write_generated(folder, count)
    catalogue = replace(read_catalogue(folder).catalogue, root=".", commit=None)
    with Emulator.open() as emulator:
        life = Life(catalogue, emulator)
        life.plan("plan what is new", catalogue)
        life.apply("create", catalogue)
        life.plan("plan nothing", catalogue)
        changed = with_priorities(catalogue, 101)
        life.apply("patch", changed)
        changed = with_priorities(catalogue, 102)
        saved = life.plan("plan patches", changed)
        life.apply("carry out a saved plan", changed, saved=saved)
        life.apply("carry it out again", changed, saved=saved)
        life.strip_stamps()
        life.apply("adopt", changed, replace(ALLOWED, adopt_up_to=count))
        life.apply("destroy", changed, replace(ALLOWED, destroy=True))
    return life


def with_priorities(catalogue: Catalogue, priority: int) -> Catalogue:
    """Every offer gets another priority."""
    entities = {
        key: entity.model_copy(update={"priority": priority}) if isinstance(entity, Offer) else entity
        for key, entity in catalogue.entities.items()
    }
    return replace(catalogue, entities=entities)


def pages(count: int, size: int = PAGE_SIZE) -> int:
    return max(1, -(-count // size))


def promised(count: int) -> dict[str, Asked]:
    """What each operation may ask for."""
    many = sizes(count)
    counts = [many.tags, many.placements, many.rules, many.filters, many.activities, many.fallbacks, many.offers]
    empty = HOME + Counter(GET=len(Kind))
    reading = HOME + Counter(GET=sum(map(pages, [many.tags + 1, *counts[1:]])))  # the anchor is a tag
    listed = Counter(GET=sum(min(pages(new), pages(new, IDS_MAX)) for new in counts))
    patched = ANCHOR + reading + Counter(PATCH=many.offers)
    referrers = Counter(GET=many.offers + many.fallbacks)  # nothing can refer to an activity
    polls = Counter(GET=count - many.activities)
    archived = Counter(PATCH=many.offers + many.fallbacks + many.activities)
    return {
        "plan what is new": empty,
        "create": empty + NEW_ANCHOR + Counter(POST=count) + listed,
        "plan nothing": reading,
        "patch": patched,
        "plan patches": reading,
        "carry out a saved plan": patched,
        "carry it out again": ANCHOR + reading,
        "adopt": ANCHOR + reading + Counter(PATCH=count),
        "destroy": LAST_OF_ANCHOR + reading + referrers + archived + polls + Counter(DELETE=count),
    }


@pytest.mark.parametrize("count", [500, 1000])
def test_every_operation_makes_exactly_the_requests_that_are_promised(tmp_path: Path, count: int) -> None:
    assert lived(tmp_path, count).took == promised(count)
