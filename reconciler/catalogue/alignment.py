"""Which item of a list is which item of another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from reconciler.model.canonical import Json, canonical_json

_MOST_PAIRS = 10_000  # that are weighed one by one


@dataclass(frozen=True, slots=True)
class Aligned:
    """pairs: (index before, index after).   removed: indexes before.

    added: indexes after, by the index before that they follow; None where they come first.
    """

    pairs: tuple[tuple[int, int], ...]
    removed: frozenset[int]
    added: dict[int | None, list[int]]

    @staticmethod
    def of(pairs: Sequence[tuple[int, int]], before: int, after: int) -> Aligned:
        """From the pairs alone, which ascend on both sides."""
        partners = {there: here for here, there in pairs}
        added: dict[int | None, list[int]] = {}
        last = None
        for there in range(after):
            if there in partners:
                last = partners[there]
            else:
                added.setdefault(last, []).append(there)
        return Aligned(tuple(pairs), frozenset(range(before)) - {here for here, _ in pairs}, added)

    @staticmethod
    def in_order(before: int, after: int) -> Aligned:
        """Each with the one at its position."""
        return Aligned.of([(index, index) for index in range(min(before, after))], before, after)


def align(before: Sequence[Json], after: Sequence[Json]) -> Aligned:
    """Equal items are one; of the others between them, those that have most in common, in their order."""
    one, other = [canonical_json(item) for item in before], [canonical_json(item) for item in after]
    pairs: list[tuple[int, int]] = []
    for word, start, end, to_start, to_end in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if word == "equal":
            pairs += zip(range(start, end), range(to_start, to_end), strict=True)
        elif word == "replace":
            found = _likest(before[start:end], after[to_start:to_end])
            pairs += [(start + here, to_start + there) for here, there in found]
    return Aligned.of(pairs, len(before), len(after))


def _likest(before: Sequence[Json], after: Sequence[Json]) -> list[tuple[int, int]]:
    """The pairs with the most in common, found as a longest common subsequence is."""
    if len(before) * len(after) > _MOST_PAIRS:
        return [(index, index) for index in range(min(len(before), len(after)))]
    best = [[0.0] * (len(after) + 1) for _ in range(len(before) + 1)]
    for here in reversed(range(len(before))):
        for there in reversed(range(len(after))):
            together = best[here + 1][there + 1] + _likeness(before[here], after[there])
            best[here][there] = max(together, best[here + 1][there], best[here][there + 1])
    return _way(best)


def _way(best: list[list[float]]) -> list[tuple[int, int]]:
    pairs, here, there = [], 0, 0
    while here < len(best) - 1 and there < len(best[0]) - 1:
        if best[here][there] == best[here + 1][there]:
            here += 1
        elif best[here][there] == best[here][there + 1]:
            there += 1
        else:
            pairs.append((here, there))
            here, there = here + 1, there + 1
    return pairs


def _likeness(one: Json, other: Json) -> float:
    """Of two mappings the number of equal entries, and a little for shared keys; others are alike in their type."""
    if isinstance(one, dict) and isinstance(other, dict):
        shared = one.keys() & other.keys()
        return 0.1 + sum(1.0 if one[key] == other[key] else 0.1 for key in shared)
    if isinstance(one, dict | list) or isinstance(other, dict | list):
        return 0.1 if type(one) is type(other) else 0.0
    return 0.05
