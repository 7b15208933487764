"""Instants: written with exactly three decimals in UTC, read with any fraction and offset."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

# Seconds since 1970 and the decimals beyond them without trailing zeros: compares in time, to any number of decimals.
Moment: TypeAlias = tuple[int, str]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_MILLISECONDS = re.compile(r"(-?\d{1,15})(?:\.(\d+))?", re.ASCII)
_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d):(\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def system_clock() -> datetime:
    """The time now, aware, in UTC."""
    return datetime.now(UTC)


def format_instant(moment: datetime) -> str:
    """``2019-06-05T03:44:25.343Z``."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def parse_instant(text: str) -> tuple[datetime, str] | None:
    """An RFC 3339 date-time as a value that compares in time, to any number of decimals; else None.

    The second part holds the decimals beyond whole seconds, without trailing zeros.
    """
    match = _RFC3339.fullmatch(text)
    if match is None:
        return None
    day, minute, second, fraction, offset = match.groups()
    try:
        whole = datetime.fromisoformat(f"{day}T{minute}:00{offset.upper().replace('Z', '+00:00')}")
        # Seconds are added, so that a leap second reads as the next minute.
        return (whole + timedelta(seconds=int(second))).astimezone(UTC), (fraction or "").rstrip("0")
    except (ValueError, OverflowError):
        return None


def instant_after(text: str) -> str:
    """One millisecond later than an instant that we wrote."""
    return format_instant(datetime.fromisoformat(text) + timedelta(milliseconds=1))


def moment_of(text: str) -> Moment | None:
    """An RFC 3339 date-time as a moment, else None."""
    # Most texts are no dates: they are not read any further.
    if text[4:5] != "-" or (read := parse_instant(text)) is None:
        return None
    whole, fraction = read
    return (whole - _EPOCH) // _SECOND, fraction


def moment_of_milliseconds(text: str) -> Moment | None:
    """What ``milliseconds`` writes, as a moment; else None."""
    match = _MILLISECONDS.fullmatch(text)
    if match is None:
        return None
    seconds, thousandths = divmod(int(match[1]), 1000)
    return seconds, f"{thousandths:03d}{match[2] or ''}".rstrip("0")


def milliseconds(moment: Moment) -> str:
    """Milliseconds since 1970, with the decimals that the moment has beyond them."""
    seconds, fraction = moment
    whole, beyond = int(fraction[:3].ljust(3, "0")), fraction[3:]
    return f"{seconds * 1000 + whole}.{beyond}" if beyond else str(seconds * 1000 + whole)
