"""Writers to one file take turns: those that come while the disk is busy share the next transaction.

The transaction is made where the requests come in. One of several requests, or of much work, is finished by a thread:
until it is on the disk readers go on, and writers wait. So does a thread wait where another process holds the file.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from reconciler.emulator.faults import Dropped
from reconciler.emulator.messages import Request, Response

_MOST = 100  # of one transaction, so that the first of many does not wait for all of them
_MOST_BYTES = 64 * 1024  # of bodies that are carried out where readers wait for it

Answer: TypeAlias = Response | Dropped


class Begun(Protocol):
    """Some requests of which the first are answered; until they are on the disk nobody else writes."""

    @property
    def is_light(self) -> bool:
        """Whether ``finish`` has little to do, as far as can be told."""
        ...

    def finish(self) -> Sequence[Answer]:
        """All answers, once they hold. To be called once, from any thread."""
        ...


class Writer(Protocol):
    """Carries out some requests, in their order."""

    def begin(self, requests: Sequence[Request]) -> Begun:
        """Answer all of them, whoever else writes."""
        ...

    def begin_at_once(self, requests: Sequence[Request]) -> Begun | None:
        """Answer as many as take little time; None when it would have to wait, and nothing is done."""
        ...


@dataclass(frozen=True, slots=True)
class _Waiting:
    request: Request
    answer: asyncio.Future[Answer]


@dataclass(frozen=True, slots=True)
class _Job:
    """What is to be brought to the disk; begun, or still to be."""

    group: Sequence[_Waiting]
    begun: Begun | None


def _one_thread() -> Executor:
    return ThreadPoolExecutor(1, "writer")


class Writers:
    """Brings requests to the disk, in the order in which they came; a caller that gives up before is left out."""

    def __init__(self, writer: Writer, thread: Callable[[], Executor] = _one_thread) -> None:
        self._writer = writer
        self._thread = thread
        self._queue: _Queue | None = None

    async def answer(self, request: Request) -> Answer:
        """The answer, once it holds; what carrying it out raises is raised here."""
        loop, queue = asyncio.get_running_loop(), self._queue
        if queue is None or queue.loop is not loop:  # another loop may be closed; or wait for its own, and goes on
            self._queue = queue = _Queue(loop, self._writer, self._thread())
        return await queue.put(request)


class _Queue:
    """Writers of one event loop. All but ``_work`` happens in the loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, writer: Writer, thread: Executor) -> None:
        self.loop = loop
        self._writer = writer
        self._waiting: deque[_Waiting] = deque()
        self._is_at_work = False
        self._thread = thread
        self._job: _Job | None = None  # for the thread

    def put(self, request: Request) -> asyncio.Future[Answer]:
        waiting = _Waiting(request, self.loop.create_future())
        self._waiting.append(waiting)
        if not self._is_at_work:
            self._is_at_work = True
            self.loop.call_soon(self._take_turn)  # with all that are read until then
        return waiting.answer

    def _take_turn(self) -> None:
        group = self._next_group()
        if not group:
            self._is_at_work = False
            return
        try:
            begun = self._begin(group)
        except Exception as error:  # noqa: BLE001  (it belongs to those who wait)
            self._settle(group, [error] * len(group))
            return
        job = _Job(group, begun)
        if begun is not None and begun.is_light and len(group) == 1:
            # To wake up a thread would take as long as the disk takes.
            self._settle(group, self._answers(job))
            return
        self._job = job
        try:
            self._thread.submit(self._work)
        except RuntimeError:  # no thread is to be had: the loop waits itself
            self._job = None
            self._settle(group, self._answers(job))

    def _begin(self, group: Sequence[_Waiting]) -> Begun | None:
        requests = [each.request for each in group]
        is_short = sum(len(each.body) for each in requests) <= _MOST_BYTES
        return self._writer.begin_at_once(requests) if is_short else None

    def _next_group(self) -> list[_Waiting]:
        group: list[_Waiting] = []
        while self._waiting and len(group) < _MOST:
            each = self._waiting.popleft()
            if not each.answer.cancelled():
                group.append(each)
        return group

    def _work(self) -> None:
        job, self._job = self._job, None
        if job is None:  # the loop has done it: this thread came too late
            return
        answers = self._answers(job)
        if not self.loop.is_closed():  # whoever waited there is gone
            self.loop.call_soon_threadsafe(self._settle, job.group, answers)

    def _answers(self, job: _Job) -> Sequence[Answer | Exception]:
        try:
            begun = job.begun or self._writer.begin([each.request for each in job.group])
            return begun.finish()
        except Exception as error:  # noqa: BLE001  (as above; nobody looks at the thread)
            return [error] * len(job.group)

    def _settle(self, group: Sequence[_Waiting], answers: Sequence[Answer | Exception]) -> None:
        for each, answer in zip(group, answers, strict=True):
            if each.answer.done():  # given up while it was carried out
                continue
            if isinstance(answer, Exception) and not isinstance(answer, Dropped):
                each.answer.set_exception(answer)
            else:
                each.answer.set_result(answer)
        self.loop.call_soon(self._take_turn)
