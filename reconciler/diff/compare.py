"""Catalogue x owned instances -> ``Changes``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from reconciler.diff.changes import Ahead, Changes, Create, Delete, FieldChange, Forget, Patch, Restamp
from reconciler.diff.components import match_components, own_part
from reconciler.diff.fields import field_changes
from reconciler.diff.glance import Glance
from reconciler.diff.patch import Patcher
from reconciler.live.identity import Identity
from reconciler.live.snapshot import LiveInstance
from reconciler.model.catalogue import Catalogue
from reconciler.model.entities import Entity
from reconciler.model.intents import Ignored, hides
from reconciler.model.kinds import KINDS, EntityKey, Kind
from reconciler.model.spelling import Flat, Pending, Resolve, flatten, flatten_live
from reconciler.model.stamp import SHARED, Bases, PendingBase, Stamp, base_of, bases_of, shared_base

NOTHING_IGNORED = Ignored()


def compare(catalogue: Catalogue, identity: Identity, ignored: Ignored = NOTHING_IGNORED) -> Changes:
    """Everything that must change for live to be as Git says, sorted by key. ignored: what is left to the live side."""
    resolve, glance = resolver(identity), Glance(identity)
    ownership = identity.ownership
    restamped = identity.adopted | identity.moved.keys()
    creates: list[Create] = []
    patches: list[Patch] = []
    restamps: list[Restamp] = []
    hidden: list[tuple[EntityKey, str]] = []
    for key, entity in catalogue.entities.items():
        if entity.external is not None:
            continue
        live = ownership.owned.get(key)
        if live is None:
            creates.append(Create(key, entity))
            continue
        left = _Left(key, ignored.fields(key), hidden)
        if not left.fields and key not in restamped and glance.alike(entity, live):
            continue
        change = compare_entity(entity, live, ownership.name_uri, resolve, left, restamp=key in restamped)
        if isinstance(change, Patch):
            patches.append(change)
        elif change is not None:
            restamps.append(change)
    deletes = [Delete(key, live) for key, live in ownership.owned.items() if key not in catalogue.entities]
    forgets = [Forget(key, live) for key, live in identity.forgotten.items()]
    return Changes(tuple(creates), tuple(patches), tuple(restamps), tuple(deletes), tuple(forgets), tuple(hidden))


def resolver(identity: Identity) -> Resolve:
    """From a key to its instance's URI, or to ``Pending`` where there is no instance yet."""
    owned, externals = identity.ownership.owned, identity.externals

    def resolve(key: EntityKey) -> str | Pending:
        live = owned.get(key) or externals.get(key)
        return live.uri if live is not None else Pending(key)

    return resolve


@dataclass(frozen=True, slots=True)
class _Left:
    """The fields of one entity that are left to the live side; those that differ are noted in ``hidden``."""

    key: EntityKey
    fields: tuple[str, ...]
    hidden: list[tuple[EntityKey, str]]

    def out_of(
        self, wanted: Flat, actual: Flat, bases: Bases, old: Mapping[str, str] | None
    ) -> tuple[Flat, Flat, Bases]:
        """Both sides without them. Their bases stay as they are: nothing of them is written."""
        for name in {**wanted, **actual}:
            if (
                hides(self.fields, name)
                and (name in wanted) | (name in actual)
                and wanted.get(name) != actual.get(name)
            ):
                self.hidden.append((self.key, name))
        kept = {name: base for name, base in (old or {}).items() if hides(self.fields, name)}
        return _seen(wanted, self.fields), _seen(actual, self.fields), {**_seen(bases, self.fields), **kept}


def _seen(named: Mapping[str, Any], left: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in named.items() if not hides(left, name)}


def compare_entity(
    entity: Entity,
    live: LiveInstance,
    name_uri: Callable[[str, Kind], str],
    resolve: Resolve,
    left: _Left | None = None,
    *,
    restamp: bool = False,
) -> Patch | Restamp | None:
    """What must change for one instance to be as its file says; None when nothing must.

    restamp: the stamp is to be written even where nothing else is.
    """
    kind, key = entity.KIND, entity.entity_key
    stamp = _stamp_of(entity, live)
    wanted, actual = flat_sides(entity, live, name_uri)
    bases: Bases = bases_of(kind, wanted, resolve)
    if left is not None and left.fields:
        wanted, actual, bases = left.out_of(wanted, actual, bases, stamp.bases)
    if wanted != actual:
        origin = _Origin(kind, wanted, actual, stamp.bases, resolve)
        leaves = field_changes(entity, wanted, actual)
        ahead = {name: origin.ahead(name) for name in {leaf.field for leaf in leaves}}
        changes = tuple(
            FieldChange(leaf.path, leaf.document, leaf.before, leaf.after, ahead[leaf.field], leaf.field)
            for leaf in leaves
        )
        patcher = Patcher(entity, live.instance.properties, name_uri, resolve)
        operations = patcher.operations(leaves, wanted)
        between = origin.bases_between(patcher.replacing)
        return Patch(key, entity, live, changes, operations, bases, tuple(patcher.first), between)
    misplaced = stamp.instance_id not in {None, live.instance.instance_id}
    if restamp or misplaced or stamp.bases != bases or entity.protect != stamp.protected:
        return Restamp(key, entity, live, bases)
    return None


