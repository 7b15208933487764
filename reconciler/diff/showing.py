"""One entity seen three ways: what its file says, what was last written, what is live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.diff.changes import Ahead, Patch
from reconciler.diff.compare import compare_entity, flat_sides, resolver
from reconciler.diff.fields import component_yaml, plain
from reconciler.live.identity import Identity
from reconciler.live.snapshot import LiveInstance
from reconciler.model.canonical import Json
from reconciler.model.catalogue import Catalogue
from reconciler.model.entities import Entity
from reconciler.model.kinds import KINDS, EntityKey, Kind
from reconciler.model.problem import SourceSpan
from reconciler.model.spelling import Flat, Opaque, Resolve, flatten, flatten_live
from reconciler.model.stamp import SHARED, base_of, shared_base


@dataclass(frozen=True, slots=True)
class Base:
    """What was last written to a field. known: whether the value is; stamps hold no values, only what tells them."""

    known: bool
    value: Json = None


@dataclass(frozen=True, slots=True)
class Row:
    """One field. ahead: who is, None where file and live are alike."""

    field: str
    file: Json
    base: Base
    live: Json
    ahead: Ahead | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """One entity with its fields. source: None without a file; live: None without an instance."""

    key: EntityKey
    source: SourceSpan | None
    live: LiveInstance | None
    rows: tuple[Row, ...]

    @property
    def name(self) -> Json:
        """The name, of the file or else live."""
        return next((row.file or row.live for row in self.rows if row.field == "name"), None)


def show_entity(
    catalogue: Catalogue, identity: Identity, key: EntityKey, earlier: Sequence[Entity] = ()
) -> Shown | None:
    """One entity; None when there is neither a file nor an instance of ours.

    earlier: the entity as it was at some commits; a value that was written last may be told from it.
    """
    entity, live = catalogue.entities.get(key), _instance(identity, key)
    if entity is None and live is None:
        return None
    file, actual = _sides(entity, live, identity, key)
    ahead: Mapping[str, Ahead] = {}
    if entity is not None and live is not None:
        change = compare_entity(entity, live, identity.ownership.name_uri, resolver(identity))
        ahead = {item.field: item.ahead for item in change.changes} if isinstance(change, Patch) else {}
    bases = _Bases(key.kind, live, resolver(identity), (file, actual, *map(flatten, earlier)))
    names = sorted({*file, *actual, *bases.names}, key=lambda name: _order(key.kind, name))
    rows = tuple(Row(name, _plain(file, name), bases.of(name), _plain(actual, name), ahead.get(name)) for name in names)
    return Shown(key, catalogue.span(key) if entity is not None else None, live, rows)


def _instance(identity: Identity, key: EntityKey) -> LiveInstance | None:
    return identity.ownership.owned.get(key) or identity.externals.get(key)


def _sides(entity: Entity | None, live: LiveInstance | None, identity: Identity, key: EntityKey) -> tuple[Flat, Flat]:
    if entity is None:
        assert live is not None  # noqa: S101 - one of the two is there
        return {}, flatten_live(key.kind, live.instance.properties, identity.ownership.name_uri)
    if live is None:
        return flatten(entity), {}
    return flat_sides(entity, live, identity.ownership.name_uri)


def _order(kind: Kind, name: str) -> tuple[int, str]:
    heads = [field.yaml[0] for field in KINDS[kind].fields]
    head = name.split("[", maxsplit=1)[0].split(".", maxsplit=1)[0]
    return (heads.index(head) if head in heads else len(heads), name)


def _plain(flat: Flat, name: str) -> Json:
    value: Any = flat.get(name)
    if name.startswith(f"{SHARED}[") and value is not None and not isinstance(value, Opaque):
        return [component_yaml(item) for item in value]
    return plain(value)


@dataclass(frozen=True, slots=True)
class _Bases:
    """Tells the values behind the hashes of a stamp, among those that they can be."""

    kind: Kind
    live: LiveInstance | None
    resolve: Resolve
    sides: tuple[Flat, ...]

    @property
    def hashes(self) -> Mapping[str, str] | None:
        stamp = self.live.stamp if self.live is not None else None
        return stamp.bases if stamp is not None else None

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self.hashes or ()) - {SHARED}

    def of(self, name: str) -> Base:
        """What was last written to this field."""
        hashes = self.hashes
        if hashes is None:
            return Base(known=False)
        if name.startswith(f"{SHARED}[") and SHARED in hashes:
            found = next((flat for flat in self.sides if shared_base(flat) == hashes[SHARED]), None)
            return Base(known=False) if found is None else Base(known=True, value=_plain(found, name))
        if name not in hashes:
            return Base(known=True)
        for flat in self.sides:
            if name in flat and base_of(self.kind, name, flat[name], self.resolve) == hashes[name]:
                return Base(known=True, value=_plain(flat, name))
        return Base(known=False)
