"""Lines 7, 8 and 9: ``apply`` over HTTP, against the bare client, against itself, and against its own arithmetic."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby

from reconciler.apply.engine import apply_plan_async
from reconciler.apply.filling import fill
from reconciler.catalogue.reading import read_catalogue
from reconciler.live.snapshot import LiveState
from reconciler.model.kinds import KINDS, EntityKey, Kind
from reconciler.plan.build import build_plan
from reconciler.plan.steps import Plan, Step
from reconciler.repository.auth import FixedToken, Secret
from reconciler.repository.client import RepositoryWriter, open_writer
from reconciler.repository.connection import Connection
from tests.benchmarks.lines import Better, Figure, Line
from tests.benchmarks.measuring import Failed
from tests.benchmarks.workplace import ORDER, Workplace, connected
from tests.promises.processes import serving

AT_ONCE, MANY_AT_ONCE = 16, 64

Work = Callable[[Plan, RepositoryWriter, int], Awaitable[float]]


def share_of_bare_rate(place: Workplace) -> Iterator[Figure]:
    """Creates a second by apply over those by the client alone, both with all that they need at hand."""
    plan = _creates(place)
    pairs = [(_seconds(_bare, plan, AT_ONCE), _seconds(_applied, plan, AT_ONCE)) for _ in range(place.times)]
    share = statistics.median(bare / applied for bare, applied in pairs)
    yield Figure(f"{len(plan.steps):,} creates, {AT_ONCE} at once", share, "x", 0.7, 0.9, Better.MORE)


def more_at_once(place: Workplace) -> Iterator[Figure]:
    plan = _creates(place)
    pairs = [(_seconds(_applied, plan, AT_ONCE), _seconds(_applied, plan, MANY_AT_ONCE)) for _ in range(place.times)]
    share = statistics.median(few / many for few, many in pairs)
    yield Figure(f"rate at {MANY_AT_ONCE} over {AT_ONCE}", share, "x", 0.9, 1.0, Better.MORE)


def requests(place: Workplace) -> Iterator[Figure]:
    """Home, a page of each kind, the anchor, the writes, and a page of each kind that something was created in."""
    root, kinds, count = place.catalogue(100), len(Kind), 100
    created = 1 + kinds + len(("find", "create", "release")) + count + kinds
    patched = 1 + kinds + len(("find", "take", "release")) + 1
    with serving() as served, connected(root, served):
        place.program("apply", root, "--yes")
        asked = len(served.requests)
        yield Figure(f"apply of {count} creates", asked, "", created, created, Better.EXACT)
        tag = root / "tags" / "theme-0.yaml"
        before = tag.read_text()
        tag.write_text(before.replace("Theme 0", "Theme 00"))
        place.program("apply", root, "--yes")
        tag.write_text(before)
        yield Figure("apply of one patch", len(served.requests) - asked, "", patched, patched, Better.EXACT)


def _creates(place: Workplace) -> Plan:
    catalogue = read_catalogue(place.catalogue(place.small)).catalogue
    return build_plan(catalogue, LiveState("bench", dict.fromkeys(Kind, ())), now=datetime.now(UTC))


def _seconds(work: Work, plan: Plan, at_once: int) -> float:
    async def measured(url: str) -> float:
        token = FixedToken(Secret("t"))
        settings = Connection(url, "prod", org="o", api_key="k", token=token, parallelism=at_once)
        async with open_writer(settings) as writer:
            await writer.resolve_container()
            return await work(plan, writer, at_once)

    with serving() as served:
        return asyncio.run(measured(served.url))


async def _applied(plan: Plan, writer: RepositoryWriter, at_once: int) -> float:
    started = time.perf_counter()
    report = await apply_plan_async(plan, writer, parallelism=at_once)
    spent = time.perf_counter() - started
    if not report.tally.complete:
        raise Failed(f"the apply is not complete: {report.tally}")
    return spent


async def _bare(plan: Plan, writer: RepositoryWriter, at_once: int) -> float:
    """Kind after kind, as soon as what they refer to is there; only the waiting for answers counts."""
    ranks = {name: rank for rank, name in enumerate(ORDER)}
    steps = sorted(plan.steps, key=lambda step: ranks[step.key.kind.value])
    uris: dict[EntityKey, str] = {}
    spent = 0.0
    for kind, group in groupby(steps, key=lambda step: step.key.kind):
        bodies = [(step, fill(step, uris, None)) for step in group]
        started = time.perf_counter()
        await _sent(writer, KINDS[kind].schema, bodies, uris, at_once)
        spent += time.perf_counter() - started
    return spent


async def _sent(
    writer: RepositoryWriter,
    schema: str,
    bodies: Sequence[tuple[Step, dict[str, dict[str, object]]]],
    uris: dict[EntityKey, str],
    at_once: int,
) -> None:
    left = iter(bodies)

    async def work() -> None:
        for step, body in left:
            receipt = await writer.create(schema, body["_instance"], body["_links"])
            uris[step.key] = receipt.uri

    await asyncio.gather(*(work() for _ in range(at_once)))


LINES = (
    Line(7, "apply: share of the bare rate of its client", share_of_bare_rate),
    Line(8, "apply: rate at more at once", more_at_once),
    Line(9, "apply: requests, exactly", requests),
)
