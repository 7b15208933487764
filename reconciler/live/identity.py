"""Which live instance is which entity: by pin and stamp, and by consent where there is neither."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from reconciler.live.candidates import Candidate, find_candidates
from reconciler.live.ownership import Copies, Ownership, describe, name_instances, names_itself, tell_copies
from reconciler.live.snapshot import LiveInstance, LiveState
from reconciler.model.catalogue import Catalogue
from reconciler.model.entities import Entity, External
from reconciler.model.intents import forgotten, former_names, moves, read_stamped
from reconciler.model.kinds import EntityKey
from reconciler.model.stamp import Stamp

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Consent:
    """Which instances without a stamp somebody lets us take over: of these keys, or of up to so many."""

    keys: frozenset[EntityKey] = frozenset()
    up_to: int = 0


@dataclass(frozen=True, slots=True)
class Block:
    """Why nobody can tell which instance an entity is. It keeps the entity, and what needs it, out of the plan."""

    key: EntityKey
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Every answer to "which instance is this entity?".

    ownership: the instances that are ours, or become ours.   adopted: those that get their first stamp.
    moved: those that get another key or another catalogue's name in their stamp, with the old one.
    forgotten: those that lose their stamp.   externals: others' instances that ours refer to.
    candidates: instances that may be an entity's, and need somebody's word.   blocks: what cannot be told.
    """

    ownership: Ownership
    adopted: frozenset[EntityKey] = frozenset()
    moved: Mapping[EntityKey, str] = field(default_factory=dict)
    forgotten: Mapping[EntityKey, LiveInstance] = field(default_factory=dict)
    externals: Mapping[EntityKey, LiveInstance] = field(default_factory=dict)
    candidates: tuple[Candidate, ...] = ()
    blocks: tuple[Block, ...] = ()


def identify(catalogue: Catalogue, live: LiveState, consent: Consent | None = None) -> Identity:
    """Tell which instance each entity of a catalogue is."""
    return _Identifier(catalogue, live, consent or Consent()).identity()


