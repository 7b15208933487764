"""Quantifiers, ``select`` and aggregates as closures: what runs through ranges and gives each element a name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.pql.functions import AGGREGATES
from reconciler.pql.scope import RUN, Closure, Frame, Test
from reconciler.pql.values import gather, is_list


@dataclass(frozen=True, slots=True)
class Through:
    """A range made ready. slot: of its name; test: None where every element counts."""

    slot: int
    source: Closure
    test: Test | None


class _NullSource(Exception):
    """A range has no list to run through."""


def _rows(ranges: Sequence[Through], frame: Frame, *, strict: bool = False) -> Iterator[None]:
    """Put every combination that all ranges admit into the frame, one after the other.

    Keeps its own stack, so that any number of ranges will do. strict: a range without a list raises.
    """
    stack = [_elements(ranges[0], frame, strict=strict)]
    while stack:
        here = ranges[len(stack) - 1]
        for frame[here.slot] in stack[-1]:
            if here.test is not None and not here.test(frame):
                continue
            if len(stack) == len(ranges):
                yield
            else:
                stack.append(_elements(ranges[len(stack)], frame, strict=strict))
                break
        else:
            stack.pop()


def _elements(through: Through, frame: Frame, *, strict: bool) -> Iterator[Any]:
    items = through.source(frame)
    if is_list(items):
        return iter(items)
    if strict:
        raise _NullSource
    return iter(())


def exists(ranges: Sequence[Through]) -> Test:
    """Whether some combination fits."""
    if len(ranges) > 1:
        return lambda frame: next((True for _ in _rows(ranges, frame)), False)
    (only,) = ranges
    slot, source, test = only.slot, only.source, only.test

    def run(frame: Frame) -> bool:
        items = source(frame)
        if not is_list(items):
            return False
        if test is None:
            return len(items) > 0
        return any(test(frame) for frame[slot] in items)

    return run


def for_all(ranges: Sequence[Through]) -> Test:
    """Whether the last test holds for all combinations that the others admit; false where a range has no list."""
    *earlier, last = ranges
    admitted = (*earlier, Through(last.slot, last.source, None))
    test = last.test or (lambda _frame: True)

    def run(frame: Frame) -> bool:
        try:
            return all(test(frame) for _ in _rows(admitted, frame, strict=True))
        except _NullSource:
            return False

    return run


def select(ranges: Sequence[Through]) -> Closure:
    """The elements of the first range that fit, each once."""
    first, *others = ranges
    slot, test = first.slot, first.test
    rest = exists(others) if others else None

    def run(frame: Frame) -> list[Any]:
        items = first.source(frame)
        found: list[Any] = []
        if not is_list(items):
            return found
        for item in items:
            frame[slot] = item
            if (test is None or test(frame)) and (rest is None or rest(frame)):
                found.append(item)
        return found

    return run


def aggregate(function: str, value: Closure, ranges: Sequence[Through]) -> Closure:
    """The sum, average, … of a value over all combinations that fit."""
    carry_out = AGGREGATES[function]
    return lambda frame: carry_out(frame[RUN], gather(value(frame) for _ in _rows(ranges, frame)))
