"""Faults that tests ask for (clause J4): what goes wrong on purpose, the dice that decide it, and how often it did.

On the command line a fault is ``NAME=VALUE``, narrowed to some methods by ``;ops=POST,PATCH``; ``seed=N`` is the seed
of all dice. Every fault has dice of its own, thrown once for each request that it could hit: one seed and one order of
requests give the same faults, and asking for one more fault does not move the others.
"""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace

from reconciler.model.errors import ReconcilerError


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong on purpose; the default is nothing. Shares are of the requests, 0 to 1.

    latency_s: before a request is looked at.   too_many_requests, server_error: answered with 429, 500; nothing is
    done.   drop_before, drop_after: the line is cut before, or after, the request was carried out.
    truncate_list: pages that lose their ``next``.   slow_delete: how many polls of a deletion go by before it is
    decided.   stale_list_s: how late a new instance appears in lists and searches.
    seed: of the dice.   ops: by the name of a fault (as on the command line), the only methods that it hits.
    """

    latency_s: float = 0.0
    too_many_requests: float = 0.0
    server_error: float = 0.0
    drop_before: float = 0.0
    drop_after: float = 0.0
    truncate_list: float = 0.0
    slow_delete: int = 0
    stale_list_s: float = 0.0
    seed: int = 0
    ops: Mapping[str, frozenset[str]] = field(default_factory=dict)


class Dropped(ConnectionError):
    """The line is cut instead of an answer. fault: the name of the fault that did it."""

    def __init__(self, fault: str) -> None:
        super().__init__(fault)
        self.fault = fault


class Mishaps:
    """The faults at work: throws the dice and counts. Calls may come from any thread."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        # Not for secrets: tests want the same mishaps again.
        self._dice = {name: random.Random(f"{faults.seed}/{name}") for name in NAMES}  # noqa: S311
        self._asked = tuple(name for name, member in NAMES.items() if getattr(faults, member))
        self._counts = dict.fromkeys(self._asked, 0)
        self._turn = threading.Lock()

    @property
    def any(self) -> bool:
        """Whether any fault was asked for."""
        return bool(self._asked)

    @property
    def counts(self) -> dict[str, int]:
        """How often each fault that was asked for has struck."""
        with self._turn:
            return dict(self._counts)

    def strikes(self, name: str, method: str) -> bool:
        """Whether this request is hit by the fault of that name; counted if so."""
        share = self.amount(name, method)
        if not share:
            return False
        with self._turn:
            struck = self._dice[name].random() < share
            self._counts[name] += struck
        return struck

    def amount(self, name: str, method: str) -> float:
        """The share, seconds or number that was asked for; 0 when it is not for this method."""
        if name not in self._asked or method not in self._faults.ops.get(name, (method,)):
            return 0
        amount: float = getattr(self._faults, NAMES[name])
        return amount

    def count(self, name: str) -> None:
        """One more of a fault that needs no dice."""
        with self._turn:
            self._counts[name] += 1


def parse_faults(specs: Iterable[str]) -> Faults:
    """The faults named by ``NAME=VALUE`` texts; a later one replaces an earlier one of its name."""
    faults = Faults()
    for spec in specs:
        faults = _with_spec(faults, spec)
    return faults


def _with_spec(faults: Faults, spec: str) -> Faults:
    main, *options = spec.split(";")
    name, _, value = (part.strip() for part in main.partition("="))
    if name == "seed" and not options:
        return replace(faults, seed=_count(name, value))
    reader = _READERS.get(name)
    if reader is None:
        raise ReconcilerError(f"unknown fault {spec!r}", remedy="Known: " + ", ".join([*NAMES, "seed"]))
    ops = {each: methods for each, methods in faults.ops.items() if each != name}
    for option in options:
        ops[name] = _methods(spec, option)
    # mypy cannot follow a field's name; ``_READERS`` gives each field its own type
    return replace(faults, **{NAMES[name]: reader(name, value), "ops": ops})  # type: ignore[arg-type]


def _methods(spec: str, option: str) -> frozenset[str]:
    key, _, listed = option.partition("=")
    methods = frozenset(method.strip().upper() for method in listed.split(","))
    if key.strip() != "ops" or not methods <= _METHODS:
        known = ",".join(sorted(_METHODS))
        raise ReconcilerError(
            f"{spec}: {option.strip()!r} does not narrow it", remedy=f"Write ;ops= and any of {known}"
        )
    return methods


def _count(name: str, value: str) -> int:
    if value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    raise ReconcilerError(f"{name}={value}: not a whole number", remedy=f"Write it as {name}=3")


def _share(name: str, value: str) -> float:
    if _DECIMAL.fullmatch(value) and float(value) <= 1:
        return float(value)
    raise ReconcilerError(f"{name}={value}: not a share from 0 to 1", remedy=f"Write it as {name}=0.1")


def _seconds(name: str, value: str) -> float:
    number = value.removesuffix("s").removesuffix("m")
    unit = _UNITS.get(value[len(number) :])
    if unit is None or not _DECIMAL.fullmatch(number):
        raise ReconcilerError(f"{name}={value}: not a time", remedy=f"Write it as {name}=50ms or {name}=2s")
    return float(number) * unit


_DECIMAL = re.compile(r"\d{1,9}(\.\d{1,9})?|\.\d{1,9}", re.ASCII)
_UNITS = {"s": 1.0, "ms": 0.001}
_METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}
_READERS: dict[str, Callable[[str, str], float]] = {
    "latency": _seconds,
    "429": _share,
    "500": _share,
    "drop-before": _share,
    "drop-after": _share,
    "truncate-list": _share,
    "slow-delete": _count,
    "stale-list": _seconds,
}
# In the order of the fields.
NAMES: dict[str, str] = dict(zip(_READERS, (each.name for each in fields(Faults)), strict=False))
