"""Changes -> the bodies of steps: payloads, patches, stamps, and the places that wait for URIs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from reconciler.diff.changes import Operation
from reconciler.model.entities import Entity
from reconciler.model.pointer import spell_pointer
from reconciler.model.spelling import Pending, Resolve, to_xdm
from reconciler.model.stamp import LINK, Bases, PendingBase, Stamp
from reconciler.plan.steps import Ref

STAMP_PATH = f"/_links/{LINK}"


@dataclass(frozen=True, slots=True)
class Body:
    """What a step sends: a payload or a patch, with null where a URI is still to come."""

    value: Any
    refs: tuple[Ref, ...]
    pending: tuple[PendingBase, ...]


def create_body(entity: Entity, catalog: str, bases: Bases, resolve: Resolve) -> Body:
    """The body of a create: the entity as the repository spells it, and its stamp."""
    stamp = Stamp(catalog, entity.entity_key, None, _told(bases), entity.protect)
    return _body({"_instance": to_xdm(entity, resolve), "_links": {LINK: stamp.link()}}, bases)


def patch_body(stamp: Stamp, operations: Sequence[Operation], bases: Bases) -> Body:
    """The body of a patch: its operations, and the stamp that then holds, with these bases."""
    written = replace(stamp, bases=_told(bases), commit=None)
    return _body([*operations, {"op": "add", "path": STAMP_PATH, "value": written.link()}], bases)


def _told(bases: Bases) -> dict[str, str]:
    return {name: base if isinstance(base, str) else "" for name, base in bases.items()}


def _body(value: Any, bases: Bases) -> Body:
    refs: list[Ref] = []
    settled = _settle(value, "", lambda path, pending: refs.append(Ref(path, pending.key)))
    pending = tuple(base for base in bases.values() if isinstance(base, PendingBase))
    return Body(settled, tuple(refs), pending)


def _settle(value: Any, path: str, found: Callable[[str, Pending], None]) -> Any:
    match value:
        case Pending():
            found(path, value)
            return None
        case dict():
            return {name: _settle(item, path + spell_pointer(name), found) for name, item in value.items()}
        case list() | tuple():
            return [_settle(item, f"{path}/{index}", found) for index, item in enumerate(value)]
        case _:
            return value
