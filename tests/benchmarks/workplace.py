"""What the benchmarks work on: catalogues of any size, repositories that hold them, the floor of each."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from reconciler.catalogue.reading import read_catalogue
from reconciler.emulator.app import Emulator
from reconciler.emulator.instants import format_instant
from reconciler.model.catalogue import Catalogue
from reconciler.model.entities import Entity
from reconciler.model.kinds import KINDS, EntityKey
from reconciler.model.spelling import flatten, to_xdm
from reconciler.model.stamp import LINK, Stamp, bases_of
from tests.benchmarks.measuring import Spent, median, run
from tests.e2e.conftest import CREDENTIALS, PROGRAM, Served
from tests.generate import write_generated
from tests.promises.processes import serving

CONTAINER = "bench"
# In the order of their references.
ORDER = ("tag", "placement", "rule", "offer", "fallback", "filter", "activity")
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Workplace:
    """A folder to work in, and how thorough to be.

    times: of each measurement.   small, large: the 10,000 and the 100,000 of the budgets, or fewer when in a hurry.
    profiles: of customers.
    """

    folder: Path
    times: int = 5
    small: int = 10_000
    large: int = 100_000
    profiles: int = 1_000_000
    floors: dict[int, float] = field(default_factory=dict)

    def catalogue(self, count: int) -> Path:
        """The folder of a generated catalogue of so many entities; the same for all who ask."""
        root = self.folder / f"catalogue-{count}"
        if not root.exists():
            write_generated(root, count)
        return root

    def floor_s(self, count: int) -> float:
        """F of that catalogue."""
        if count not in self.floors:
            self.floors[count] = median(self.times, lambda: float(self.probe("floor", self.catalogue(count))))
        return self.floors[count]

    def probe(self, name: str, *arguments: object) -> str:
        """What a probe prints, run in a process of its own."""
        return run([sys.executable, "-m", "tests.benchmarks.probes", name, *map(str, arguments)]).out

    def program(self, *arguments: object, codes: frozenset[int] = frozenset({0})) -> Spent:
        """A run of the installed program."""
        return run([PROGRAM, *map(str, arguments)], environ=CREDENTIALS, codes=codes)

    @contextmanager
    def live(self, count: int) -> Iterator[Path]:
        """The same catalogue with a repository, served over HTTP, that holds just what it says."""
        root = self.catalogue(count)
        file = self.folder / f"live-{count}.db"
        if not file.exists():
            with Emulator.open(file, snapshot=stored_lines(read_catalogue(root).catalogue)):
                pass
        with serving("--db", str(file)) as served, connected(root, served):
            yield root


@contextmanager
def connected(root: Path, served: Served) -> Iterator[None]:
    """While it lasts, the catalogue's only environment is that repository."""
    settings = root / "catalog.yaml"
    before = settings.read_text()
    where = f"{{repository: '{served.url}', container: {served.container}}}"
    settings.write_text(before.replace("{repository: embedded}", where))
    try:
        yield
    finally:
        settings.write_text(before)


def uri_of(key: EntityKey) -> str:
    return f"xcore:{KINDS[key.kind].type_name}:{key.name}"


def stored_entities(catalogue: Catalogue) -> Iterator[tuple[Entity, dict[str, Any], dict[str, Any]]]:
    """Every entity with the instance and the links that its create leaves, in the order of references."""
    ranks = {name: rank for rank, name in enumerate(ORDER)}
    for entity in sorted(catalogue.entities.values(), key=lambda each: ranks[each.KIND.value]):
        key = entity.entity_key
        bases = bases_of(entity.KIND, flatten(entity), uri_of)
        told = {name: base for name, base in bases.items() if isinstance(base, str)}
        stamp = Stamp(catalogue.name, key, None, told, entity.protect)
        yield entity, {"@id": uri_of(key), **to_xdm(entity, uri_of)}, {LINK: stamp.link()}


def stored_lines(catalogue: Catalogue) -> Iterator[str]:
    """A snapshot of a repository after the catalogue was applied."""
    with Emulator.open(container=CONTAINER) as empty:
        begin = io.StringIO()
        empty.write_snapshot(begin)
    yield from begin.getvalue().splitlines()
    for number, (entity, instance, links) in enumerate(stored_entities(catalogue), 1):
        name = f"{entity.KIND.value}-{entity.entity_key.name}"
        yield snapshot_line(number, KINDS[entity.KIND].schema, name, instance, links)


def snapshot_line(number: int, schema: str, name: str, instance: dict[str, Any], links: dict[str, Any]) -> str:
    """One instance. number: of its creation."""
    date = format_instant(BEGINNING + timedelta(milliseconds=number))
    return json.dumps(
        {
            "container": CONTAINER,
            "schema": schema,
            "instanceId": name,
            "repo:etag": 1,
            "repo:createdDate": date,
            "repo:lastModifiedDate": date,
            "repo:createdBy": "bench",
            "repo:lastModifiedBy": "bench",
            "repo:createdByClientId": "bench",
            "repo:lastModifiedByClientId": "bench",
            "_instance": instance,
            "_links": links,
        }
    )
