"""Two spellings of one entity: the YAML one and the repository's ``xdm:`` one, and the form in which they compare.

``flatten`` and ``flatten_live`` bring a file's entity and a live ``_instance`` into the same flat form: a dict from
field name (``caps.global``, ``characteristics.cabin``, ``representations[kiosk-hero]``) to a *normal* value. Values
that mean the same are equal there, and what means the same as absent is absent. References are keys where the target
is ours and URIs where it is not; a key holds no colon, so the two cannot be confused.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.model.canonical import Json, canonical_json
from reconciler.model.entities import Component, Entity, Part
from reconciler.model.instant import canonical_instant
from reconciler.model.kinds import COMPONENT_FIELDS, KINDS, EntityKey, Field, Kind, Shape

Flat = dict[str, Any]
Resolve = Callable[[EntityKey], "str | Pending"]
NameUri = Callable[[str, Kind], str]

FILTER_TYPE = "xdm:filterType"
CONDITION = "xdm:condition"
CONDITION_FORM = {"xdm:type": "PQL", "xdm:format": "pql/text"}


@dataclass(frozen=True, slots=True)
class Pending:
    """Stands in a payload for the URI of an entity that is still to be created."""

    key: EntityKey


@dataclass(frozen=True, slots=True)
class Opaque:
    """A live value that the files cannot spell, such as a rule in another format; equal only to itself."""

    json: str


# ---------------------------------------------------------------- field names


def map_field(field: Field, name: str) -> str:
    """The name of one entry of a map field, e.g. ``characteristics.cabin``."""
    return f"{field.name}.{name}"


def representation_field(placement: str) -> str:
    """The name of the representation for one placement, e.g. ``representations[kiosk-hero]``."""
    return f"representations[{placement}]"


def extra_field(name: str) -> str:
    """The name of a raw property, e.g. ``extra.acme:owner``."""
    return f"extra.{name}"


# ---------------------------------------------------------------- file -> flat


def flatten(entity: Entity) -> Flat:
    """The file's entity in flat, normal form."""
    flat: Flat = {}
    for field in KINDS[entity.KIND].fields:
        value = yaml_value(entity, field)
        if value is None:
            continue
        if field.shape is Shape.REPRESENTATIONS:
            for representation in value:
                components = tuple(flatten_component(component) for component in representation.components)
                flat.setdefault(representation_field(representation.placement), components)
        elif field.shape is Shape.TEXT_MAP:
            flat.update({map_field(field, name): text for name, text in value.items() if text})
        else:
            _put(flat, field, value)
    _put_extra(flat, entity.extra)
    return flat


def yaml_value(part: Part, field: Field) -> Any:
    """The value of a field as the file has it; None when it is left out."""
    value: Any = part
    for name in field.yaml:
        if value is None:
            return None
        value = getattr(value, "global_" if name == "global" else name)
    return value


def flatten_component(component: Component) -> Flat:
    """One component in flat, normal form."""
    flat: Flat = {}
    for field in COMPONENT_FIELDS:
        value = yaml_value(component, field)
        if value is not None:
            _put(flat, field, value)
    _put_extra(flat, component.extra)
    return flat


def _put(flat: Flat, field: Field, value: Any) -> None:
    normal = normalise(field, value)
    if normal is not None:
        flat[field.name] = normal


def _put_extra(flat: Flat, extra: Mapping[str, Json]) -> None:
    for name, value in extra.items():
        flat[extra_field(name)] = canonical_json(value)


def normalise(field: Field, value: Any) -> Any:
    """The normal form of one value; None where it means the same as absent."""
    match field.shape:
        case Shape.MEMBERS:
            return tuple(sorted(set(value)))
        case Shape.REFERENCES | Shape.TEXTS:
            return tuple(sorted(set(value))) or None
        case Shape.INSTANT:
            return canonical_instant(value) or Opaque(value)
        case Shape.RULE_TEXT:
            return value.strip() or None
        case Shape.WHOLE:
            if value == field.same_as_absent:
                return None
            return int(value) if isinstance(value, float) and value.is_integer() else value
        case _:
            if value == field.same_as_absent or value == "":
                return None
            return _SHORT.get(value, value) if field.short else value


_SHORT = {uri: name for info in KINDS.values() for field in info.fields for name, uri in field.short.items()}


# ---------------------------------------------------------------- live -> flat


