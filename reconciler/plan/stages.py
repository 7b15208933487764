"""Who is shown what, before the plan, between its steps and after it: the little of each entity that decides this.

Offers, filters, fallbacks and activities by name: the key's name where the instance is ours, else its URI.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Generic, TypeVar

from reconciler.diff.changes import Changes, FieldChange, Patch
from reconciler.diff.parts import MEMBERS, Part, can_split, part_of
from reconciler.live.ownership import Ownership
from reconciler.live.snapshot import LiveInstance, LiveState
from reconciler.model.entities import Activity, Fallback, Filter, Offer
from reconciler.model.instant import canonical_instant, instant_sort_key
from reconciler.model.kinds import KINDS, EntityKey, Kind
from reconciler.model.problem import Path
from reconciler.model.spelling import FILTER_TYPE, live_member_list
from reconciler.model.stamp import SHARED

NameUri = Callable[[str, Kind], str]
_FORMS = {item.form: item.name for item in KINDS[Kind.FILTER].fields if item.form}


@dataclass(frozen=True, slots=True)
class Shown:
    """What of an offer or fallback decides whether it can be shown. start, end: canonical; None is open."""

    serving: bool
    tags: frozenset[str] = frozenset()
    placements: frozenset[str] = frozenset()
    start: str | None = None
    end: str | None = None
    priority: int = field(default=0, compare=False)

    def joined(self, other: Shown) -> Shown:
        """What can be shown wherever one of the two can."""
        starts, ends = (self.start, other.start), (self.end, other.end)
        return Shown(
            self.serving or other.serving,
            self.tags | other.tags,
            self.placements | other.placements,
            None if None in starts else min((item for item in starts if item), key=instant_sort_key),
            None if None in ends else max((item for item in ends if item), key=instant_sort_key),
            max(self.priority, other.priority),
        )

    def open_at(self, now: str) -> bool:
        """Whether an instant lies in its calendar."""
        at = instant_sort_key(now)
        started = self.start is None or instant_sort_key(self.start) <= at
        return started and (self.end is None or at < instant_sort_key(self.end))


@dataclass(frozen=True, slots=True)
class Choice:
    """What a filter chooses: offers by name, or by any or by all of some tags."""

    form: str = "offers"
    names: frozenset[str] = frozenset()

    def takes(self, name: str, offer: Shown) -> bool:
        """Whether an offer is among the chosen. An empty list chooses none."""
        match self.form:
            case "offers":
                return name in self.names
            case "any_tags":
                return not self.names.isdisjoint(offer.tags)
            case _:
                return bool(self.names) and self.names <= offer.tags


@dataclass(frozen=True, slots=True)
class Use:
    """What an activity shows: a filter's offers in a placement, else a fallback."""

    live: bool
    placement: str | None = None
    filter: str | None = None
    fallback: str | None = None


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Journey(Generic[T]):
    """One entity through the plan: None where it is not there. key: None when it is not ours.

    grown: between the two parts of its patch, if it is split; it can do what it can before, and what it can after.
    passing: whether an activity is live on its way only.
    """

    key: EntityKey | None
    before: T | None
    after: T | None
    grown: T | None = None
    moves: bool = False
    passing: bool = False


