"""A catalogue, the repository that it lives in, and runs between the two, on lines that fail."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from io import StringIO
from random import Random
from typing import Any
from uuid import UUID

from reconciler.apply.engine import Stop
from reconciler.apply.events import Listener
from reconciler.apply.lease import Runner, Terms
from reconciler.apply.resuming import Resumed, resume
from reconciler.apply.run import Ended, Run, Stage, carry_out
from reconciler.emulator.app import Emulator
from reconciler.emulator.faults import Faults
from reconciler.live.snapshot import LiveState, read_live_async
from reconciler.model.errors import ReconcilerError
from reconciler.plan.build import Options, build_plan
from reconciler.plan.steps import Plan
from reconciler.repository.auth import FixedToken, Secret
from reconciler.repository.client import RepositoryWriter, open_reader, open_writer
from reconciler.repository.connection import Connection
from reconciler.repository.retry import Backoff, Timing
from tests.one_clock import OneClock
from tests.plan_builders import CATALOG, make_catalogue
from tests.promises.judge import Judge
from tests.promises.line import Fault, Killed, Line
from tests.promises.world import Held, World

Documents = Mapping[str, Mapping[str, Any]]
TERMS = Terms(term_s=60.0, settle_s=30.0, lock_timeout_s=0.0)
ALL = Options(allow_deletes=10**9, allow_updates=10**9, allow_reverts=10**9)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What happens to one run. faults: as of a ``Line``.

    between: as of a ``Line``.   stops: the requests before which Ctrl-C comes.
    on_event: hears of the steps.
    """

    faults: Mapping[int, Fault] = field(default_factory=dict)
    between: Callable[[int], None] | None = None
    stops: tuple[int, ...] = ()
    on_event: Listener = lambda _event: None


NONE = Trouble()


@dataclass(frozen=True, slots=True)
class Job:
    """One apply or destroy of a catalogue's documents. saved: a plan that was made earlier, and from what."""

    documents: Documents
    options: Options = ALL
    trouble: Trouble = NONE
    destroy: bool = False
    saved: tuple[Plan, LiveState] | None = None
    lock_timeout_s: float = 0.0


@dataclass(frozen=True, slots=True)
class _Course:
    """One job on its way. go: carries it out."""

    judge: Judge
    line: Line
    go: Callable[[], Coroutine[Any, Any, Ended]]


async def _ends(going: list[Coroutine[Any, Any, Ended]]) -> list[Ended | BaseException]:
    return await asyncio.gather(*going, return_exceptions=True)


