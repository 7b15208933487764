"""Whether a live instance is already as a patch would leave it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reconciler.model.pointer import MISSING, look_up
from reconciler.repository.port import Instance

Removed = Mapping[str, list[int]]  # path of an array -> positions of the elements that the patch takes out


def holds(instance: Instance, operations: Sequence[Mapping[str, Any]]) -> bool:
    """Whether every addition of a patch is there and every removal is gone.

    The patch names positions as they were before it; what it takes out moves the rest up.
    """
    document = {"_instance": instance.properties, "_links": instance.links}
    elements = {operation["path"]: operation["value"] for operation in operations if operation["op"] == "test"}
    removals = [operation["path"] for operation in operations if operation["op"] == "remove"]
    removed: defaultdict[str, list[int]] = defaultdict(list)
    for path in removals:
        if path in elements:
            array, _, position = path.rpartition("/")
            removed[array].append(int(position))
    left = _Left(document, removed)
    return all(
        _added(left, operation["path"], operation["value"]) for operation in operations if operation["op"] == "add"
    ) and all(_gone(left, path, elements.get(path, MISSING)) for path in removals)


@dataclass(frozen=True, slots=True)
class _Left:
    """What is live, read by the paths of the patch. strings: those of each array, once somebody asked for one."""

    document: Any
    removed: Removed
    strings: dict[str, frozenset[str]] = field(default_factory=dict)

    def at(self, path: str) -> Any:
        """The value at a path."""
        return look_up(self.document, _moved(path, self.removed))

    def has(self, path: str, element: Any) -> bool | None:
        """Whether an array holds an element; None where there is no array. Members of long lists are strings."""
        array = self.at(path)
        if not isinstance(array, list):
            return None
        if not isinstance(element, str):
            return element in array
        if path not in self.strings:
            self.strings[path] = frozenset(item for item in array if isinstance(item, str))
        return element in self.strings[path]


def _moved(path: str, removed: Removed) -> str:
    """A path as it reads once elements before it are gone."""
    steps = path.split("/")
    moved = list(steps)
    for depth, step in enumerate(steps):
        if step.isdigit():
            gone = removed.get("/".join(steps[:depth]), ())
            moved[depth] = str(int(step) - sum(position < int(step) for position in gone))
    return "/".join(moved)


def _added(left: _Left, path: str, value: Any) -> bool:
    if path.endswith("/-"):
        return bool(left.has(path[:-2], value))
    found = left.at(path)
    return bool(found == value) or (value in ({}, []) and isinstance(found, dict | list))


def _gone(left: _Left, path: str, element: Any) -> bool:
    if element is MISSING:
        return left.at(path) is MISSING
    return not left.has(path.rpartition("/")[0], element)
