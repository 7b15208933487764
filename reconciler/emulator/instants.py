"""Instants: written with exactly three decimals in UTC, read with any fraction and offset."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d):(\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def system_clock() -> datetime:
    """The time now, aware, in UTC."""
    return datetime.now(UTC)


def format_instant(moment: datetime) -> str:
    """``2019-06-05T03:44:25.343Z``."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


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
