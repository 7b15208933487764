"""Reading properties: the most frequent thing that rules do, so short paths have readers of their own."""

from __future__ import annotations

from typing import Any

from reconciler.pql.scope import Closure, Frame
from reconciler.pql.values import read_path, read_property


def read_from_slot(slot: int, names: tuple[str, ...]) -> Closure:
    """What reads a path off a slot of the frame."""
    match names:
        case ():
            return lambda frame: frame[slot]
        case (name,):
            return _one(slot, name)
        case (first, second):
            return _two(slot, first, second)
        case (first, second, third):
            return _three(slot, first, second, third)
        case _:
            return lambda frame: read_path(frame[slot], names)


def read_from(source: Closure, names: tuple[str, ...]) -> Closure:
    """What reads a path off any value."""
    if len(names) == 1:
        (name,) = names
        return lambda frame: read_property(source(frame), name)
    return lambda frame: read_path(source(frame), names)


def _one(slot: int, name: str) -> Closure:
    spelled = f"xdm:{name}"

    def read(frame: Frame) -> Any:
        value = frame[slot]
        if type(value) is dict:
            found = value.get(name)
            return value.get(spelled) if found is None else found
        return read_property(value, name)

    return read


def _two(slot: int, first: str, second: str) -> Closure:
    names = (first, second)

    def read(frame: Frame) -> Any:
        value = frame[slot]
        if type(value) is dict:
            value = value.get(first)
            if type(value) is dict:
                value = value.get(second)
                if value is not None:
                    return value
        return read_path(frame[slot], names)

    return read


def _three(slot: int, first: str, second: str, third: str) -> Closure:
    names = (first, second, third)

    def read(frame: Frame) -> Any:
        value = frame[slot]
        if type(value) is dict:
            value = value.get(first)
            if type(value) is dict:
                value = value.get(second)
                if type(value) is dict:
                    value = value.get(third)
                    if value is not None:
                        return value
        return read_path(frame[slot], names)

    return read
