"""Grow before shrink: what must be done before what, so that no step leaves a live activity with nothing to show.

For each live activity one offer that it can show before the plan, the *old witness*, is kept until one that it can
show after it, the *new witness*, is there. Both are chosen so that as few steps as possible have to wait. All else is
free. A witness is judged as strictly as holds before and after: chosen by the filter; approved; with the placement;
in its calendar.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from heapq import nsmallest

from reconciler.model.kinds import EntityKey
from reconciler.plan.stages import Choice, Journey, Scene, Shown, Use

PARTS = 10  # offers that an activity waits for before it goes live, the first to be shown; all would be too many
_STRICT = 4


@dataclass(frozen=True, slots=True)
class Point:
    """A place in an entity's steps. shrinking: before its second part; else after its first."""

    key: EntityKey
    shrinking: bool = False


@dataclass(frozen=True, slots=True)
class Wait:
    """One thing must be there before another goes. activity: for whose sake.   late: it keeps what is old."""

    first: Point
    then: Point
    activity: str
    late: bool = False


@dataclass(frozen=True, slots=True)
class _Way:
    """What an activity's choice looks like: before and after, through the old and the new filter and placement."""

    old: Choice | None  # the old filter as it is before
    old_after: Choice | None  # the old filter as it is after
    new_before: Choice | None
    new: Choice | None
    old_placement: str | None
    new_placement: str | None
    live_before: bool
    live_after: bool  # or on its way
    stays: bool  # the same filter and placement, live before and after


@dataclass(frozen=True, slots=True)
class _Witnesses:
    """level: as strictly as both ends hold; 0: there is nothing to keep.   parts: more that should be there."""

    level: int
    old: str | None = None
    new: str | None = None
    parts: tuple[str, ...] = ()


