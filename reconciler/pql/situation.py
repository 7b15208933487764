"""When, where and with what a rule is evaluated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cached_property
from typing import Any

from reconciler.pql.times import EARLIEST, LATEST, local, start_of_day


@dataclass(frozen=True, slots=True)
class Situation:
    """What a rule sees besides the profile.

    at: aware; what ``now`` is.   zone: of calendar days, weeks and months.
    context: one flat object, or one for each schema id.   offer: the candidate, ``{"characteristics": …, "rank": …}``.
    """

    at: datetime
    zone: tzinfo = UTC
    context: Mapping[str, Any] = field(default_factory=dict)
    offer: Mapping[str, Any] | None = None


class Run:
    """A situation made ready for evaluation: what does not depend on the profile is worked out once."""

    def __init__(self, situation: Situation) -> None:
        self.now = situation.at.astimezone(UTC)
        self.zone = situation.zone
        self.offer = situation.offer
        self.windows: dict[object, Callable[[datetime], bool] | None] = {}  # of ``occurs``, by who asks
        self._context = situation.context

    @cached_property
    def today(self) -> datetime:
        """When this day began."""
        return self.day(0)

    @cached_property
    def yesterday(self) -> datetime:
        """When the day before began."""
        return self.day(-1)

    @cached_property
    def tomorrow(self) -> datetime:
        """When the day after begins."""
        return self.day(1)

    def day(self, away: int) -> datetime:
        """When the day so many days from this one begins; an end of the calendar where there is no such day."""
        try:
            return start_of_day(local(self.now, self.zone).date() + timedelta(days=away), self.zone)
        except OverflowError:
            return EARLIEST if away < 0 else LATEST

    @cached_property
    def _by_schema(self) -> Mapping[str, Any] | None:
        """Context data by schema; None when it is one flat object."""
        if all(_is_schema(key) for key in self._context):
            return {_without_version(key): value for key, value in self._context.items()}
        return None

    def context(self, schema: str) -> Any:
        """The data of this schema; None when there are none."""
        return self._context if self._by_schema is None else self._by_schema.get(_without_version(schema))


def _is_schema(key: str) -> bool:
    return "://" in key or key.startswith(("urn:", "_xdm."))


def _without_version(schema: str) -> str:
    return schema.partition(";")[0].strip()
