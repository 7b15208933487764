"""What a part of a rule can refer to while it is compiled, and where that stands while it runs.

A rule runs over a frame: a list that holds the profile, the run, and one slot for every name and every filter of the
rule. Which slot belongs to whom is settled when the rule is compiled.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from reconciler.pql.errors import Finding, RuleError
from reconciler.pql.names import Names
from reconciler.pql.syntax import Node

Frame = list[Any]
Closure = Callable[[Frame], Any]
Test = Callable[[Frame], bool]

PROFILE = 0  # where the profile stands
RUN = 1
_FIRST = 2


@dataclass(frozen=True, slots=True)
class Helper:
    """A function of the rule's own, ``let f = (x) => …``. slots: of its parameters.

    It cannot call itself, so a frame needs each of its slots but once.
    """

    slots: tuple[int, ...]
    body: Closure


@dataclass(slots=True)
class Slots:
    """What compiling found out about the whole rule. count: slots of its frame."""

    count: int = _FIRST
    offer: bool = False  # whether the rule looks at the offer


@dataclass(frozen=True, slots=True)
class Scope:
    """What can be referred to. elements: the slots of what bare names may belong to, innermost last."""

    text: str
    elements: tuple[int, ...] = (PROFILE,)
    names: Names[int | Helper | None] = field(default_factory=Names)  # None: has no value
    slots: Slots = field(default_factory=Slots)

    def inside_filter(self) -> tuple[Scope, int]:
        """The scope in which bare names belong to an element, and the slot of the element."""
        slot = self._new_slot()
        return replace(self, elements=(*self.elements, slot)), slot

    def named(self, name: str) -> tuple[Scope, int]:
        """The scope in which a name has a value, and the slot of that."""
        slot = self._new_slot()
        return self.bound(name, slot), slot

    def bound(self, name: str, to: int | Helper | None) -> Scope:
        """The scope in which a name means this."""
        return replace(self, names=self.names.bound(name, to))

    def helper(self, name: str) -> Helper | None:
        """The function of the rule's own that a name means, if it means one."""
        found = self.names.get(name)
        return found if isinstance(found, Helper) else None

    def _new_slot(self) -> int:
        slot = self.slots.count
        self.slots.count += 1
        return slot

    def frame(self) -> Frame:
        """An empty frame."""
        return [None] * self.slots.count

    def refusal(self, message: str, node: Node, hint: str = "") -> RuleError:
        """The error to raise for what cannot be evaluated."""
        return RuleError(Finding(message, node.place, hint), self.text)
