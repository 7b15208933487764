"""Live instances without a file -> the documents that say what they are, and the pins that say which they are."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from reconciler.catalogue.documents import parse_documents
from reconciler.catalogue.spelling import Unwritable
from reconciler.catalogue.writer import new_text
from reconciler.diff.fields import plain
from reconciler.diff.merging import Document
from reconciler.diff.pulling import Unspellable, representation_yaml
from reconciler.live.identity import Identity
from reconciler.live.snapshot import LiveInstance, LiveState
from reconciler.model.canonical import canonical_json
from reconciler.model.catalogue import Catalogue
from reconciler.model.entities import ENTITY_TYPES
from reconciler.model.instant import canonical_instant, instant_sort_key
from reconciler.model.kinds import KINDS, EntityKey, Field, Kind, Shape
from reconciler.model.spelling import CONDITION, Flat, Opaque, flatten, flatten_live, live_references

ANCHOR = "reconciler:"  # how the names of tags begin that are no entities
FOLDERS = {kind: "activities" if kind is Kind.ACTIVITY else f"{kind.value}s" for kind in Kind}
KIND_TYPES = {entity.KIND: entity for entity in ENTITY_TYPES}
_KEY_LENGTH = 90  # leaves room for a number


@dataclass(frozen=True, slots=True)
class Imported:
    """One instance and the document that is written for it. path: below the root.

    pin: whether its instance has to be named, because no stamp of ours tells it.
    """

    key: EntityKey
    live: LiveInstance
    document: Document
    path: str
    pin: bool = False


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One instance for which no file is written, why, and what to do."""

    live: LiveInstance
    why: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Import:
    """Everything that an import writes. externals: instances of others that the imported ones refer to."""

    entities: tuple[Imported, ...] = ()
    externals: tuple[Imported, ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    @property
    def pins(self) -> tuple[Document, ...]:
        """The documents that name the instance of each entity without our stamp."""
        return tuple(
            {"kind": item.key.kind.value, "key": item.key.name, "id": item.live.uri}
            for item in self.entities
            if item.pin
        )


def build_import(
    catalogue: Catalogue,
    live: LiveState,
    identity: Identity,
    kinds: Collection[Kind] = frozenset(Kind),
    exists: Callable[[str], bool] = lambda _path: False,
) -> Import:
    """What an import writes.

    kinds: those wanted; what they refer to comes with them.   exists: whether a path below the root is taken.
    """
    work = _Import(catalogue, live, identity, exists)
    work.name_all()
    for item in work.selected(kinds):
        work.write(item)
    return Import(tuple(work.entities), tuple(work.externals), tuple(work.left_out))


@dataclass(slots=True)
class Namer:
    """Gives new keys, from names. taken: those that are given; numbers: the last one of equal names, by first key."""

    taken: set[EntityKey]
    numbers: dict[EntityKey, int] = field(default_factory=dict)

    def new_key(self, item: LiveInstance) -> EntityKey:
        """A key of an instance's name that nobody has."""
        stem = slug(_name(item)) or item.kind.value
        first = EntityKey(item.kind, stem)
        number = self.numbers.get(first, 1)
        while (key := EntityKey(item.kind, stem if number == 1 else f"{stem}-{number}")) in self.taken:
            number += 1
        self.taken.add(key)
        self.numbers[first] = number  # all before it are taken, and stay so
        return key


@dataclass(slots=True)
class _Import:
    catalogue: Catalogue
    live: LiveState
    identity: Identity
    exists: Callable[[str], bool]
    keys: dict[str, EntityKey] = field(default_factory=dict)  # by URI, of all that has or gets a file
    namer: Namer = field(default_factory=lambda: Namer(set()))
    paths: set[str] = field(default_factory=set)
    new: dict[str, LiveInstance] = field(default_factory=dict)
    foreign: dict[str, LiveInstance] = field(default_factory=dict)
    entities: list[Imported] = field(default_factory=list)
    externals: list[Imported] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)

    # ------------------------------------------------------------ who gets which key

    def name_all(self) -> None:
        """Give every instance without a file its key, the same on every run over the same instances."""
        entities = self.catalogue.entities
        self.keys = {uri: key for uri, key in self.identity.ownership.names.items() if key in entities}
        self.namer = Namer({*entities, *self.identity.ownership.owned, *self.catalogue.unread})
        waiting = {item.uri: found for found in self.identity.candidates for item in found.instances}
        handed_back = {item.uri for item in self.identity.forgotten.values()}
        unnamed = []
        for item in sorted(self.live, key=live_age):
            if item.uri in self.keys or item.uri in handed_back or is_anchor(item):
                continue
            if item.stamp is not None and item.stamp.catalog != self.catalogue.name:
                self.foreign[item.uri] = item
            elif item.uri in self.identity.ownership.names:
                self.new[item.uri] = item
                self.keys[item.uri] = self.identity.ownership.names[item.uri]
            elif item.stamp is not None:
                why = f"it is a copy: another instance carries its stamp, {item.stamp.key}"
                self._leave(item, why, "Delete it, or take its stamp off, on the web page.")
            elif (found := waiting.get(item.uri)) is not None:
                self.keys[item.uri] = found.key
                why = f"it may be {found.key}, which has no instance: it {found.reason}"
                self._leave(item, why, f"Take it over: `apply --adopt {found.key}`.")
            else:
                self.new[item.uri] = item
                unnamed.append(item)
        for item in unnamed:
            self.keys[item.uri] = self.namer.new_key(item)

    def _leave(self, item: LiveInstance, why: str, remedy: str) -> None:
        self.left_out.append(LeftOut(item, why, remedy))

    # ------------------------------------------------------------ who is written

    def selected(self, kinds: Collection[Kind]) -> list[LiveInstance]:
        """The instances of these kinds and all that they refer to, targets first."""
        self.left_out = [item for item in self.left_out if item.live.kind in kinds]
        waiting = [item for item in self.new.values() if item.kind in kinds]
        found = {item.uri: item for item in waiting}
        while waiting:
            item = waiting.pop()
            for _path, uri in live_references(item.kind, item.instance.properties):
                target = self.new.get(uri) or self.foreign.get(uri)
                if target is not None and uri not in found:
                    found[uri] = target
                    waiting.extend([target] if uri in self.new else [])
        return sorted(found.values(), key=lambda item: (list(Kind).index(item.kind), live_age(item)))

    def write(self, item: LiveInstance) -> None:
        """The document of one instance; what it refers to was written before."""
        if item.uri in self.foreign:
            self._declare(item)
            return
        key = self.keys[item.uri]
        try:
            document = live_document(key, item, self._name_uri)
        except Unspellable as error:
            del self.keys[item.uri]
            self._leave(item, error.why, error.remedy)
            return
        path = self._path(key)
        self.entities.append(Imported(key, item, document, path, pin=item.stamp is None))

    def _name_uri(self, uri: str, kind: Kind) -> str:
        key = self.keys.get(uri)
        return key.name if key is not None and key.kind is kind else uri

    def _declare(self, item: LiveInstance) -> None:
        """An instance of another catalogue, found by its stamp."""
        if item.stamp is None:
            return
        key = self.namer.new_key(item)
        self.keys[item.uri] = key
        stamp = f"{item.stamp.catalog}/{item.stamp.key}"
        document: Document = {"kind": key.kind.value, "key": key.name, "external": {"stamp": stamp}}
        self.externals.append(Imported(key, item, document, self._path(key)))

    def _path(self, key: EntityKey) -> str:
        number = 1
        while True:
            path = f"{FOLDERS[key.kind]}/{key.name}{'' if number == 1 else f'-{number}'}.yaml"
            if path not in self.paths and not self.exists(path):
                self.paths.add(path)
                return path
            number += 1


