"""Unequal flat forms -> the leaves that differ, spelled as YAML spells them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from reconciler.diff.components import match_components
from reconciler.diff.leaves import Leaf, leaves
from reconciler.model.canonical import Json
from reconciler.model.entities import Entity, Fallback, Offer
from reconciler.model.kinds import KINDS, Field, Shape
from reconciler.model.problem import Path
from reconciler.model.spelling import Flat, Opaque, representation_field, yaml_value


@dataclass(frozen=True, slots=True)
class LeafChange:
    """One leaf that differs. field: its name in stamps; inner: the path below that field.

    component: (index in the file, index live) of the component it is in; None for the whole field.
    """

    field: str
    path: str
    document: Path
    before: Json
    after: Json
    inner: Path = ()
    component: tuple[int | None, int | None] | None = None
    removed: bool = False


def field_changes(entity: Entity, wanted: Flat, actual: Flat) -> tuple[LeafChange, ...]:
    """Every differing leaf, in the order of the kind's fields."""
    return tuple(change for name in _unequal(entity, wanted, actual) for change in _field(entity, name, wanted, actual))


def _unequal(entity: Entity, wanted: Flat, actual: Flat) -> list[str]:
    order = {field.yaml[0]: position for position, field in enumerate(KINDS[entity.KIND].fields)}
    names = [
        name
        for name in {**wanted, **actual}
        if wanted.get(name) != actual.get(name) or _one_sided(name, wanted, actual)
    ]
    return sorted(names, key=lambda name: (order.get(name.split("[")[0].split(".")[0], len(order)), name))


def _one_sided(name: str, wanted: Flat, actual: Flat) -> bool:
    return (name in wanted) != (name in actual)


def _field(entity: Entity, name: str, wanted: Flat, actual: Flat) -> Iterator[LeafChange]:
    head, _, rest = name.partition(".")
    if head == "extra":
        yield from _extra(name, rest, wanted.get(name), actual.get(name))
    elif name.startswith("representations["):
        yield from _representation(entity, name, wanted.get(name), actual.get(name))
    else:
        field = next((field for field in KINDS[entity.KIND].fields if field.name == name), None)
        if field is None:  # an entry of a map
            yield LeafChange(name, name, (head, rest), plain(actual.get(name)), plain(wanted.get(name)))
        else:
            after = yaml_value(entity, field) if name in wanted else field.same_as_absent
            before = actual.get(name, field.same_as_absent)
            yield LeafChange(name, name, field.yaml, plain(before), plain(_list(field, after)))


def _list(field: Field, value: Any) -> Any:
    return list(value) if field.shape in {Shape.TEXTS, Shape.REFERENCES, Shape.MEMBERS} and value is not None else value


def _extra(name: str, raw: str, wanted: str | None, actual: str | None) -> Iterator[LeafChange]:
    before = {} if actual is None else {raw: json.loads(actual)}
    after = {} if wanted is None else {raw: json.loads(wanted)}
    for leaf in leaves(before, after):
        path = ".".join(("extra", *(str(step) for step in leaf.path)))
        yield LeafChange(name, path, ("extra", *leaf.path), leaf.before, leaf.after, leaf.path[1:], None, leaf.removed)


def _representation(
    entity: Entity, name: str, wanted: tuple[Flat, ...] | None, actual: tuple[Flat, ...] | None
) -> Iterator[LeafChange]:
    index = _index(entity, name)
    document: Path = ("representations",) if index is None else ("representations", index)
    if wanted is None or actual is None:
        before = None if actual is None else [component_yaml(item) for item in actual]
        after = None if wanted is None else [component_yaml(item) for item in wanted]
        yield LeafChange(name, name, document, before, after)
        return
    matched = match_components(wanted, actual)
    for here, there in matched.pairs:
        for leaf in _component_leaves(component_yaml(actual[there]), component_yaml(wanted[here])):
            path = f"{name}.components[{here}].{'.'.join(str(step) for step in leaf.path)}"
            place = (*document, "components", here, *leaf.path)
            yield LeafChange(name, path, place, leaf.before, leaf.after, leaf.path, (here, there), leaf.removed)
    for here in matched.added:
        place = (*document, "components", here)
        after_item = component_yaml(wanted[here])
        yield LeafChange(name, f"{name}.components[{here}]", place, None, after_item, (), (here, None))
    for there in matched.removed:
        before_item = component_yaml(actual[there])
        place = (*document, "components")
        yield LeafChange(name, f"{name}.components[{there}]", place, before_item, None, (), (None, there))


def _component_leaves(before: dict[str, Json], after: dict[str, Json]) -> Iterator[Leaf]:
    """Leaves of a component; ``asset`` and ``extra`` are groups of properties, never values of their own."""
    for leaf in leaves(before, after):
        if len(leaf.path) > 1 or leaf.path[0] not in {"asset", "extra"}:
            yield leaf
            continue
        old, new = leaf.before or {}, leaf.after or {}
        for name in sorted({*old, *new}):
            yield Leaf((*leaf.path, name), old.get(name), new.get(name), name not in new)


def _index(entity: Entity, name: str) -> int | None:
    if not isinstance(entity, Offer | Fallback):
        return None
    names = [representation_field(item.placement) for item in entity.representations]
    return names.index(name) if name in names else None


def component_yaml(flat: Flat) -> dict[str, Json]:
    """A flat component as the files spell it."""
    spelled: dict[str, Json] = {}
    for name, value in flat.items():
        head, _, rest = name.partition(".")
        if head == "extra":
            spelled.setdefault("extra", {})[rest] = json.loads(value)
        elif rest:
            spelled.setdefault(head, {})[rest] = plain(value)
        else:
            spelled[head] = plain(value)
    return spelled


def plain(value: Any) -> Json:
    """A normal value as JSON."""
    match value:
        case Opaque():
            try:
                return json.loads(value.json)
            except ValueError:
                return value.json
        case tuple():
            return list(value)
        case _:
            return value
