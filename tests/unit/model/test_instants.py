"""Instants: RFC 3339 date-times with an offset, of any precision."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from reconciler.model.instant import canonical_instant, instant_sort_key, spell_instant


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ("2026-01-01t00:00:00z", "2026-01-01T00:00:00Z"),
        ("2026-01-01 00:00:00Z", "2026-01-01T00:00:00Z"),
        ("2026-01-01T00:00:00-00:00", "2026-01-01T00:00:00Z"),
        ("2026-01-01T01:30:00+01:30", "2026-01-01T00:00:00Z"),
        ("2025-12-31T20:00:00-04:00", "2026-01-01T00:00:00Z"),
        ("2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00Z"),
        ("2026-01-01T00:00:00.120Z", "2026-01-01T00:00:00.12Z"),
        ("2026-01-01T00:00:00.000000000001Z", "2026-01-01T00:00:00.000000000001Z"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("2024-02-29T23:59:59+23:59", "2024-02-29T00:00:59Z"),
    ],
)
def test_an_instant_has_one_canonical_spelling(text: str, canonical: str) -> None:
    assert canonical_instant(text) == canonical


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-01-01",
        "2026-01-01T00:00Z",
        "2026-01-01T00:00:00",
        "2026-01-01T00:00:00+0100",
        "2026-01-01T00:00:00+24:00",
        "2026-01-01T00:00:00+01:60",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z",
        "2026-02-30T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00Z\n",
        "٢٠٢٦-01-01T00:00:00Z",
    ],
)
def test_what_is_no_instant_has_no_spelling(text: str) -> None:
    assert canonical_instant(text) is None


def test_instants_sort_in_time_whatever_their_precision() -> None:
    spelled = ["00:00:00Z", "00:00:00.000001Z", "00:00:00.05Z", "00:00:00.1Z", "00:00:00.12Z", "00:00:01Z"]
    instants = [f"2026-01-01T{text}" for text in spelled]
    assert sorted([*instants[3:], *instants[:3]], key=instant_sort_key) == instants


def test_a_datetime_is_spelled_in_utc() -> None:
    moment = datetime(2026, 1, 1, 1, 30, 0, 120000, tzinfo=timezone(timedelta(hours=1)))
    assert spell_instant(moment) == "2026-01-01T00:30:00.12Z"
    assert spell_instant(datetime(2026, 1, 1, tzinfo=UTC)) == "2026-01-01T00:00:00Z"
