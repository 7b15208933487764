"""Lines 10 and 19: what should take no time at all."""

from __future__ import annotations

from collections.abc import Iterator

from tests.benchmarks.lines import Figure, Line
from tests.benchmarks.measuring import median
from tests.benchmarks.workplace import Workplace
from tests.generate import SETTINGS

TAG = "kind: tag\nkey: t\nname: "
NASTY = {
    "alias bomb": "a: &a [x, x, x, x, x, x, x, x, x]\n"
    + "".join(
        f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    ),
    "5,000 levels": TAG + "[" * 5000 + "]" * 5000 + "\n",
    "duplicate keys": TAG + "t\n" + "name: t\n" * 2000,
    "tabs": "kind: tag\n\tname: t\n",
    "!!python tag": TAG + "!!python/object/apply:os.system [true]\n",
    "5 MiB": TAG + "'" + "x" * (5 << 20) + "'\n",
}


def help_and_version(place: Workplace) -> Iterator[Figure]:
    for option in ("--help", "--version"):
        spent = median(max(place.times, 5), lambda option=option: place.program(option).cpu_s)  # type: ignore[misc]
        yield Figure(option, spent * 1000, "ms", 90, 60)


def nasty_input(place: Workplace) -> Iterator[Figure]:
    for number, (what, text) in enumerate(NASTY.items()):
        root = place.folder / f"nasty-{number}"
        root.mkdir(exist_ok=True)
        (root / "catalog.yaml").write_text(SETTINGS)
        (root / "nasty.yaml").write_text(text)
        spent = median(place.times, lambda root=root: float(place.probe("nasty", root)))  # type: ignore[misc]
        yield Figure(what, spent * 1000, "ms", 100, 50)


LINES = (
    Line(10, "--help, --version, whole process", help_and_version),
    Line(19, "nasty input: a located error", nasty_input),
)
