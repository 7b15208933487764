"""Whether a live instance is already as a patch would leave it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.repository.port import Instance

_MISSING = object()


def holds(instance: Instance, operations: Sequence[Mapping[str, Any]]) -> bool:
    """Whether every addition of a patch is there and every removal is gone."""
    document = {"_instance": instance.properties, "_links": instance.links}
    removed = {operation["path"]: None for operation in operations if operation["op"] == "remove"}
    tests = {operation["path"]: operation["value"] for operation in operations if operation["op"] == "test"}
    for operation in operations:
        path, value = operation["path"], operation.get("value")
        if operation["op"] == "add" and not _added(document, path, value):
            return False
    return all(_removed(document, path, tests.get(path, _MISSING)) for path in removed)


def _added(document: Any, path: str, value: Any) -> bool:
    if path.endswith("/-"):
        array = _at(document, path[:-2])
        return isinstance(array, list) and value in array
    found = _at(document, path)
    return found == value or (value in ({}, []) and isinstance(found, dict | list))


def _removed(document: Any, path: str, element: Any) -> bool:
    if element is _MISSING:
        return _at(document, path) is _MISSING
    array = _at(document, path.rsplit("/", 1)[0])
    return not (isinstance(array, list) and element in array)


def _at(value: Any, path: str) -> Any:
    for step in (part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:]):
        if isinstance(value, Mapping) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return _MISSING
    return value
