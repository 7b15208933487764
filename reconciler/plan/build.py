"""Catalogue x live state -> ``Plan``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain as one_after_another

from reconciler.diff.changes import Changes, Create, Delete, Forget, Patch, Restamp
from reconciler.diff.compare import compare, resolver
from reconciler.graph.build import Graph, graph_of
from reconciler.live.identity import Consent, Identity, identify
from reconciler.live.ownership import Ownership
from reconciler.live.snapshot import LiveInstance, LiveState
from reconciler.model.catalogue import Catalogue
from reconciler.model.instant import spell_instant
from reconciler.model.intents import Ignored
from reconciler.model.kinds import KINDS, EntityKey
from reconciler.model.problem import SourceSpan
from reconciler.model.spelling import Resolve, flatten
from reconciler.model.stamp import bases_of
from reconciler.plan import integrity
from reconciler.plan.guards import going_out, judge_deletes, judge_rollback
from reconciler.plan.order import Blocked, drop_blocked, sort_steps
from reconciler.plan.payloads import STAMP_PATH, create_body
from reconciler.plan.renames import likely_renames
from reconciler.plan.revisions import Revision, current_revision
from reconciler.plan.steps import (
    Action,
    After,
    IncompleteRead,
    Plan,
    PlannedChange,
    PlanProblem,
    PlanWarning,
    Step,
    Target,
)
from reconciler.plan.touched import touched_by
from reconciler.version import __version__

LIFE = timedelta(hours=24)
_MAKING = {Action.CREATE, Action.PATCH, Action.ADOPT, Action.MOVE}


@dataclass(frozen=True, slots=True)
class Options:
    """What the person who plans decided. prune: None follows the catalogue's own setting.

    adopt, adopt_up_to: which instances without a stamp may be taken over.   destroy: delete all that is ours.
    newer: the commit that is live, where the catalogue's own is an ancestor of it; allow_rollback: go back to that.
    """

    prune: bool | None = None
    allow_deletes: int | None = None
    adopt: frozenset[EntityKey] = frozenset()
    adopt_up_to: int = 0
    destroy: bool = False
    newer: str | None = None
    allow_rollback: bool = False


def build_plan(catalogue: Catalogue, live: LiveState, *, now: datetime, options: Options | None = None) -> Plan:
    """The steps that make live as Git says, in order, with what is left out and what a guard refuses.

    Raises ``IncompleteRead`` when the live state could not be read to its end.
    """
    refuse_incomplete(live)
    options = options or Options()
    if options.destroy:
        catalogue = replace(catalogue, entities={}, pins={})
    identity = identify(catalogue, live, Consent(options.adopt, options.adopt_up_to))
    ownership = identity.ownership
    ignored = Ignored.on(now.date(), catalogue.settings)
    changes = compare(catalogue, identity, ignored)
    pruned = options.destroy or (catalogue.settings.prune if options.prune is None else options.prune)
    unpruned = () if pruned else tuple(delete.key for delete in changes.deletes)
    if unpruned:
        changes = replace(changes, deletes=())
    made: list[Create | Patch] = [*changes.creates, *changes.patches]
    graph = graph_of({change.key: change.entity for change in made})
    draft = _Drafter(catalogue, graph, live, identity, changes, resolver(identity)).draft()
    refusals = judge_deletes(
        going_out(changes, frozenset(step.key for step in draft.steps)),
        ownership.owned,
        catalogue.settings.guards,
        options.allow_deletes,
        emptied=not catalogue.entities,
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
        warnings=(*integrity.copy_warnings(ownership, catalogue.entities), *_expired(catalogue, ignored)),
        refusals=(*refusals, *judge_rollback(options.newer, catalogue.commit, allowed=options.allow_rollback)),
        unpruned=unpruned,
        left_out=draft.left_out,
        allowed=_allowed(options),
        renames=likely_renames(changes, ownership.name_uri),
        hidden=changes.hidden,
    )


def _allowed(options: Options) -> dict[str, int]:
    given = {"deletes": options.allow_deletes, "adopt_up_to": options.adopt_up_to or None}
    return {name: number for name, number in given.items() if number is not None}


def _expired(catalogue: Catalogue, ignored: Ignored) -> Iterator[PlanWarning]:
    for rule in ignored.expired:
        place = catalogue.settings_source.span("ignore", catalogue.settings.ignore.index(rule))
        message = f"`ignore` of `{rule.field}` ended on {rule.until} ({place}); the field is compared again"
        yield PlanWarning(rule.select, message, "Remove the entry, or give it a later day.")


def refuse_incomplete(live: LiveState) -> None:
    """Raises ``IncompleteRead`` naming kinds and pages, unless the reading was complete."""
    if live.incomplete:
        raise IncompleteRead(
            "the repository's listing is incomplete: " + "; ".join(str(fault) for fault in live.incomplete),
            remedy="Nothing was planned. Try again; if it stays so, the repository has a fault.",
        )


@dataclass(frozen=True, slots=True)
class Chain:
    """The steps of one entity, one after the other. position: of the step that brings what Git says."""

    steps: list[Step]
    position: int = 0

    @property
    def main(self) -> Step:
        """The step that brings what Git says."""
        return self.steps[self.position]

    @property
    def last(self) -> Step:
        """The step after which the entity is as Git says."""
        return self.steps[-1]


@dataclass(frozen=True, slots=True)
class _Draft:
    steps: tuple[Step, ...]
    problems: tuple[PlanProblem, ...]
    left_out: tuple[EntityKey, ...]


@dataclass(frozen=True, slots=True)
class _Drafter:
    """Writes the steps of one plan.

    graph: of what is created or patched. Who refers to something that is not there yet is always one of these.
    """

    catalogue: Catalogue
    graph: Graph
    live: LiveState
    identity: Identity
    changes: Changes
    resolve: Resolve

    @property
    def ownership(self) -> Ownership:
        """The instances that are ours, or become ours."""
        return self.identity.ownership

    def draft(self) -> _Draft:
        deleted = frozenset(delete.key for delete in self.changes.deletes)
        referrers = integrity.find_referrers(self.live, self.ownership, deleted)
        names = integrity.hand_over_names(self.changes, self.live, self.ownership, deleted)
        blocks = [PlanProblem(block.key, block.message, block.remedy) for block in self.identity.blocks]
        told = {block.key for block in blocks}
        problems = [
            *blocks,
            *(problem for problem in self._live_problems(referrers) if problem.key not in told),
            *(problem for problem in names.problems if problem.key not in told),
        ]
        chains = self._chains(names.rename_first)
        steps = self._wire(chains, referrers, names)
        blocked = Blocked(frozenset(problem.key for problem in problems), frozenset(self.ownership.owned))
        kept, left_out = drop_blocked(steps, blocked, self.graph)
        placed = [replace(problem, source=self._place(problem.key)) for problem in problems]
        return _Draft(sort_steps(kept), tuple(sorted(placed, key=lambda problem: problem.key)), left_out)

    def _live_problems(self, referrers: integrity.Referrers) -> Iterator[PlanProblem]:
        return one_after_another(
            integrity.copy_problems(self.ownership, self.catalogue.entities),
            integrity.delete_problems(referrers),
            integrity.asset_problems(self.changes),
            integrity.protection_problems(self.changes),
            integrity.external_problems(self.catalogue, self.identity),
        )

    def _place(self, key: EntityKey) -> SourceSpan | None:
        return self.catalogue.span(key) if key in self.catalogue.sources else None

    # ------------------------------------------------------------ the steps of each entity

    def _chains(self, rename_first: frozenset[EntityKey]) -> dict[EntityKey, Chain]:
        """Each entity's own steps, one after the other."""
        chains: dict[EntityKey, Chain] = {}
        for create in self.changes.creates:
            chains[create.key] = Chain([self._create(create)])
        for patch in self.changes.patches:
            chains[patch.key] = self._patches(patch, first=patch.key in rename_first)
        for restamp in self.changes.restamps:
            chains[restamp.key] = self._restamp(restamp)
        for delete in self.changes.deletes:
            chains[delete.key] = self._deletes(delete, first=delete.key in rename_first)
        for forget in self.changes.forgets:
            chains[forget.key] = Chain([self._forget(forget)])
        return chains

    def _forget(self, forget: Forget) -> Step:
        instance = forget.live.instance
        unstamp = {"op": "remove", "path": STAMP_PATH}
        return Step(
            f"forget:{forget.key}",
            Action.FORGET,
            forget.key,
            "handed back",
            instance.instance_id,
            instance.etag,
            patch=(unstamp,),
            touched=touched_by([unstamp], instance),
            name=str(instance.properties.get("xdm:name", "")),
            uri=instance.uri,
            address=instance.address,
        )

    def _revision(self, key: EntityKey, live: LiveInstance, *, protected: bool) -> Revision:
        return current_revision(live, self.catalogue.name, key, protected=protected)

    def _first_action(self, key: EntityKey, otherwise: Action) -> tuple[Action, str]:
        """What the first write to an instance is, and why: it may make the instance ours, or give it its new key."""
        if key in self.identity.adopted:
            return Action.ADOPT, "has no stamp yet"
        if key in self.identity.moved:
            return Action.MOVE, f"was {self.identity.moved[key]}"
        return otherwise, ""

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

    def _patches(self, patch: Patch, *, first: bool) -> Chain:
        """The patches of one entity: a temporary name, new assets, then all that differs, then the status's way.

        All that differs is written with the first status of the way, so that every later write is of what Git says.
        """
        revision = self._revision(patch.key, patch.live, protected=patch.entity.protect)
        writes: list[tuple[str, Revision]] = []
        if first:
            revision = revision.renamed_away()
            writes.append(("renamed first to free its name", revision))
        if patch.first:
            revision = revision.patched(patch.first, {**revision.bases, **patch.between})
            writes.append(("gets its new components before the old ones go", revision))
        main = len(writes)
        *on_the_way, _end = self._way(patch) or ("",)
        revision = revision.patched(patch.operations, patch.bases)
        for number, status in enumerate(on_the_way):
            revision = revision.moved_to(status) if number else revision.stopping_at(status)
            writes.append((f"by way of {status}", revision))
        writes.append(("differs from Git", revision.moved_to(_end) if on_the_way else revision))
        first_action, why = self._first_action(patch.key, Action.PATCH)
        steps = [
            self._write(
                Action.PATCH if number > 1 else first_action,
                patch.key,
                revision,
                reason if number > 1 or not why else f"{why}; {reason}",
                number if len(writes) > 1 else None,
            )
            for number, (reason, revision) in enumerate(writes, 1)
        ]
        changes = tuple(
            PlannedChange(change, self.catalogue.span(patch.key, *change.document)) for change in patch.changes
        )
        last = replace(steps[-1], changes=changes, name=patch.entity.name or "", source=self.catalogue.span(patch.key))
        return Chain(_chained([*steps[:-1], last]), main)

    def _way(self, patch: Patch) -> tuple[str, ...]:
        lifecycle = KINDS[patch.key.kind].lifecycle
        change = next((change for change in patch.changes if change.path == "status"), None)
        if lifecycle is None or change is None:
            return ()
        return lifecycle.way(str(change.before), str(change.after))

    def _restamp(self, restamp: Restamp) -> Chain:
        revision = self._revision(restamp.key, restamp.live, protected=restamp.entity.protect)
        action, why = self._first_action(restamp.key, Action.STAMP)
        step = self._write(
            action, restamp.key, revision.patched((), restamp.bases), why or "the stamp is not current", None
        )
        return Chain([replace(step, source=self.catalogue.span(restamp.key))])

    def _deletes(self, delete: Delete, *, first: bool) -> Chain:
        steps: list[Step] = []
        protected = bool(delete.live.stamp and delete.live.stamp.protected)
        revision = self._revision(delete.key, delete.live, protected=protected)
        if first:
            revision = revision.renamed_away()
            steps.append(self._write(Action.PATCH, delete.key, revision, "renamed first to free its name", None))
        lifecycle = KINDS[delete.key.kind].lifecycle
        status = delete.live.instance.properties.get("xdm:status")
        if lifecycle is not None and status == lifecycle.in_service:
            revision = revision.moved_to(lifecycle.retired)
            steps.append(self._write(Action.ARCHIVE, delete.key, revision, f"is {status}", None))
        steps.append(
            Step(
                f"delete:{delete.key}",
                Action.DELETE,
                delete.key,
                "live, gone from Git",
                delete.live.instance.instance_id,
                delete.live.instance.etag,
                name=str(delete.live.instance.properties.get("xdm:name", "")),
                uri=delete.live.uri,
                address=delete.live.instance.address,
            )
        )
        return Chain(_chained(steps), len(steps) - 1)

    def _write(self, action: Action, key: EntityKey, revision: Revision, reason: str, number: int | None) -> Step:
        live, body = revision.live, revision.body
        return Step(
            f"{action.value}:{key}" + (f":{number}" if number else ""),
            action,
            key,
            reason,
            live.instance.instance_id,
            live.instance.etag,
            patch=tuple(body.value),
            touched=touched_by(body.value, live.instance),
            refs=tuple(replace(ref, path=f"/patch{ref.path}") for ref in body.refs),
            pending=body.pending,
            name=str(live.instance.properties.get("xdm:name", "")),
            uri=live.uri,
            address=live.instance.address,
        )

    # ------------------------------------------------------------ what requires what

    def _wire(
        self,
        chains: Mapping[EntityKey, Chain],
        referrers: integrity.Referrers,
        names: integrity.NameHandOver,
    ) -> list[Step]:
        steps = [step for chain in chains.values() for step in chain.steps]
        needs: dict[str, set[str]] = {step.id: set(step.requires) for step in steps}
        for key, chain in chains.items():
            if chain.main.action is not Action.DELETE:
                targets = (chains[target].last for target in self.graph.targets(key) if target in chains)
                needs[chain.main.id].update(step.id for step in targets if step.action in _MAKING)
                continue
            dropping = [chains[source].last.id for source in referrers.ours.get(key, ()) if source in chains]
            for step in chain.steps:
                if step.action in {Action.ARCHIVE, Action.DELETE}:
                    needs[step.id].update(dropping)
        for taker, holder in names.waits_for.items():
            giving = chains[holder].steps[0] if holder in names.rename_first else chains[holder].main
            needs[chains[taker].main.id].add(giving.id)
        for retired, fallback in integrity.retired_first(self.changes, self.ownership):
            archives = (step.id for step in chains[retired].steps if step.action is Action.ARCHIVE)
            needs[chains[fallback].main.id].update(archives)
        return [replace(step, requires=tuple(sorted(needs[step.id]))) for step in steps]


def _chained(steps: Sequence[Step]) -> list[Step]:
    """Steps on one instance, each after the one before it and with the etag that it leaves behind."""
    chained = list(steps[:1])
    for step in steps[1:]:
        before = chained[-1]
        chained.append(replace(step, requires=(*step.requires, before.id), if_match=After(before.id), touched={}))
    return chained
