"""Catalogue x live state -> ``Plan``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from reconciler.diff.changes import Changes, Create, Delete, Operation, Patch, Restamp
from reconciler.diff.compare import compare, resolver
from reconciler.diff.patch import pointer
from reconciler.graph.build import Graph, build_graph
from reconciler.live.ownership import Ownership, find_owned
from reconciler.live.snapshot import LiveInstance, LiveState
from reconciler.model.catalogue import Catalogue
from reconciler.model.instant import spell_instant
from reconciler.model.kinds import KINDS, EntityKey
from reconciler.model.spelling import Resolve, flatten
from reconciler.model.stamp import Stamp, bases_of
from reconciler.plan import integrity
from reconciler.plan.guards import judge_deletes
from reconciler.plan.order import Blocked, drop_blocked, sort_steps
from reconciler.plan.payloads import Body, create_body, patch_body, rebased
from reconciler.plan.steps import (
    Action,
    After,
    IncompleteRead,
    Plan,
    PlannedChange,
    PlanProblem,
    Step,
    Target,
)
from reconciler.version import __version__

LIFE = timedelta(hours=24)
_NAME_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Options:
    """What the person who plans decided. prune: None follows the catalogue's own setting."""

    prune: bool | None = None
    allow_deletes: int | None = None


def build_plan(catalogue: Catalogue, live: LiveState, *, now: datetime, options: Options | None = None) -> Plan:
    """The steps that make live as Git says, in order, with what is left out and what a guard refuses.

    Raises ``IncompleteRead`` when the live state could not be read to its end.
    """
    refuse_incomplete(live)
    options = options or Options()
    ownership = find_owned(live, catalogue.name)
    changes = compare(catalogue, ownership)
    pruned = catalogue.settings.prune if options.prune is None else options.prune
    unpruned = () if pruned else tuple(delete.key for delete in changes.deletes)
    if unpruned:
        changes = replace(changes, deletes=())
    draft = _Drafter(catalogue, build_graph(catalogue), live, ownership, changes, resolver(ownership)).draft()
    refusals = judge_deletes(
        ownership.owned, changes.deletes, changes.patches, catalogue.settings.guards, options.allow_deletes
    )
    return Plan(
        catalog=catalogue.name,
        environment=catalogue.environment,
        target=Target(catalogue.target.repository, live.container, catalogue.target.sandbox),
        created=spell_instant(now),
        expires=spell_instant(now + LIFE),
        made_by=f"reconciler {__version__}",
        commit=catalogue.commit,
        dirty=catalogue.dirty,
        steps=draft.steps,
        problems=draft.problems,
        warnings=tuple(integrity.copy_warnings(ownership)),
        refusals=tuple(refusals),
        unpruned=unpruned,
        left_out=draft.left_out,
        allowed={} if options.allow_deletes is None else {"deletes": options.allow_deletes},
    )


def refuse_incomplete(live: LiveState) -> None:
    """Raises ``IncompleteRead`` naming kinds and pages, unless the reading was complete."""
    if live.incomplete:
        raise IncompleteRead(
            "the repository's listing is incomplete: " + "; ".join(str(fault) for fault in live.incomplete),
            remedy="Nothing was planned. Try again; if it stays so, the repository has a fault.",
        )


@dataclass(frozen=True, slots=True)
class _Draft:
    steps: tuple[Step, ...]
    problems: tuple[PlanProblem, ...]
    left_out: tuple[EntityKey, ...]