def flat_sides(entity: Entity, live: LiveInstance, name_uri: Callable[[str, Kind], str]) -> tuple[Flat, Flat]:
    """What the file wants and what is live, in flat form; equal where nothing must change."""
    wanted, stamp = flatten(entity), _stamp_of(entity, live)
    actual = _actual(entity, live, stamp, name_uri)
    return wanted, actual if wanted == actual else _aligned(wanted, actual, stamp.bases)


def _stamp_of(entity: Entity, live: LiveInstance) -> Stamp:
    return live.stamp or Stamp("", entity.entity_key, bases=None)


def _actual(entity: Entity, live: LiveInstance, stamp: Stamp, name_uri: Callable[[str, Kind], str]) -> Flat:
    """The live side: known fields, and the raw properties that are ours.

    A property that the file spells raw is compared raw only; one that it spells by a field, by the field only.
    """
    written = {name[len("extra.") :] for name in stamp.bases or () if name.startswith("extra.")}
    raw = {*entity.extra, *(written - _KNOWN[entity.KIND])} if written else entity.extra
    actual = flatten_live(entity.KIND, live.instance.properties, name_uri, raw)
    for field in KINDS[entity.KIND].fields if entity.extra else ():
        if field.xdm[0] in entity.extra:
            actual.pop(field.name, None)
    return actual


_KNOWN = {kind: frozenset(field.xdm[0] for field in info.fields) for kind, info in KINDS.items()}


def _aligned(wanted: Flat, actual: Flat, bases: Mapping[str, str] | None) -> Flat:
    """The live side without what is not ours in its components, its components in the file's order where alike."""
    aligned = dict(actual)
    for name, components in actual.items():
        if not name.startswith(f"{SHARED}["):
            continue
        if name not in wanted or components == wanted[name]:
            continue
        matched = match_components(wanted[name], components)
        own = components
        if bases is None or bases.get(name) != base_of(Kind.OFFER, name, components, str):  # not all written by us
            partners = {there: wanted[name][here] for here, there in matched.pairs}
            own = tuple(
                own_part(partners[index], item) if index in partners else item for index, item in enumerate(components)
            )
        alike = all(wanted[name][here] == own[there] for here, there in matched.pairs)
        aligned[name] = wanted[name] if alike and not (matched.added or matched.removed) else own
    return aligned


@dataclass(frozen=True)  # no slots: what all representations share is told once
class _Origin:
    """Tells, field by field, whose value is newer than the base."""

    kind: Kind
    wanted: Flat
    actual: Flat
    bases: Mapping[str, str] | None
    resolve: Resolve

    def ahead(self, name: str) -> Ahead:
        """Source: the three answers of drift. A field that the base lacks was absent when the base was written."""
        if self.bases is None:
            return Ahead.BOTH
        if name.startswith(f"{SHARED}[") and SHARED in self.bases:
            return self._shared_ahead
        base_value = self.bases.get(name)
        if base_value in self._live_hashes(name):
            return Ahead.GIT
        file_base = base_of(self.kind, name, self.wanted[name], self.resolve) if name in self.wanted else None
        return Ahead.LIVE if file_base == base_value else Ahead.BOTH

    @cached_property
    def _shared_ahead(self) -> Ahead:
        base = (self.bases or {})[SHARED]
        if base in {shared_base(self.actual), shared_base({each: self._bare(each) for each in self.actual})}:
            return Ahead.GIT
        return Ahead.LIVE if base == shared_base(self.wanted) else Ahead.BOTH

    def _live_hashes(self, name: str) -> set[str | PendingBase | None]:
        """The hash of the live value; of components that Git dropped, also without raw properties."""
        if name not in self.actual:
            return {None}
        values = (self.actual[name], self._bare(name))
        return {base_of(self.kind, name, value, self.resolve) for value in values}

    def _bare(self, name: str) -> Any:
        """A live value without the raw properties of components that the file does not have: whose are they?"""
        value = self.actual[name]
        if not name.startswith(f"{SHARED}["):
            return value
        gone = match_components(self.wanted.get(name, ()), value).removed
        return tuple(own_part({}, item) if index in gone else item for index, item in enumerate(value))

    def bases_between(self, replacing: frozenset[str]) -> Mapping[str, str | PendingBase]:
        """The bases of these representations once they hold their new components beside the old ones."""
        grown = dict(self.actual)
        for name in replacing:
            added = match_components(self.wanted[name], self.actual[name]).added
            grown[name] = (*self.actual[name], *(self.wanted[name][index] for index in added))
        if replacing and SHARED in (self.bases or {}):
            return {SHARED: shared_base(grown)}
        return {name: base_of(self.kind, name, grown[name], self.resolve) for name in sorted(replacing)}
