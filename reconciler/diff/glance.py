"""Tells at a glance that an instance is as its file says, stamp and all; what it cannot tell is compared in full.

Both sides stay as they are: values are compared as they would be sent, and bases are looked up or hashed once for each
value. So a glance takes a tenth of the time of a comparison. It says "alike" only where the comparison finds nothing;
whatever is spelled otherwise (another order, another offset, a raw property) is left to the comparison.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import lru_cache
from json.encoder import encode_basestring
from operator import itemgetter, methodcaller
from typing import Any

from reconciler.live.identity import Identity
from reconciler.live.snapshot import LiveInstance
from reconciler.model.canonical import Json, text_hash
from reconciler.model.entities import Component, Entity
from reconciler.model.kinds import CHANNELS, COMPONENT_FIELDS, KINDS, EntityKey, Field, Kind, Shape
from reconciler.model.spelling import (
    CONDITION,
    CONDITION_FORM,
    FILTER_TYPE,
    Pending,
    map_field,
    normalise,
    representation_field,
)
from reconciler.model.stamp import TITLE_LIMIT, base_of

Bases = Mapping[str, str]
Uris = Mapping[Kind, Mapping[str, str]]
# The entity's fields and the instance's properties -> how many of the bases are those of this field, which is as the
# file says; None where that cannot be told.
Look = Callable[[Mapping[str, Any], Mapping[str, Json], Bases, Uris], "int | None"]

_KEPT = 65536  # bases of values, for each field
_LONGEST_ESCAPE = 6  # bytes in a title for one character of a field's name
_AROUND = 10  # bytes in a title around a field's name


class Glance:
    """The instances of one catalogue, seen for what is surely alike."""

    def __init__(self, identity: Identity) -> None:
        self._uris = _known_uris(identity)

    def alike(self, entity: Entity, live: LiveInstance) -> bool:
        """Whether the instance and its stamp are surely as the file says. False: compare them."""
        stamp = live.stamp
        if stamp is None or not stamp.bases or entity.extra or stamp.protected is not entity.protect:
            return False
        if stamp.instance_id is not None and stamp.instance_id != live.instance.instance_id:
            return False
        values, properties, bases, uris = vars(entity), live.instance.properties, stamp.bases, self._uris
        told = 0
        for look in _LOOKS[entity.KIND]:
            count = look(values, properties, bases, uris)
            if count is None:
                return False
            told += count
        return told == len(bases) and _surely_short(bases)


def _surely_short(names: Collection[str]) -> bool:
    """Whether these fields fit into a title, however much of them is escaped: each has a base of its own."""
    return sum(map(len, names)) * _LONGEST_ESCAPE + len(names) * _AROUND + 16 <= TITLE_LIMIT


def _known_uris(identity: Identity) -> Uris:
    """The URI of each key's instance, where the URI also leads back to the key."""
    names, owned = identity.ownership.names, identity.ownership.owned
    known: dict[Kind, dict[str, str]] = {kind: {} for kind in Kind}
    others = ((key, item) for key, item in identity.externals.items() if key not in owned)
    for key, item in (*owned.items(), *others):
        uri = item.instance.uri
        if names.get(uri) is key and ":" in uri:
            known[key.kind][key.name] = uri
    return known


# ---------------------------------------------------------------- fields


def _look(kind: Kind, field: Field) -> Look:
    match field.shape:
        case Shape.REFERENCE:
            return _reference(kind, field)
        case Shape.REFERENCES | Shape.MEMBERS:
            return _references(kind, field)
        case Shape.TEXTS:
            return _texts(kind, field)
        case Shape.TEXT_MAP:
            return _text_map(kind, field)
        case Shape.REPRESENTATIONS:
            return _representations(field)
        case Shape.RULE_TEXT:
            return _rule_text(kind, field)
        case _:
            return _single(kind, field)


def _getter(field: Field) -> Callable[[Mapping[str, Any]], Any]:
    name, *inner = field.yaml
    if not inner:
        return itemgetter(name)
    attribute = "global_" if inner[0] == "global" else inner[0]
    return lambda values: getattr(values[name], attribute)


