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
_Choice = frozenset[Node]  # tags; who asks for all of them
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
    whole.number(wanted)
    found = ((key, whole.reach(key)) for key in wanted)
    return {key: reach for key, reach in found if reach}


@dataclass(slots=True)
class _Map:
    """Who is reached from where.

    numbers: of all that is counted: our activities that are reached, then what is reached outside.
    bits: what is reached from a node, one bit for each number, without the zeros below; how many those were.
    same: each of these once: neighbours reach much the same.
    """

    ownership: Ownership
    referrers: defaultdict[Node, set[Node]] = field(default_factory=lambda: defaultdict(set))
    tags: defaultdict[Node, set[Node]] = field(default_factory=lambda: defaultdict(set))  # of each offer
    choosers: defaultdict[_Choice, set[Node]] = field(default_factory=lambda: defaultdict(set))
    choices: defaultdict[Node, set[_Choice]] = field(default_factory=lambda: defaultdict(set))  # by one of their tags
    outside: dict[str, LiveInstance] = field(default_factory=dict)
    activities: list[EntityKey] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    numbers: dict[Node, int] = field(default_factory=dict)
    bits: dict[Node | _Choice, tuple[int, int]] = field(default_factory=dict)
    same: dict[int, int] = field(default_factory=dict)

    def draw(self, live: LiveState) -> None:
        """Note every live reference."""
        for item in live:
            node = self._node(item.uri)
            if isinstance(node, str):
                self.outside[node] = item
            self._add_live(node, item)

    def draw_changes(self, catalogue: Catalogue, written: Iterable[EntityKey]) -> None:
        """Note the references in Git of what is written."""
        for key in written:
            self._add(key, catalogue.entities[key])

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
        if form == "any_tags":
            for tag in tags:
                self._choose(node, frozenset((tag,)))
        elif form == "all_tags" and tags:
            self._choose(node, frozenset(tags))

    def _choose(self, node: Node, choice: _Choice) -> None:
        self.choosers[choice].add(node)
        self.choices[min(choice, key=str)].add(choice)

    # ------------------------------------------------------------ reach

    def number(self, keys: Iterable[EntityKey]) -> None:
        """Give a number to all that these reach, and to nothing else: there may be far more outside."""
        reached: set[Node | _Choice] = set()
        waiting: list[Node | _Choice] = list(keys)
        while waiting:
            new = set(self._followers(waiting.pop())) - reached
            reached |= new
            waiting += new
        self.activities = sorted(n for n in reached if isinstance(n, EntityKey) and n.kind is Kind.ACTIVITY)
        self.names = sorted(node for node in reached if isinstance(node, str))
        counted: list[Node] = [*self.activities, *self.names]
        self.numbers = {node: number for number, node in enumerate(counted)}

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

    def _bits(self, start: Node | _Choice) -> int:
        """References make no rings and are few steps long, so this ends soon."""
        if start not in self.bits:
            bits = 0
            for node in self._followers(start):
                bits |= self._bits(node)
                if node in self.numbers:
                    bits |= 1 << self.numbers[node]
            zeros = max((bits & -bits).bit_length() - 1, 0)
            bits >>= zeros
            self.bits[start] = self.same.setdefault(bits, bits), zeros
        bits, zeros = self.bits[start]
        return bits << zeros

    def _followers(self, node: Node | _Choice) -> Iterator[Node | _Choice]:
        """Who is reached in one step."""
        if isinstance(node, frozenset):
            yield from self.choosers[node]
            return
        referrers = self.referrers.get(node, set())
        if isinstance(node, EntityKey) and node.kind is Kind.TAG:
            referrers = {item for item in referrers if isinstance(item, str) or item.kind is Kind.FILTER}
        yield from referrers
        has = self.tags.get(node, set())
        for tag in has:
            yield from (choice for choice in self.choices.get(tag, ()) if choice <= has)


def _first(bits: int) -> Iterator[int]:
    """The places of the first bits that are set."""
    for _ in range(LISTED):
        if not bits:
            return
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest
