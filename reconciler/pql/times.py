"""Instants, units of time and the calendar."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from math import isfinite
from typing import Any

from reconciler.model.instant import read_instant
from reconciler.pql.syntax import Comparison, Side, Unit

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST = datetime.min.replace(tzinfo=UTC)
LATEST = datetime.max.replace(tzinfo=UTC)
_HOUR_S = 3600

_LENGTHS = {
    Unit.MILLISECOND: timedelta(milliseconds=1),
    Unit.SECOND: timedelta(seconds=1),
    Unit.MINUTE: timedelta(minutes=1),
    Unit.HOUR: timedelta(hours=1),
}
_DAYS = {Unit.DAY: 1, Unit.WEEK: 7}
_MONTHS = {Unit.MONTH: 1, Unit.YEAR: 12, Unit.DECADE: 120, Unit.CENTURY: 1200, Unit.MILLENNIUM: 12000}

Window = Callable[[datetime], bool]


# ---------------------------------------------------------------- instants


def to_instant(value: Any, zone: tzinfo) -> datetime | None:
    """The instant that a value names, in UTC; None when it names none.

    value: a date-time or date as ISO text (in ``zone`` where it has no offset), milliseconds since 1970, or a datetime.
    """
    if type(value) is str:
        return _from_text(value, zone)
    if isinstance(value, datetime):
        return _in_utc(value, zone)
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return EPOCH + timedelta(milliseconds=value)
        except (OverflowError, ValueError):
            return None
    if isinstance(value, date):
        return start_of_day(value, zone)
    return _from_text(str(value), zone) if isinstance(value, str) else None


def _from_text(text: str, zone: tzinfo) -> datetime | None:
    if text[4:5] != "-" or text[7:8] != "-":  # week dates, and digits alone
        return None
    try:
        return _in_utc(datetime.fromisoformat(text), zone)
    except ValueError:
        return read_instant(text)  # a leap second


def _in_utc(moment: datetime, zone: tzinfo) -> datetime | None:
    try:
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError:
        return None


def start_of_day(day: date, zone: tzinfo) -> datetime:
    """When this day begins in this zone, in UTC."""
    try:
        return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
    except OverflowError:
        return datetime.combine(day, time(), tzinfo=UTC)


def make_date(year: int, month: int, day: int, zone: tzinfo) -> datetime | None:
    """When this day begins; None when there is no such day."""
    try:
        return start_of_day(date(year, month, day), zone)
    except (ValueError, OverflowError):
        return None


def local(moment: datetime, zone: tzinfo) -> datetime:
    """The wall clock of this zone then. At either end of the calendar, where there is none: that of UTC."""
    try:
        return moment.astimezone(zone)
    except OverflowError:
        return moment


# ---------------------------------------------------------------- units


def shift(moment: datetime, amount: float, unit: Unit, zone: tzinfo) -> datetime | None:
    """So many units later; earlier when negative. None when that is no time.

    Hours and shorter are lengths; days and longer go by the calendar of the zone, and months end no later than they do:
    31 January and one month is 28 or 29 February. What lies beyond the calendar is its end.
    """
    try:
        if not isfinite(amount):
            return None
        if unit in _LENGTHS:
            return moment + _LENGTHS[unit] * amount
        if amount != int(amount):
            return moment + timedelta(days=_DAYS[unit]) * amount if unit in _DAYS else None
        there = moment.astimezone(zone)
        moved = _days_later(there, int(amount), unit) if unit in _DAYS else _months_later(there, int(amount), unit)
        return moved.astimezone(UTC)
    except (OverflowError, ValueError):
        return EARLIEST if amount < 0 else LATEST


def _days_later(there: datetime, amount: int, unit: Unit) -> datetime:
    return there + timedelta(days=_DAYS[unit] * amount)


def _months_later(there: datetime, amount: int, unit: Unit) -> datetime:
    year, month = divmod(there.year * 12 + there.month - 1 + amount * _MONTHS[unit], 12)
    if not 1 <= year <= 9999:
        raise OverflowError
    return there.replace(year=year, month=month + 1, day=min(there.day, monthrange(year, month + 1)[1]))


def count_units(moment: datetime, unit: Unit, zone: tzinfo) -> int:
    """Which unit of the calendar an instant falls into, counted from any fixed one. Weeks begin on Sunday."""
    if unit in _LENGTHS:
        offset = local(moment, zone).utcoffset() or timedelta()
        # Whole hours of an offset do not move the ends of hours, so a change to summer time does not disturb the count.
        return (moment - EPOCH + timedelta(seconds=offset.total_seconds() % _HOUR_S)) // _LENGTHS[unit]
    there = local(moment, zone)
    if unit in _DAYS:
        return there.toordinal() // _DAYS[unit]  # day 7 of the calendar is a Sunday
    if unit is Unit.MONTH:
        return there.year * 12 + there.month
    return there.year * 12 // _MONTHS[unit]


# ---------------------------------------------------------------- occurs


def make_window(
    comparison: Comparison, amount: float, unit: Unit, side: Side, reference: datetime, zone: tzinfo
) -> Window | None:
    """What tells whether an instant lies ``<= 6 months before`` another; None when no time is that far."""
    windows = []
    for direction, here in ((-1, Side.BEFORE), (1, Side.AFTER)):
        if side in (here, Side.FROM):
            far = shift(reference, direction * amount, unit, zone)
            if far is None:
                return None
            windows.append(_one_side(comparison, far, reference, direction, unit, zone))
    first, *others = windows
    return (lambda moment: first(moment) or others[0](moment)) if others else first


def _one_side(
    comparison: Comparison, far: datetime, near: datetime, direction: int, unit: Unit, zone: tzinfo
) -> Window:
    before = direction < 0
    match comparison:
        case Comparison.AT_MOST:
            return (lambda moment: far <= moment <= near) if before else (lambda moment: near <= moment <= far)
        case Comparison.LESS:
            return (lambda moment: far < moment <= near) if before else (lambda moment: near <= moment < far)
        case Comparison.AT_LEAST:
            return (lambda moment: moment <= far) if before else (lambda moment: moment >= far)
        case Comparison.MORE:
            return (lambda moment: moment < far) if before else (lambda moment: moment > far)
        case _:
            wanted = count_units(far, unit, zone)
            return lambda moment: count_units(moment, unit, zone) == wanted
