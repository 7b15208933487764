"""What would be live once a plan has been carried out: its steps, applied in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from graphlib import TopologicalSorter
from typing import Any

from reconciler.apply.filling import fill
from reconciler.apply.resuming import PlanStale, resume
from reconciler.live.snapshot import LiveInstance, LiveState
from reconciler.model.kinds import KINDS, EntityKey, Kind
from reconciler.model.patch import patched
from reconciler.model.stamp import read_stamp
from reconciler.plan.steps import Action, Plan, Step
from reconciler.repository.port import Instance


def live_before(plan: Plan, live: LiveState) -> LiveState:
    """The live state that a plan was made from. Raises ``PlanStale`` when it is there no longer."""
    done = resume(plan, live).already
    if done:
        raise PlanStale(
            f"{len(done)} of the plan's {len(plan.steps)} steps are done, so what was live before it is gone",
            remedy="Make a new plan, or compare with a Git revision.",
        )
    return live


def live_after(plan: Plan, live: LiveState) -> LiveState:
    """The live state with all steps of a plan applied; what is done already is not done again.

    Raises ``PlanStale`` when live no longer fits the plan.
    """
    resumed = resume(plan, live)
    world = _World(live, {key: item.uri for item, key in _known(plan, live)})
    steps = {step.id: step for step in resumed.plan.steps}
    for name in TopologicalSorter({step.id: step.requires for step in steps.values()}).static_order():
        if name not in resumed.already:
            world.carry_out(steps[name])
    return world.state()


def _known(plan: Plan, live: LiveState) -> list[tuple[LiveInstance, EntityKey]]:
    return [(item, item.stamp.key) for item in live if item.stamp is not None and item.stamp.catalog == plan.catalog]


class _World:
    """The live instances while steps are carried out on them."""

    def __init__(self, live: LiveState, uris: dict[EntityKey, str]) -> None:
        self.live, self.uris = live, uris
        self.by_id = {item.instance.instance_id: item for item in live}

    def carry_out(self, step: Step) -> None:
        body = fill(step, self.uris, None)
        if step.action is Action.CREATE:
            self._create(step.key, body)
        elif step.action is Action.DELETE:
            self.by_id.pop(step.remote_id or "", None)
        else:
            item = self.by_id[step.remote_id or ""]
            document = {"_instance": dict(item.instance.properties), "_links": dict(item.instance.links)}
            self._store(item.kind, item.instance, patched(document, body))

    def _create(self, key: EntityKey, body: Mapping[str, Any]) -> None:
        uri = self.uris[key] = f"planned:{key}"
        instance = Instance(uri, uri, (KINDS[key.kind].schema,), "", "", "", "", None, None, {}, {})
        self._store(key.kind, instance, body)

    def _store(self, kind: Kind, instance: Instance, document: Mapping[str, Any]) -> None:
        links = document["_links"]
        changed = replace(instance, properties=document["_instance"], links=links)
        self.by_id[instance.instance_id] = LiveInstance(kind, changed, read_stamp(links))

    def state(self) -> LiveState:
        by_kind: defaultdict[Kind, list[LiveInstance]] = defaultdict(list)
        for item in self.by_id.values():
            by_kind[item.kind].append(item)
        return replace(self.live, instances={kind: tuple(items) for kind, items in by_kind.items()})
