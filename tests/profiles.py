"""Customers of the example airline: as many as wanted, the same under one seed."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
_STATUS = ("none", "silver", "gold", "elite")
_COUNTRIES = ("US", "CA", "MX", "DE", "NO", "IS", "JP")


def make_profiles(count: int, seed: int = 0) -> Iterator[dict[str, Any]]:
    """Profiles with membership, addresses, consents, audiences and what they did, with ids ``c-000001`` and so on."""
    chance = Random(seed)  # noqa: S311 - not for secrets
    return (_profile(chance, number) for number in range(1, count + 1))


def _profile(chance: Random, number: int) -> dict[str, Any]:
    status = chance.choices(_STATUS, (55, 25, 13, 7))[0]
    profile: dict[str, Any] = {
        "identityMap": {"ECID": [{"id": f"c-{number:06}", "primary": True}]},
        "person": {"age": chance.randint(16, 85), "birthMonth": chance.randint(1, 12)},
        "membership": {"status": status, "expires": _past(chance, -700, 200)},
        "homeAddress": {"countryISO": chance.choice(_COUNTRIES)},
        "loyalty": {"points": int(chance.expovariate(1 / 15_000)), "joinDate": _past(chance, 0, 3_000)},
        "consents": {"marketing": {"email": {"val": chance.choice("yyn")}}},
        "xEvent": [_event(chance) for _ in range(chance.choices((0, 1, 3, 8), (30, 40, 20, 10))[0])],
    }
    if chance.random() < 0.8:
        profile["personalEmail"] = {"address": f"c{number}@example.com"}
    if chance.random() < 0.3:
        profile["household"] = {"children": chance.randint(0, 3)}
    if chance.random() < 0.2:
        reached = chance.choice(("realized", "exited"))
        profile["segmentMembership"] = {"ups": {"frequent-flyers": {"status": reached}}}
    return profile


def _event(chance: Random) -> dict[str, Any]:
    kind = chance.choice(("flight", "checkin", "booking"))
    event: dict[str, Any] = {"type": kind, "timestamp": _past(chance, 0, 720)}
    match kind:
        case "flight":
            event["flightnumber"] = chance.choice(("SK1", "SK7", "SK12"))
        case "checkin":
            event["bags"] = chance.randint(0, 3)
        case _:
            event["passengers"] = {"children": chance.choice((0, 0, 1))}
            event["commerce"] = {"order": {"priceTotal": chance.randint(80, 3_000), "currencyCode": "USD"}}
    return event


def _past(chance: Random, least_days: int, most_days: int) -> str:
    return (AT - timedelta(minutes=chance.randint(least_days * 1440, most_days * 1440))).strftime("%Y-%m-%dT%H:%M:%SZ")


def write_profiles(path: Path, count: int, seed: int = 0) -> Path:
    """The same as a file, one a line."""
    with path.open("w") as file:
        file.writelines(f"{json.dumps(profile)}\n" for profile in make_profiles(count, seed))
    return path


def write_table(path: Path, count: int, seed: int = 0) -> Path:
    """The same as CSV."""
    rows = [_flat(profile) for profile in make_profiles(count, seed)]
    names = sorted({name for row in rows for name in row})
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, names, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def _flat(value: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, item in value.items():
        if isinstance(item, dict):
            flat |= _flat(item, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = json.dumps(item) if isinstance(item, list | bool) else item
    return flat
