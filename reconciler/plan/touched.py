"""What a patch or a delete touches, as it stood when planned, so that an edit of something else need not stop it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.model.canonical import short_hash
from reconciler.model.patch import patched
from reconciler.model.pointer import MISSING, look_up, read_pointer, spell_pointer
from reconciler.plan.payloads import STAMP_PATH
from reconciler.plan.steps import Step
from reconciler.repository.port import Instance

ABSENT = "-"
NAMES = "names"  # no pointer: the names of all properties, so that one more is seen


def touched_by(
    operations: Iterable[Mapping[str, Any]], instance: Instance, before: Sequence[Step] = ()
) -> dict[str, str]:
    """A hash of every value that a patch touches, by its pointer, and of our stamp. before: steps that come first.

    An array is one value: positions in it mean nothing once somebody has changed another element.
    """
    left = _Left.by(before, instance)
    return left.hashes({_whole(left.document, operation["path"]) for operation in operations})


def touched_by_delete(instance: Instance, before: Sequence[Step]) -> dict[str, str]:
    """A hash of everything that goes with an instance, the names of its properties included."""
    left = _Left.by(before, instance)
    names = left.document["_instance"]
    found = left.hashes({spell_pointer("_instance", name) for name in names})
    return found | {NAMES: short_hash(sorted(names))}


@dataclass(frozen=True, slots=True)
class _Left:
    """An instance as the steps before leave it. unknown: what takes URIs of what is still to be created."""

    document: dict[str, Any]
    unknown: frozenset[str]
    is_stamped: bool

    @classmethod
    def by(cls, steps: Sequence[Step], instance: Instance) -> _Left:
        document, unknown = _document(instance), set()
        for step in steps:
            filled = {int(read_pointer(ref.path)[1]) for ref in step.refs}
            unknown |= {_whole(document, step.patch[number]["path"]) for number in filled}
            document = patched(document, step.patch)
        return cls(document, frozenset(unknown), bool(steps))

    def hashes(self, pointers: set[str]) -> dict[str, str]:
        """By pointer. Of a stamp that these steps write only whose it is: a commit and URIs get into it later."""
        stamp = f"{STAMP_PATH}/href" if self.is_stamped else STAMP_PATH
        wanted = (pointers - self.unknown - {STAMP_PATH}) | {stamp}
        return {pointer: _hash(self.document, pointer) for pointer in sorted(wanted)}


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
