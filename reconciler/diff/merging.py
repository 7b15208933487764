"""Documents as mappings: the order of their keys, and a base with the overlay of an environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.catalogue.layers import FORMS, forms_given, merge_fields
from reconciler.model.canonical import Json, canonical_json

Document = dict[str, Json]


def in_order(value: Mapping[str, Json], keys: Sequence[str]) -> Document:
    """A mapping with its keys in this order, those that it does not name last."""
    rank = {name: position for position, name in enumerate(keys)}
    return dict(sorted(value.items(), key=lambda item: rank.get(item[0], len(rank))))


def put_key(mapping: Document, name: str, value: Json, keys: Sequence[str]) -> None:
    """Set a key; a new one goes behind the last key that comes before it in canonical order."""
    if name in mapping or name not in keys:
        mapping[name] = value
        return
    before = set(keys[: keys.index(name)])
    items = list(mapping.items())
    at = max((position + 1 for position, (key, _) in enumerate(items) if key in before), default=0)
    items.insert(at, (name, value))
    mapping.clear()
    mapping.update(items)


def put_or_drop(mapping: Document, name: str, value: Json, keys: Sequence[str], *, present: bool) -> None:
    """Set a key, or take it out."""
    if present:
        put_key(mapping, name, value, keys)
    else:
        mapping.pop(name, None)


def split(
    base: Mapping[str, Json], overlay: Mapping[str, Json], wanted: Mapping[str, Json], keys: Sequence[str] = ()
) -> tuple[Document, Document]:
    """Base and overlay that together say what is wanted. What the overlay says is changed there, the rest in the base.

    keys: the canonical order of new keys.
    """
    merged = merge_fields(base, overlay)
    overlaid = {*overlay, *(FORMS if forms_given(base, overlay) else ())}
    new_base, new_overlay = dict(base), dict(overlay)
    for name in [name for name in {**merged, **wanted} if not _equal(merged, wanted, name)]:
        told = (overlay.get(name), base.get(name), wanted.get(name))
        if name not in overlaid:
            put_or_drop(new_base, name, wanted.get(name), keys, present=name in wanted)
        elif all(isinstance(value, dict) for value in told):
            new_base[name], new_overlay[name] = split(base[name], overlay[name], wanted[name])
        elif name not in wanted and name in base and name not in FORMS:
            new_overlay[name] = None
        else:
            over = _over(base.get(name), wanted.get(name))
            put_or_drop(new_overlay, name, over, keys, present=name in wanted)
    return new_base, new_overlay


def _over(base: Json, wanted: Json) -> Json:
    """What has to be laid over a value to make it another: of a map only what differs, null for what goes."""
    if not isinstance(base, dict) or not isinstance(wanted, dict):
        return wanted
    gone = dict.fromkeys(name for name in base if name not in wanted)
    return {**gone, **{name: _over(base.get(name), wanted[name]) for name in wanted if not _equal(base, wanted, name)}}


def _equal(one: Mapping[str, Json], other: Mapping[str, Json], name: str) -> bool:
    return (name in one) == (name in other) and canonical_json(one.get(name)) == canonical_json(other.get(name))
