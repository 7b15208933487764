"""Which live component is which component of the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

from reconciler.model.spelling import Flat


@dataclass(frozen=True, slots=True)
class Matched:
    """pairs: (index in the file, index live).   added: in the file only.   removed: live only."""

    pairs: tuple[tuple[int, int], ...]
    added: tuple[int, ...]
    removed: tuple[int, ...]


def match_components(wanted: Sequence[Flat], live: Sequence[Flat]) -> Matched:
    """Pair components by asset id; else by type, format and languages; else by type; each in their order.

    The second step pairs what is unique first, so that a copy does not take the place of the one it was made from.
    """
    pairs: dict[int, int] = {}
    left, right = list(range(len(wanted))), list(range(len(live)))

    def pair(identity: Callable[[Flat], Hashable], *, unique: bool) -> None:
        here, there = Counter(identity(wanted[i]) for i in left), Counter(identity(live[i]) for i in right)
        for index in list(left):
            name = identity(wanted[index])
            if name is None or (unique and (here[name], there[name]) != (1, 1)):
                continue
            partner = next((i for i in right if identity(live[i]) == name), None)
            if partner is not None:
                pairs[index] = partner
                left.remove(index)
                right.remove(partner)

    pair(lambda item: item.get("asset.id"), unique=False)
    held = [index for index in right if "asset.id" in live[index]]  # an asset never becomes another
    right = [index for index in right if index not in held]
    pair(_form, unique=True)
    pair(_form, unique=False)
    pair(lambda item: item.get("type"), unique=False)
    return Matched(tuple(sorted(pairs.items())), tuple(left), tuple(sorted(right + held)))


def _form(item: Flat) -> Hashable:
    return (item.get("type"), item.get("format"), item.get("language"))


def own_part(wanted: Flat, live: Flat) -> Flat:
    """A live component without the raw properties that its partner in the file does not name."""
    return {name: value for name, value in live.items() if not name.startswith("extra.") or name in wanted}