def _digger(field: Field) -> Callable[[Mapping[str, Json]], Json]:
    first, *rest = field.xdm
    if not rest:
        return methodcaller("get", first)
    (second,) = rest

    def dig(properties: Mapping[str, Json]) -> Json:
        inner = properties.get(first)
        return inner.get(second) if inner.__class__ is dict else None

    return dig


def _unresolved(key: EntityKey) -> Pending:
    return Pending(key)


def _baser(kind: Kind, field: Field) -> Callable[[Any], object]:
    """The base of a value as the file has it, references by their URIs."""

    @lru_cache(maxsize=_KEPT)
    def base(value: Any) -> object:
        return base_of(kind, field.name, normalise(field, value), _unresolved)

    return base


def _single(kind: Kind, field: Field) -> Look:
    name, short, same, wanted, dig = field.name, field.short, field.same_as_absent, _getter(field), _digger(field)
    base = _baser(kind, field)

    def look(values: Mapping[str, Any], properties: Mapping[str, Json], bases: Bases, uris: Uris) -> int | None:  # noqa: ARG001
        value, actual = wanted(values), dig(properties)
        if value is None or value == same or value == "":
            return 0 if actual is None else None
        sent = short.get(value, value)
        alike = actual == sent and actual.__class__ is sent.__class__ and bases.get(name) == base(value)
        return 1 if alike else None  # 1, 1.0 and true are equal to Python, but not all are to us

    return look


def _rule_text(kind: Kind, field: Field) -> Look:
    name, wanted, base, text = field.name, _getter(field), _baser(kind, field), field.xdm[-1]
    form = tuple(CONDITION_FORM.items())

    def look(values: Mapping[str, Any], properties: Mapping[str, Json], bases: Bases, uris: Uris) -> int | None:  # noqa: ARG001
        value, actual = wanted(values), properties.get(CONDITION)
        if value is None or not value.strip() or actual.__class__ is not dict:
            return None
        alike = actual.get(text) == value and all(actual.get(each) == said for each, said in form)
        return 1 if alike and bases.get(name) == base(value) else None

    return look


def _reference(kind: Kind, field: Field) -> Look:
    name, target, wanted, dig, base = field.name, field.target, _getter(field), _digger(field), _baser(kind, field)
    assert target is not None  # noqa: S101 - the registry's

    def look(values: Mapping[str, Any], properties: Mapping[str, Json], bases: Bases, uris: Uris) -> int | None:
        value, actual = wanted(values), dig(properties)
        if value is None:
            return 0 if actual is None else None
        uri = uris[target].get(value)
        return 1 if uri is not None and actual == uri and bases.get(name) == base(uri) else None

    return look


def _references(kind: Kind, field: Field) -> Look:
    name, target, wanted, dig, base = field.name, field.target, _getter(field), _digger(field), _baser(kind, field)
    assert target is not None  # noqa: S101 - the registry's
    form = field.form

    def look(values: Mapping[str, Any], properties: Mapping[str, Json], bases: Bases, uris: Uris) -> int | None:
        value = wanted(values)
        if form is not None:
            if value is None:
                return 0 if properties.get(FILTER_TYPE) != form else None
            if properties.get(FILTER_TYPE) != form or f"xdm:{field.xdm[0]}" in properties:
                return None
        actual = dig(properties)
        if not value:
            return 0 if actual is None and form is None else None
        sent = [uris[target].get(each) for each in value]
        alike = None not in sent and actual == sent and bases.get(name) == base(tuple(sent))
        return 1 if alike else None

    return look


def _texts(kind: Kind, field: Field) -> Look:
    name, wanted, dig, base = field.name, _getter(field), _digger(field), _baser(kind, field)

    def look(values: Mapping[str, Any], properties: Mapping[str, Json], bases: Bases, uris: Uris) -> int | None:  # noqa: ARG001
        value, actual = wanted(values), dig(properties)
        if not value:
            return 0 if actual is None else None
        return 1 if actual == list(value) and bases.get(name) == base(value) else None

    return look


