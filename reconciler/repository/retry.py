"""Asking again: the one loop for all repetitions, its pauses, and the clock it goes by."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Protocol, TypeVar

from reconciler.repository.errors import RepositoryError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

T = TypeVar("T")


class Clock(Protocol):
    """Time as the client needs it, so that tests need not wait for it."""

    def now(self) -> float:
        """Seconds on a clock that only goes forward."""
        ...

    def wall(self) -> datetime:
        """The date and time, aware."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Come back after so many seconds."""
        ...


class SystemClock:
    """The time of this machine."""

    def now(self) -> float:
        """Seconds since some moment in the past."""
        return time.monotonic()

    def wall(self) -> datetime:
        """Now, in UTC."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Let others run meanwhile."""
        await asyncio.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait between attempts, how many there are, and when patience ends; all times in seconds.

    jitter: gives 0..1; a pause is between half and all of its nominal length, so that many workers that
    failed together do not come back together.
    """

    attempts: int = 6
    first_s: float = 0.2
    factor: float = 2.0
    longest_s: float = 10.0
    deadline_s: float = 60.0
    jitter: Callable[[], float] = random.random

    def pause(self, attempt: int, asked_s: float | None = None) -> float:
        """Seconds to wait after this attempt (1, 2, …); never less than the repository asked for."""
        nominal = min(self.longest_s, self.first_s * self.factor ** min(attempt - 1, 64))
        if asked_s is not None:
            return asked_s + self.first_s * self.jitter()
        return nominal * (0.5 + 0.5 * self.jitter())


# Deletions are mostly decided at once: begin early, and be patient about the number of questions.
POLLING = Backoff(attempts=1_000, first_s=0.05, factor=1.5, longest_s=2.0)


@dataclass(frozen=True, slots=True)
class Timing:
    """Everything about time: back-off between attempts, back-off between polls, and the clock."""

    retry: Backoff = field(default_factory=Backoff)
    poll: Backoff = POLLING
    clock: Clock = field(default_factory=SystemClock)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try; ``in_doubt``: an earlier one may have been carried out. ``remaining_s`` to the deadline."""

    number: int
    in_doubt: bool
    remaining_s: float


async def persist(
    ask: Callable[[Attempt], Awaitable[T]],
    *,
    timing: Timing,
    may_repeat: Callable[[RepositoryError], bool],
    notice: Callable[[RepositoryError, float], None],
) -> T:
    """The answer of the first attempt that gets one; the last error if none does.

    may_repeat: whether asking again is both useful and safe after this error.
    notice: told of every pause before it is taken.
    """
    backoff, clock = timing.retry, timing.clock
    deadline = clock.now() + backoff.deadline_s
    number, in_doubt = 1, False
    while True:
        try:
            return await ask(Attempt(number, in_doubt, deadline - clock.now()))
        except RepositoryError as error:
            pause = backoff.pause(number, error.retry_after_s)
            too_late = number >= backoff.attempts or clock.now() + pause >= deadline
            if too_late or not may_repeat(error):
                raise
            in_doubt = error.maybe_carried_out
            notice(error, pause)
        await clock.sleep(pause)
        number += 1


def is_repeatable(error: RepositoryError) -> bool:
    """Whether the same request may be sent again after this error.

    GET, PUT, PATCH with If-Match and DELETE may be carried out twice without harm; a POST may not.
    """
    if not error.transient or error.call is None:
        return False
    return error.call.method != "POST" or not error.maybe_carried_out


def retry_after_s(value: str | None, date: str | None, clock: Clock) -> float | None:
    """Seconds from a Retry-After header, either form; None if absent or unreadable.

    date: the answer's own Date header, preferred to our clock, which may be wrong.
    """
    if value is None:
        return None
    if value.strip().isdecimal() and value.isascii():
        return float(value)
    until, now = http_date(value), http_date(date) or clock.wall()
    return None if until is None else max(0.0, (until - now).total_seconds())


def http_date(value: str | None) -> datetime | None:
    """The moment that a Date header names, aware; None if it is absent or unreadable."""
    try:
        parsed = parsedate_to_datetime(value or "")
    except (ValueError, OverflowError, TypeError):
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
