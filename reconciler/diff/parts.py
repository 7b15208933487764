"""A patch in two: what grows, and what shrinks after it.

To grow is to be found more easily: more tags and representations, wider dates, service; for a filter, to find more.
What neither grows nor shrinks (a name, a text, a priority) goes with what grows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Flag, auto
from typing import Any, Protocol

from reconciler.diff.changes import Operation, Patch
from reconciler.diff.compare import flat_sides
from reconciler.diff.fields import LeafChange, field_changes
from reconciler.diff.patch import Patcher, pointer
from reconciler.model.canonical import Json
from reconciler.model.instant import canonical_instant, instant_sort_key
from reconciler.model.kinds import KINDS, Kind
from reconciler.model.problem import Path
from reconciler.model.spelling import Flat, Resolve, live_member_list
from reconciler.model.stamp import SHARED, Bases, base_of, shared_base

MEMBERS = ("offers", "any_tags", "all_tags")
_SETS = {"tags", *MEMBERS}
_SPLIT = {Kind.OFFER, Kind.FALLBACK, Kind.FILTER}


class Part(Flag):
    """Which part of a patch a change belongs to; a set can belong to both."""

    GROWS = auto()
    SHRINKS = auto()


class Change(Protocol):
    """A leaf or a field change."""

    @property
    def path(self) -> str:
        """As reports write it."""

    @property
    def document(self) -> Path:
        """Where it stands in the file."""

    @property
    def before(self) -> Json:
        """The live value."""

    @property
    def after(self) -> Json:
        """The file's value."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Two patches, one after the other. between: the bases that the stamp holds after the first."""

    growing: tuple[Operation, ...]
    between: Bases
    shrinking: tuple[Operation, ...]


def part_of(kind: Kind, change: Change) -> Part:
    """Whether a change grows or shrinks its entity, or does both."""
    if kind not in _SPLIT:
        return Part.GROWS
    if change.path in _SETS:
        added, removed = _sets(change)
        gains, loses = (removed, added) if change.path == "all_tags" else (added, removed)
        return (Part.GROWS if gains or not loses else Part(0)) | (Part.SHRINKS if loses else Part(0))
    return Part.SHRINKS if _narrows(kind, change) else Part.GROWS


def _sets(change: Change) -> tuple[set[str], set[str]]:
    before, after = (_names(change.before), _names(change.after))
    return after - before, before - after


def _names(value: Json) -> set[str]:
    return {item for item in value if isinstance(item, str)} if isinstance(value, list) else set()


def _narrows(kind: Kind, change: Change) -> bool:
    lifecycle = KINDS[kind].lifecycle
    match change.path:
        case "status":
            return lifecycle is not None and change.after != lifecycle.in_service
        case "start":
            return _later(change.after, change.before, absent=False)
        case "end":
            return _later(change.before, change.after, absent=True)
        case _:
            return change.document == (SHARED,) and change.after is None


def _later(value: Json, than: Json, *, absent: bool) -> bool:
    """Whether one instant is later than another. absent: what the answer is where the first is open."""
    one, other = (canonical_instant(item) if isinstance(item, str) else None for item in (value, than))
    if one is None or other is None:
        return (one is None) is absent and (one is None) is not (other is None)
    return instant_sort_key(one) > instant_sort_key(other)


def can_split(patch: Patch) -> bool:
    """Whether a patch has both parts. A filter that is to choose in another way changes at once."""
    kind = patch.key.kind
    parts = Part(0)
    for change in patch.changes:
        if kind is Kind.FILTER and change.path in MEMBERS and not _keeps_form(change):
            return False
        parts |= part_of(kind, change)
    return kind in _SPLIT and parts == Part.GROWS | Part.SHRINKS


def _keeps_form(change: Change) -> bool:
    before, after = change.before, change.after
    if not (isinstance(before, list) and isinstance(after, list)):
        return False
    return bool(_names(before) & _names(after)) if change.path == "all_tags" else bool(before and after)


def split_patch(patch: Patch, name_uri: Callable[[str, Kind], str], resolve: Resolve) -> Parts:
    """The two parts of a patch that can be split."""
    entity, live, kind = patch.entity, patch.live, patch.key.kind
    wanted, actual = flat_sides(entity, live, name_uri)
    planned = {change.path for change in patch.changes}
    leaves = [leaf for leaf in field_changes(entity, wanted, actual) if leaf.path in planned]
    growing = [leaf for leaf in leaves if Part.GROWS in part_of(kind, leaf)]
    shrinking = [leaf for leaf in leaves if Part.SHRINKS in part_of(kind, leaf)]
    grown = _grown(wanted, actual, shrinking)
    first = Patcher(entity, live.instance.properties, name_uri, resolve)
    operations = first.operations(growing, grown)
    properties = _properties_after(live.instance.properties, operations)
    then = Patcher(entity, properties, name_uri, resolve, made=set(first.made)).operations(shrinking, wanted)
    old = (live.stamp.bases if live.stamp is not None else None) or {}
    kept = {leaf.field for leaf in shrinking if leaf.field not in _SETS or leaf not in growing}
    grown_bases = {name: base_of(kind, name, grown[name], resolve) for name in _SETS & {leaf.field for leaf in growing}}
    return Parts(operations, _bases_between({**patch.bases, **grown_bases}, old, kept, grown), then)


def _grown(wanted: Flat, actual: Flat, shrinking: Iterable[LeafChange]) -> Flat:
    grown = dict(wanted)
    for leaf in shrinking:
        here, there = wanted.get(leaf.field, ()), actual.get(leaf.field)
        if there is None:
            grown.pop(leaf.field, None)
        elif leaf.field in _SETS:
            both = set(here) & set(there) if leaf.field == "all_tags" else {*here, *there}
            grown[leaf.field] = tuple(sorted(both))
        else:
            grown[leaf.field] = there
    return grown


def _properties_after(properties: Mapping[str, Json], operations: Sequence[Operation]) -> dict[str, Json]:
    """The properties with their sets as these operations leave them."""
    after = dict(properties)
    for name in ("xdm:tags", live_member_list(properties)[0]):
        raw, path = properties.get(name), pointer(name)
        items: Any = list(raw) if isinstance(raw, list) else raw
        for operation in operations:
            if operation["path"] == path and operation["op"] == "add":
                items = list(operation["value"])
            elif operation["path"] == f"{path}/-":
                items.append(operation["value"])
            elif operation["op"] == "remove" and operation["path"].startswith(f"{path}/"):
                del items[int(operation["path"].rpartition("/")[2])]
        if items is not None:
            after[name] = items
    return after


def _bases_between(bases: dict[str, Any], old: Mapping[str, str], kept: Iterable[str], grown: Flat) -> Bases:
    """What is not yet written keeps the base that it has. grown: what is live after the first part."""
    shared = any(name.startswith(f"{SHARED}[") for name in kept) and SHARED in {*bases, *old}
    for name in kept:
        if name in old:
            bases[name] = old[name]
        else:
            bases.pop(name, None)
    if shared:
        bases = {name: base for name, base in bases.items() if not name.startswith(f"{SHARED}[")}
        bases[SHARED] = shared_base(grown)
    return bases
