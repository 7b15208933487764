"""What a JSON Patch of ours leaves of a document (RFC 6902)."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.model.pointer import look_up, read_pointer


def patched(document: Mapping[str, Any], operations: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A document after ``add`` and ``remove``; ``test`` is taken for granted. The document itself stays as it is."""
    made: dict[str, Any] = copy.deepcopy(dict(document))
    for operation in operations:
        above, last = operation["path"].rpartition("/")[0], read_pointer(operation["path"])[-1]
        parent = look_up(made, above)
        if operation["op"] == "add":
            _add(parent, last, copy.deepcopy(operation["value"]))
        elif operation["op"] == "remove":
            del parent[int(last) if isinstance(parent, list) else last]
    return made


def _add(parent: Any, last: str, value: Any) -> None:
    if not isinstance(parent, list):
        parent[last] = value
    else:
        parent.insert(len(parent) if last == "-" else int(last), value)
