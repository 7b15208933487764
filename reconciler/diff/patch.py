"""Differing leaves -> the JSON Patch operations that make a live instance as its file says.

Operations are per leaf. Missing parents are made first, members are added with ``add``, an operation on an array's
element follows a ``test`` of it, and what grows comes before what shrinks. Where a component gives way to one with
another asset, the new one is added by a patch of its own: in one patch the repository would take the two for one
component whose asset changes. Source: RFC 6902, and the repository API's clauses on PATCH.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reconciler.diff.changes import Operation
from reconciler.diff.fields import LeafChange
from reconciler.model.canonical import Json
from reconciler.model.entities import Entity, Fallback, Offer
from reconciler.model.kinds import COMPONENT_FIELDS, KINDS, Field, Kind, Shape
from reconciler.model.pointer import spell_pointer
from reconciler.model.spelling import (
    CONDITION,
    CONDITION_FORM,
    FILTER_TYPE,
    Flat,
    Pending,
    Resolve,
    component_to_xdm,
    field_to_xdm,
    live_member_list,
    reference_to_xdm,
    representation_field,
    representation_to_xdm,
    yaml_value,
)

_COMPONENT = {field.yaml: field for field in COMPONENT_FIELDS}
ASSET_PROPERTIES = frozenset({"repo:id", "repo:resolveURL"})  # cannot change once set


def pointer(*steps: str | int) -> str:
    """A JSON pointer below ``_instance``."""
    return spell_pointer("_instance", *steps)


@dataclass(slots=True)
class Patcher:
    """Writes the operations for one instance. grow comes before shrink, elements go from the last to the first.

    first: a patch of its own, before the rest.   replacing: the representations that need it.
    """

    entity: Entity
    properties: Mapping[str, Json]
    name_uri: Callable[[str, Kind], str]
    resolve: Resolve
    first: list[Operation] = field(default_factory=list)
    grow: list[Operation] = field(default_factory=list)
    shrink: list[Operation] = field(default_factory=list)
    drop: list[Operation] = field(default_factory=list)  # whole representations, after all else
    made: set[tuple[str | int, ...]] = field(default_factory=set)
    tested: set[tuple[str, bool]] = field(default_factory=set)
    replacing: frozenset[str] = frozenset()

    def operations(self, leaves: Sequence[LeafChange], wanted: Flat) -> tuple[Operation, ...]:
        """All operations for these leaves but those in ``first``, in the order in which they must be applied."""
        self.replacing = frozenset(self._replacing(leaves))
        fields = {item.name: item for item in KINDS[self.entity.KIND].fields}
        for leaf in self._removals_last(leaves):
            if leaf.field.startswith("representations["):
                self._representation(leaf)
            elif leaf.field.startswith("extra."):
                self._extra(leaf)
            elif leaf.field in fields:
                self._field(fields[leaf.field], leaf, wanted)
            else:
                head, _, name = leaf.field.partition(".")
                self._put((*fields[head].xdm, name), wanted.get(leaf.field))
        return (*self.grow, *self.shrink, *self.drop)

    @staticmethod
    def _removals_last(leaves: Sequence[LeafChange]) -> Iterable[LeafChange]:
        """Removed components and representations from the last to the first, so that positions stay right."""
        kept = [leaf for leaf in leaves if not (leaf.component and leaf.component[0] is None)]
        removed = [leaf for leaf in leaves if leaf.component and leaf.component[0] is None]
        return [*kept, *sorted(removed, key=lambda leaf: (leaf.component or (0, 0))[1] or 0, reverse=True)]

    def _replacing(self, leaves: Sequence[LeafChange]) -> Iterator[str]:
        """The representations in which components come and go, where one of their components has an asset."""
        places = [(leaf.field, leaf.component) for leaf in leaves if leaf.component is not None]
        losing = {name for name, (here, _) in places if here is None}
        for name in dict.fromkeys(name for name, (_, there) in places if there is None):
            if name in losing and self._has_assets(name):
                yield name

    def _has_assets(self, name: str) -> bool:
        if any(component.asset is not None for component in self._file_representation(name).components):
            return True
        raw = self.properties["xdm:representations"]
        components = raw[self._live_index(raw, name)].get("xdm:components") or ()
        return any(isinstance(item, dict) and not ASSET_PROPERTIES.isdisjoint(item) for item in components)

    # ------------------------------------------------------------ members of objects

    def _field(self, item: Field, leaf: LeafChange, wanted: Flat) -> None:
        value = yaml_value(self.entity, item) if leaf.field in wanted else None
        match item.shape:
            case Shape.REFERENCES:
                raw = self.properties.get(item.xdm[0])
                self._set(item.xdm, raw, self._uris(item, wanted.get(leaf.field, ())), remove_whole=value is None)
            case Shape.TEXTS:
                raw = self.properties.get(item.xdm[0])
                self._set(item.xdm, raw, wanted.get(leaf.field, ()), remove_whole=value is None)
            case Shape.MEMBERS if value is not None:
                self._members(item, wanted[leaf.field])
            case Shape.MEMBERS:
                pass  # the form that takes its place says all
            case Shape.RULE_TEXT if value is not None:
                self._condition(value)
            case _ if value is None and item.name == "status":
                self._member(item.xdm, item.same_as_absent)  # the status of anything but a draft cannot be removed
            case _:
                self._put(item.xdm, None if value is None else field_to_xdm(item, value, self.resolve))

    def _uris(self, item: Field, names: Iterable[str]) -> list[str | Pending]:
        return [reference_to_xdm(item, name, self.resolve) for name in names]

    def _put(self, path: tuple[str | int, ...], value: Json) -> None:
        """Known fields have no null: None means that the file leaves it out."""
        if value is None:
            self._remove(path)
        else:
            self._member(path, value)

    def _remove(self, path: tuple[str | int, ...]) -> None:
        if _exists(self.properties, path):
            self.shrink.append({"op": "remove", "path": pointer(*path)})

    def _member(self, path: tuple[str | int, ...], value: Json) -> None:
        self._parents(path)
        self.grow.append({"op": "add", "path": pointer(*path), "value": value})

    def _parents(self, path: tuple[str | int, ...]) -> None:
        for length in range(1, len(path)):
            parent = path[:length]
            if parent not in self.made and not isinstance(_dig(self.properties, parent), dict | list):
                self.made.add(parent)
                self.grow.append({"op": "add", "path": pointer(*parent), "value": {}})

    def _condition(self, text: str) -> None:
        live = self.properties.get(CONDITION)
        if not isinstance(live, dict):
            self.made.add((CONDITION,))
            self.grow.append({"op": "add", "path": pointer(CONDITION), "value": {**CONDITION_FORM, "xdm:value": text}})
            return
        for name, value in {**CONDITION_FORM, "xdm:value": text}.items():
            if live.get(name) != value and not (name != "xdm:value" and name not in live):
                self._member((CONDITION, name), value)

    def _extra(self, leaf: LeafChange) -> None:
        self._raw((leaf.field.removeprefix("extra."), *leaf.inner), leaf)

    def _raw(self, path: tuple[str | int, ...], leaf: LeafChange) -> None:
        if leaf.removed:
            self._remove(path)
        else:
            self._member(path, leaf.after)

    # ------------------------------------------------------------ sets

    def _set(self, path: tuple[str, ...], raw: Json, wanted: Iterable[Any], *, remove_whole: bool) -> None:
        values = list(wanted)
        if not isinstance(raw, list):
            self._put(path, values or None)
            return
        if remove_whole or not values:
            self.shrink.append({"op": "remove", "path": pointer(*path)})
            return
        present = {item for item in raw if isinstance(item, str | Pending)}
        kept = set(values)
        for value in values:
            if value not in present:
                self.grow.append({"op": "add", "path": pointer(*path, "-"), "value": value})
        for index in range(len(raw) - 1, -1, -1):
            if not (isinstance(raw[index], str | Pending) and raw[index] in kept):
                self._remove_element((*path, index), raw[index], self.shrink)

    def _members(self, item: Field, names: Iterable[str]) -> None:
        list_name, raw = live_member_list(self.properties)
        values = self._uris(item, names)
        if self.properties.get(FILTER_TYPE) == item.form and isinstance(raw, list) and values:
            self._set((list_name,), raw, values, remove_whole=False)
            return
        if self.properties.get(FILTER_TYPE) != item.form:
            self.grow.append({"op": "add", "path": pointer(FILTER_TYPE), "value": item.form})
        self.grow.append({"op": "add", "path": pointer(list_name), "value": values})

    def _remove_element(self, path: tuple[str | int, ...], value: Json, into: list[Operation]) -> None:
        into.append({"op": "test", "path": pointer(*path), "value": value})
        into.append({"op": "remove", "path": pointer(*path)})

    # ------------------------------------------------------------ representations

    def _representation(self, leaf: LeafChange) -> None:
        raw = self.properties.get("xdm:representations")
        raw = raw if isinstance(raw, list) else []
        index = self._live_index(raw, leaf.field)
        if index is None:
            self._add_representation(leaf.field)
        elif leaf.after is None and leaf.component is None:
            self._drop_representation(raw, index)
        elif leaf.component is not None:
            self._component(raw[index], index, leaf, leaf.component)

    def _live_index(self, raw: list[Any], name: str) -> int | None:
        for index, item in enumerate(raw):
            uri = item.get("xdm:placement") if isinstance(item, dict) else None
            if isinstance(uri, str) and representation_field(self.name_uri(uri, Kind.PLACEMENT)) == name:
                return index
        return None

    def _add_representation(self, name: str) -> None:
        path = ("xdm:representations",)
        if not isinstance(self.properties.get(path[0]), list) and path not in self.made:
            self.made.add(path)
            self.grow.append({"op": "add", "path": pointer(*path), "value": []})
        item = self._file_representation(name)
        value = representation_to_xdm(item.placement, item.components, self.resolve)
        self.grow.append({"op": "add", "path": pointer(*path, "-"), "value": value})

    def _file_representation(self, name: str) -> Any:
        assert isinstance(self.entity, Offer | Fallback)  # noqa: S101 - only these have representations
        return next(item for item in self.entity.representations if representation_field(item.placement) == name)

    def _drop_representation(self, raw: list[Any], index: int) -> None:
        pair: list[Operation] = []
        self._remove_element(("xdm:representations", index), raw[index], pair)
        later = [position for position in range(0, len(self.drop), 2) if _position(self.drop[position]) > index]
        place = (later[-1] + 2) if later else 0
        self.drop[place:place] = pair

    def _component(self, raw: Any, index: int, leaf: LeafChange, at: tuple[int | None, int | None]) -> None:
        base = ("xdm:representations", index)
        here, there = at
        early = there is None and leaf.field in self.replacing
        self._test((*base, "xdm:placement"), raw.get("xdm:placement"), early=early)
        components = raw.get("xdm:components")
        components = components if isinstance(components, list) else []
        path = (*base, "xdm:components")
        if there is None and here is not None:
            if not components and path not in self.made and not isinstance(raw.get("xdm:components"), list):
                self.made.add(path)
                self.grow.append({"op": "add", "path": pointer(*path), "value": []})
            component = self._file_representation(leaf.field).components[here]
            into = self.first if early else self.grow
            into.append({"op": "add", "path": pointer(*path, "-"), "value": component_to_xdm(component)})
        elif there is not None and here is None:
            self._remove_element((*path, there), components[there], self.shrink)
        elif there is not None:
            self._component_leaf((*path, there), components[there], leaf)

    def _component_leaf(self, path: tuple[str | int, ...], live: Any, leaf: LeafChange) -> None:
        identity = next((name for name in ("repo:id", "@type") if name in live), None)
        if identity is None:
            self._test(path, live)
        else:
            self._test((*path, identity), live[identity])
        if leaf.inner[0] == "extra":
            self._raw((*path, *leaf.inner[1:]), leaf)
            return
        item = _COMPONENT[tuple(str(step) for step in leaf.inner)]
        value = leaf.after
        if isinstance(value, str):
            value = item.short.get(value, value)
        self._put((*path, *item.xdm), value)

    def _test(self, path: tuple[str | int, ...], value: Json, *, early: bool = False) -> None:
        place = pointer(*path)
        if (place, early) not in self.tested:
            self.tested.add((place, early))
            (self.first if early else self.grow).append({"op": "test", "path": place, "value": value})


def _position(operation: Operation) -> int:
    return int(operation["path"].rsplit("/", 1)[-1])


def _exists(properties: Mapping[str, Json], path: tuple[str | int, ...]) -> bool:
    parent = _dig(properties, path[:-1])
    return isinstance(parent, dict) and path[-1] in parent


def _dig(value: Any, path: tuple[str | int, ...]) -> Json:
    for step in path:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value