@dataclass(slots=True)
class Growth:
    """Finds what waits for what. blocked: entities that will lose their steps, so that nobody should wait for them."""

    scene: Scene
    blocked: frozenset[EntityKey]
    found: dict[_Way, _Witnesses] = field(default_factory=dict)
    losing_names: set[str] = field(default_factory=set)
    losing_tags: set[str] = field(default_factory=set)

    def waits(self) -> Iterator[Wait]:
        """All of them, in the order of activities."""
        self._note_losses()
        for name, activity in sorted(self.scene.activities.items()):
            if activity.moves:
                yield from self._fallback_waits(name, activity)
            if (_live(activity.before) or _live(activity.after) or activity.passing) and self._affected(activity):
                yield from self._choice_waits(name, activity)

    # ------------------------------------------------------------ fallbacks

    def _fallback_waits(self, name: str, activity: Journey[Use]) -> Iterator[Wait]:
        """The repository judges an activity by its fallback whenever it is written, live or not."""
        assert activity.key is not None  # noqa: S101 - only ours move
        switch = Point(activity.key)
        before, after = activity.before, activity.after
        leaves = after is None or (before is not None and (_fit(before) != _fit(after) or before.live > after.live))
        for use in (before, after):
            fallback = self.scene.fallbacks.get(use.fallback or "") if use is not None else None
            if use is None or fallback is None or fallback.key is None or not fallback.moves:
                continue
            gains, loses = _difference(fallback, use.placement)
            if gains and (use is after or after is None):
                yield Wait(Point(fallback.key), switch, name)
            if loses and leaves and use is before:
                yield Wait(switch, Point(fallback.key, shrinking=True), name, late=True)

    # ------------------------------------------------------------ offers

    def _note_losses(self) -> None:
        for name, offer in self.scene.offers.items():
            if offer.moves and offer.before is not None and not _survives(offer):
                self.losing_names.add(name)
                self.losing_tags |= offer.before.tags

    def _affected(self, activity: Journey[Use]) -> bool:
        if activity.moves:
            return True
        chosen = self._filter(activity.before)
        if chosen is None or chosen.before is None:
            return False
        if chosen.moves and chosen.before != chosen.after:
            return True
        losing = self.losing_names if chosen.before.form == "offers" else self.losing_tags
        return not losing.isdisjoint(chosen.before.names)

    def _filter(self, use: Use | None) -> Journey[Choice] | None:
        return self.scene.filters.get(use.filter or "") if use is not None else None

    def _choice_waits(self, name: str, activity: Journey[Use]) -> Iterator[Wait]:
        old, new = self._filter(activity.before), self._filter(activity.after)
        way = _way(activity, old, new)
        witnesses = self._witnesses(way)
        if not witnesses.level:
            return
        judge = _Judge(self.scene, witnesses.level)
        if way.stays:
            yield from self._staying(name, old, way, witnesses, judge)
            return
        assert activity.key is not None  # noqa: S101 - only ours move
        switch = Point(activity.key)
        if old is new and self._goes_first(new, way, witnesses, judge):
            yield from self._following(name, switch, new, way, witnesses, judge)
            return
        if way.live_after:
            yield from self._coming(name, switch, new, way, witnesses, judge)
        if way.live_before:
            yield from self._going(name, switch, old, way, witnesses, judge)

    def _staying(
        self, name: str, chosen: Journey[Choice] | None, way: _Way, found: _Witnesses, judge: _Judge
    ) -> Iterator[Wait]:
        old, new = judge.offer(found.old), judge.offer(found.new)
        there = judge.sees(new.before, found.new, way.new, way.new_placement)
        survives = judge.sees(old.after, found.old, way.old, way.old_placement)
        moving = chosen.key if chosen is not None and chosen.moves and way.old != way.new else None
        if moving is None and survives:
            return
        if not there and new.key is not None:
            if moving is not None:
                yield Wait(Point(new.key), Point(moving, shrinking=True), name)
            if not survives and old.key is not None:
                yield Wait(Point(new.key), Point(old.key, shrinking=True), name, late=True)
        if moving is not None and not survives and old.key is not None:
            yield Wait(Point(moving), Point(old.key, shrinking=True), name, late=True)

    def _coming(
        self, name: str, switch: Point, chosen: Journey[Choice] | None, way: _Way, found: _Witnesses, judge: _Judge
    ) -> Iterator[Wait]:
        """What is new has to be there before the switch."""
        new = judge.offer(found.new)
        there = judge.sees(new.before, found.new, way.new, way.new_placement)
        for part in dict.fromkeys([*([] if there else [found.new]), *found.parts]):
            offer = judge.offer(part)
            referred = way.new_before is None and way.new is not None and way.new.form == "offers"
            if offer.key is not None and offer.moves and not (referred and offer.before is None):
                yield Wait(Point(offer.key), switch, name)
        if chosen is not None and chosen.key is not None and chosen.moves:
            stages = [new.after, *([new.before] if there else [])]
            if not all(judge.sees(stage, found.new, way.new_before, way.new_placement) for stage in stages):
                yield Wait(Point(chosen.key), switch, name)

    def _going(
        self, name: str, switch: Point, chosen: Journey[Choice] | None, way: _Way, found: _Witnesses, judge: _Judge
    ) -> Iterator[Wait]:
        """What is old has to be kept until the switch."""
        old = judge.offer(found.old)
        survives = judge.sees(old.after, found.old, way.old, way.old_placement)
        if not survives and old.key is not None:
            yield Wait(switch, Point(old.key, shrinking=True), name, late=True)
        if chosen is not None and chosen.key is not None and chosen.moves:
            stages = [old.before, *([old.after] if survives else [])]
            if not all(judge.sees(stage, found.old, way.old_after, way.old_placement) for stage in stages):
                yield Wait(switch, Point(chosen.key, shrinking=True), name, late=True)

    def _goes_first(self, chosen: Journey[Choice] | None, way: _Way, found: _Witnesses, judge: _Judge) -> bool:
        """Whether an activity that keeps its filter has to switch before the filter changes, and can: the filter would
        lose the old witness, and the new one is there, seen both through what the filter is and what it becomes.
        """
        if chosen is None or chosen.key is None or not chosen.moves or not (way.live_before and way.live_after):
            return False
        old, new = judge.offer(found.old), judge.offer(found.new)
        if judge.sees(old.before, found.old, way.old_after, way.old_placement):
            return False
        return all(judge.sees(new.before, found.new, choice, way.new_placement) for choice in (way.new_before, way.new))

    def _following(
        self, name: str, switch: Point, chosen: Journey[Choice] | None, way: _Way, found: _Witnesses, judge: _Judge
    ) -> Iterator[Wait]:
        """The filter follows the activity, and what the new witness loses follows the filter."""
        assert chosen is not None and chosen.key is not None  # noqa: S101, PT018 - it goes first
        old, new = judge.offer(found.old), judge.offer(found.new)
        yield Wait(switch, Point(chosen.key, shrinking=True), name, late=True)
        if old.key is not None and not judge.sees(old.after, found.old, way.old, way.old_placement):
            yield Wait(switch, Point(old.key, shrinking=True), name, late=True)
        if new.key is not None and not judge.sees(new.after, found.new, way.new_before, way.new_placement):
            yield Wait(Point(chosen.key), Point(new.key, shrinking=True), name, late=True)

    # ------------------------------------------------------------ witnesses

    def _witnesses(self, way: _Way) -> _Witnesses:
        """Activities that look alike have the same, so that they are looked for once."""
        if way not in self.found:
            self.found[way] = self._look_for_witnesses(way)
        return self.found[way]

    def _look_for_witnesses(self, way: _Way) -> _Witnesses:
        judge = _Judge(self.scene, _STRICT)
        old_names = self.scene.candidates(way.old) if way.live_before else ()
        new_names = self.scene.candidates(way.new) if way.live_after else ()
        if way.stays and way.old == way.new and judge.untouched(old_names, way.old, way.old_placement):
            return _Witnesses(0)
        before = {name: judge.level(judge.offer(name).before, name, way.old, way.old_placement) for name in old_names}
        after = {name: judge.level(judge.offer(name).after, name, way.new, way.new_placement) for name in new_names}
        ends = ((way.live_before, before), (way.live_after, after))
        level = min(max(levels.values(), default=0) for lives, levels in ends if lives)
        if not level:
            return _Witnesses(0)
        judge = _Judge(self.scene, level)
        olds = [name for name, found in before.items() if found >= level]
        news = [name for name, found in after.items() if found >= level]
        old = min(olds, key=lambda name: self._old_cost(name, way, judge), default=None)
        new = min(news, key=lambda name: self._new_cost(name, way, judge), default=None)
        return _Witnesses(level, old, new, () if way.live_before else self._parts(news, judge))

    def _old_cost(self, name: str, way: _Way, judge: _Judge) -> tuple[bool, str]:
        return (not judge.sees(judge.offer(name).after, name, way.old, way.old_placement), name)

    def _new_cost(self, name: str, way: _Way, judge: _Judge) -> tuple[bool, bool, bool, str]:
        offer = judge.offer(name)
        there = judge.sees(offer.before, name, way.new, way.new_placement)
        through = judge.sees(offer.before, name, way.new_before, way.new_placement)
        return (not there, not through, offer.key in self.blocked, name)

    def _parts(self, names: Iterable[str], judge: _Judge) -> tuple[str, ...]:
        """The first offers that an activity will show which are still to come."""
        coming = (name for name in names if judge.offer(name).moves and judge.offer(name).key not in self.blocked)
        return tuple(nsmallest(PARTS, coming, key=lambda name: (-_priority(judge.offer(name)), name)))


