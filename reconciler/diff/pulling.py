"""Live values -> what the documents of an entity are to say: the way back, for fields of which live is ahead."""

from __future__ import annotations

import json
from collections.abc import Container, Hashable, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from reconciler.diff.changes import Ahead, Patch
from reconciler.diff.compare import flat_sides
from reconciler.diff.components import match_components
from reconciler.diff.fields import component_yaml, plain
from reconciler.diff.merging import Document, in_order, put_key, put_or_drop
from reconciler.model.canonical import Json
from reconciler.model.entities import Entity
from reconciler.model.kinds import COMPONENT_FIELDS, KINDS, EntityKey, Field, Kind, Shape
from reconciler.model.spelling import CONDITION, Flat, NameUri, Opaque, references

HEAD = ("kind", "key", "name")
TAIL = ("extra", "protect", "only", "external", "id")
COMPONENT_KEYS = (*dict.fromkeys(field.yaml[0] for field in COMPONENT_FIELDS), "extra")
_ASSET_KEYS = ("id", "name", "url")


class Unspellable(Exception):
    """A live value that files cannot spell. why: in words; remedy: what to do."""

    def __init__(self, why: str, remedy: str) -> None:
        super().__init__(why)
        self.why = why
        self.remedy = remedy


def document_keys(kind: Kind) -> tuple[str, ...]:
    """The keys of a document of this kind, in canonical order."""
    own = (field.yaml[0] for field in KINDS[kind].fields)
    return tuple(dict.fromkeys((*HEAD, *own, *TAIL)))


# ---------------------------------------------------------------- one entity


@dataclass(frozen=True, slots=True)
class Refused:
    """A field that is not pulled, and why."""

    field: str
    why: str
    remedy: str


@dataclass(slots=True)
class _Pull:
    """The document of one entity while live values are put into it."""

    entity: Entity
    document: Document
    wanted: Flat
    actual: Flat
    fields: Mapping[str, Field] = field(default_factory=dict)

    def put(self, name: str) -> None:
        """Give one field its live value.

        Raises ``Unspellable``, with the document as it was, when files cannot spell it.
        """
        head, _, rest = name.partition(".")
        known = self.fields.get(name)
        if known is not None:
            self._known(known)
        elif name.startswith("representations["):
            self._representation(name, name[len("representations[") : -1])
        elif head == "extra":
            live = self.actual.get(name)
            self._entry("extra", rest, None if live is None else json.loads(live), present=live is not None)
        else:
            self._entry(head, rest, _spelled(self.actual.get(name)), present=name in self.actual)

    def _known(self, known: Field) -> None:
        live = self.actual.get(known.name)
        if isinstance(live, Opaque) and known.shape is Shape.RULE_TEXT:
            self.document.pop(known.yaml[0], None)
            self._entry("extra", CONDITION, json.loads(live.json), present=True)
            return
        value = _referred(known, _spelled(live))
        present = _dig(self.document, known.yaml)
        if live is None and known.same_as_absent is not None and present is not None:
            value = known.same_as_absent
        elif known.shape in {Shape.REFERENCES, Shape.TEXTS, Shape.MEMBERS} and value is not None:
            value = in_place(present if isinstance(present, list) else [], value)
        elif known.shape is Shape.RULE_TEXT and isinstance(present, str) and isinstance(value, str):
            value = _with_edges(present, value)
        self._set(known.yaml, value)

    def _set(self, path: tuple[str, ...], value: Json) -> None:
        if len(path) > 1:
            keys = [field.yaml[1] for field in KINDS[self.entity.KIND].fields if field.yaml[0] == path[0]]
            self._entry(path[0], path[1], value, present=value is not None, keys=keys)
        elif value is None:
            self.document.pop(path[0], None)
        else:
            put_key(self.document, path[0], value, document_keys(self.entity.KIND))

    def _entry(self, head: str, name: str, value: Json, *, present: bool, keys: Sequence[str] = ()) -> None:
        """Set or take out an entry of a map; without entries the map goes too."""
        found = self.document.get(head)
        inner = found if isinstance(found, dict) else {}
        if present:
            put_key(inner, name, value, keys)
            put_key(self.document, head, inner, document_keys(self.entity.KIND))
            return
        inner.pop(name, None)
        if not inner:
            self.document.pop(head, None)

    def _representation(self, name: str, placement: str) -> None:
        if ":" in placement:
            raise _not_ours(placement, Kind.PLACEMENT)
        items = self.document.get("representations")
        listed: list[Any] = items if isinstance(items, list) else []
        index = next((at for at, item in enumerate(listed) if item.get("placement") == placement), None)
        live = self.actual.get(name)
        if live is None:
            if index is not None:
                del listed[index]
        elif index is None:
            listed.append(representation_yaml(placement, live))
        else:
            self._components(listed[index], self.wanted[name], live)
        self._set(("representations",), listed or None)

    def _components(self, item: Document, wanted: Sequence[Flat], live: Sequence[Flat]) -> None:
        written = item.get("components")
        now: list[Any] = written if isinstance(written, list) else []
        partners = dict(match_components(wanted, live).pairs)
        after = [
            _component(now[here], wanted[here], live[partners[here]]) for here in range(len(now)) if here in partners
        ]
        after += [_new_component(live[there]) for there in range(len(live)) if there not in set(partners.values())]
        if after:
            item["components"] = after
        else:
            item.pop("components", None)


