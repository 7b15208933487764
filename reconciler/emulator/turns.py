"""Writers take turns in a thread of their own: those that wait share one transaction, and readers go on meanwhile."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from reconciler.emulator.faults import Dropped
from reconciler.emulator.messages import Request, Response

_MOST = 100  # of one transaction, so that the first of many does not wait for all of them

Answer = Response | Dropped
CarryOut = Callable[[Sequence[Request]], Sequence[Answer]]


@dataclass(frozen=True, slots=True)
class _Waiting:
    request: Request
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Answer]


class Writers:
    """Brings requests from event loops to the disk, in the order in which they came.

    carry_out: answers some requests, in their order; called from one thread, for all that came while it was last at
    work. A caller that gives up before its turn is left out.
    """

    def __init__(self, carry_out: CarryOut) -> None:
        self._carry_out = carry_out
        self._waiting: deque[_Waiting] = deque()
        self._is_asked = False
        self._thread = ThreadPoolExecutor(1, "writer")

    async def answer(self, request: Request) -> Answer:
        """The answer, once it holds; what ``carry_out`` raises is raised here."""
        loop = asyncio.get_running_loop()
        waiting = _Waiting(request, loop, loop.create_future())
        self._waiting.append(waiting)
        if not self._is_asked:  # a turn that is still to begin will find it
            self._is_asked = True
            self._thread.submit(self._take_turn)
        return await waiting.answer

    def _take_turn(self) -> None:
        """Carry out all that waits; what comes while it looks for the last of it asks for another turn."""
        self._is_asked = False  # before it looks, so that nothing is left lying
        while group := self._next_group():
            try:
                answers = self._carry_out([each.request for each in group])
            except BaseException as error:  # noqa: BLE001  (it belongs to those who wait; nobody looks at this thread)
                _tell(group, [error] * len(group))
            else:
                _tell(group, answers)

    def _next_group(self) -> list[_Waiting]:
        group: list[_Waiting] = []
        while self._waiting and len(group) < _MOST:
            each = self._waiting.popleft()
            if not each.answer.cancelled():
                group.append(each)
        return group


def _tell(group: Sequence[_Waiting], answers: Sequence[Answer | BaseException]) -> None:
    """Wake each event loop once for all of its callers."""
    pairs = list(zip(group, answers, strict=True))
    for loop in {id(each.loop): each.loop for each in group}.values():
        told = [(each.answer, answer) for each, answer in pairs if each.loop is loop]
        if not loop.is_closed():  # whoever waited there is gone
            loop.call_soon_threadsafe(_settle, told)


def _settle(told: Iterable[tuple[asyncio.Future[Answer], Answer | BaseException]]) -> None:
    for future, answer in told:
        if future.done():  # given up while it was carried out
            continue
        if isinstance(answer, BaseException) and not isinstance(answer, Dropped):
            future.set_exception(answer)
        else:
            future.set_result(answer)
