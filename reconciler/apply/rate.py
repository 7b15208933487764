"""How many writes run at once: fewer when the repository asks for it, more again when it answers well."""

from __future__ import annotations

from dataclasses import dataclass, field

SLOWER = frozenset({429, 503})


@dataclass(slots=True)
class Rate:
    """Halved by each refusal, given back one by one. limit: the most at once.

    A burst of refusals is one: while writes sent before the last halving are still being answered, it is not halved
    again.
    """

    limit: int
    allowed: int = field(init=False)
    _well: int = field(default=0, init=False)  # answers since the last change
    _ended: int = field(default=1_000_000, init=False)  # answers since the last halving

    def __post_init__(self) -> None:
        self.allowed = self.limit

    def refused(self, status: int | None) -> None:
        """The repository asked for a pause with this status, or did not answer (None)."""
        if status not in SLOWER or self._ended < self.allowed:
            return
        self.allowed = max(1, self.allowed // 2)
        self._well = self._ended = 0

    def answered(self) -> None:
        """A write was answered."""
        self._ended += 1
        self._well += 1
        if self._well >= self.allowed and self.allowed < self.limit:
            self.allowed += 1
            self._well = 0