@dataclass(frozen=True)  # no slots: its parts are made when they are asked for
class Scene:
    """Everything that decides what customers are shown. now: canonical."""

    live: LiveState
    ownership: Ownership
    changes: Changes
    now: str

    @cached_property
    def offers(self) -> Mapping[str, Journey[Shown]]:
        """Offers by name."""
        return self._journeys(Kind.OFFER, _shown, _shown_in_git, _shown_after, _joined)

    @cached_property
    def fallbacks(self) -> Mapping[str, Journey[Shown]]:
        """Fallbacks by name."""
        return self._journeys(Kind.FALLBACK, _shown, _shown_in_git, _shown_after, _joined)

    @cached_property
    def filters(self) -> Mapping[str, Journey[Choice]]:
        """Filters by name."""
        return self._journeys(Kind.FILTER, _choice, _choice_in_git, _choice_after, _grown_choice)

    @cached_property
    def activities(self) -> Mapping[str, Journey[Use]]:
        """Activities by name."""
        found = self._journeys(Kind.ACTIVITY, _use, _use_in_git, _use_after, lambda _before, _after: None)
        restamped = {item.key for item in self.changes.restamps}
        passing = {patch.key for patch in self.changes.patches if _passes_through(patch)}
        for name, journey in found.items():
            if journey.key in restamped or journey.key in passing:
                found[name] = replace(journey, moves=True, passing=journey.key in passing)
        return found

    @cached_property
    def by_tag(self) -> Mapping[str, tuple[str, ...]]:
        """The offers that have a tag before or after, sorted."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for name, journey in sorted(self.offers.items()):
            stages = [stage for stage in (journey.before, journey.after) if stage is not None]
            for tag in frozenset[str]().union(*(stage.tags for stage in stages)):
                found[tag].append(name)
        return {tag: tuple(names) for tag, names in found.items()}

    def candidates(self, choice: Choice | None) -> Iterable[str]:
        """Offers among which are all that a filter can choose, before or after."""
        if choice is None:
            return ()
        if choice.form == "offers":
            return sorted(choice.names & self.offers.keys())
        lists = [self.by_tag.get(tag, ()) for tag in sorted(choice.names)]
        if choice.form == "all_tags":
            return min(lists, key=len, default=())
        return dict.fromkeys(name for names in lists for name in names)

    def _journeys(
        self,
        kind: Kind,
        read: Callable[[LiveInstance, NameUri], T],
        made: Callable[[Any], T],
        apply: Callable[[T, Iterable[FieldChange]], T],
        grow: Callable[[T, T], T | None],
    ) -> dict[str, Journey[T]]:
        patches = {patch.key: patch for patch in self.changes.patches if patch.key.kind is kind}
        deletes = {delete.key for delete in self.changes.deletes if delete.key.kind is kind}
        found: dict[str, Journey[T]] = {}
        for item in self.live.instances.get(kind, ()):
            key = self.ownership.names.get(item.uri)
            before = read(item, self.ownership.name_uri)
            if key in patches:
                after = apply(before, patches[key].changes)
                grown = grow(before, after) if can_split(patches[key]) else None
                found[key.name] = Journey(key, before, after, grown, moves=True)
            elif key is not None:
                found[key.name] = Journey(key, before, None if key in deletes else before, moves=key in deletes)
            else:
                found[item.uri] = Journey(None, before, before)
        for create in self.changes.creates:
            if create.key.kind is kind:
                found[create.key.name] = Journey(create.key, None, made(create.entity), moves=True)
        return found


# ---------------------------------------------------------------- live


def _shown(item: LiveInstance, name_uri: NameUri) -> Shown:
    properties = item.instance.properties
    constraint, rank = properties.get("xdm:selectionConstraint"), properties.get("xdm:rank")
    start, end = (_instant(constraint, name) for name in ("xdm:startDate", "xdm:endDate"))
    priority = rank.get("xdm:priority") if isinstance(rank, dict) else 0
    listed = properties.get("xdm:representations")
    uris = [each.get("xdm:placement") for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    return Shown(
        _serves(item),
        _named(properties.get("xdm:tags"), Kind.TAG, name_uri),
        _named(uris, Kind.PLACEMENT, name_uri),
        start,
        end,
        priority if isinstance(priority, int) else 0,
    )


def _serves(item: LiveInstance) -> bool:
    lifecycle = KINDS[item.kind].lifecycle
    return lifecycle is not None and item.instance.properties.get("xdm:status") == lifecycle.in_service


def _instant(constraint: Any, name: str) -> str | None:
    value = constraint.get(name) if isinstance(constraint, dict) else None
    return canonical_instant(value) if isinstance(value, str) else None


def _named(uris: Any, kind: Kind, name_uri: NameUri) -> frozenset[str]:
    items = uris if isinstance(uris, list) else [uris]
    return frozenset(name_uri(uri, kind) for uri in items if isinstance(uri, str))


def _choice(item: LiveInstance, name_uri: NameUri) -> Choice:
    properties = item.instance.properties
    form = _FORMS.get(str(properties.get(FILTER_TYPE)), "offers")
    kind = Kind.OFFER if form == "offers" else Kind.TAG
    return Choice(form, _named(live_member_list(properties)[1], kind, name_uri))


def _use(item: LiveInstance, name_uri: NameUri) -> Use:
    properties = item.instance.properties
    placement, chosen, fallback = (
        name_uri(uri, kind) if isinstance(uri := properties.get(f"xdm:{kind.value}"), str) else None
        for kind in (Kind.PLACEMENT, Kind.FILTER, Kind.FALLBACK)
    )
    return Use(_serves(item), placement, chosen, fallback)


# ---------------------------------------------------------------- created


def _shown_in_git(entity: Offer | Fallback) -> Shown:
    shown = Shown(
        entity.status == "approved",
        frozenset(entity.tags),
        frozenset(item.placement for item in entity.representations),
    )
    if isinstance(entity, Fallback):
        return shown
    start, end = (canonical_instant(text) if text else None for text in (entity.start, entity.end))
    return replace(shown, start=start, end=end, priority=entity.priority)


def _choice_in_git(entity: Filter) -> Choice:
    lists = ((form, getattr(entity, form)) for form in MEMBERS)
    return next((Choice(form, frozenset(names)) for form, names in lists if names is not None), Choice())


def _use_in_git(entity: Activity) -> Use:
    return Use(entity.status == "live", entity.placement, entity.filter, entity.fallback)


# ---------------------------------------------------------------- patched


def _shown_after(before: Shown, changes: Iterable[FieldChange]) -> Shown:
    after = before
    for change in changes:
        value = change.after
        match change.path:
            case "status":
                after = replace(after, serving=value == "approved")
            case "tags":
                after = replace(after, tags=frozenset(value or ()))
            case "start":
                after = replace(after, start=canonical_instant(value) if value else None)
            case "end":
                after = replace(after, end=canonical_instant(value) if value else None)
            case "priority":
                after = replace(after, priority=value)
            case path if _is_representation(change.document):
                placement = {path.removeprefix(f"{SHARED}[").removesuffix("]")}
                kept = after.placements - placement if value is None else after.placements | placement
                after = replace(after, placements=kept)
            case _:
                pass
    return after


def _is_representation(document: Path) -> bool:
    return document[:1] == (SHARED,) and len(document) <= 2


def _choice_after(before: Choice, changes: Iterable[FieldChange]) -> Choice:
    said = [change for change in changes if change.path in MEMBERS and change.after is not None]
    return Choice(said[-1].path, frozenset(said[-1].after)) if said else before


def _use_after(before: Use, changes: Iterable[FieldChange]) -> Use:
    said = {change.path: change.after for change in changes}
    return Use(
        said["status"] == "live" if "status" in said else before.live,
        said.get("placement", before.placement),
        said.get("filter", before.filter),
        said.get("fallback", before.fallback),
    )


def _passes_through(patch: Patch) -> bool:
    """Whether a patch brings an activity into service only to take it out again."""
    lifecycle = KINDS[patch.key.kind].lifecycle
    if patch.key.kind is not Kind.ACTIVITY or lifecycle is None:
        return False
    change = next((change for change in patch.changes if change.path == "status"), None)
    return change is not None and lifecycle.in_service in lifecycle.way(str(change.before), str(change.after))[:-1]


def _joined(before: Shown, after: Shown) -> Shown:
    return before.joined(after)


def _grown_choice(before: Choice, after: Choice) -> Choice:
    both = before.names & after.names if after.form == "all_tags" else before.names | after.names
    return Choice(after.form, both)


def decides(changes: Changes) -> Iterator[EntityKey]:
    """The entities whose change can starve an activity, or need another's growth before it."""
    for patch in changes.patches:
        kind = patch.key.kind
        if kind is Kind.OFFER:
            if any(Part.SHRINKS in part_of(kind, change) for change in patch.changes):
                yield patch.key
        elif any(change.path in _DECIDING.get(kind, ()) or _is_placed(kind, change) for change in patch.changes):
            yield patch.key
    yield from (create.key for create in changes.creates if create.key.kind is Kind.ACTIVITY)
    yield from (delete.key for delete in changes.deletes if delete.key.kind in _DECIDING)


def _is_placed(kind: Kind, change: FieldChange) -> bool:
    return kind is Kind.FALLBACK and _is_representation(change.document)


_DECIDING: Mapping[Kind, frozenset[str]] = {
    Kind.OFFER: frozenset(),
    Kind.FALLBACK: frozenset({"status"}),
    Kind.FILTER: frozenset(MEMBERS),
    Kind.ACTIVITY: frozenset({"status", "placement", "filter", "fallback"}),
}