class _Identifier:
    """Settles one source of identity after the other; each sees what those before it have settled."""

    def __init__(self, catalogue: Catalogue, live: LiveState, consent: Consent) -> None:
        self.catalogue, self.live, self.consent = catalogue, live, consent
        self.owned: dict[EntityKey, LiveInstance] = {}
        self.copies: list[Copies] = []
        self.adopted: set[EntityKey] = set()
        self.moved: dict[EntityKey, str] = {}
        self.blocks: list[Block] = []

    def identity(self) -> Identity:
        self._take_stamped()
        handed_back = self._hand_back()
        self._take_pinned()
        externals = self._find_externals()
        candidates = self._take_candidates()
        names = name_instances({**self.owned, **externals})
        ordered = {key: self.owned[key] for key in sorted(self.owned, key=lambda key: key.order)}
        ownership = Ownership(ordered, tuple(self.copies), names)
        return Identity(
            ownership,
            frozenset(self.adopted),
            self.moved,
            handed_back,
            externals,
            candidates,
            tuple(sorted(self.blocks, key=lambda block: block.key)),
        )

    # ------------------------------------------------------------ stamps

    def _take_stamped(self) -> None:
        """The instances with our stamp, under the keys that they have now."""
        new_key, former = moves(self.catalogue.settings), former_names(self.catalogue.settings)
        ours = {self.catalogue.name, *former}
        stamped: defaultdict[EntityKey, list[tuple[LiveInstance, Stamp]]] = defaultdict(list)
        for item in self.live:
            stamp = item.stamp
            if stamp is not None and stamp.catalog in ours and stamp.key.kind is item.kind:
                stamped[new_key.get(stamp.key, stamp.key) if new_key else stamp.key].append((item, stamp))
        for key in sorted(stamped, key=lambda key: key.order):
            item, stamp = stamped[key][0]
            if len(stamped[key]) == 1 and stamp.instance_id in {None, item.instance.instance_id}:
                self._own(key, stamp.catalog, stamp.key, item)
            else:
                self._take_key(key, stamped[key])

    def _own(self, key: EntityKey, owner: str, stamped_key: EntityKey, item: LiveInstance) -> None:
        self.owned[key] = item
        if owner != self.catalogue.name or (stamped_key is not key and stamped_key != key):
            self.moved[key] = str(stamped_key) if owner == self.catalogue.name else f"{owner}/{stamped_key}"

    def _take_key(self, key: EntityKey, stamped: list[tuple[LiveInstance, Stamp]]) -> None:
        """The instance of one key. Of several stamps that come to mean it, the one that is written so counts."""
        groups: defaultdict[tuple[str, EntityKey], list[LiveInstance]] = defaultdict(list)
        for item, stamp in stamped:
            groups[stamp.catalog, stamp.key].append(item)
        pin = self.catalogue.pins.get(key)
        told = {stamp: tell_copies(key, items, pin.uri if pin else None) for stamp, items in groups.items()}
        originals = {stamp: copies.original for stamp, copies in told.items() if copies.original is not None}
        now = (self.catalogue.name, key)
        if now in originals and [item for item in originals.values() if names_itself(item)] == [originals[now]]:
            originals = {now: originals[now]}  # it has moved; who has the stamp of before was copied before
        if len(originals) == 1:
            (original,) = originals.values()
            others = tuple(item for items in groups.values() for item in items if item is not original)
            self.copies += [Copies(key, original, others)] if others else []
        else:
            self.copies += [copies for copies in told.values() if copies.copies]
        if len(originals) > 1:
            found = _listed(originals.values())
            message = f"several instances come to be {key}: {found}"
            self.blocks.append(Block(key, message, "Remove the entry from `moved`, or delete one of the instances."))
            return
        for (owner, stamped_key), original in originals.items():
            self._own(key, owner, stamped_key, original)

    def _hand_back(self) -> dict[EntityKey, LiveInstance]:
        """The instances that lose their stamp, taken out of what is ours."""
        keys = forgotten(self.catalogue.settings)
        return {key: self.owned.pop(key) for key in sorted(keys & self.owned.keys())}

    # ------------------------------------------------------------ pins

    def _take_pinned(self) -> None:
        """A pin says which instance an entity is, against a stamp too; it is consent to take it over."""
        if not self.catalogue.pins:
            return
        by_uri = {item.uri: item for item in self.live}
        keys = {item.uri: key for key, item in self.owned.items()}
        for key, pin in sorted(self.catalogue.pins.items(), key=lambda pair: pair[0].order):
            item = by_uri.get(pin.uri)
            if item is None or item.kind is not key.kind:
                what = "is not live" if item is None else f"is of kind {item.kind.value}"
                message = f"{pin.source} pins it to {pin.uri}, which {what}"
                self.blocks.append(Block(key, message, "Correct the pin, or remove it."))
            elif keys.get(pin.uri, key) != key:
                message = f"{pin.source} pins it to {describe(item)}, which is {keys[pin.uri]}"
                remedy = f"Remove the pin, or say `moved: [{{from: {keys[pin.uri]}, to: {key}}}]`."
                self.blocks.append(Block(key, message, remedy))
            elif item.stamp is not None and item.stamp.catalog != self.catalogue.name and key not in self.moved:
                message = f"{pin.source} pins it to {describe(item)}, which belongs to catalogue {item.stamp.catalog}"
                self.blocks.append(
                    Block(key, message, "Have it handed back there first (`forget`), or remove the pin.")
                )
            elif key in self.owned and self.owned[key] is not item:
                message = (
                    f"{pin.source} pins it to {describe(item)}, but its stamp stands on {describe(self.owned[key])}"
                )
                self.blocks.append(Block(key, message, "Remove the pin, or the stamp from that instance."))
            elif key not in self.owned:
                self._adopt(key, item)

    def _adopt(self, key: EntityKey, item: LiveInstance) -> None:
        self.owned[key] = item
        self.adopted.add(key)

    # ------------------------------------------------------------ externals

    def _find_externals(self) -> dict[EntityKey, LiveInstance]:
        """The one live instance behind each external entity."""
        wanted = {
            key: entity.external for key, entity in self.catalogue.entities.items() if entity.external is not None
        }
        if not wanted:
            return {}
        index = _External.index(self.live)
        found: dict[EntityKey, LiveInstance] = {}
        for key, external in wanted.items():
            said, items = index.look_up(key, external)
            if len(items) == 1:
                found[key] = items[0]
                self._refuse_own(key)
                continue
            message = f"no live {key.kind.value} has {said}" if not items else f"several have {said}: {_listed(items)}"
            remedy = "Correct `external`." if not items else "Name it by `id`."
            self.blocks.append(Block(key, message, remedy))
        return found

    def _refuse_own(self, key: EntityKey) -> None:
        if key in self.owned:
            message = f"it is external now, but {describe(self.owned[key])} carries this catalogue's stamp"
            remedy = f"Say `forget: [{{key: {key}, reason: …}}]` to hand it back."
            self.blocks.append(Block(key, message, remedy))

    # ------------------------------------------------------------ candidates

    def _take_candidates(self) -> tuple[Candidate, ...]:
        """Those that somebody let us take over become ours; the others block their entities."""
        blocked = {block.key for block in self.blocks}
        ownership = Ownership(self.owned, tuple(self.copies), name_instances(self.owned))
        found = [
            candidate
            for candidate in find_candidates(self.catalogue, self.live, ownership)
            if candidate.key not in blocked
        ]
        certain = sum(candidate.is_alone and not candidate.rivals for candidate in found)
        everyone = certain <= self.consent.up_to
        rest: list[Candidate] = []
        for candidate in found:
            agreed = self.consent.keys.intersection((candidate.key, *candidate.rivals))
            if candidate.is_alone and (agreed == {candidate.key} or (everyone and not candidate.rivals)):
                self._adopt(candidate.key, candidate.instances[0])
            elif candidate.is_alone and len(agreed) == 1:
                continue  # it becomes the rival that was named, so this entity has none
            else:
                rest.append(candidate)
                self.blocks.append(_candidate_block(candidate))
        self._unused_consent({candidate.key for candidate in found})
        return tuple(rest)

    def _unused_consent(self, found: set[EntityKey]) -> None:
        for key in sorted(self.consent.keys - found - self.owned.keys()):
            missing = key not in self.catalogue.entities
            message = "there is no such entity to adopt for" if missing else "no instance without a stamp may be it"
            self.blocks.append(Block(key, message, f"Leave out --adopt {key}."))