def flatten_live(kind: Kind, properties: Mapping[str, Json], name_uri: NameUri, extras: Collection[str] = ()) -> Flat:
    """A live ``_instance`` in flat, normal form.

    name_uri: (URI, expected kind) -> our key's name, or the URI itself when the target is not ours.
    extras: names of the raw properties that are ours; the others are not looked at.
    """
    flat: Flat = {}
    for field in KINDS[kind].fields:
        value = _dig(properties, field.xdm)
        match field.shape:
            case Shape.MEMBERS:
                _put_members(flat, field, properties, name_uri)
            case Shape.RULE_TEXT if CONDITION in extras:
                continue  # the file has it as a raw property
            case Shape.RULE_TEXT:
                _put_rule(flat, field, properties.get(CONDITION))
            case _ if value is None:
                continue
            case Shape.REPRESENTATIONS:
                _put_representations(flat, value, name_uri)
            case Shape.TEXT_MAP:
                texts = value.items() if isinstance(value, dict) else ()
                flat.update({map_field(field, name): text for name, text in texts if text != ""})
            case _:
                _put_live(flat, field, value, name_uri)
    for name in extras:
        if name in properties:
            flat[extra_field(name)] = canonical_json(properties[name])
    return flat


def _dig(properties: Mapping[str, Json], path: tuple[str, ...]) -> Json:
    value: Json = properties
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


_MANY = frozenset({Shape.REFERENCES, Shape.TEXTS, Shape.MEMBERS})


def _put_live(flat: Flat, field: Field, value: Json, name_uri: NameUri) -> None:
    if field.target is not None:
        if isinstance(value, str):
            value = name_uri(value, field.target)
        elif isinstance(value, list):
            target = field.target
            value = [name_uri(item, target) if isinstance(item, str) else item for item in value]
    _put_checked(flat, field, value)


def _put_checked(flat: Flat, field: Field, value: Json) -> None:
    """Puts a value of the expected type; another is kept opaque, so that it counts as a difference."""
    many = field.shape in _MANY
    if many and isinstance(value, str):
        value = [value]
    expected = (
        isinstance(value, list) and all(isinstance(item, str) for item in value)
        if many
        else (
            isinstance(value, int | float) and not isinstance(value, bool)
            if field.shape is Shape.WHOLE
            else isinstance(value, str)
        )
    )
    if expected:
        _put(flat, field, value)
    else:
        flat[field.name] = Opaque(canonical_json(value))


def live_member_list(properties: Mapping[str, Json]) -> tuple[str, Json]:
    """The name under which a live filter keeps its list (``ids`` or ``xdm:ids``), and the list."""
    name = "xdm:ids" if "xdm:ids" in properties else "ids"
    return name, properties.get(name)


def _put_members(flat: Flat, field: Field, properties: Mapping[str, Json], name_uri: NameUri) -> None:
    if properties.get(FILTER_TYPE) == field.form:
        _put_live(flat, field, live_member_list(properties)[1] or [], name_uri)


def _put_rule(flat: Flat, field: Field, condition: Json) -> None:
    if condition is None:
        return
    plain = isinstance(condition, dict) and all(
        condition.get(name, form) == form for name, form in CONDITION_FORM.items()
    )
    if not plain:
        flat[field.name] = Opaque(canonical_json(condition))
    elif condition.get("xdm:value") is not None:
        _put_checked(flat, field, condition["xdm:value"])


def _put_representations(flat: Flat, value: Json, name_uri: NameUri) -> None:
    for item in value if isinstance(value, list) else ():
        if isinstance(item, dict) and isinstance(item.get("xdm:placement"), str):
            name = representation_field(name_uri(item["xdm:placement"], Kind.PLACEMENT))
            listed = item.get("xdm:components") or []
            components = listed if isinstance(listed, list) else [listed]
            flat.setdefault(name, tuple(flatten_live_component(component) for component in components))


def flatten_live_component(component: Json) -> Flat:
    """One live component in flat, normal form; every property that is no field of ours is an ``extra``."""
    flat: Flat = {}
    if not isinstance(component, dict):
        return {"": Opaque(canonical_json(component))}
    known = set()
    for field in COMPONENT_FIELDS:
        known.add(field.xdm[0])
        if component.get(field.xdm[0]) is not None:
            _put_checked(flat, field, component[field.xdm[0]])
    _put_extra(flat, {name: value for name, value in component.items() if name not in known})
    return flat


# ---------------------------------------------------------------- file -> xdm


def to_xdm(entity: Entity, resolve: Resolve) -> dict[str, Json]:
    """The entity as the repository spells it; ``Pending`` stands for URIs that ``resolve`` does not know yet."""
    properties: dict[str, Json] = {}
    for field in KINDS[entity.KIND].fields:
        value = yaml_value(entity, field)
        if value is None or not _worth_sending(field, value):
            continue
        place(properties, field, field_to_xdm(field, value, resolve))
    properties.update(entity.extra)
    return properties


def _worth_sending(field: Field, value: Any) -> bool:
    if field.shape is Shape.MEMBERS:
        return True
    return value != field.same_as_absent and value not in ("", (), {})


def place(properties: dict[str, Json], field: Field, value: Json) -> None:
    """Puts a field's value at its place, with what travels beside it."""
    if field.shape is Shape.MEMBERS:
        properties[FILTER_TYPE] = field.form
    elif field.shape is Shape.RULE_TEXT:
        properties[CONDITION] = dict(CONDITION_FORM)
    parent = properties
    for name in field.xdm[:-1]:
        parent = parent.setdefault(name, {})
    parent[field.xdm[-1]] = value


