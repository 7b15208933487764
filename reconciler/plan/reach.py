"""The blast radius: which activities of this catalogue, and which instances outside it, a change reaches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from reconciler.live.ownership import Ownership, describe
from reconciler.live.snapshot import LiveInstance, LiveState
from reconciler.model.canonical import Json
from reconciler.model.catalogue import Catalogue
from reconciler.model.entities import Entity, Filter, Offer
from reconciler.model.kinds import KINDS, EntityKey, Kind
from reconciler.model.spelling import FILTER_TYPE, live_member_list, live_references, references

LISTED = 20  # names of each sort that are told; all of them would be changes times activities
Node = EntityKey | str  # our key, else the URI of an instance outside
_FORMS = {item.form: item.name for item in KINDS[Kind.FILTER].fields if item.form}


@dataclass(frozen=True, slots=True)
class Reach:
    """What one change reaches: how many, and the first of them.

    activities: of this catalogue.   outside: instances that are not ours, as a reader finds them.
    """

    activity_count: int = 0
    activities: tuple[EntityKey, ...] = ()
    outside_count: int = 0
    outside: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.activity_count or self.outside_count)


def find_reach(
    keys: Iterable[EntityKey],
    catalogue: Catalogue,
    live: LiveState,
    ownership: Ownership,
    written: Iterable[EntityKey],
) -> Mapping[EntityKey, Reach]:
    """What each of these entities reaches, live or in Git; those that reach nothing are not in it.

    written: the entities that are created or patched; all others are the same in Git as live.

    A change reaches who refers to it, at any distance, and through an offer's tags who chooses it. Of a tag only
    those who refer to it are reached: which offers have it changes with the offers.
    """
    wanted = sorted(keys)
    if not wanted:
        return {}
    whole = _Map(ownership)
    whole.draw(live)
    whole.draw_changes(catalogue, written)
    found = ((key, whole.reach(key)) for key in wanted)
    return {key: reach for key, reach in found if reach}


@dataclass(slots=True)
class _Map:
    """Who is reached from where. bits: what a node reaches, one bit each: our activities, then all that is outside."""

    ownership: Ownership
    referrers: defaultdict[Node, set[Node]] = field(default_factory=lambda: defaultdict(set))
    tags: defaultdict[Node, set[Node]] = field(default_factory=lambda: defaultdict(set))  # of each offer
    any_of: defaultdict[Node, set[Node]] = field(default_factory=lambda: defaultdict(set))  # tag -> filters
    all_of: defaultdict[Node, list[tuple[Node, frozenset[Node]]]] = field(default_factory=lambda: defaultdict(list))
    outside: dict[str, LiveInstance] = field(default_factory=dict)
    activities: list[EntityKey] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    own_bit: dict[Node, int] = field(default_factory=dict)
    bits: dict[Node, int] = field(default_factory=dict)
    tag_bits: dict[Node, int] = field(default_factory=dict)

    def draw(self, live: LiveState) -> None:
        """Note every live reference."""
        for item in live:
            node = self._node(item.uri)
            if isinstance(node, str):
                self.outside[node] = item
            self._add_live(node, item)

    def draw_changes(self, catalogue: Catalogue, written: Iterable[EntityKey]) -> None:
        """Note the references in Git of what is written, and number what is counted."""
        added = set(written)
        for key in added:
            self._add(key, catalogue.entities[key])
        self.activities = sorted(key for key in {*self.ownership.owned, *added} if key.kind is Kind.ACTIVITY)
        self.names = sorted(self.outside)
        counted: list[Node] = [*self.activities, *self.names]
        self.own_bit = {node: 1 << number for number, node in enumerate(counted)}

    def _node(self, uri: str) -> Node:
        key = self.ownership.names.get(uri)
        return key if key is not None and key in self.ownership.owned else uri

    def _nodes(self, uris: Json) -> list[Node]:
        return [self._node(uri) for uri in uris if isinstance(uri, str)] if isinstance(uris, list) else []

    def _add_live(self, node: Node, item: LiveInstance) -> None:
        properties = item.instance.properties
        for _path, uri in live_references(item.kind, properties):
            self.referrers[self._node(uri)].add(node)
        if item.kind is Kind.OFFER:
            self.tags[node].update(self._nodes(properties.get("xdm:tags")))
        elif item.kind is Kind.FILTER:
            form = _FORMS.get(str(properties.get(FILTER_TYPE)))
            self._add_choice(node, form, self._nodes(live_member_list(properties)[1]))

    def _add(self, key: EntityKey, entity: Entity) -> None:
        for _path, target in references(entity):
            self.referrers[target].add(key)
        if isinstance(entity, Offer):
            self.tags[key].update(EntityKey(Kind.TAG, name) for name in entity.tags)
        elif isinstance(entity, Filter):
            for form, names in (("any_tags", entity.any_tags), ("all_tags", entity.all_tags)):
                self._add_choice(key, form, [EntityKey(Kind.TAG, name) for name in names or ()])

    def _add_choice(self, node: Node, form: str | None, tags: list[Node]) -> None:
        if form == "all_tags" and tags:
            self.all_of[min(tags, key=str)].append((node, frozenset(tags)))
        elif form == "any_tags":
            for tag in tags:
                self.any_of[tag].add(node)

    # ------------------------------------------------------------ reach

    def reach(self, key: EntityKey) -> Reach:
        """What an entity reaches."""
        bits = self._bits(key)
        inside, outside = bits & ((1 << len(self.activities)) - 1), bits >> len(self.activities)
        return Reach(
            inside.bit_count(),
            tuple(self.activities[number] for number in _first(inside)),
            outside.bit_count(),
            tuple(describe(self.outside[self.names[number]]) for number in _first(outside)),
        )

    def _bits(self, start: Node) -> int:
        """References make no rings and are few steps long, so this ends soon."""
        if start not in self.bits:
            followers = self.referrers.get(start, set())
            if isinstance(start, EntityKey) and start.kind is Kind.TAG:
                followers = {node for node in followers if isinstance(node, str) or node.kind is Kind.FILTER}
            self.bits[start] = self._union(followers) | self._bits_of_choosers(start)
        return self.bits[start]

    def _union(self, nodes: Iterable[Node]) -> int:
        bits = 0
        for node in nodes:
            bits |= self.own_bit.get(node, 0) | self._bits(node)
        return bits

    def _bits_of_choosers(self, offer: Node) -> int:
        has, bits = self.tags.get(offer, set()), 0
        for tag in has:
            if tag not in self.tag_bits:
                self.tag_bits[tag] = self._union(self.any_of.get(tag, ()))
            bits |= self.tag_bits[tag]
            bits |= self._union(node for node, wanted in self.all_of.get(tag, ()) if wanted <= has)
        return bits


def _first(bits: int) -> Iterator[int]:
    """The places of the first bits that are set."""
    for _ in range(LISTED):
        if not bits:
            return
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest
