"""A part of a plan: what was asked for with all that it needs, without what was to be left alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from reconciler.model.errors import ReconcilerError
from reconciler.model.kinds import EntityKey
from reconciler.plan.order import reached
from reconciler.plan.steps import Step

NOTHING: Mapping[EntityKey, Collection[EntityKey]] = MappingProxyType({})


class UnknownKey(ReconcilerError):
    """Somebody named an entity that is neither in Git nor live."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What a plan is to be about. targets: empty for everything."""

    targets: frozenset[EntityKey] = frozenset()
    excluded: frozenset[EntityKey] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.targets or self.excluded)

    def check(self, known: Collection[EntityKey]) -> None:
        """Raises ``UnknownKey`` with the nearest key for one that nobody knows."""
        for key in sorted(self.targets | self.excluded):
            if key not in known:
                near = _nearest(key, known)
                remedy = f"Did you mean {near}?" if near else "`reconciler list` shows what is managed."
                raise UnknownKey(f"{key} is neither in Git nor live", remedy=remedy)

    def keys(
        self,
        steps: Sequence[Step],
        others: Iterable[EntityKey] = (),
        lacking: Mapping[EntityKey, Collection[EntityKey]] = NOTHING,
    ) -> frozenset[EntityKey]:
        """The entities whose steps it takes: of each all or none, and with them all whose steps they require.

        others: entities without steps that it could take.   lacking: those of them that each entity needs; who needs
        none that is taken, and is no target, is not taken for its own sake.
        """
        owner = {step.id: step.key for step in steps}
        needed: defaultdict[EntityKey, set[EntityKey]] = defaultdict(set)
        needing: defaultdict[EntityKey, set[EntityKey]] = defaultdict(set)
        for step in steps:
            for need in step.requires:
                needed[step.key].add(owner[need])
                needing[owner[need]].add(step.key)
        for key, missing in lacking.items():
            needed[key] |= set(missing)
            for each in missing:
                needing[each].add(key)
        shut_out = reached(self.excluded, lambda key: needing[key])
        everything = {*owner.values(), *others}
        wanted = reached(self.targets, lambda key: needed[key]) if self.targets else everything
        lost = reached(wanted & shut_out, lambda key: needing[key])
        taken = wanted - shut_out - lost
        missed = {each for missing in lacking.values() for each in missing}
        idle = {each for each in missed - self.targets if taken.isdisjoint(needing[each])}
        return frozenset(taken - idle)


EVERYTHING = Selection()


def _nearest(key: EntityKey, known: Iterable[EntityKey]) -> str | None:
    from difflib import get_close_matches

    found = get_close_matches(str(key), [str(each) for each in known], n=1)
    return found[0] if found else None
