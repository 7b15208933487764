"""Reads every instance of the seven kinds through a ``Reader``, and says whether that was all."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reconciler.live.anchor import Anchor, read_anchor
from reconciler.model.collector import collector_paused
from reconciler.model.kinds import KINDS, Kind
from reconciler.model.stamp import Stamp, read_stamp
from reconciler.repository.port import Instance, Page, Reader

PAGE_SIZE = 500
READINGS = 3  # of a kind whose pages do not add up


@dataclass(frozen=True, slots=True)
class LiveInstance:
    """One live instance of a known kind, with its stamp when it has one."""

    kind: Kind
    instance: Instance
    stamp: Stamp | None

    @property
    def uri(self) -> str:
        """The URI by which others refer to it."""
        return self.instance.uri


@dataclass(frozen=True, slots=True)
class Incomplete:
    """A kind whose listing did not add up. page counts from 1."""

    kind: Kind
    page: int
    why: str

    def __str__(self) -> str:
        return f"{self.kind.value}, page {self.page}: {self.why}"


@dataclass(frozen=True, slots=True)
class LiveState:
    """Every instance that the listings of one container gave, by kind in the order of instance ids.

    anchors: the tags that are no entities, of all catalogues.
    """

    container: str
    instances: Mapping[Kind, tuple[LiveInstance, ...]]
    incomplete: tuple[Incomplete, ...] = ()
    anchors: tuple[Anchor, ...] = ()

    def anchor(self, catalog: str) -> Anchor | None:
        """The anchor of a catalogue."""
        return next((anchor for anchor in self.anchors if anchor.state.catalog == catalog), None)

    def __iter__(self) -> Iterator[LiveInstance]:
        for kind in Kind:
            yield from self.instances.get(kind, ())


@dataclass(frozen=True, slots=True)
class _Reading:
    instances: tuple[Instance, ...]
    fault: Incomplete | None
    ended: bool  # the last page's count equals its total

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(item.instance_id for item in self.instances)


async def read_live_async(reader: Reader) -> LiveState:
    """Read all seven kinds, side by side.

    Raises ``RepositoryError`` when the repository does not answer as it should.
    """
    with collector_paused():
        readings = await asyncio.gather(*(_read_kind(reader, kind) for kind in Kind))
        by_kind = dict(zip(Kind, readings, strict=True))
        anchors = tuple(filter(None, map(read_anchor, by_kind[Kind.TAG].instances)))
        apart = {anchor.instance.instance_id for anchor in anchors}
        instances = {
            kind: tuple(
                LiveInstance(kind, item, read_stamp(item.links))
                for item in reading.instances
                if item.instance_id not in apart
            )
            for kind, reading in by_kind.items()
        }
    faults = tuple(reading.fault for reading in readings if reading.fault is not None)
    return LiveState(reader.container, instances, faults, anchors)


async def _read_kind(reader: Reader, kind: Kind) -> _Reading:
    """One reading that adds up, or two in a row that agree; else the last, with its fault."""
    previous: _Reading | None = None
    reading = await _read_once(reader, kind)
    for _ in range(READINGS - 1):
        if reading.fault is None:
            return reading
        if previous is not None and _agree(previous, reading):
            break
        previous, reading = reading, await _read_once(reader, kind)
    if previous is not None and _agree(previous, reading):
        return _Reading(reading.instances, None, ended=True)
    return reading


def _agree(first: _Reading, second: _Reading) -> bool:
    """Whether two readings gave the same ids, and both went to their end; no id may stand twice."""
    alone = len(second.ids) == len(second.instances)
    return first.ended and second.ended and alone and first.ids == second.ids


async def _read_once(reader: Reader, kind: Kind) -> _Reading:
    items: list[Instance] = []
    seen: set[str] = set()
    fault: Incomplete | None = None
    last: Page | None = None
    number = 0
    async for page in reader.pages(KINDS[kind].schema, limit=PAGE_SIZE):
        number += 1
        fault = fault or _page_fault(kind, number, last, page, seen)
        seen.update(item.instance_id for item in page.items)
        items.extend(page.items)
        last = page
        if _leads_nowhere(page) or len(seen) < len(items):
            break  # such a listing need not ever end
    if last is None:
        return _Reading((), Incomplete(kind, 1, "does not come"), ended=False)
    ended = last.count == last.total and not last.has_next
    if not ended and fault is None:
        fault = Incomplete(kind, number, f"ends after {last.count} of {last.total} remaining instances")
    return _Reading(tuple(items), fault, ended)


def _page_fault(kind: Kind, number: int, last: Page | None, page: Page, seen: set[str]) -> Incomplete | None:
    repeated = [name for name, count in Counter(item.instance_id for item in page.items).items() if count > 1]
    repeated += [item.instance_id for item in page.items if item.instance_id in seen]
    if repeated:
        return Incomplete(kind, number, f"gives {repeated[0]} a second time")
    if last is not None and last.total - last.count != page.total:
        return Incomplete(
            kind, number, f"has {page.total} instances to come where {last.total - last.count} were announced"
        )
    if _leads_nowhere(page):
        return Incomplete(kind, number, "leads on although nothing remains")
    return None


def _leads_nowhere(page: Page) -> bool:
    return page.has_next and page.count == page.total
