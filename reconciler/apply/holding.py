"""Whether a live instance is already as a patch would leave it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
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
    return all(
        _added(document, _moved(operation["path"], removed), operation["value"])
        for operation in operations
        if operation["op"] == "add"
    ) and all(_gone(document, path, elements.get(path, MISSING), removed) for path in removals)


def _moved(path: str, removed: Removed) -> str:
    """A path as it reads once elements before it are gone."""
    steps = path.split("/")
    moved = list(steps)
    for depth, step in enumerate(steps):
        if step.isdigit():
            gone = removed.get("/".join(steps[:depth]), ())
            moved[depth] = str(int(step) - sum(position < int(step) for position in gone))
    return "/".join(moved)


def _added(document: Any, path: str, value: Any) -> bool:
    if path.endswith("/-"):
        array = look_up(document, path[:-2])
        return isinstance(array, list) and value in array
    found = look_up(document, path)
    return bool(found == value) or (value in ({}, []) and isinstance(found, dict | list))


def _gone(document: Any, path: str, element: Any, removed: Removed) -> bool:
    if element is MISSING:
        return look_up(document, _moved(path, removed)) is MISSING
    array = look_up(document, _moved(path.rpartition("/")[0], removed))
    return not (isinstance(array, list) and element in array)