@dataclass(frozen=True, slots=True)
class _Judge:
    """Says which offers an activity can show. level: how strictly."""

    scene: Scene
    strict: int

    def offer(self, name: str | None) -> Journey[Shown]:
        """An offer by name."""
        return self.scene.offers.get(name or "", _NOBODY)

    def sees(self, stage: Shown | None, name: str | None, choice: Choice | None, placement: str | None) -> bool:
        """Whether it can be shown through a filter and a placement."""
        return name is not None and self.level(stage, name, choice, placement) >= self.strict

    def level(self, stage: Shown | None, name: str, choice: Choice | None, placement: str | None) -> int:
        """How strictly it can be judged and still be shown; 0 is not at all."""
        if stage is None or choice is None or not choice.takes(name, stage):
            return 0
        if not stage.serving:
            return 1
        if placement not in stage.placements:
            return 2
        return _STRICT if stage.open_at(self.scene.now) else 3

    def untouched(self, names: Iterable[str], choice: Choice | None, placement: str | None) -> bool:
        """Whether one of them can be shown before and after, by the strictest measure."""
        for name in names:
            offer = self.offer(name)
            if self.sees(offer.before, name, choice, placement) and (
                offer.before is offer.after or self.sees(offer.after, name, choice, placement)
            ):
                return True
        return False


_NOBODY: Journey[Shown] = Journey(None, None, None)


def _way(activity: Journey[Use], old: Journey[Choice] | None, new: Journey[Choice] | None) -> _Way:
    before, after = activity.before, activity.after
    live_before, live_after = _live(before), _live(after) or activity.passing
    kept = before is not None and after is not None and _choosing(before) == _choosing(after)
    return _Way(
        old.before if old else None,
        old.after if old else None,
        new.before if new else None,
        new.after if new else None,
        before.placement if before else None,
        after.placement if after else None,
        live_before,
        live_after,
        stays=kept and live_before and live_after,
    )


def _live(use: Use | None) -> bool:
    return use is not None and use.live


def _fit(use: Use) -> tuple[str | None, str | None]:
    return (use.fallback, use.placement)


def _choosing(use: Use) -> tuple[str | None, str | None]:
    return (use.filter, use.placement)


def _difference(fallback: Journey[Shown], placement: str | None) -> tuple[bool, bool]:
    """Whether a fallback gains, or loses, what an activity with this placement needs of it."""
    before = _usable(fallback.before, placement)
    after = _usable(fallback.after, placement)
    return after > before, after < before


def _usable(stage: Shown | None, placement: str | None) -> int:
    if stage is None or placement not in stage.placements:
        return 0
    return 2 if stage.serving else 1


def _survives(offer: Journey[Shown]) -> bool:
    """Whether nothing of an offer is lost."""
    return offer.before is not None and offer.after is not None and offer.before.joined(offer.after) == offer.after


def _priority(offer: Journey[Shown]) -> int:
    return offer.after.priority if offer.after is not None else 0
