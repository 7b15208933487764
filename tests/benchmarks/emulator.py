"""Lines 12 and 13: the embedded repository by itself."""

from __future__ import annotations

import http.client
import io
import json
import statistics
import time
from collections.abc import Iterator
from threading import Thread
from urllib.parse import urlencode, urlsplit

from reconciler.emulator.app import Emulator
from reconciler.emulator.messages import BASE_PATH, Request
from tests.benchmarks.lines import Figure, Line
from tests.benchmarks.measuring import Failed, cpu_so_far_s, median
from tests.benchmarks.workplace import CONTAINER, Workplace, snapshot_line
from tests.e2e.conftest import Served
from tests.emulator_support import CREDENTIALS, NS, XCORE
from tests.promises.processes import serving

SCHEMA = f"{NS}fallback-offer"
AT_ONCE = 10  # as many as ``apply`` sends
TAG = {**CREDENTIALS, "content-type": f'{XCORE}hal+json; schema="{NS}tag"'}


def pages(place: Workplace) -> Iterator[Figure]:
    """All pages of a list in order of their ids; the first hundred against the last hundred."""
    with Emulator.open(snapshot=_instances(place.large)) as emulator:
        spent = list(_walk(emulator))
    some = min(100, len(spent) // 4)
    first, last = statistics.median(spent[:some]), statistics.median(spent[-some - 1 : -1])
    yield Figure(f"page of 100 at {place.large:,} instances", statistics.median(spent) * 1000, "ms", 5, 3)
    yield Figure("last pages over first", last / first, "x", 1.2, 1.0)


def _instances(count: int) -> Iterator[str]:
    with Emulator.open(container=CONTAINER) as empty:
        begin = io.StringIO()
        empty.write_snapshot(begin)
    yield from begin.getvalue().splitlines()
    for number in range(count):
        characteristics = {f"property-{each}": f"value {number * each}" for each in range(12)}
        instance = {"@id": f"xcore:fallback-offer:{number}", "xdm:name": f"Offer {number}"}
        # Ids in no order, as random ones.
        name = f"{number * 2_654_435_761 % (1 << 32):08x}"
        yield snapshot_line(number, SCHEMA, name, {**instance, "xdm:characteristics": characteristics}, {})


def _walk(emulator: Emulator) -> Iterator[float]:
    address, query = f"{BASE_PATH}/{CONTAINER}/instances", urlencode({"schema": SCHEMA, "limit": 100})
    while True:
        started = time.process_time()
        answer = emulator.handle(Request("GET", address, query, CREDENTIALS))
        yield time.process_time() - started
        if answer.status != http.client.OK:
            raise Failed(f"a page is answered {answer.status}: {answer.body!r}")
        following = json.loads(answer.body)["_links"].get("next")
        if following is None:
            return
        query = urlsplit(following["href"]).query


def creates(place: Workplace) -> Iterator[Figure]:
    """Creates that are sent together, each answered when it is on the disk."""
    many = max(200, place.small // 5)
    file = place.folder / "creates.db"
    file.unlink(missing_ok=True)
    with serving("--db", str(file)) as served:
        rounds = iter(range(1000))
        _create(served, "warm", 100, AT_ONCE)
        for at_once in (AT_ONCE, 1):
            spent = median(place.times, lambda at_once=at_once: _round(served, next(rounds), many, at_once))  # type: ignore[misc]
            yield Figure(f"server CPU a create, {at_once} at once", spent * 1e6, "us", 500, 300)


def _round(served: Served, number: int, many: int, at_once: int) -> float:
    before = cpu_so_far_s(served.process.pid)
    _create(served, str(number), many, at_once)
    return (cpu_so_far_s(served.process.pid) - before) / many


def _create(served: Served, name: str, many: int, at_once: int) -> None:
    """Clients that know nothing but sockets, so that they take as little of the machine as can be."""
    refused: list[int] = []
    clients = [
        Thread(target=_send, args=(served, f"{name}-{each}", many // at_once, refused)) for each in range(at_once)
    ]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    if refused:
        raise Failed(f"creates are answered {refused[0]}")


def _send(served: Served, name: str, many: int, refused: list[int]) -> None:
    parts = urlsplit(served.url)
    line = http.client.HTTPConnection(str(parts.hostname), parts.port)
    for number in range(many):
        body = json.dumps({"_instance": {"xdm:name": f"{name}-{number}"}, "_links": {}})
        line.request("POST", f"{parts.path}{served.container}/instances", body, TAG)
        answer = line.getresponse()
        answer.read()
        if answer.status != http.client.CREATED:
            refused.append(answer.status)
    line.close()


LINES = (
    Line(12, "embedded repository: list by pages", pages),
    Line(13, "embedded repository: durable creates over HTTP", creates),
)
