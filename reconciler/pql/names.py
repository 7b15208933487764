"""What names mean at each place of a rule, without a copy for every name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Generic, TypeVar

T = TypeVar("T")
_NOTHING: Any = object()


class Names(Mapping[str, T], Generic[T]):
    """What each name means at one place; it never changes for who holds it. Not for several threads.

    All places of a rule share one table, which stands as the place has it that was asked last. Every other place knows
    a neighbour on the way there, and the one name that it has otherwise. Who goes through a rule in its order moves
    the table by a name at a time.

    held: the table, or the neighbour with that name and what it means here.
    """

    __slots__ = ("held",)

    def __init__(self, held: dict[str, T] | tuple[Names[T], str, T] | None = None) -> None:
        self.held = {} if held is None else held

    def bound(self, name: str, to: T) -> Names[T]:
        """The same, but that a name means this."""
        return Names((self, name, to))

    def _table(self) -> dict[str, T]:
        """The table, moved here."""
        way: list[tuple[Names[T], str, T]] = []
        place = self
        while isinstance(held := place.held, tuple):
            way.append((place, held[1], held[2]))
            place = held[0]
        for nearer, name, meaning in reversed(way):
            place.held = (nearer, name, held.get(name, _NOTHING))
            if meaning is _NOTHING:
                del held[name]
            else:
                held[name] = meaning
            place = nearer
        self.held = held
        return held

    def __getitem__(self, name: str) -> T:
        return self._table()[name]

    def __contains__(self, name: object) -> bool:
        return name in self._table()

    def __iter__(self) -> Iterator[str]:
        return iter(self._table())

    def __len__(self) -> int:
        return len(self._table())
