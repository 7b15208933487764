"""Catalogue x live state -> ``Plan``."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain as one_after_another

from reconciler.diff.changes import Changes, Create, Patch
from reconciler.diff.compare import compare, resolver
from reconciler.diff.parts import can_split
from reconciler.graph.build import Graph, graph_of
from reconciler.live.identity import Consent, Identity, identify
from reconciler.live.ownership import Ownership
from reconciler.live.snapshot import LiveState
from reconciler.model.catalogue import Catalogue
from reconciler.model.instant import spell_instant
from reconciler.model.intents import Ignored
from reconciler.model.kinds import EntityKey
from reconciler.model.problem import SourceSpan
from reconciler.model.spelling import Resolve
from reconciler.plan import guards, integrity
from reconciler.plan.chains import ChainWriter
from reconciler.plan.externals import Externals
from reconciler.plan.growth import Growth
from reconciler.plan.integrity import NameHandOver
from reconciler.plan.needs import Needs, conflict_warnings
from reconciler.plan.order import Blocked, drop_blocked, sort_steps
from reconciler.plan.reach import find_reach
from reconciler.plan.renames import likely_renames
from reconciler.plan.selection import EVERYTHING, Selection
from reconciler.plan.splitting import Settled, settle
from reconciler.plan.stages import Scene, decides
from reconciler.plan.steps import IncompleteRead, Plan, PlanProblem, PlanWarning, Step, Target
from reconciler.version import __version__

LIFE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Options:
    """What the person who plans decided. prune: None follows the catalogue's own setting.

    adopt, adopt_up_to: which instances without a stamp may be taken over.   selection: which part of it all.
    destroy: nothing of ours is to stay.   allow_…: the numbers that overrule guards.
    protected: what the last applied commit protected.   newer: that commit, where the catalogue's own is an ancestor
    of it.   allow_rollback: go back all the same.   foreign: another Git repository applies what is live.
    allow_takeover: take it over.
    """

    prune: bool | None = None
    allow_deletes: int | None = None
    allow_updates: int | None = None
    allow_reverts: int | None = None
    adopt: frozenset[EntityKey] = frozenset()
    adopt_up_to: int = 0
    selection: Selection = EVERYTHING
    destroy: bool = False
    newer: str | None = None
    allow_rollback: bool = False
    foreign: bool = False
    allow_takeover: bool = False
    protected: frozenset[EntityKey] = frozenset()

    @property
    def allowed(self) -> dict[str, int]:
        """What somebody allowed, as the plan records it: numbers, and 1 for what takes none."""
        given = {
            guards.DELETES: self.allow_deletes,
            guards.UPDATES: self.allow_updates,
            guards.REVERTS: self.allow_reverts,
            guards.ROLLBACK: int(self.allow_rollback) or None,
            guards.TAKEOVER: int(self.allow_takeover) or None,
            "adopt_up_to": self.adopt_up_to or None,
        }
        return {name: number for name, number in given.items() if number is not None}


def build_plan(catalogue: Catalogue, live: LiveState, *, now: datetime, options: Options | None = None) -> Plan:
    """The steps that make live as Git says, in order, with what is left out and what a guard refuses.

    Raises ``IncompleteRead`` when the live state could not be read to its end.
    """
    refuse_incomplete(live)
    options = options or Options()
    identity = identify(catalogue, live, Consent(options.adopt, options.adopt_up_to))
    ownership = identity.ownership
    options.selection.check({*catalogue.entities, *ownership.owned})
    ignored = Ignored.on(now.date(), catalogue.settings)
    wanted = replace(catalogue, entities={}) if options.destroy else catalogue
    changes = compare(wanted, identity, ignored)
    pruned = options.destroy or (catalogue.settings.prune if options.prune is None else options.prune)
    unpruned = () if pruned else tuple(delete.key for delete in changes.deletes)
    if unpruned:
        changes = replace(changes, deletes=())
    made: list[Create | Patch] = [*changes.creates, *changes.patches]
    graph = graph_of({change.key: change.entity for change in made})
    filed = frozenset(catalogue.entities)
    draft = _Drafter(
        wanted, graph, live, identity, changes, resolver(identity), spell_instant(now), options.selection, filed
    ).draft()
    planned = frozenset(step.key for step in draft.steps)
    protected = options.protected | {key for key, entity in catalogue.entities.items() if entity.protect}
    protected |= {key for key, item in ownership.owned.items() if guards.is_protected(item)}
    owned, limits = guards.stamped_ours(identity), catalogue.settings.guards
    judged = guards.Judged(draft.steps, owned, limits, not wanted.entities, protected)
    changed = {patch.key for patch in changes.patches} | {delete.key for delete in changes.deletes}
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
        warnings=(
            *integrity.copy_warnings(ownership, catalogue.entities),
            *_expired(catalogue, ignored),
            *Externals(wanted, identity).warnings(),
            *draft.warnings,
        ),
        refusals=(
            *guards.judge(judged, options.allowed),
            *guards.judge_rollback(options.newer, catalogue.commit, allowed=options.allow_rollback),
            *guards.judge_takeover(catalogue.name, foreign=options.foreign, allowed=options.allow_takeover),
        ),
        unpruned=unpruned,
        left_out=draft.left_out,
        allowed=options.allowed,
        renames=likely_renames(changes, ownership.name_uri),
        hidden=changes.hidden,
        deselected=draft.deselected,
        reach=find_reach(changed & planned, wanted, live, ownership, (change.key for change in made)),
        destroy=options.destroy,
    )


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
class _Draft:
    steps: tuple[Step, ...]
    problems: tuple[PlanProblem, ...]
    left_out: tuple[EntityKey, ...]
    warnings: tuple[PlanWarning, ...]
    deselected: tuple[EntityKey, ...]


@dataclass(frozen=True, slots=True)
class _Drafter:
    """Writes the steps of one plan.

    graph: of what is created or patched. Who refers to something that is not there yet is always one of these.
    filed: the entities that have a file; a destroy wants none of them.
    """

    catalogue: Catalogue
    graph: Graph
    live: LiveState
    identity: Identity
    changes: Changes
    resolve: Resolve
    now: str  # canonical
    selection: Selection
    filed: frozenset[EntityKey]

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
        blocked = Blocked(frozenset(problem.key for problem in problems), frozenset(self.ownership.owned))
        needs = Needs(self.changes, self.graph, referrers, names)
        settled, steps = self._written(needs, names, blocked)
        deselected: frozenset[EntityKey] = frozenset()
        if self.selection:
            lacking = self._lacking(steps, [problem.key for problem in problems])
            chosen = self.selection.keys(steps, (problem.key for problem in problems), lacking)
            deselected = frozenset(step.key for step in steps) - chosen
            steps = [step for step in steps if step.key in chosen]
            problems = [problem for problem in problems if problem.key in chosen]
            blocked = replace(blocked, keys=frozenset(problem.key for problem in problems))
        kept, left_out = drop_blocked(steps, blocked, self.graph)
        placed = [replace(problem, source=self._place(problem.key)) for problem in problems]
        return _Draft(
            sort_steps(kept),
            tuple(sorted(placed, key=lambda problem: problem.key)),
            left_out,
            tuple(conflict_warnings(settled.given_up)),
            tuple(sorted(deselected)),
        )

    def _written(self, needs: Needs, names: NameHandOver, blocked: Blocked) -> tuple[Settled, list[Step]]:
        """The steps, with what waits for what."""

        def steps(settled: Settled) -> list[Step]:
            write = ChainWriter(self.catalogue, self.identity, self.resolve, names.rename_first, settled.split)
            return needs.wire(write.chains(self.changes), settled.kept)

        if not any(decides(self.changes)):
            return Settled(), steps(Settled())
        still: set[EntityKey] = set()
        if blocked.keys:
            # What is blocked stays as it is, and customers see that; whatever grows for its sake would wait in vain.
            apart = steps(Settled())
            still = {step.key for step in apart} - {step.key for step in drop_blocked(apart, blocked, self.graph)[0]}
        settled = self._settled(needs, blocked.keys, still)
        return settled, steps(settled)

    def _lacking(self, steps: Sequence[Step], problems: Iterable[EntityKey]) -> dict[EntityKey, set[EntityKey]]:
        """What each entity refers to that has no instance and no step either: externals that were not found."""
        written = {step.key for step in steps}
        found: dict[EntityKey, set[EntityKey]] = {}
        for missing in set(problems) - written - self.ownership.owned.keys():
            for source in self.graph.referrers(missing):
                found.setdefault(source, set()).add(missing)
        return found

    @property
    def _leaving(self) -> frozenset[EntityKey]:
        """The entities whose instances lose our stamp, or are deleted."""
        return frozenset(delete.key for delete in self.changes.deletes) | self.identity.forgotten.keys()

    def _settled(self, needs: Needs, blocked: frozenset[EntityKey], still: Collection[EntityKey]) -> Settled:
        """What has to grow before what shrinks. still: entities that do not change after all."""
        scene = Scene(self.live, self.ownership, self.changes.without(still), self.now)
        splittable = {patch.key for patch in self.changes.patches if can_split(patch)}
        return settle(list(Growth(scene, blocked).waits()), list(needs.arrows()), splittable)

    def _live_problems(self, referrers: integrity.Referrers) -> Iterator[PlanProblem]:
        return one_after_another(
            integrity.copy_problems(self.ownership.copies, self.filed),
            integrity.last_of_a_stamp_problems(self.ownership.copies, self._leaving),
            integrity.delete_problems(referrers),
            integrity.kept_problems(self.changes, referrers),
            integrity.asset_problems(self.changes),
            Externals(self.catalogue, self.identity).problems(),
        )

    def _place(self, key: EntityKey) -> SourceSpan | None:
        return self.catalogue.span(key) if key in self.catalogue.sources else None
