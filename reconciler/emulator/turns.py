"""Writers take turns in a thread of their own: those that wait share one transaction, and readers go on meanwhile."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from reconciler.emulator.faults import Dropped
from reconciler.emulator.messages import Request, Response

_MOST = 100  # of one transaction, so that the first of many does not wait for all of them

Answer = Response | Dropped
CarryOut = Callable[[Sequence[Request]], Sequence[Answer]]


class Writers:
    """Brings requests from an event loop to the disk, in the order in which they came.

    carry_out: answers some requests, in their order; called from one thread, for all that came while it was last at
    work. A caller that gives up before its turn is left out.
    """

    def __init__(self, carry_out: CarryOut) -> None:
        self._carry_out = carry_out
        self._waiting: deque[tuple[Request, Future[Answer]]] = deque()
        self._thread = ThreadPoolExecutor(1, "writer")

    async def answer(self, request: Request) -> Answer:
        """The answer, once it holds; what ``carry_out`` raises is raised here."""
        future: Future[Answer] = Future()
        self._waiting.append((request, future))
        self._thread.submit(self._take_turn)
        return await asyncio.wrap_future(future)

    def _take_turn(self) -> None:
        """Carry out what waits; of the turns asked for in the meantime most find nothing left to do."""
        group: list[tuple[Request, Future[Answer]]] = []
        while self._waiting and len(group) < _MOST:
            request, future = self._waiting.popleft()
            if future.set_running_or_notify_cancel():
                group.append((request, future))
        if not group:
            return
        try:
            answers = self._carry_out([request for request, _ in group])
        except BaseException as error:  # noqa: BLE001  (it belongs to those who wait; nobody looks at this thread)
            for _, future in group:
                future.set_exception(error)
            return
        for (_, future), answer in zip(group, answers, strict=True):
            future.set_result(answer)