def field_to_xdm(field: Field, value: Any, resolve: Resolve) -> Json:
    """One field's value as the repository spells it."""
    match field.shape:
        case Shape.REFERENCE:
            return reference_to_xdm(field, value, resolve)
        case Shape.REFERENCES | Shape.MEMBERS:
            return [reference_to_xdm(field, name, resolve) for name in value]
        case Shape.TEXTS:
            return list(value)
        case Shape.TEXT_MAP:
            return dict(value)
        case Shape.REPRESENTATIONS:
            return [representation_to_xdm(item.placement, item.components, resolve) for item in value]
        case _:
            return field.short.get(value, value)


def reference_to_xdm(field: Field, name: str, resolve: Resolve) -> str | Pending:
    """The URI behind a key; a URI stays as it is."""
    if ":" in name or field.target is None:
        return name
    return resolve(EntityKey(field.target, name))


def representation_to_xdm(placement: str, components: Collection[Component], resolve: Resolve) -> Json:
    """One representation as the repository spells it."""
    uri = placement if ":" in placement else resolve(EntityKey(Kind.PLACEMENT, placement))
    representation: dict[str, Json] = {"xdm:placement": uri}
    if components:
        representation["xdm:components"] = [component_to_xdm(component) for component in components]
    return representation


def component_to_xdm(component: Component) -> dict[str, Json]:
    """One component as the repository spells it."""
    properties: dict[str, Json] = {}
    for field in COMPONENT_FIELDS:
        value = yaml_value(component, field)
        if value is not None and value not in ("", ()):
            properties[field.xdm[0]] = list(value) if field.shape is Shape.TEXTS else field.short.get(value, value)
    properties.update(component.extra)
    return properties


# ---------------------------------------------------------------- references

REPRESENTED = "xdm:representations/xdm:placement"  # where an offer refers to placements


_REFERRING: Mapping[Kind, tuple[tuple[Field, Kind], ...]] = {
    kind: tuple((field, field.target) for field in info.fields if field.target is not None)
    for kind, info in KINDS.items()
}


def references(entity: Entity) -> Iterator[tuple[tuple[str | int, ...], EntityKey]]:
    """Every reference of an entity: the path in its document, and the key it names."""
    for field, target in _REFERRING[entity.KIND]:
        value = yaml_value(entity, field)
        if value is None:
            continue
        match field.shape:
            case Shape.REFERENCE:
                yield field.yaml, EntityKey(target, value)
            case Shape.REPRESENTATIONS:
                for index, item in enumerate(value):
                    place_path: tuple[str | int, ...] = (*field.yaml, index, "placement")
                    yield place_path, EntityKey(target, item.placement)
            case _:
                for index, name in enumerate(value):
                    member: tuple[str | int, ...] = (*field.yaml, index)
                    yield member, EntityKey(target, name)


def live_references(kind: Kind, properties: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """Every reference of a live instance: the property's path, and the URI it names."""
    for field, _target in _REFERRING[kind]:
        value = _dig(properties, field.xdm)
        match field.shape:
            case Shape.MEMBERS:
                if properties.get(FILTER_TYPE) != field.form:
                    continue
                name, value = live_member_list(properties)
                path = name
            case Shape.REPRESENTATIONS:
                path = REPRESENTED
                items = value if isinstance(value, list) else ()
                value = [item.get("xdm:placement") for item in items if isinstance(item, dict)]
            case _:
                path = "/".join(field.xdm)
        for uri in value if isinstance(value, list) else [value]:
            if isinstance(uri, str):
                yield path, uri


def field_references(entity: Entity) -> dict[str, tuple[EntityKey, ...]]:
    """What an entity refers to, by the path of the property that holds the reference."""
    found: dict[str, list[EntityKey]] = {}
    for field, target in _REFERRING[entity.KIND]:
        value = yaml_value(entity, field)
        names = (
            ()
            if value is None
            else (value,)
            if field.shape is Shape.REFERENCE
            else (item.placement for item in value)
            if field.shape is Shape.REPRESENTATIONS
            else value
        )
        found.setdefault(_place(field), []).extend(EntityKey(target, name) for name in names)
    return {place: tuple(keys) for place, keys in found.items() if keys}


def _place(field: Field) -> str:
    match field.shape:
        case Shape.MEMBERS:
            return "members"
        case Shape.REPRESENTATIONS:
            return REPRESENTED
        case _:
            return "/".join(field.xdm)


def live_field_references(kind: Kind, properties: Mapping[str, Json]) -> dict[str, list[str]]:
    """The URIs that a live instance refers to, by the same paths."""
    found: dict[str, list[str]] = {}
    for path, uri in live_references(kind, properties):
        found.setdefault("members" if path in {"ids", "xdm:ids"} else path, []).append(uri)
    return found