def slug(name: str) -> str:
    """A name as a key: its letters and digits without marks, joined by dashes; empty when it has none."""
    plain_text = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain_text).strip("-")[:_KEY_LENGTH].rstrip("-")


def _name(item: LiveInstance) -> str:
    name = item.instance.properties.get("xdm:name")
    return name if isinstance(name, str) else ""


def live_age(item: LiveInstance) -> tuple[tuple[str, str], str]:
    """Sorts instances by when they were created, then by id."""
    created = item.instance.created
    return instant_sort_key(canonical_instant(created) or created), item.instance.instance_id


def is_anchor(item: LiveInstance) -> bool:
    """Whether this tag is no entity, but marks what a catalogue has applied."""
    return item.kind is Kind.TAG and _name(item).startswith(ANCHOR)


# ---------------------------------------------------------------- one instance


def live_document(key: EntityKey, item: LiveInstance, name_uri: Callable[[str, Kind], str]) -> Document:
    """What a file has to say for its entity to be as this instance is.

    Raises ``Unspellable`` when no file can say it.
    """
    flat = flatten_live(key.kind, item.instance.properties, name_uri)
    document: Document = {"kind": key.kind.value, "key": key.name, **dict(live_fields(key.kind, flat))}
    condition = item.instance.properties.get(CONDITION)
    if key.kind is Kind.RULE and condition is not None and "condition" not in document:  # another format, or blank
        document["extra"] = {CONDITION: condition}
    _refuse_if_else(key.kind, document, flat)
    return document


