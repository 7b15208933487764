"""Writers to one file take turns: those that come while the disk is busy share the next transaction.

The transaction is made where the requests come in. One of several requests is brought to the disk by a thread: until it
is there, readers go on, and writers wait. So does a thread wait where another process holds the file.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from reconciler.emulator.faults import Dropped
from reconciler.emulator.messages import Request, Response

_MOST = 100  # of one transaction, so that the first of many does not wait for all of them
_MOST_BYTES = 64 * 1024  # of bodies that are carried out where readers wait for it

Answer: TypeAlias = Response | Dropped


class Begun(Protocol):
    """Answers that hold once they are on the disk."""

    def finish(self) -> Sequence[Answer]:
        """The answers, once they hold."""
        ...


class Writer(Protocol):
    """Carries out some requests, in their order. None of the answers holds yet."""

    def begin(self, requests: Sequence[Request]) -> Begun:
        """The answers, whoever else writes."""
        ...

    def begin_at_once(self, requests: Sequence[Request]) -> Begun | None:
        """The same, or None when it would have to wait; nothing is done then."""
        ...


@dataclass(frozen=True, slots=True)
class _Waiting:
    request: Request
    answer: asyncio.Future[Answer]


class Writers:
    """Brings requests to the disk, in the order in which they came; a caller that gives up before is left out."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._queue: _Queue | None = None

    async def answer(self, request: Request) -> Answer:
        """The answer, once it holds; what carrying it out raises is raised here."""
        loop, queue = asyncio.get_running_loop(), self._queue
        if queue is None or queue.loop is not loop:  # another loop may be closed; or wait for its own, and goes on
            self._queue = queue = _Queue(loop, self._writer)
        return await queue.put(request)


class _Queue:
    """Writers of one event loop. All but ``_finish`` happens in the loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, writer: Writer) -> None:
        self.loop = loop
        self._writer = writer
        self._waiting: deque[_Waiting] = deque()
        self._is_at_work = False
        self._thread = ThreadPoolExecutor(1, "writer")

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
        requests = [each.request for each in group]
        begun: Begun | None = None
        answers: Sequence[Answer | Exception] | None = None
        try:
            if sum(len(each.body) for each in requests) <= _MOST_BYTES:
                begun = self._writer.begin_at_once(requests)
            if begun is not None and len(group) == 1:  # a thread would take as long to wake up as the disk takes
                answers = begun.finish()
        except Exception as error:  # noqa: BLE001  (it belongs to those who wait)
            answers = [error] * len(group)
        if answers is None:
            self._thread.submit(self._finish, group, requests, begun)
        else:
            self._settle(group, answers)

    def _next_group(self) -> list[_Waiting]:
        group: list[_Waiting] = []
        while self._waiting and len(group) < _MOST:
            each = self._waiting.popleft()
            if not each.answer.cancelled():
                group.append(each)
        return group

    def _finish(self, group: Sequence[_Waiting], requests: Sequence[Request], begun: Begun | None) -> None:
        answers: Sequence[Answer | Exception]
        try:
            answers = (begun or self._writer.begin(requests)).finish()
        except Exception as error:  # noqa: BLE001  (as above; nobody looks at this thread)
            answers = [error] * len(group)
        if not self.loop.is_closed():  # whoever waited there is gone
            self.loop.call_soon_threadsafe(self._settle, group, answers)

    def _settle(self, group: Sequence[_Waiting], answers: Sequence[Answer | Exception]) -> None:
        for each, answer in zip(group, answers, strict=True):
            if each.answer.done():  # given up while it was carried out
                continue
            if isinstance(answer, Exception) and not isinstance(answer, Dropped):
                each.answer.set_exception(answer)
            else:
                each.answer.set_result(answer)
        self.loop.call_soon(self._take_turn)
