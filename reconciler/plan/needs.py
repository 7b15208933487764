"""What each step requires: references, deletes, names, and what has to grow before something else shrinks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from reconciler.diff.changes import Changes
from reconciler.graph.build import Graph
from reconciler.model.kinds import EntityKey
from reconciler.plan.chains import Chain
from reconciler.plan.growth import Point, Wait
from reconciler.plan.integrity import NameHandOver, Referrers
from reconciler.plan.splitting import Arrow
from reconciler.plan.steps import PlanWarning, Step


@dataclass(frozen=True, slots=True)
class Needs:
    """What comes before what in any case. graph: of what is created or patched."""

    changes: Changes
    graph: Graph
    referrers: Referrers
    names: NameHandOver

    def arrows(self) -> Iterator[Arrow]:
        """Between entities, before their steps are written."""
        for create in self.changes.creates:
            for source in self.graph.referrers(create.key):
                yield Point(create.key), Point(source)
        for delete in self.changes.deletes:
            for source in self.referrers.ours.get(delete.key, ()):
                yield Point(source, shrinking=True), Point(delete.key)
        for taker, holder in self.names.waits_for.items():
            if holder not in self.names.rename_first:
                yield Point(holder), Point(taker)

    def wire(self, chains: Mapping[EntityKey, Chain], waits: Sequence[Wait]) -> list[Step]:
        """All steps, each with everything that it requires."""
        needs = {step.id: set(step.requires) for chain in chains.values() for step in chain.steps}
        for chain in chains.values():
            known: set[EntityKey] = set()  # earlier steps of a chain have waited for these
            for step in chain.steps:
                awaited = _awaited(step) - known
                needs[step.id].update(chains[key].last.id for key in awaited if key in chains)
                known |= awaited
        for delete in self.changes.deletes:
            chain = chains[delete.key]
            sources = self.referrers.ours.get(delete.key, ())
            dropping = [chains[source].last.id for source in sources if source in chains]
            for step in chain.steps[chain.shrinks :]:
                needs[step.id].update(dropping)
        for taker, holder in self.names.waits_for.items():
            giving = chains[holder].steps[0] if holder in self.names.rename_first else chains[holder].main
            needs[chains[taker].main.id].add(giving.id)
        for wait in waits:
            then = chains[wait.then.key]
            step = then.steps[then.shrinks] if wait.then.shrinking else then.main
            first = chains[wait.first.key]
            if first is not then and first.last.id not in needs[step.id]:
                needs[step.id].add(first.steps[first.grown].id)
        return [
            replace(step, requires=tuple(sorted(needs[step.id]))) for chain in chains.values() for step in chain.steps
        ]


def _awaited(step: Step) -> set[EntityKey]:
    """The entities whose URIs a step needs: created by this plan, or external and not found."""
    pending = (EntityKey(base.kind, name) for base in step.pending for name in base.references if ":" not in name)
    return {ref.key for ref in step.refs} | set(pending)


def conflict_warnings(given_up: Sequence[Wait]) -> Iterator[PlanWarning]:
    """Activities for which no order exists that shows customers something all the time, each once."""
    by_activity: dict[str, Wait] = {}
    for wait in given_up:
        by_activity.setdefault(wait.activity, wait)
    for activity, wait in sorted(by_activity.items()):
        yield PlanWarning(
            wait.first.key,
            f"activity `{activity}` will for a moment show nothing but its fallback, or not even that: "
            f"{wait.first.key} and {wait.then.key} change in ways that no order of steps can bridge",
            "Make the change in two applies: first what is new beside what is old, then take the old away.",
        )
