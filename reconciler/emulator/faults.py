"""Faults that tests ask for (clause J4): each is a field, read from ``NAME=VALUE``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from reconciler.model.errors import ReconcilerError


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong on purpose; the default is nothing.

    slow_delete: how many polls of a deletion go by before it is decided.
    """

    slow_delete: int = 0


def parse_faults(specs: Iterable[str]) -> Faults:
    """The faults named by ``NAME=VALUE`` texts; a later one replaces an earlier one of its name."""
    faults = Faults()
    for spec in specs:
        name, _, value = spec.partition("=")
        reader = _READERS.get(name.strip())
        if reader is None:
            raise ReconcilerError(f"unknown fault {spec!r}", remedy="Known faults: " + ", ".join(sorted(_READERS)))
        faults = reader(faults, value.strip())
    return faults


def _slow_delete(faults: Faults, value: str) -> Faults:
    return replace(faults, slow_delete=_count("slow-delete", value))


def _count(name: str, value: str) -> int:
    if value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    raise ReconcilerError(f"{name}={value}: not a whole number", remedy=f"Write it as {name}=3")


_READERS: dict[str, Callable[[Faults, str], Faults]] = {"slow-delete": _slow_delete}
