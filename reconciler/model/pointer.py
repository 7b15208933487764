"""JSON pointers: the paths of patches and of places in payloads. Source: RFC 6901."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final


class Missing:
    """What stands where a pointer leads nowhere; null is something."""


MISSING: Final = Missing()


def spell_pointer(*steps: str | int) -> str:
    """Steps as a pointer, e.g. ``/_instance/xdm:tags/0``; without steps ``""``, the whole document."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)


def read_pointer(text: str) -> list[str]:
    """The steps of a pointer; positions in arrays stay text."""
    return [step.replace("~1", "/").replace("~0", "~") for step in text.split("/")[1:]]


def look_up(document: Any, text: str) -> Any:
    """The value at a pointer, or ``MISSING``."""
    value = document
    for step in read_pointer(text):
        if isinstance(value, Mapping) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return MISSING
    return value


def put(document: Any, text: str, value: Any) -> None:
    """Set the value at a pointer whose parent exists."""
    above, _, _ = text.rpartition("/")
    parent, last = look_up(document, above), read_pointer(text)[-1]
    if isinstance(parent, list):
        parent[int(last)] = value
    else:
        parent[last] = value