def _text_map(kind: Kind, field: Field) -> Look:
    wanted, dig, prefix = _getter(field), _digger(field), map_field(field, "")

    @lru_cache(maxsize=_KEPT)
    def base(text: str) -> object:
        return base_of(kind, prefix, text, _unresolved)

    def look(values: Mapping[str, Any], properties: Mapping[str, Json], bases: Bases, uris: Uris) -> int | None:  # noqa: ARG001
        value, actual = wanted(values), dig(properties)
        if not value:
            return 0 if actual is None else None
        if actual != value:
            return None
        for name, text in value.items():
            if not text or bases.get(f"{prefix}{name}") != base(text):
                return None
        return len(value)

    return look


# ---------------------------------------------------------------- representations


def _representations(field: Field) -> Look:
    wanted, dig = _getter(field), _digger(field)

    def look(values: Mapping[str, Any], properties: Mapping[str, Json], bases: Bases, uris: Uris) -> int | None:
        value, actual = wanted(values), dig(properties)
        if not value:
            return 0 if actual is None else None
        if actual.__class__ is not list or len(actual) != len(value):
            return None
        placed: set[str] = set()
        for item, live in zip(value, actual, strict=True):
            uri, placement = uris[Kind.PLACEMENT].get(item.placement), item.placement
            if uri is None or placement in placed or live.__class__ is not dict or live.get("xdm:placement") != uri:
                return None
            listed = live.get("xdm:components")
            base = _components_base(item.components, listed if listed is not None else [])
            if base is None or bases.get(representation_field(placement)) != base:
                return None
            placed.add(placement)
        return len(placed)

    return look


def _components_base(components: Collection[Component], actual: Json) -> str | None:
    """The base of components that are live as the file has them; None where that cannot be told."""
    if actual.__class__ is not list or len(actual) != len(components):
        return None
    texts: list[str] = []
    for component, live in zip(components, actual, strict=True):
        text = _component_text(component, live)
        if text is None:
            return None
        texts.append(text)
    return text_hash(f"[{','.join(sorted(texts))}]")


def _component_text(component: Component, actual: Json) -> str | None:
    """The canonical JSON of a component that is live as the file has it; None where that cannot be told."""
    values = vars(component)
    if values["extra"] or actual.__class__ is not dict:
        return None
    members: list[str] = []
    for name, start, wanted, short in _PARTS if values["asset"] is None else _PARTS_WITH_ASSET:
        value = wanted(values)
        if not value:
            continue
        sent: Json
        if value.__class__ is str:
            sent = short.get(value, value) if short else value
            members.append(start + encode_basestring(sent))
        else:
            sent = list(value)
            members.append(f"{start}[{','.join(map(encode_basestring, sorted(set(value))))}]")
        if actual.get(name) != sent:
            return None
    alike = len(members) == len(actual) and actual.get(_TYPE) not in _OF_OTHERS
    return f"{{{','.join(members)}}}" if alike else None


_Part = tuple[str, str, Callable[[Mapping[str, Any]], Any], Mapping[str, str]]


def _parts(fields: Iterable[Field]) -> tuple[_Part, ...]:
    """Of each field, in the order of canonical JSON: its property, how its member begins, its value, short names."""
    ordered = sorted(fields, key=lambda field: field.xdm)
    return tuple((field.xdm[0], f'"{field.xdm[0]}":', _getter(field), field.short) for field in ordered)


_TYPE = "@type"
_OF_OTHERS = frozenset(CHANNELS.values())  # the normal form takes them for the short names of other fields
_PARTS_WITH_ASSET = _parts(COMPONENT_FIELDS)
_PARTS = _parts(field for field in COMPONENT_FIELDS if field.yaml[0] != "asset")
_LOOKS: Mapping[Kind, tuple[Look, ...]] = {
    kind: tuple(_look(kind, field) for field in info.fields) for kind, info in KINDS.items()
}
