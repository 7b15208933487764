"""What a patch or a delete touches, as it stood when planned, so that an edit of something else need not stop it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.model.canonical import short_hash
from reconciler.model.pointer import MISSING, look_up, read_pointer, spell_pointer
from reconciler.plan.payloads import STAMP_PATH
from reconciler.repository.port import Instance

ABSENT = "-"
_OWNER = f"{STAMP_PATH}/href"
NAMES = "names"  # no pointer: the names of all properties, so that one more is seen


def touched_by(operations: Iterable[Mapping[str, Any]], instance: Instance) -> dict[str, str]:
    """A hash of every value that a patch touches, by its pointer, and of our stamp.

    An array is one value: positions in it mean nothing once somebody has changed another element.
    """
    document = _document(instance)
    pointers = {_whole(document, operation["path"]) for operation in operations} | {STAMP_PATH}
    return {pointer: _hash(document, pointer) for pointer in sorted(pointers)}


def touched_by_delete(instance: Instance, before: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """A hash of everything that goes with an instance. before: the operations that are carried out first.

    What those leave is hashed where they say it; of a stamp that they write only whose it is.
    """
    document, names = _document(instance), set(instance.properties)
    pointers = {spell_pointer("_instance", name) for name in instance.properties} | {STAMP_PATH}
    hashes = {pointer: _hash(document, pointer) for pointer in pointers}
    for operation in before:
        whole, value = _whole(document, operation["path"]), operation.get("value", MISSING)
        hashes.pop(whole, None)
        if whole == STAMP_PATH and value is not MISSING:
            hashes[_OWNER] = short_hash(value["href"])
        elif whole == operation["path"]:
            hashes[whole] = ABSENT if value is MISSING else short_hash(value)
        part, name, *below = read_pointer(operation["path"])
        if part == "_instance":
            (names.discard if value is MISSING and not below else names.add)(name)
    return dict(sorted(hashes.items())) | {NAMES: short_hash(sorted(names))}


def is_untouched(touched: Mapping[str, str], instance: Instance) -> bool:
    """Whether everything that the patch touches still stands as it did."""
    document = _document(instance)
    return bool(touched) and all(
        before == (short_hash(sorted(instance.properties)) if pointer == NAMES else _hash(document, pointer))
        for pointer, before in touched.items()
    )


def _hash(document: Any, pointer: str) -> str:
    value = look_up(document, pointer)
    return ABSENT if value is MISSING else short_hash(value)


def _document(instance: Instance) -> dict[str, Any]:
    return {"_instance": instance.properties, "_links": instance.links}


def _whole(document: Any, path: str) -> str:
    """The path of the outermost array on the way, else of the value itself."""
    steps = read_pointer(path)
    for length in range(1, len(steps)):
        above = spell_pointer(*steps[:length])
        if isinstance(look_up(document, above), list):
            return above
    return path
