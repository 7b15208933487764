"""JSON Patch (RFC 6902) on an envelope, all or nothing, in bounded time (G2, G4, J3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jsonpatch
import jsonpointer

from reconciler.emulator.jsontext import MAX_DEPTH, Json, JsonObject
from reconciler.emulator.problems import Fault, Refused, bad_request, invalid

_WITH_VALUE = {"add", "replace", "test"}
_WITH_FROM = {"move", "copy"}
_OPERATIONS = _WITH_VALUE | _WITH_FROM | {"remove"}
# ours: how much all operations of one patch may touch; a patch that copies into itself would grow without end
_MAX_WORK = 200_000
_DIGITS = 9  # of a position in a list
_SHIFTED = 1_000  # elements of a list that make room, or close up, in the time that it takes to copy one value


@dataclass(frozen=True, slots=True)
class Operation:
    """One well-formed operation: pointers split into their parts."""

    document: JsonObject
    name: str
    path: tuple[str, ...]
    source: tuple[str, ...] | None

    @property
    def written(self) -> tuple[tuple[str, ...], ...]:
        """The places that it changes."""
        match self.name:
            case "test":
                return ()
            case "move":
                return (self.path, self.source or ())
            case _:
                return (self.path,)


def read_patch(body: Json) -> list[Operation]:
    """The operations of a patch; 400 when it is not an array of well-formed ones."""
    if not isinstance(body, list):
        raise bad_request("a patch is an array of operations")
    return [_read_operation(item, index) for index, item in enumerate(body)]


def _read_operation(item: Json, index: int) -> Operation:
    if not isinstance(item, dict):
        raise bad_request(f"operation {index} is not an object")
    name = item.get("op")
    if not isinstance(name, str) or name not in _OPERATIONS:
        raise bad_request(f"operation {index}: op is none of {', '.join(sorted(_OPERATIONS))}")
    if name in _WITH_VALUE and "value" not in item:
        raise bad_request(f"operation {index}: {name} needs a value")
    source = _parts(item, "from", index) if name in _WITH_FROM else None
    return Operation(item, name, _parts(item, "path", index), source)


def _parts(item: JsonObject, member: str, index: int) -> tuple[str, ...]:
    text = item.get(member)
    try:
        if isinstance(text, str):
            return tuple(jsonpointer.JsonPointer(text).parts)
    except jsonpointer.JsonPointerException:
        pass
    raise bad_request(f"operation {index}: {member} is not a JSON Pointer")


def apply_patch(envelope: JsonObject, operations: Sequence[Operation]) -> None:
    """Change an envelope in place; 422 when an operation cannot be applied or goes where patches may not."""
    work = 0
    for index, operation in enumerate(operations):
        _refuse_foreign_places(operation, index)
        work += _work(envelope, operation, index)
        if work > _MAX_WORK:
            raise _refusal(operation, index, "the patch copies or moves too much")
        try:
            jsonpatch.apply_patch(envelope, [operation.document], in_place=True)
        except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException, ValueError) as error:
            raise _refusal(operation, index, _reason(operation)) from error


def _reason(operation: Operation) -> str:
    # The library's own sentence repeats whole values; ours names the place.
    return "the value is another one" if operation.name == "test" else "the place it names is not there"


def _refuse_foreign_places(operation: Operation, index: int) -> None:
    for place in operation.written:
        if place[:1] not in {("_instance",), ("_links",)}:
            raise _refusal(operation, index, "only _instance and _links can be patched")
        if place[:2] == ("_links", "self"):
            raise _refusal(operation, index, "the link to itself belongs to the repository")


def _refusal(operation: Operation, index: int, reason: str) -> Refused:
    path = str(operation.document["path"])[:200]
    sentence = f"operation {index} ({operation.name} {path}): {reason}"
    return invalid(sentence, [Fault(path, reason)])


def _work(envelope: JsonObject, operation: Operation, index: int) -> int:
    """How much an operation copies or moves, told before it is done; too deep a result is refused."""
    if operation.name == "test":
        return 1
    shifted = sum(_behind(envelope, place) for place in operation.written) // _SHIFTED
    if operation.name == "remove":
        return 1 + shifted
    value = operation.document.get("value")
    if operation.source is not None:
        value = _at(envelope, operation.source)
    extent, levels = _extent(value)
    if len(operation.path) + levels > MAX_DEPTH:
        raise _refusal(operation, index, f"the result nests deeper than {MAX_DEPTH} levels")
    return extent + shifted


def _behind(envelope: JsonObject, place: tuple[str, ...]) -> int:
    """How many elements stand at and behind a place in a list: they move when it comes or goes."""
    index = place[-1] if place else ""
    if not (index.isascii() and index.isdigit() and len(index) <= _DIGITS):
        return 0
    outer = _at(envelope, place[:-1])
    return max(0, len(outer) - int(index)) if isinstance(outer, list) else 0


def _at(envelope: JsonObject, place: tuple[str, ...]) -> Any:
    """What stands at a place; None where it is not there, as at a position of thousands of digits."""
    try:
        return jsonpointer.JsonPointer.from_parts(place).resolve(envelope, None)
    except ValueError:
        return None


def _extent(value: object) -> tuple[int, int]:
    """How much stands in a value (values, and every 64 characters), and how deep; stops at more than we would take."""
    extent, levels = _weight(value), 0
    inner = [value]
    while (outer := [each for each in inner if isinstance(each, dict | list)]) and extent <= _MAX_WORK:
        levels += 1
        inner = [child for each in outer for child in (each.values() if isinstance(each, dict) else each)]
        extent += sum(map(_weight, inner))
    return extent, levels


def _weight(value: object) -> int:
    if isinstance(value, str):
        return 1 + len(value) // 64
    return 1 + sum(len(name) for name in value) // 64 if isinstance(value, dict) else 1
