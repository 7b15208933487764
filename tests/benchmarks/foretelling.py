"""Lines 15 and 16: ``impact`` over a file of profiles."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.lines import Figure, Line
from tests.benchmarks.measuring import median, run
from tests.benchmarks.workplace import Workplace
from tests.profiles import write_profiles

OFFERS, RULES, PRIORITIES = 50, 20, 10
SETTINGS = "catalog: bench\nenvironments: {local: {repository: embedded}}\n"
# Twenty that most customers do not pass, so that most of them are asked about most customers.
CONDITIONS = (
    *(f"loyalty.points >= {points}" for points in range(30_000, 60_000, 5_000)),
    *(f'membership.status = "{status}" and person.age > 60' for status in ("elite", "gold")),
    *(f'homeAddress.countryISO in ["{country}", "FR"] and person.age < 25' for country in ("US", "CA", "DE", "JP")),
    *(f"person.birthMonth = {month}" for month in (2, 7)),
    *(f'xEvent[type = "flight" and flightnumber = "SK{number}"].count() > 1' for number in (1, 7, 12)),
    'segmentMembership.get("ups").get("frequent-flyers").status = "realized"',
    "household.children > 1",
    "membership.expires occurs < 10 days before now",
)


def cpu(place: Workplace) -> Iterator[Figure]:
    root, profiles = _catalogue(place), _profiles(place, place.profiles)
    bare_s = median(place.times, lambda: float(place.probe("decoding", profiles)))
    spent_s = median(place.times, lambda: _run(place, root, profiles))
    yield Figure(f"{place.profiles:,} profiles, bare decoding", bare_s, "s", bare_s, bare_s)
    yield Figure("impact, all processes, over that", spent_s / bare_s, "x", 8, 3)


def memory(place: Workplace) -> Iterator[Figure]:
    root = _catalogue(place)
    for count in (place.profiles // 10, place.profiles):
        words = arguments(root, _profiles(place, count))
        peak = float(run([sys.executable, "-m", "tests.benchmarks.peaks", *words]).out.splitlines()[-1])
        yield Figure(f"{count:,} profiles, all processes", peak, "MB", 200, 150)


def _run(place: Workplace, root: Path, profiles: Path) -> float:
    return place.program("impact", *arguments(root, profiles)).cpu_s


def arguments(root: Path, profiles: Path) -> tuple[str, ...]:
    """Files against the commit before them."""
    words = ("--profiles", str(profiles), "--base", "HEAD", "--at", "2026-06-01T12:00:00Z", "--workers", "2", "--quiet")
    return (str(root), *words)


def _profiles(place: Workplace, count: int) -> Path:
    path = place.folder / f"profiles-{count}.ndjson"
    return path if path.exists() else write_profiles(path, count)


def _catalogue(place: Workplace) -> Path:
    """One activity, in Git; in its folder the rules of a few offers are others than in the commit."""
    root = place.folder / "foretelling"
    if not root.exists():
        root.mkdir()
        _write(root, 0)
        git = ["git", "-c", "user.name=bench", "-c", "user.email=bench@localhost", "-C", str(root)]
        for words in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "before")):
            subprocess.run([*git, *words], check=True)
        _write(root, 1)
    return root


def _write(root: Path, moved: int) -> None:
    entities = [
        "kind: placement\nkey: hero\nname: Hero\n",
        "kind: fallback\nkey: nothing\nname: Nothing\nstatus: approved\nrepresentations: [{placement: hero}]\n",
        f"kind: filter\nkey: all\nname: All\noffers: [{', '.join(f'o{number}' for number in range(OFFERS))}]\n",
        "kind: activity\nkey: home\nname: Home\nstatus: live\nplacement: hero\nfilter: all\nfallback: nothing\n",
    ]
    for number, condition in enumerate(CONDITIONS):
        entities.append(f"kind: rule\nkey: r{number}\nname: Rule {number}\ncondition: {json.dumps(condition)}\n")
    for number in range(OFFERS):
        rule = (number + (moved if number % 10 == 0 else 0)) % RULES
        entities.append(
            f"kind: offer\nkey: o{number}\nname: Offer {number}\nstatus: approved\npriority: {number % PRIORITIES}\n"
            f"rule: r{rule}\nrepresentations: [{{placement: hero}}]\n"
        )
    (root / "catalog.yaml").write_text(SETTINGS)
    (root / "all.yaml").write_text("---\n".join(entities))


LINES = (
    Line(15, "impact: CPU over bare decoding", cpu),
    Line(16, "impact: peak memory", memory),
)