def live_fields(kind: Kind, flat: Flat) -> Iterator[tuple[str, Any]]:
    """The fields of a file, in canonical order, maps and representations put together."""
    for name, fields in _grouped(KINDS[kind].fields):
        shape = fields[0].shape
        found: Any
        if shape is Shape.REPRESENTATIONS:
            listed = [key for key in flat if key.startswith("representations[")]
            found = [representation_yaml(_placement(key), flat[key]) for key in listed]
        elif shape is Shape.TEXT_MAP or len(fields[0].yaml) > 1:
            prefix = f"{name}."
            found = {key.removeprefix(prefix): value for key, value in flat.items() if key.startswith(prefix)}
        elif isinstance(flat.get(name), Opaque) and shape is Shape.RULE_TEXT:
            continue
        elif name in flat:
            yield name, _known(fields[0], flat[name])
            continue
        else:
            continue
        if found:
            yield name, found


def _grouped(fields: Iterable[Field]) -> Iterator[tuple[str, list[Field]]]:
    groups: dict[str, list[Field]] = {}
    for item in fields:
        groups.setdefault(item.yaml[0], []).append(item)
    yield from groups.items()


def _placement(field_name: str) -> str:
    return field_name.removeprefix("representations[").removesuffix("]")


def _known(spec: Field, value: Any) -> Any:
    if isinstance(value, Opaque):
        raise Unspellable(f"no file can spell its `{spec.name}`", "Correct it on the web page, then import again.")
    return plain(value)


def _refuse_if_else(kind: Kind, document: Mapping[str, Any], flat: Flat) -> None:
    """Refuse a document that does not read back to the very same values."""
    _refuse_references(document)
    remedy = "Correct it on the web page, then import again."
    if "name" not in document:
        raise Unspellable("it has no name", "Name it on the web page, then import again.")
    try:
        text = new_text([document]).encode()
        documents, complaints = parse_documents(text)
        if complaints or canonical_json(documents[0].value) != canonical_json(document):
            raise Unspellable("no file can hold its values", remedy)
        entity = KIND_TYPES[kind].model_validate(documents[0].value)
    except (ValidationError, Unwritable) as error:
        raise Unspellable("its values break a rule of the files", remedy) from error
    again = {name: value for name, value in flatten(entity).items() if not name.startswith("extra.")}
    expected = {name: value for name, value in flat.items() if not isinstance(value, Opaque)}
    if again != expected:
        raise Unspellable("no file can spell its values", remedy)


def _refuse_references(document: Mapping[str, Any]) -> None:
    """References of the file format are keys; what is still a URI has no file."""
    kind = Kind(document["kind"])
    for spec in KINDS[kind].fields:
        if spec.target is None:
            continue
        value = document.get(spec.yaml[0])
        names = value if isinstance(value, list) else [value]
        for name in names:
            uri = name.get("placement") if isinstance(name, dict) else name
            if isinstance(uri, str) and ":" in uri:
                raise Unspellable(
                    f"it refers to {uri}, for which no file can be written", "See why that one is left out, above."
                )
