"""What a catalogue can never do, proved from what it says: offers that never win, activities left to their fallback."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice

from reconciler.decision.selection import select_offers
from reconciler.model.collector import collector_paused
from reconciler.model.entities import Activity, Entity, Offer, Rule
from reconciler.model.instant import canonical_instant, instant_sort_key
from reconciler.model.kinds import EntityKey, Kind
from reconciler.pql.implication import Meaning, Rules, implies, meaning_of

_TRIED = 20  # beaters looked at for one offer and rule: more are seldom needed, and a proof may be missed
_Arena = tuple[str, str]  # a filter and a placement: where offers meet
_Moment = tuple[str, str] | None
_Span = tuple[_Moment, _Moment]


@dataclass(frozen=True, slots=True)
class Impossible:
    """never_wins: offers that somebody else always comes before; for each activity that could show one, who does.

    in_vain: activities that can show none of their approved offers, and why, as the end of a sentence. Both by key.
    """

    never_wins: Mapping[str, Mapping[str, str]]
    in_vain: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Contender:
    """An approved offer as others see it.

    condition: of its rule; None where everybody is admitted, ``""`` where nobody knows.
    """

    key: str
    priority: int
    capped: bool
    condition: str | None
    offer: Offer

    @property
    def span(self) -> _Span:
        """When it starts and ends, the end out; None where it is open."""
        return _span(self.offer)

    def outlasts(self, other: _Contender) -> bool:
        """Whether it is in its time whenever the other is."""
        if self.offer.start is None and self.offer.end is None:
            return True
        (start, end), (other_start, other_end) = self.span, other.span
        starts = start is None or (other_start is not None and start <= other_start)
        return starts and (end is None or (other_end is not None and other_end <= end))

    def beats(self, other: _Contender) -> bool:
        """Whether it comes before another whenever both are eligible."""
        return self.priority > other.priority and not self.capped and self.outlasts(other)

    @property
    def meaning(self) -> Meaning:
        """What can be told of its rule."""
        return meaning_of("true" if self.condition is None else self.condition)


def find_impossible(entities: Mapping[EntityKey, Entity]) -> Impossible:
    """What can never happen, whoever asks and when.

    An offer never wins when another has a higher priority, no cap, holds whenever it does and is in its time whenever
    it is, wherever it could be shown. Since a request shows no offer twice, one such offer has to be left whatever the
    other activities of a request show. What somebody else manages proves nothing.
    """
    with collector_paused():
        ring = _Ring(entities)
        beaten = {key: proof for key in sorted(ring.arenas_of) if (proof := ring.beaten(key)) is not None}
        return Impossible(beaten, dict(ring.in_vain()))


class _Ring:
    """Who meets whom where."""

    def __init__(self, entities: Mapping[EntityKey, Entity]) -> None:
        self.entities = entities
        self.activities: defaultdict[_Arena, list[Activity]] = defaultdict(list)
        wanted: defaultdict[str, set[str]] = defaultdict(set)
        for entity in entities.values():
            if isinstance(entity, Activity) and entity.status != "archived" and entity.filter and entity.placement:
                self.activities[entity.filter, entity.placement].append(entity)
                wanted[entity.filter].add(entity.placement)
        selected = _known_selections(entities)
        self.unknown = {placement for source, placement in self.activities if source not in selected}
        self.contenders: dict[str, _Contender | None] = {}
        self.arenas_of: defaultdict[str, list[_Arena]] = defaultdict(list)
        self.arenas: defaultdict[_Arena, defaultdict[str | None, list[_Contender]]] = defaultdict(
            lambda: defaultdict(list)
        )
        for source, placements in wanted.items():
            for key in selected.get(source, ()):
                self._enter(key, source, placements)
        for groups in self.arenas.values():
            for group in groups.values():
                group.sort(key=lambda contender: (-contender.priority, contender.key))
        self.highest = {
            arena: max(group[0].priority for group in groups.values()) for arena, groups in self.arenas.items()
        }
        self.rules: dict[_Arena, Rules] = {}  # of the arenas where somebody is asked about

    def _enter(self, key: str, source: str, placements: set[str]) -> None:
        """Put an offer where a filter lets it meet others."""
        if key not in self.contenders:
            self.contenders[key] = self._contender(self.entities[EntityKey(Kind.OFFER, key)])
        contender = self.contenders[key]
        if contender is not None:
            for placement in {item.placement for item in contender.offer.representations} & placements:
                self.arenas[source, placement][contender.condition].append(contender)
                self.arenas_of[key].append((source, placement))

    def _contender(self, offer: Entity) -> _Contender | None:
        """An offer as others see it; None when it is not in service, or not known."""
        if not isinstance(offer, Offer) or offer.status != "approved" or offer.external is not None:
            return None
        return _Contender(
            offer.key,
            offer.priority,
            offer.caps.global_ is not None or offer.caps.profile is not None,
            self._condition(offer.rule),
            offer,
        )

    def _condition(self, key: str | None) -> str | None:
        if key is None:
            return None
        rule = self.entities.get(EntityKey(Kind.RULE, key))
        return rule.condition or "" if isinstance(rule, Rule) and rule.external is None else ""

    # ------------------------------------------------------------ offers

    def beaten(self, key: str) -> Mapping[str, str] | None:
        """Who beats an offer in each activity; None where it may win in one."""
        contender = self.contenders[key]
        if contender is None or any(item.placement in self.unknown for item in contender.offer.representations):
            return None
        proof: dict[str, str] = {}
        for arena in self.arenas_of[key]:
            beater = self._beaten_in(arena, contender)
            if beater is None:
                return None
            proof |= dict.fromkeys((activity.key for activity in self.activities[arena]), beater)
        return None if contender.meaning.settled is False else proof  # of such a rule other checks tell

    def _beaten_in(self, arena: _Arena, contender: _Contender) -> str | None:
        """One that comes before an offer in an activity, whatever the others of a request show before."""
        if self.highest[arena] <= contender.priority:
            return None
        if arena not in self.rules:
            self.rules[arena] = Rules(self.arenas[arena])
        found: list[str] = []
        for condition in self.rules[arena].near(contender.condition):
            group = self.arenas[arena][condition]
            if group[0].priority > contender.priority and implies(contender.condition, condition):
                found += (other.key for other in islice(group, _TRIED) if other.beats(contender))
        alone = [key for key in found if len(self._activities_of(key)) == 1]
        if alone:
            return min(alone)
        everywhere = {activity for key in found for activity in self._activities_of(key)}
        return min(found) if found and len(found) >= len(everywhere) else None

    def _activities_of(self, key: str) -> list[str]:
        return [activity.key for arena in self.arenas_of[key] for activity in self.activities[arena]]

    # ------------------------------------------------------------ activities

    def in_vain(self) -> Iterator[tuple[str, str]]:
        """Activities that can show none of their offers; of those that have none, other checks tell."""
        for arena, groups in self.arenas.items():
            for activity in self.activities[arena]:
                span = _span(activity)
                timely = (offer for offer in chain.from_iterable(groups.values()) if _meet(span, offer.span))
                first = next(timely, None)
                if first is None:
                    yield activity.key, "the time of none of its offers meets its own"
                elif all(offer.meaning.settled is False for offer in chain((first,), timely)):
                    yield activity.key, "the rules of all its offers are always false"


def _known_selections(entities: Mapping[EntityKey, Entity]) -> Mapping[str, frozenset[str]]:
    """The offers of each filter; of one that somebody else manages nobody knows them."""
    found = select_offers(entities)
    return {key: offers for key, offers in found.items() if entities[EntityKey(Kind.FILTER, key)].external is None}


def _span(entity: Activity | Offer) -> _Span:
    return _moment(entity.start), _moment(entity.end)


def _moment(text: str | None) -> _Moment:
    canonical = canonical_instant(text) if text else None
    return None if canonical is None else instant_sort_key(canonical)


def _meet(one: _Span, other: _Span) -> bool:
    """Whether there is an instant in both times; of a time that ends before it starts other checks tell."""
    if any(start is not None and end is not None and end <= start for start, end in (one, other)):
        return True
    starts = [start for start, _end in (one, other) if start is not None]
    ends = [end for _start, end in (one, other) if end is not None]
    return not starts or not ends or max(starts) < min(ends)