@dataclass(frozen=True, slots=True)
class _Drafter:
    """Writes the steps of one plan."""

    catalogue: Catalogue
    graph: Graph
    live: LiveState
    ownership: Ownership
    changes: Changes
    resolve: Resolve

    def draft(self) -> _Draft:
        deleted = frozenset(delete.key for delete in self.changes.deletes)
        referrers = integrity.find_referrers(self.live, self.ownership, deleted)
        names = integrity.hand_over_names(self.changes, self.live, self.ownership, deleted)
        problems = [
            *integrity.copy_problems(self.ownership),
            *integrity.delete_problems(referrers),
            *integrity.asset_problems(self.changes),
            *names.problems,
        ]
        chains = self._chains(names.rename_first)
        steps = self._wire(chains, referrers, names)
        blocked = Blocked(frozenset(problem.key for problem in problems), frozenset(self.ownership.owned))
        kept, left_out = drop_blocked(steps, blocked, self.graph)
        return _Draft(sort_steps(kept), tuple(sorted(problems, key=lambda problem: problem.key)), left_out)

    # ------------------------------------------------------------ the steps of each entity

    def _chains(self, rename_first: frozenset[EntityKey]) -> dict[EntityKey, list[Step]]:
        """Each entity's own steps, one after the other."""
        chains: dict[EntityKey, list[Step]] = {}
        for create in self.changes.creates:
            chains[create.key] = [self._create(create)]
        for patch in self.changes.patches:
            chains[patch.key] = self._patches(patch, first=patch.key in rename_first)
        for restamp in self.changes.restamps:
            chains[restamp.key] = [self._restamp(restamp)]
        for delete in self.changes.deletes:
            chains[delete.key] = self._deletes(delete, first=delete.key in rename_first)
        return chains

    def _create(self, create: Create) -> Step:
        entity = create.entity
        bases = bases_of(entity.KIND, flatten(entity), self.resolve)
        body = create_body(entity, self.catalogue.name, bases, self.resolve)
        return Step(
            f"create:{create.key}",
            Action.CREATE,
            create.key,
            "in Git, not live",
            payload=body.value,
            refs=tuple(replace(ref, path=f"/payload{ref.path}") for ref in body.refs),
            pending=body.pending,
            name=entity.name or "",
            source=self.catalogue.span(create.key),
        )

    def _patches(self, patch: Patch, *, first: bool) -> list[Step]:
        """The patches of one entity: a temporary name, statuses on the way, then all that differs."""
        stamp = self._stamp(patch.live)
        stamp = replace(stamp, protected=patch.entity.protect)
        bodies: list[tuple[str, Body]] = []
        if first:
            stamp, body = self._rename_away(patch.live, stamp)
            bodies.append(("gives its name up first", body))
        for status in self._way(patch)[:-1]:
            stamp, body = self._set_status(patch.live, stamp, status)
            bodies.append((f"has to be {status} on the way", body))
        bodies.append(("differs from Git", patch_body(patch.live, stamp, patch.operations, patch.bases)))
        steps = [
            self._write(Action.PATCH, patch.key, patch.live, body, reason, number if len(bodies) > 1 else None)
            for number, (reason, body) in enumerate(bodies, 1)
        ]
        changes = tuple(
            PlannedChange(change, self.catalogue.span(patch.key, *change.document)) for change in patch.changes
        )
        last = replace(steps[-1], changes=changes, name=patch.entity.name or "", source=self.catalogue.span(patch.key))
        return _chained([*steps[:-1], last])

    def _way(self, patch: Patch) -> tuple[str, ...]:
        lifecycle = KINDS[patch.key.kind].lifecycle
        change = next((change for change in patch.changes if change.path == "status"), None)
        if lifecycle is None or change is None:
            return ()
        return lifecycle.way(str(change.before), str(change.after))

    def _restamp(self, restamp: Restamp) -> Step:
        stamp = replace(self._stamp(restamp.live), protected=restamp.entity.protect)
        body = patch_body(restamp.live, stamp, (), restamp.bases)
        step = self._write(Action.STAMP, restamp.key, restamp.live, body, "the stamp is not current", None)
        return replace(step, source=self.catalogue.span(restamp.key))

    def _deletes(self, delete: Delete, *, first: bool) -> list[Step]:
        steps: list[Step] = []
        stamp = self._stamp(delete.live)
        if first:
            stamp, body = self._rename_away(delete.live, stamp)
            steps.append(self._write(Action.PATCH, delete.key, delete.live, body, "gives its name up first", None))
        lifecycle = KINDS[delete.key.kind].lifecycle
        status = delete.live.instance.properties.get("xdm:status")
        if lifecycle is not None and status == lifecycle.in_service:
            stamp, body = self._set_status(delete.live, stamp, lifecycle.retired)
            steps.append(self._write(Action.ARCHIVE, delete.key, delete.live, body, f"is {status}", None))
        steps.append(
            Step(
                f"delete:{delete.key}",
                Action.DELETE,
                delete.key,
                "live, gone from Git",
                delete.live.instance.instance_id,
                delete.live.instance.etag,
                name=str(delete.live.instance.properties.get("xdm:name", "")),
                address=delete.live.instance.address,
            )
        )
        return _chained(steps)

    def _stamp(self, live: LiveInstance) -> Stamp:
        assert live.stamp is not None  # noqa: S101 - owned instances have one
        return live.stamp

    def _rename_away(self, live: LiveInstance, stamp: Stamp) -> tuple[Stamp, Body]:
        old = str(live.instance.properties.get("xdm:name", ""))
        name = f"{old[:_NAME_LIMIT]} (replaced, {live.instance.instance_id[:8]})"
        return self._write_one(live, stamp, "name", ("xdm:name",), name)

    def _set_status(self, live: LiveInstance, stamp: Stamp, status: str) -> tuple[Stamp, Body]:
        return self._write_one(live, stamp, "status", ("xdm:status",), status)

    def _write_one(
        self, live: LiveInstance, stamp: Stamp, field: str, path: tuple[str, ...], value: str
    ) -> tuple[Stamp, Body]:
        lifecycle = KINDS[live.kind].lifecycle
        initial = field == "status" and lifecycle is not None and value == lifecycle.initial
        bases = rebased(stamp, live.kind, field, None if initial else value)
        operation: Operation = {"op": "add", "path": pointer(*path), "value": value}
        body = patch_body(live, stamp, [operation], bases)
        return replace(stamp, bases={name: base for name, base in bases.items() if isinstance(base, str)}), body

    def _write(
        self, action: Action, key: EntityKey, live: LiveInstance, body: Body, reason: str, number: int | None
    ) -> Step:
        return Step(
            f"{action.value}:{key}" + (f":{number}" if number else ""),
            action,
            key,
            reason,
            live.instance.instance_id,
            live.instance.etag,
            patch=tuple(body.value),
            refs=tuple(replace(ref, path=f"/patch{ref.path}") for ref in body.refs),
            pending=body.pending,
            name=str(live.instance.properties.get("xdm:name", "")),
            address=live.instance.address,
        )

    # ------------------------------------------------------------ what requires what

    def _wire(
        self,
        chains: Mapping[EntityKey, list[Step]],
        referrers: integrity.Referrers,
        names: integrity.NameHandOver,
    ) -> list[Step]:
        needs: dict[str, set[str]] = {step.id: set(step.requires) for chain in chains.values() for step in chain}
        for key, chain in chains.items():
            last = chain[-1]
            if last.action in {Action.CREATE, Action.PATCH}:
                for target in self.graph.targets(key):
                    for step in chains.get(target, ())[-1:]:
                        if step.action in {Action.CREATE, Action.PATCH}:
                            needs[last.id].add(step.id)
            if last.action is Action.DELETE:
                dropping = [chains[source][-1].id for source in referrers.ours.get(key, ()) if source in chains]
                for step in chain:
                    if step.action in {Action.ARCHIVE, Action.DELETE}:
                        needs[step.id].update(dropping)
        for taker, holder in names.waits_for.items():
            giving = chains[holder][0 if holder in names.rename_first else -1]
            needs[chains[taker][-1].id].add(giving.id)
        return [replace(step, requires=tuple(sorted(needs[step.id]))) for chain in chains.values() for step in chain]


def _chained(steps: Sequence[Step]) -> list[Step]:
    """Steps on one instance, each after the one before it and with the etag that it leaves behind."""
    chained = list(steps[:1])
    for step in steps[1:]:
        before = chained[-1]
        chained.append(replace(step, requires=(*step.requires, before.id), if_match=After(before.id)))
    return chained