@dataclass
class Arena:
    """One repository. Every exchange of every run is judged while it happens. requests: of the last run."""

    emulator: Emulator
    clock: OneClock
    world: World
    runs: int = 0
    requests: int = 0
    writes: int = 0

    def apply(self, *jobs: Job, in_turn: bool = False) -> list[Ended | BaseException]:
        """Carry out jobs, at once or each as soon as the one before has ended; what each gave, or died of.

        What a job left on its way arrives while the others go on.
        """

        async def carried_out() -> list[Ended | BaseException]:
            courses = [self._course(job) for job in jobs]
            if in_turn:
                ended = [found for each in courses for found in await _ends([each.go()])]
            else:
                ended = await _ends([each.go() for each in courses])
            for each in courses:
                await each.line.settled()
            self.requests, self.writes = courses[-1].line.requests, len(courses[-1].judge.writes)
            for each, found in zip(courses, ended, strict=True):
                each.judge.ended(found.report if isinstance(found, Ended) else None)
            return ended

        ended = asyncio.run(carried_out())
        for found in ended:
            if isinstance(found, BaseException) and not isinstance(found, ReconcilerError | Killed):
                raise found
        return ended

    def _course(self, job: Job) -> _Course:
        self.runs += 1
        runner = Runner(f"run-{self.runs}", "tester", "")
        judge = Judge(self.world, disturbed=job.trouble.between is not None, saved=job.saved is not None)
        stop = Stop()
        line = self._line(judge, job.trouble, stop)
        catalogue = make_catalogue(job.documents)
        options = job.options if not job.destroy else Options(**{**_fields(job.options), "destroy": True})

        def prepare(live: LiveState) -> Resumed:
            plan = build_plan(catalogue, live, now=self.clock.wall(), options=options)
            resumed = Resumed(plan, {}) if job.saved is None else resume(job.saved[0], live)
            judge.prepared(resumed, live if job.saved is None else job.saved[1])
            return resumed

        terms = Terms(TERMS.term_s, TERMS.settle_s, job.lock_timeout_s)
        run = Run(CATALOG, prepare, runner, terms, think=_at_once)

        stage = Stage(job.trouble.on_event, stop)

        async def go() -> Ended:
            async with self._writer(line) as writer:
                return await carry_out(run, writer, self.clock, stage=lambda _plan: nullcontext(stage))

        return _Course(judge, line, go)

    def plan(self, documents: Documents, options: Options = ALL) -> tuple[Plan, LiveState]:
        """What there is to do now, and the live state that says so. Through a reader: nothing can be written."""

        async def read() -> LiveState:
            line = self._line(Judge(self.world), NONE, Stop())
            async with open_reader(_SETTINGS, transport=line, timing=self._timing()) as reader:
                await reader.resolve_container()
                return await read_live_async(reader)

        live = asyncio.run(read())
        return build_plan(make_catalogue(documents), live, now=self.clock.wall(), options=options), live

    def _line(self, judge: Judge, trouble: Trouble, stop: Stop) -> Line:
        def between(number: int) -> None:
            if trouble.between is not None:
                trouble.between(number)
            if number in trouble.stops:
                stop.ask()

        return Line(self.emulator, self.clock, judge, trouble.faults, between)

    def _writer(self, line: Line) -> RepositoryWriter:
        return open_writer(_SETTINGS, transport=line, timing=self._timing())

    def _timing(self) -> Timing:
        return Timing(Backoff(jitter=lambda: 0.5), Backoff(attempts=1000, jitter=lambda: 0.5), self.clock)

    def rest(self) -> None:
        """Let everything on its way arrive, leases run out, and late lists catch up."""
        self.clock.pass_by(TERMS.term_s + TERMS.settle_s + 1.0)


_SETTINGS = Connection("http://localhost/data/core/xcore/", "prod", org="o", api_key="k", token=FixedToken(Secret("t")))


async def _at_once(prepare: Callable[[LiveState], Resumed], live: LiveState) -> Resumed:
    """No threads: one seed, one course of events."""
    return prepare(live)


def _fields(options: Options) -> dict[str, Any]:
    return {name: getattr(options, name) for name in Options.__dataclass_fields__}


@dataclass(frozen=True, slots=True)
class Prepared:
    """A repository as a block has left it, when nobody wrote any more. seconds: what its clock said."""

    lines: tuple[str, ...]
    held: Mapping[str, Held]
    seconds: float

    @staticmethod
    def of(place: Arena) -> Prepared:
        lines = StringIO()
        place.emulator.write_snapshot(lines)
        return Prepared(tuple(lines.getvalue().splitlines()), dict(place.world.held), place.clock.seconds)


@contextmanager
def arena(prepared: Prepared | None = None, **faults: Any) -> Iterator[Arena]:
    """faults: of the repository itself, such as ``slow_delete`` and ``stale_list_s``."""
    clock, dice = OneClock(), Random(0 if prepared is None else 1)  # noqa: S311 - the same every time
    if prepared is not None:
        clock.pass_by(prepared.seconds)
    opened = Emulator.open(
        clock=clock.wall,
        new_uuid=lambda: UUID(int=dice.getrandbits(128), version=4),
        faults=Faults(**faults),
        snapshot=None if prepared is None else prepared.lines,
    )
    with opened as emulator:
        world = World(emulator) if prepared is None else World(emulator, dict(prepared.held))
        yield Arena(emulator, clock, world)
