"""What is measured inside a process of its own: ``python -m tests.benchmarks.probes NAME ARGUMENTS…`` prints it."""

from __future__ import annotations

import gc
import json
import math
import random
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from reconciler.catalogue.reading import read_catalogue
from reconciler.diff.compare import compare
from reconciler.live.identity import identify
from reconciler.live.snapshot import LiveInstance, LiveState
from reconciler.model.errors import ReconcilerError
from reconciler.model.kinds import KINDS, Kind
from reconciler.model.problem import CatalogueInvalid
from reconciler.model.stamp import read_stamp
from reconciler.plan.build import build_plan
from reconciler.pql.rule import Situation, compile_rule
from reconciler.repository.port import Instance
from tests.benchmarks.floor import floor_s
from tests.benchmarks.workplace import stored_entities, uri_of


def floor(root: str) -> str:
    """CPU seconds of F."""
    return str(floor_s(Path(root)))


def diff(root: str) -> str:
    """CPU seconds to tell whose instance is whose and what differs, where 2 % of what is live was changed."""
    catalogue = read_catalogue(Path(root)).catalogue
    by_kind: dict[Kind, list[LiveInstance]] = {kind: [] for kind in Kind}
    for number, (entity, properties, links) in enumerate(stored_entities(catalogue)):
        key = entity.entity_key
        # As from the wire: nothing is shared with the catalogue.
        read = json.loads(json.dumps(properties))
        if number % 50 == 0:
            read["xdm:name"] += ", changed"
        dates = ("2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00.000Z", "someone", "someone")
        address = f"http://localhost/{entity.KIND.value}-{key.name}"
        instance = Instance(
            key.name,
            uri_of(key),
            (KINDS[entity.KIND].schema,),
            "1",
            address,
            *dates,
            read,
            json.loads(json.dumps(links)),
        )
        by_kind[entity.KIND].append(LiveInstance(entity.KIND, instance, read_stamp(instance.links)))
    gc.freeze()  # as the program does with what it has read
    live = LiveState("box", {kind: tuple(items) for kind, items in by_kind.items()})
    started = time.process_time()
    compare(catalogue, identify(catalogue, live))
    compared = time.process_time()
    plan = build_plan(catalogue, live, now=datetime.now(UTC))
    planned = time.process_time()
    assert 0 < plan.summary.changes <= len(catalogue.entities) / 40, plan.summary
    return json.dumps({"diff": compared - started, "plan": planned - compared})


def nasty(root: str) -> str:
    """CPU seconds to refuse a catalogue, each complaint with its place."""
    started = time.process_time()
    try:
        problems = read_catalogue(Path(root)).problems
    except CatalogueInvalid as invalid:
        problems = tuple(invalid.problems)
    spent = time.process_time() - started
    assert problems, root
    assert all(problem.span.line >= 1 for problem in problems), problems
    return str(spent)


def rule(sort: str) -> str:
    """CPU seconds for one profile: the best of seven times 100,000."""
    compiled = compile_rule('membership.status = "elite" and loyalty.points >= 25000')
    draw = random.Random(1)  # noqa: S311 - not secret
    profiles = [
        {
            "membership": {"status": draw.choice(["elite", "gold", "none"])},
            "loyalty": {"points": draw.randrange(50_000)},
        }
        if sort == "profiles of all sorts"
        else {"membership": {"status": "elite"}, "loyalty": {"points": 30_000}}
        for _ in range(100_000)
    ]
    situation = Situation(datetime.now(UTC))
    best = math.inf
    for _ in range(7):
        started = time.process_time()
        fitting = sum(compiled.hold_over(profiles, situation))
        best = min(best, time.process_time() - started)
        assert fitting > len(profiles) / 10
    return str(best / len(profiles))


def decoding(path: str) -> str:
    """CPU seconds to decode a file of profiles, one a line, and nothing else."""
    gc.disable()
    started = time.process_time()
    with Path(path).open("rb") as file:
        for line in file:
            json.loads(line)
    return str(time.process_time() - started)


PROBES: dict[str, Callable[[str], str]] = {
    "floor": floor,
    "diff": diff,
    "nasty": nasty,
    "rule": rule,
    "decoding": decoding,
}

if __name__ == "__main__":
    try:
        print(PROBES[sys.argv[1]](sys.argv[2]))
    except ReconcilerError as error:
        sys.exit(str(error))