def _candidate_block(candidate: Candidate) -> Block:
    items, key = candidate.instances, candidate.key
    reason = candidate.reason
    if len(items) > 1:
        message = f"several instances without a stamp may be it ({reason}): {_listed(items)}"
        return Block(
            key, message, f"Pin one below environments/NAME/: {{kind: {key.kind.value}, key: {key.name}, id: …}}."
        )
    message = f"{describe(items[0])} has no stamp and {reason}"
    if candidate.rivals:
        others = ", ".join(map(str, candidate.rivals))
        return Block(key, f"{message}; it may be {others} as well", f"Say which it is, e.g. with --adopt {key}.")
    return Block(key, message, f"Take it over with --adopt {key}, or have it renamed or deleted.")


def _listed(items: Iterable[LiveInstance]) -> str:
    found = list(items)
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return ", ".join(describe(item) for item in found[:_SHOWN]) + more


@dataclass(frozen=True, slots=True)
class _External:
    """The live instances by what an external entity can be found by."""

    by_name: Mapping[tuple[object, object], list[LiveInstance]]
    by_uri: Mapping[str, list[LiveInstance]]
    by_stamp: Mapping[tuple[str, EntityKey], list[LiveInstance]]

    @classmethod
    def index(cls, live: LiveState) -> _External:
        found = cls(defaultdict(list), defaultdict(list), defaultdict(list))
        for item in live:
            name = item.instance.properties.get("xdm:name")
            found.by_name[item.kind, name if isinstance(name, str) else None].append(item)
            found.by_uri[item.uri].append(item)
            if item.stamp is not None:
                found.by_stamp[item.stamp.catalog, item.stamp.key].append(item)
        return found

    def look_up(self, key: EntityKey, external: External) -> tuple[str, list[LiveInstance]]:
        """What it is looked up by, and the instances found."""
        if external.id is not None:
            found = self.by_uri.get(external.id, [])
            return f"the id {external.id}", [item for item in found if item.kind is key.kind]
        if external.stamp is not None:
            stamped = read_stamped(external.stamp, key.kind)
            return f"the stamp {external.stamp}", self.by_stamp.get(stamped, []) if stamped else []
        return f"the name `{external.name}`", self.by_name.get((key.kind, external.name), [])


def managed(entities: Mapping[EntityKey, Entity]) -> dict[EntityKey, Entity]:
    """The entities that are ours to write."""
    return {key: entity for key, entity in entities.items() if entity.external is None}


def without(identity: Identity, keys: frozenset[EntityKey]) -> Identity:
    """The same, where nothing is forgotten or moved for these keys."""
    kept = {key: item for key, item in identity.forgotten.items() if key not in keys}
    return replace(identity, forgotten=kept)
