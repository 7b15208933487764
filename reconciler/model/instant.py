"""Instants: RFC 3339 date-times with an offset, of any precision."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ]((?:[01]\d|2[0-3]):\d\d:\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


@lru_cache(maxsize=65536)
def canonical_instant(text: str) -> str | None:
    """The one spelling of this instant: UTC, no trailing zeros in the fraction; None if it is not an instant.

    Two texts name the same instant exactly when their canonical spellings are equal.
    A leap second counts as the second before it. Source: RFC 3339, section 5.6.
    """
    match = _RFC3339.fullmatch(text)
    if match is None:
        return None
    day, clock, fraction, offset = match.groups()
    if clock.endswith(":60"):
        clock = clock[:-2] + "59"
    try:
        local = datetime.fromisoformat(f"{day}T{clock}+00:00")
        moment = local - _offset(offset)
    except (ValueError, OverflowError):
        return None
    rest = (fraction or "").rstrip("0")
    return moment.strftime(f"{moment.year:04d}-%m-%dT%H:%M:%S") + (f".{rest}" if rest else "") + "Z"


def _offset(text: str) -> timedelta:
    if text in {"Z", "z"}:
        return timedelta(0)
    hours, minutes = int(text[1:3]), int(text[4:6])
    if hours > 23 or minutes > 59:
        raise ValueError(text)
    size = timedelta(hours=hours, minutes=minutes)
    return -size if text[0] == "-" else size


def read_instant(text: str) -> datetime | None:
    """The moment that a text spells, aware, to the microsecond; None if it is not an instant."""
    canonical = canonical_instant(text)
    if canonical is None:
        return None
    whole, _, fraction = canonical.rstrip("Z").partition(".")
    return datetime.fromisoformat(f"{whole}.{fraction[:6].ljust(6, '0')}+00:00")


def spell_instant(moment: datetime) -> str:
    """The canonical spelling of an aware datetime."""
    text = moment.astimezone(UTC).strftime(f"{moment.astimezone(UTC).year:04d}-%m-%dT%H:%M:%S.%f")
    return text.rstrip("0").rstrip(".") + "Z"


def instant_sort_key(canonical: str) -> tuple[str, str]:
    """Sorts canonical spellings in time, whatever their precision."""
    seconds, _, fraction = canonical.rstrip("Z").partition(".")
    return (seconds, fraction)