def _component(now: Document, wanted: Flat, live: Flat) -> Document:
    """A component as it is written, with the live values of what differs."""
    found = deepcopy(now)
    if "" in live:
        raise _opaque()
    for name in [*wanted, *(name for name in live if name not in wanted)]:
        if wanted.get(name) == live.get(name) and (name in wanted) == (name in live):
            continue
        head, _, rest = name.partition(".")
        value = json.loads(live[name]) if head == "extra" and name in live else _spelled(live.get(name))
        if not rest:
            put_or_drop(found, head, _language(now, value), COMPONENT_KEYS, present=name in live)
            continue
        outer = found.get(head)
        inner = outer if isinstance(outer, dict) else {}
        put_or_drop(inner, rest, value, _ASSET_KEYS if head == "asset" else (), present=name in live)
        put_or_drop(found, head, inner, COMPONENT_KEYS, present=bool(inner))
    return found


def _language(now: Document, value: Json) -> Json:
    """Languages as they are written here: in their order, one alone as a text if it was one."""
    if not isinstance(value, list):
        return value
    before = now.get("language")
    if isinstance(before, str):
        return value[0] if len(value) == 1 else in_place([before], value)
    return in_place(before if isinstance(before, list) else [], value)


def representation_yaml(placement: str, components: Iterable[Flat]) -> Document:
    """A live representation as the files spell it."""
    spelled = [_new_component(item) for item in components]
    return {"placement": placement, **({"components": spelled} if spelled else {})}


def _new_component(flat: Flat) -> Document:
    if "" in flat or any(isinstance(value, Opaque) for value in flat.values()):
        raise _opaque()
    spelled = component_yaml(flat)
    if isinstance(spelled.get("asset"), dict):
        spelled["asset"] = in_order(spelled["asset"], _ASSET_KEYS)
    return in_order(spelled, COMPONENT_KEYS)


def _opaque() -> Unspellable:
    return Unspellable("its live value is of a form that no file can spell", "Correct it live, or change it from Git.")


def _not_ours(uri: str, kind: Kind) -> Unspellable:
    return Unspellable(
        f"live refers to {uri}, which is no {kind.value} of this catalogue",
        f"Declare it: a {kind.value} with a key and `external: {{id: {uri}}}`; or import it.",
    )


def _spelled(live: Any) -> Json:
    if isinstance(live, Opaque):
        raise _opaque()
    return plain(live)


def _referred(known: Field, value: Json) -> Json:
    """A reference, or references, all of them keys."""
    if known.target is None:
        return value
    for name in value if isinstance(value, list) else [value]:
        if isinstance(name, str) and ":" in name:
            raise _not_ours(name, known.target)
    return value


def in_place(before: Sequence[Hashable], after: Sequence[Hashable]) -> list[Json]:
    """A set as a list: what stays in its order, what is new behind it."""
    had, wanted = set(before), set(after)
    return [item for item in before if item in wanted] + [item for item in after if item not in had]


def _with_edges(before: str, text: str) -> str:
    """A rule's text with the outer white space that stood there, which means nothing."""
    bare = before.strip()
    return before.replace(bare, text) if bare and before.count(bare) == 1 else text


def _dig(document: Document, path: Sequence[str]) -> Json:
    value: Json = document
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


@dataclass(frozen=True, slots=True)
class Pulled:
    """One entity with its live-ahead fields taken over.

    document: what its documents together are to say.   fields: those taken over.   refused: those that cannot be.
    left: fields of which both Git and live have moved.
    """

    document: Document
    fields: tuple[str, ...]
    refused: tuple[Refused, ...]
    left: tuple[str, ...]


def pull_entity(
    patch: Patch,
    written: Mapping[str, Json],
    name_uri: NameUri,
    known: Container[EntityKey],
    without: Container[str] = frozenset(),
) -> Pulled:
    """Take over every field of which live is ahead.

    written: what the entity's documents say together.   known: keys that can be referred to.
    without: fields to leave as they are.
    """
    ahead = {change.field: change.ahead for change in patch.changes}
    wanted, actual = flat_sides(patch.entity, patch.live, name_uri)
    specs = {field.name: field for field in KINDS[patch.entity.KIND].fields}
    document = deepcopy(dict(written))
    taken, refused = [], []
    for names in _together([name for name, who in ahead.items() if who is Ahead.LIVE and name not in without], specs):
        trial = _Pull(patch.entity, deepcopy(document), wanted, actual, specs)
        try:
            for name in names:
                trial.put(name)
            _check(patch.entity, trial.document, known)
        except Unspellable as error:
            refused += [Refused(name, error.why, error.remedy) for name in names]
            continue
        document = trial.document
        taken += names
    left = tuple(name for name, who in ahead.items() if who is Ahead.BOTH)
    return Pulled(document, tuple(taken), tuple(refused), left)


def _together(names: Sequence[str], specs: Mapping[str, Field]) -> list[list[str]]:
    """The names one by one, but for the forms of a filter: one goes when another comes."""
    forms = [name for name in names if name in specs and specs[name].shape is Shape.MEMBERS]
    return [*([name] for name in names if name not in forms), *([forms] if forms else [])]


def _check(entity: Entity, document: Document, known: Container[EntityKey]) -> None:
    """Refuse a document that is no entity, or that refers to what has no file."""
    told = {name: value for name, value in document.items() if name != "id"}
    try:
        after = type(entity).model_validate({**told, "key": entity.key})
    except ValidationError:
        raise Unspellable(
            "its live value breaks a rule of the files", "Correct it live, or change it from Git."
        ) from None
    before = {key for _path, key in references(entity)}
    for _path, key in references(after):
        if key not in known and key not in before:
            raise Unspellable(f"live refers to {key}, which has no file", "Import it, or give it a file, first.")
