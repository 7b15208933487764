"""Rules that have values, with what they are asked about, each from one number.

``draw_questions`` makes operands that matter: profiles mostly have what a rule names, values come from small pools so
that many are equal, instants lie at and beside the ends of days, weeks, months and units around ``at``.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from random import Random
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from reconciler.pql.syntax import Node
from tests.property.asked_parts import SCHEMA, Here, Parts

_T = TypeVar("_T")

LETTERS = ("a", "b", "ab", "B")
NUMBERS = (-3, -2, -1, 0, 1, 2, 3, 0.5)
_OSLO = ZoneInfo("Europe/Oslo")
ZONES: tuple[tzinfo, ...] = (
    UTC,
    timezone(timedelta(hours=5, minutes=30)),
    timezone(timedelta(hours=-8)),
    ZoneInfo("America/New_York"),
    _OSLO,
)
_NEAR_CHANGES = (
    "2026-03-29T12:00:00",
    "2026-03-30T00:30:00",
    "2026-10-25T12:30:00",
    "2026-10-26T01:30:00",
)  # of clocks
_AT = (
    *("2026-03-31T12:00:00", "2024-02-29T12:00:00", "2026-01-31T00:00:00", "2026-05-31T22:30:00"),  # ends of months
    *_NEAR_CHANGES,
    *("2026-06-14T00:00:00", "2026-06-13T23:59:59.999", "2026-06-17T10:30:00"),  # ends of weeks
    *("1999-12-31T23:30:00", "2000-01-01T00:00:00", "2029-12-31T12:00:00"),  # ends of centuries and decades
)
_STEPS = (
    timedelta(milliseconds=1),
    timedelta(seconds=1),
    timedelta(minutes=1),
    timedelta(hours=1),
    *(timedelta(days=1),) * 4,
)
_SPLIT = (timedelta(), timedelta(), timedelta(milliseconds=1), timedelta(milliseconds=-1))


@dataclass(frozen=True)
class Question:
    """A rule, and all that its value depends on."""

    tree: Node
    profiles: tuple[dict[str, Any], ...]
    at: datetime
    zone: tzinfo
    context: dict[str, Any]
    offer: dict[str, Any] | None


def draw_questions(seed: int, count: int) -> Iterator[Question]:
    """So many; always the same for one number."""
    chance = Random(seed)  # noqa: S311 - no secret
    for _ in range(count):
        yield _draw_question(chance)


def _draw_question(chance: Random) -> Question:
    instant = chance.choice(_AT)
    at = datetime.fromisoformat(instant).replace(tzinfo=UTC)
    asked = _Asked(chance, at, _OSLO if instant in _NEAR_CHANGES else chance.choice(ZONES))
    tree = Parts(chance).anything(Here(chance.choice((1, 2, 2, 3))))
    profiles = tuple(asked.profile() for _ in range(3))
    return Question(tree, profiles, at, asked.zone, asked.context(), asked.offer())


class _Asked:
    """Draws profiles and what else a rule sees."""

    def __init__(self, chance: Random, at: datetime, zone: tzinfo) -> None:
        self.chance = chance
        self.at = at
        self.zone = zone

    def some(self, **fields: Callable[[], Any]) -> dict[str, Any]:
        """An object that mostly has each field; now and then one is null or missing."""
        drawn = {name: draw() for name, draw in fields.items() if self.chance.random() > 0.06}
        return {name: None if self.chance.random() < 0.06 else value for name, value in drawn.items()}

    def several(self, draw: Callable[[], _T], fewest: int = 0) -> list[_T | None]:
        count = self.chance.choice((0, 1, 2, 2, 3))
        return [None if self.chance.random() < 0.07 else draw() for _ in range(max(fewest, count))]

    def letter(self) -> str:
        return self.chance.choice(LETTERS)

    def number(self) -> float:
        return self.chance.choice(NUMBERS)

    def profile(self) -> dict[str, Any]:
        return self.some(
            age=self.number,
            n=self.number,
            price=self.number,
            city=self.letter,
            sku=self.letter,
            vip=lambda: self.chance.random() < 0.5,
            born=self.instant,
            timestamp=self.instant,
            tags=lambda: self.several(self.letter),
            scores=lambda: self.several(self.number),
            address=lambda: self.some(city=self.letter, zip=self.number),
            ids=lambda: {self.letter(): self.letter() for _ in range(2)},
            xEvent=lambda: self.several(self.event),
        )

    def event(self) -> dict[str, Any]:
        return self.some(
            type=self.letter,
            sku=self.letter,
            price=self.number,
            n=self.number,
            timestamp=self.instant,
            items=lambda: self.several(lambda: self.some(sku=self.letter, price=self.number, n=self.number)),
        )

    def context(self) -> dict[str, Any]:
        flat = self.some(city=self.letter, age=self.number)
        keys = (SCHEMA, f"{SCHEMA};version=2", "https://ns.example/another")
        return self.chance.choice((flat, flat, {}, *({key: flat} for key in keys)))

    def offer(self) -> dict[str, Any] | None:
        if self.chance.random() < 0.1:
            return None
        return self.some(
            characteristics=lambda: self.some(cabin=self.letter),
            rank=lambda: self.some(priority=self.number),
        )

    def instant(self) -> str | int:
        """Beside ``at``, or beside the end of a unit near it, in one of the ways in which instants are spelled."""
        near: Sequence[Callable[[], datetime]] = (self._steps_away, self._midnight, self._month_away, self._years_away)
        moment = self.chance.choice(near)() + self.chance.choice(_SPLIT)
        match self.chance.randrange(6):
            case 0:
                return round(moment.timestamp() * 1000)
            case 1:
                return moment.astimezone(self.zone).replace(tzinfo=None).isoformat()
            case 2:
                return moment.astimezone(timezone(timedelta(hours=-4))).isoformat()
            case 3:
                return moment.astimezone(self.zone).date().isoformat()
            case _:
                return moment.isoformat()

    def _steps_away(self) -> datetime:
        """A few units; where the clock was changed in between, days are an hour longer or shorter."""
        moment = self.at + self.chance.choice((-3, -2, -1, -1, 0, 1, 1, 2, 3)) * self.chance.choice(_STEPS)
        return moment + timedelta(minutes=self.chance.choice((0, 0, 30, -30, 60, -60)))

    def _midnight(self) -> datetime:
        """When a day begins: mostly one about the end of a week."""
        day = self.at.astimezone(self.zone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
        sunday = -((day.weekday() + 1) % 7)
        week_end = sunday + 7 * self.chance.randint(-2, 2) + self.chance.choice((-1, 0, 0, 1))
        away = week_end if self.chance.random() < 0.7 else self.chance.randint(-15, 15)
        return (day + timedelta(days=away)).replace(tzinfo=self.zone).astimezone(UTC)

    def _month_away(self) -> datetime:
        """At the time of ``at`` on one of the days about the end of a month."""
        there = self.at.astimezone(self.zone).replace(tzinfo=None)
        year, month = divmod(there.year * 12 + there.month - 1 + self.chance.randint(-4, 4), 12)
        last = there.replace(year=year, month=month + 1, day=monthrange(year, month + 1)[1])
        return (last + timedelta(days=self.chance.randint(-4, 4))).replace(tzinfo=self.zone).astimezone(UTC)

    def _years_away(self) -> datetime:
        years = self.chance.choice((-1000, -100, -10, -3, -2, -1, 0, 1, 2, 10, 100))
        year = self.at.year + years
        day = min(self.at.day, monthrange(year, self.at.month)[1])
        return self.at.replace(year=year, day=day) + timedelta(days=self.chance.randint(-1, 1))
