"""Who wins: the highest priority, and among equals the largest hash."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from reconciler.decision.eligibility import Verdicts
from reconciler.decision.prepare import Candidate, Prepared

DEFAULT_SEED = "0"


@dataclass(frozen=True, slots=True)
class Draw:
    """Breaks ties in one activity. stem: what all hashes of it begin with."""

    stem: bytes

    @classmethod
    def of(cls, seed: str, activity: str) -> Draw:
        """The draw of an activity under a seed."""
        return cls(f"{seed}\0{activity}\0".encode("utf-8", "surrogatepass"))

    def number(self, profile_id: str, candidate: Candidate) -> bytes:
        """The first 64 bits of SHA-256 over seed, activity, profile and offer, as bytes that compare as numbers."""
        return self.numbers(profile_id, (candidate,))[0]

    def numbers(self, profile_id: str, candidates: Sequence[Candidate]) -> list[bytes]:
        """The same for each candidate."""
        stem = self.stem + profile_id.encode("utf-8", "surrogatepass") + b"\0"  # no key holds a NUL
        return [sha256(stem + candidate.key_bytes).digest()[:8] for candidate in candidates]

    def best(self, profile_id: str, tied: Sequence[Candidate]) -> Candidate:
        """The winner among candidates of one priority, which stand in the order of their keys."""
        if len(tied) == 1:
            return tied[0]
        numbers = self.numbers(profile_id, tied)
        return tied[numbers.index(max(numbers))]


def choose_over(
    prepared: Prepared, verdicts: Verdicts, id_of: Callable[[int], str], seed: str = DEFAULT_SEED
) -> list[Candidate | None]:
    """The winner for each profile of a batch; None where the fallback is shown, or nothing.

    id_of: the id of the profile at a position; asked only where a tie has to be broken.
    """
    race = Race(verdicts, id_of, Draw.of(seed, prepared.activity.key))
    race.run(prepared.levels)
    return race.chosen


@dataclass(slots=True)
class Race:
    """The profiles of a batch while the levels of one activity are gone through, from the highest down.

    chosen: the winner of each so far.   waiting: who has none.
    """

    verdicts: Verdicts
    id_of: Callable[[int], str]
    draw: Draw
    chosen: list[Candidate | None] = field(init=False)
    waiting: Sequence[int] = field(init=False)

    def __post_init__(self) -> None:
        self.chosen = [None] * len(self.verdicts.profiles)
        self.waiting = range(len(self.chosen))

    def fork(self) -> Race:
        """Another one that goes on from here."""
        other = Race(self.verdicts, self.id_of, self.draw)
        other.chosen, other.waiting = self.chosen.copy(), self.waiting
        return other

    def run(self, levels: Sequence[Sequence[Candidate]]) -> None:
        """Go through these levels, with those who wait."""
        chosen = self.chosen
        for level in levels:
            if not self.waiting:
                return
            if len(level) == 1:
                for position in self.verdicts.admitted(level[0], self.waiting):
                    chosen[position] = level[0]
            else:
                for position, tied in _tied(level, self.verdicts, self.waiting).items():
                    chosen[position] = tied[0] if len(tied) == 1 else self.draw.best(self.id_of(position), tied)
            self.waiting = [position for position in self.waiting if chosen[position] is None]


def _tied(level: Sequence[Candidate], verdicts: Verdicts, waiting: Sequence[int]) -> dict[int, list[Candidate]]:
    """For each profile the candidates of one priority that it may have."""
    found: dict[int, list[Candidate]] = {}
    for candidate in level:
        for position in verdicts.admitted(candidate, waiting):
            found.setdefault(position, []).append(candidate)
    return found
