"""Catalogue x live state -> ``Plan``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from reconciler.diff.changes import Changes, Create, Patch
from reconciler.diff.compare import compare, resolver
from reconciler.diff.parts import can_split
from reconciler.graph.build import Graph, graph_of
from reconciler.live.ownership import Ownership, find_owned
from reconciler.live.snapshot import LiveState
from reconciler.model.catalogue import Catalogue
from reconciler.model.instant import spell_instant
from reconciler.model.kinds import EntityKey
from reconciler.model.problem import SourceSpan
from reconciler.model.spelling import Resolve
from reconciler.plan import integrity
from reconciler.plan.chains import ChainWriter
from reconciler.plan.growth import Growth
from reconciler.plan.guards import going_out, judge_deletes
from reconciler.plan.needs import Needs, conflict_warnings
from reconciler.plan.order import Blocked, drop_blocked, sort_steps
from reconciler.plan.splitting import Settled, settle
from reconciler.plan.stages import Scene, decides
from reconciler.plan.steps import IncompleteRead, Plan, PlanProblem, PlanWarning, Step, Target
from reconciler.version import __version__

LIFE = timedelta(hours=24)


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
    made: list[Create | Patch] = [*changes.creates, *changes.patches]
    graph = graph_of({change.key: change.entity for change in made})
    draft = _Drafter(catalogue, graph, live, ownership, changes, resolver(ownership), spell_instant(now)).draft()
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
        warnings=(*integrity.copy_warnings(ownership, catalogue.entities), *draft.warnings),
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
    warnings: tuple[PlanWarning, ...]


@dataclass(frozen=True, slots=True)
class _Drafter:
    """Writes the steps of one plan.

    graph: of what is created or patched. Who refers to something that is not there yet is always one of these.
    """

    catalogue: Catalogue
    graph: Graph
    live: LiveState
    ownership: Ownership
    changes: Changes
    resolve: Resolve
    now: str  # canonical

    def draft(self) -> _Draft:
        deleted = frozenset(delete.key for delete in self.changes.deletes)
        referrers = integrity.find_referrers(self.live, self.ownership, deleted)
        names = integrity.hand_over_names(self.changes, self.live, self.ownership, deleted)
        problems = [
            *integrity.copy_problems(self.ownership, self.catalogue.entities),
            *integrity.delete_problems(referrers),
            *integrity.asset_problems(self.changes),
            *integrity.protection_problems(self.changes),
            *names.problems,
        ]
        blocked = Blocked(frozenset(problem.key for problem in problems), frozenset(self.ownership.owned))
        needs = Needs(self.changes, self.graph, referrers, names)
        settled = self._settled(needs, blocked.keys)
        write = ChainWriter(self.catalogue, self.resolve, self.ownership.name_uri, names.rename_first, settled.split)
        steps = needs.wire(write.chains(self.changes), settled.kept)
        kept, left_out = drop_blocked(steps, blocked, self.graph)
        placed = [replace(problem, source=self._place(problem.key)) for problem in problems]
        return _Draft(
            sort_steps(kept),
            tuple(sorted(placed, key=lambda problem: problem.key)),
            left_out,
            tuple(conflict_warnings(settled.given_up)),
        )

    def _settled(self, needs: Needs, blocked: frozenset[EntityKey]) -> Settled:
        """What has to grow before what shrinks; nothing where no change can starve anybody."""
        if not any(decides(self.changes)):
            return Settled()
        scene = Scene(self.live, self.ownership, self.changes, self.now)
        splittable = {patch.key for patch in self.changes.patches if can_split(patch)}
        return settle(list(Growth(scene, blocked).waits()), list(needs.arrows()), splittable)

    def _place(self, key: EntityKey) -> SourceSpan | None:
        return self.catalogue.span(key) if key in self.catalogue.sources else None
