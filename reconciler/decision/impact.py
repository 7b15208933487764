"""What a change does to customers: two states of a catalogue, decided for many profiles and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import Any

from reconciler.catalogue.complaints import did_you_mean
from reconciler.decision.decide import Setting, Shown
from reconciler.decision.eligibility import Verdicts
from reconciler.decision.prepare import Candidate, Prepared, UnknownActivity, prepare
from reconciler.decision.profile import Profile, reader_of_ids
from reconciler.decision.ranking import Draw, Race
from reconciler.decision.state import DecisionState, Unjudged
from reconciler.pql.rule import Situation

EXAMPLES = 5  # of one move


@dataclass(frozen=True, slots=True, order=True)
class Outcome:
    """What somebody is shown. key: of the offer or the fallback, ``""`` for nothing."""

    shown: Shown
    key: str = ""


NOTHING = Outcome(Shown.NOTHING)
Levels = Sequence[Sequence[Candidate]]
Move = tuple[Outcome, Outcome]  # before, after; the same twice for who keeps it


@dataclass(frozen=True, slots=True, order=True)
class Example:
    """A profile that moves. position: its line in the file, or its row; from 1."""

    position: int
    profile_id: str


@dataclass(frozen=True, slots=True)
class Batch:
    """Some profiles, and where each stands in its file."""

    profiles: Sequence[Profile]
    positions: Sequence[int]


@dataclass(frozen=True, slots=True)
class Contest:
    """One activity in both states; None in a state that does not have it.

    shared: how many levels, from the highest priority down, decide the same in both.
    """

    activity: str
    before: Prepared | None
    after: Prepared | None
    shared: int

    @property
    def levels(self) -> tuple[Levels, Levels]:
        """The candidates of both states."""
        return (() if self.before is None else self.before.levels, () if self.after is None else self.after.levels)


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that has to be known to decide for profiles under both states. It can be pickled."""

    contests: tuple[Contest, ...]
    setting: Setting
    context: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tally:
    """One activity, counted. examples: of moves only, those that stand first in the file."""

    counts: Mapping[Move, int] = field(default_factory=dict)
    examples: Mapping[Move, tuple[Example, ...]] = field(default_factory=dict)

    def plus(self, other: Tally) -> Tally:
        """Both together."""
        counts = Counter(self.counts)
        counts.update(other.counts)
        examples = dict(self.examples)
        for move, found in other.examples.items():
            mine = examples.get(move, ())
            if len(mine) < EXAMPLES or found[0] < mine[-1]:
                examples[move] = tuple(sorted((*mine, *found))[:EXAMPLES])
        return Tally(dict(counts), examples)


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted over some profiles, by activity. moved: how many profiles move in any of the activities."""

    profiles: int = 0
    moved: int = 0
    tallies: Mapping[str, Tally] = field(default_factory=dict)

    def plus(self, other: Counted) -> Counted:
        """Both together: in any order and grouping the same."""
        tallies = dict(self.tallies)
        for activity, tally in other.tallies.items():
            tallies[activity] = tallies[activity].plus(tally) if activity in tallies else tally
        return Counted(self.profiles + other.profiles, self.moved + other.moved, tallies)


NOBODY = Counted()

# ---------------------------------------------------------------- what is compared


def compare_states(
    before: DecisionState,
    after: DecisionState,
    setting: Setting,
    context: Mapping[str, Any] | None = None,
    activities: Iterable[str] = (),
) -> Comparison:
    """Two states, ready to decide. activities: all that either state has where none are named.

    Raises ``UnknownActivity`` for one that neither has.
    """
    known = sorted({*before.activities, *after.activities})
    wanted = tuple(dict.fromkeys(activities)) or known
    for key in wanted:
        if key not in known:
            remedy = did_you_mean(key, known) or f"There are: {', '.join(known) or 'none'}."
            raise UnknownActivity(f"there is no activity `{key}`, neither before nor after", remedy=remedy)
    return Comparison(tuple(_contest(key, before, after, setting) for key in wanted), setting, context or {})


def _contest(key: str, before: DecisionState, after: DecisionState, setting: Setting) -> Contest:
    first, second = (
        prepare(state, key, setting.at, setting.counters) if key in state.activities else None
        for state in (before, after)
    )
    contest = Contest(key, first, second, 0)
    pairs = zip(*contest.levels, strict=False)
    alike = takewhile(lambda pair: [*map(_entry, pair[0])] == [*map(_entry, pair[1])], pairs)
    return replace(contest, shared=len(list(alike)))


def _entry(candidate: Candidate) -> tuple[str, str | None, str]:
    """What decides whether and when it wins, whatever the states call its rule."""
    rule = candidate.rule
    if rule is None:
        return candidate.key, None, ""
    if isinstance(rule, Unjudged):
        return candidate.key, "", rule.why
    return candidate.key, rule.text, candidate.facts_text if rule.uses_offer else ""


def otherwise(prepared: Prepared | None) -> Outcome:
    """What an activity shows those who get none of its offers."""
    if prepared is None or prepared.closed or prepared.fallback is None:
        return NOTHING
    return Outcome(Shown.FALLBACK, prepared.fallback.key)


# ---------------------------------------------------------------- counting


def count_batch(comparison: Comparison, batch: Batch) -> Counted:
    """What a batch of profiles is shown before and after, counted."""
    setting = comparison.setting
    verdicts = Verdicts(batch.profiles, Situation(setting.at, setting.zone, comparison.context))
    id_of = _ids(batch.profiles, reader_of_ids(setting.id_field))
    moved: set[int] = set()
    tallies: dict[str, Tally] = {}
    for contest in comparison.contests:
        before, after = _winners(contest, verdicts, id_of, setting.seed)
        sides = (otherwise(contest.before), otherwise(contest.after))
        counts = {_move(keys, sides): count for keys, count in Counter(zip(before, after, strict=True)).items()}
        found: dict[Move, list[int]] = {move: [] for move in counts if move[0] != move[1]}
        if found:
            changes = {keys: _move(keys, sides) for keys in set(zip(before, after, strict=True))}
            lists = {keys: found[move] for keys, move in changes.items() if move in found}
            for position, keys in enumerate(zip(before, after, strict=True)):
                if keys in lists:
                    lists[keys].append(position)
            for positions in found.values():
                moved.update(positions)
        tallies[contest.activity] = Tally(counts, _examples(found, batch, id_of))
    return Counted(len(batch.profiles), len(moved), tallies)


def _examples(
    found: Mapping[Move, Sequence[int]], batch: Batch, id_of: Callable[[int], str]
) -> dict[Move, tuple[Example, ...]]:
    return {
        move: tuple(Example(batch.positions[position], id_of(position)) for position in positions[:EXAMPLES])
        for move, positions in found.items()
    }


def _winners(
    contest: Contest, verdicts: Verdicts, id_of: Callable[[int], str], seed: str
) -> tuple[list[str | None], list[str | None]]:
    """For each profile the offer that it gets in both states; what both have in common is decided once."""
    first = Race(verdicts, id_of, Draw.of(seed, contest.activity))
    before, after = contest.levels
    first.run(before[: contest.shared])
    if len(before) == len(after) == contest.shared:
        both = _keys_of(first)
        return both, both
    second = first.fork()
    first.run(before[contest.shared :])
    second.run(after[contest.shared :])
    return _keys_of(first), _keys_of(second)


def _keys_of(race: Race) -> list[str | None]:
    return [None if candidate is None else candidate.key for candidate in race.chosen]


def _move(keys: tuple[str | None, str | None], sides: tuple[Outcome, Outcome]) -> Move:
    before, after = (side if key is None else Outcome(Shown.OFFER, key) for key, side in zip(keys, sides, strict=True))
    return before, after


def _ids(profiles: Sequence[Profile], read: Callable[[Profile], str]) -> Callable[[int], str]:
    """The id of the profile at a position, read once."""
    known: dict[int, str] = {}

    def id_of(position: int) -> str:
        if position not in known:
            known[position] = read(profiles[position])
        return known[position]

    return id_of


# ---------------------------------------------------------------- what comes of it


@dataclass(frozen=True, slots=True)
class Moved:
    """Profiles that are shown ``after`` where they were shown ``before``."""

    before: Outcome
    after: Outcome
    count: int
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class OfferChange:
    """How many profiles an offer wins."""

    key: str
    before: int
    after: int

    @property
    def gained(self) -> int:
        """How many more; negative for fewer."""
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class ActivityImpact:
    """One activity under both states.

    kept: by what is kept.   moves: the largest first.
    why_before, why_after: why it decides nothing, ``""`` if it does.
    """

    activity: str
    profiles: int
    kept: Mapping[Outcome, int]
    moves: tuple[Moved, ...]
    why_before: str
    why_after: str

    @property
    def moved(self) -> int:
        """Profiles that are not shown the same."""
        return sum(move.count for move in self.moves)

    @property
    def share(self) -> float:
        """The same of all profiles, 0..1."""
        return self.moved / self.profiles if self.profiles else 0.0

    @property
    def decides(self) -> bool:
        """Whether it decides anything in either state."""
        return not (self.why_before and self.why_after)

    def shown_before(self, shown: Shown) -> int:
        """How many profiles are shown this in the first state."""
        return self._kept(shown) + sum(move.count for move in self.moves if move.before.shown is shown)

    def shown_after(self, shown: Shown) -> int:
        """The same in the second state."""
        return self._kept(shown) + sum(move.count for move in self.moves if move.after.shown is shown)

    def _kept(self, shown: Shown) -> int:
        return sum(count for outcome, count in self.kept.items() if outcome.shown is shown)

    @property
    def offers(self) -> tuple[OfferChange, ...]:
        """The offers that gain or lose profiles, what loses most first."""
        changes = [OfferChange(key, before, after) for key, (before, after) in wins_of(self).items()]
        changed = [change for change in changes if any(change.key in _keys(move) for move in self.moves)]
        return tuple(sorted(changed, key=lambda change: (change.gained, change.key)))


@dataclass(frozen=True, slots=True)
class OverCap:
    """An offer with more wins than its global cap leaves. before, after: wins beyond it in either state.

    cap: of the second state, or of the first where the second has none.
    """

    offer: str
    cap: int
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Impact:
    """What a change does. moved: profiles that are shown something else in any activity; most changed first."""

    profiles: int
    moved: int
    activities: tuple[ActivityImpact, ...]
    over_caps: tuple[OverCap, ...]

    @property
    def share(self) -> float:
        """Of all profiles those that move, 0..1."""
        return self.moved / self.profiles if self.profiles else 0.0

    def over(self, share: float) -> tuple[ActivityImpact, ...]:
        """The activities where more than this share (0..1) of the profiles move."""
        return tuple(activity for activity in self.activities if activity.share > share)


def _keys(move: Moved) -> set[str]:
    return {outcome.key for outcome in (move.before, move.after) if outcome.shown is Shown.OFFER}


def wins_of(activity: ActivityImpact) -> dict[str, tuple[int, int]]:
    """By offer how many profiles it wins before and after."""
    before: Counter[str] = Counter()
    after: Counter[str] = Counter()
    for outcome, count in activity.kept.items():
        if outcome.shown is Shown.OFFER:
            before[outcome.key] += count
            after[outcome.key] += count
    for move in activity.moves:
        if move.before.shown is Shown.OFFER:
            before[move.before.key] += move.count
        if move.after.shown is Shown.OFFER:
            after[move.after.key] += move.count
    return {key: (before[key], after[key]) for key in sorted({*before, *after})}


def summarise(comparison: Comparison, counted: Counted) -> Impact:
    """What was counted, as a reviewer asks for it."""
    activities = [
        _summarised(contest, counted.profiles, counted.tallies.get(contest.activity, Tally()))
        for contest in comparison.contests
    ]
    activities.sort(key=lambda activity: (-activity.moved, activity.activity))
    return Impact(counted.profiles, counted.moved, tuple(activities), _over_caps(comparison, activities))


def _summarised(contest: Contest, profiles: int, tally: Tally) -> ActivityImpact:
    kept = {move[0]: count for move, count in sorted(tally.counts.items()) if move[0] == move[1]}
    moves = [
        Moved(*move, count, tally.examples.get(move, ())) for move, count in tally.counts.items() if move[0] != move[1]
    ]
    moves.sort(key=lambda move: (-move.count, move.before, move.after))
    whys = [
        "there is no such activity" if prepared is None else prepared.closed
        for prepared in (contest.before, contest.after)
    ]
    return ActivityImpact(contest.activity, profiles, kept, tuple(moves), *whys)


def _over_caps(comparison: Comparison, activities: Sequence[ActivityImpact]) -> tuple[OverCap, ...]:
    """Wins over all activities, against what the global cap leaves after the counters."""
    wins_before: Counter[str] = Counter()
    wins_after: Counter[str] = Counter()
    for activity in activities:
        for key, (first, second) in wins_of(activity).items():
            wins_before[key] += first
            wins_after[key] += second
    caps_before = _caps(contest.before for contest in comparison.contests)
    caps_after = _caps(contest.after for contest in comparison.contests)
    proposed = comparison.setting.counters.everybody

    def beyond(key: str, caps: Mapping[str, int], wins: Mapping[str, int]) -> int:
        return max(0, wins.get(key, 0) - max(0, caps[key] - proposed.get(key, 0))) if key in caps else 0

    found = [
        OverCap(key, cap, beyond(key, caps_before, wins_before), beyond(key, caps_after, wins_after))
        for key, cap in sorted({**caps_before, **caps_after}.items())
    ]
    return tuple(item for item in found if item.before or item.after)


def _caps(prepared: Iterable[Prepared | None]) -> dict[str, int]:
    return {
        candidate.key: candidate.offer.caps.global_
        for each in prepared
        if each is not None
        for candidate in each.candidates
        if candidate.offer.caps.global_ is not None
    }
