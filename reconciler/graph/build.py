"""A catalogue -> its references, order and reachability."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter

from reconciler.model.catalogue import Catalogue
from reconciler.model.collector import collector_paused
from reconciler.model.entities import Entity
from reconciler.model.kinds import EntityKey
from reconciler.model.problem import Path
from reconciler.model.spelling import references


@dataclass(frozen=True, slots=True)
class Reference:
    """One entity names another. path: where in the source's document."""

    source: EntityKey
    target: EntityKey
    path: Path


@dataclass(frozen=True, slots=True)
class Graph:
    """The references of a catalogue, by source and by target; a target need not exist."""

    keys: tuple[EntityKey, ...]
    outgoing: Mapping[EntityKey, tuple[Reference, ...]]
    incoming: Mapping[EntityKey, tuple[Reference, ...]]

    def targets(self, key: EntityKey) -> tuple[EntityKey, ...]:
        """What an entity refers to directly, sorted, each once."""
        return tuple(sorted({reference.target for reference in self.outgoing.get(key, ())}))

    def referrers(self, key: EntityKey) -> tuple[EntityKey, ...]:
        """What refers to an entity directly, sorted, each once."""
        return tuple(sorted({reference.source for reference in self.incoming.get(key, ())}))

    def neighbourhood(self, key: EntityKey) -> frozenset[EntityKey]:
        """An entity, all it needs, and all that needs it, at any distance."""
        return _reach(key, self.targets) | _reach(key, self.referrers)

    def order(self) -> tuple[EntityKey, ...]:
        """Every entity after all that it refers to; the same on every run."""
        return order_by({key: self.targets(key) for key in self.keys})


def _reach(start: EntityKey, step: Callable[[EntityKey], tuple[EntityKey, ...]]) -> frozenset[EntityKey]:
    reached, waiting = {start}, [start]
    while waiting:
        for key in step(waiting.pop()):
            if key not in reached:
                reached.add(key)
                waiting.append(key)
    return frozenset(reached)


def order_by(needs: Mapping[EntityKey, Iterable[EntityKey]]) -> tuple[EntityKey, ...]:
    """The keys, each after those it needs; needs outside the mapping do not count. Ties go by kind and name."""
    sorter = TopologicalSorter({key: [need for need in needs[key] if need in needs] for key in sorted(needs)})
    sorter.prepare()
    ordered: list[EntityKey] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        ordered.extend(ready)
        sorter.done(*ready)
    return tuple(ordered)


def build_graph(catalogue: Catalogue) -> Graph:
    """The graph of all references in a catalogue."""
    with collector_paused():
        return graph_of(catalogue.entities)


def graph_of(entities: Mapping[EntityKey, Entity]) -> Graph:
    """The graph of all references among these entities."""
    outgoing: dict[EntityKey, tuple[Reference, ...]] = {}
    incoming: defaultdict[EntityKey, list[Reference]] = defaultdict(list)
    for key, entity in entities.items():
        found = tuple(Reference(key, target, path) for path, target in references(entity))
        outgoing[key] = found
        for reference in found:
            incoming[reference.target].append(reference)
    return Graph(
        tuple(sorted(entities, key=lambda key: key.order)),
        outgoing,
        {key: tuple(found) for key, found in incoming.items()},
    )
