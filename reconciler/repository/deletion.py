"""A deletion from the request to the verdict: accepted first, decided later, and judged by its words alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.repository import wire
from reconciler.repository.errors import RepositoryError, Undecided
from reconciler.repository.port import Deleted, DeleteOutcome, Permit, always
from reconciler.repository.retry import retry_after_s
from reconciler.repository.session import Ask

if TYPE_CHECKING:
    from reconciler.repository.session import Session

NOT_THERE = frozenset({404})


@dataclass(frozen=True, slots=True)
class Deletion:
    """How one instance is deleted over this session."""

    session: Session
    permit: Permit = always

    async def carry_out(self, address: str, if_match: str | None) -> DeleteOutcome:
        """The verdict. Raises ``Undecided`` if the request was accepted and the verdict cannot be had."""
        etag = None if if_match is None else wire.etag_header(if_match)
        ask = Ask("DELETE", address, wire.RECEIPT, if_match=etag, welcome=NOT_THERE)
        answer = await self.session.send(ask, self.permit)
        if answer.status == 404:
            return Deleted()
        status: str | None = None
        try:
            outcome = _decided(answer)
            if outcome is not None:
                return outcome
            status = wire.located(answer, self.session.base)
            return await self._poll(address, status, answer)
        except Undecided:
            raise
        except RepositoryError as error:
            raise Undecided(error.message, call=answer.call, status_address=status) from error

    async def _poll(self, address: str, status: str | None, latest: wire.Answer) -> DeleteOutcome:
        """Ask with growing pauses until the verdict is out or the deadline is near (clause H2).

        Without a status resource, or with one that says nothing, the instance itself is watched: only its
        404 means that it is gone.
        """
        timing, call, watched = self.session.timing, latest.call, status
        poll, clock = timing.poll, timing.clock
        deadline = clock.now() + poll.deadline_s
        for number in range(1, poll.attempts + 1):
            asked = retry_after_s(latest.headers.get("retry-after"), latest.headers.get("date"), clock)
            pause = poll.pause(number, asked)
            if clock.now() + pause >= deadline:
                break
            await clock.sleep(pause)
            latest = await self._look(watched or address, wire.RECEIPT if watched else "*/*")
            if watched is None and latest.status == 404:
                return Deleted()
            if watched is not None and latest.status != 202:
                outcome = _decided(latest)
                if outcome is not None:
                    return outcome
                watched = None
        raise Undecided("no verdict in time", call=call, status_address=status)

    async def _look(self, address: str, accept: str) -> wire.Answer:
        return await self.session.send(Ask("GET", address, accept, welcome=NOT_THERE))


def _decided(answer: wire.Answer) -> DeleteOutcome | None:
    """The outcome, if this answer is one: a 202 never is, and neither is a status that is not there."""
    return wire.read_outcome(answer) if answer.status == 200 else None
