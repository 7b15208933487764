"""Guards: how much a plan may take away before somebody says a number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from reconciler.diff.changes import Changes, Patch
from reconciler.model.kinds import KINDS, EntityKey, Kind
from reconciler.model.settings import Guards
from reconciler.plan.steps import Refusal

DELETES = "deletes"
ROLLBACK = "rollback"
_ROUNDING = 1e-9  # 0.29 * 100 is a little less than 29


def allowed(population: int, share: float, guards: Guards) -> int:
    """How many of a population may go: its share; of a small population half, but always one."""
    if population < guards.min_population:
        return max(1, population // 2)
    return int(population * share + _ROUNDING)


def leaves_service(patch: Patch) -> bool:
    """Whether a patch takes its entity out of service (approved or live to something else)."""
    lifecycle = KINDS[patch.key.kind].lifecycle
    return lifecycle is not None and any(
        change.path == "status" and change.before == lifecycle.in_service for change in patch.changes
    )


def going_out(changes: Changes, planned: frozenset[EntityKey]) -> tuple[EntityKey, ...]:
    """The entities that are deleted or taken out of service, sorted. planned: those that have steps."""
    deleted = [delete.key for delete in changes.deletes]
    retired = [patch.key for patch in changes.patches if leaves_service(patch)]
    return tuple(sorted(key for key in (*deleted, *retired) if key in planned))


def judge_deletes(
    going: Sequence[EntityKey], owned: Collection[EntityKey], guards: Guards, allow: int | None, *, emptied: bool
) -> Iterator[Refusal]:
    """Refusals for deletes and takings out of service, in total, else for each kind that goes too far.

    owned: all that is stamped ours.   allow: how many somebody allowed.   emptied: the catalogue holds nothing at all.
    """
    if not going or (allow is not None and len(going) <= allow):
        return
    limit = 0 if emptied else allowed(len(owned), guards.max_delete_share, guards)
    if len(going) > limit:
        yield _refusal("entities", going, len(owned), limit, len(going))
        return
    population = Counter(key.kind for key in owned)
    for kind in Kind:
        of_kind = [key for key in going if key.kind is kind]
        limit = allowed(population[kind], guards.max_delete_share, guards)
        if len(of_kind) > limit:
            yield _refusal(f"entities of kind {kind.value}", of_kind, population[kind], limit, len(going))


def judge_rollback(newer: str | None, commit: str | None, *, allowed: bool) -> Iterator[Refusal]:
    """The refusal to apply an older commit over a newer one."""
    if newer is not None and not allowed:
        yield Refusal(ROLLBACK, f"commit {commit} is older than {newer}, which is live", (), 0, 0)


def _refusal(what: str, keys: Sequence[EntityKey], population: int, limit: int, total: int) -> Refusal:
    return Refusal(
        DELETES,
        f"{len(keys)} of {population} {what} would be deleted or taken out of service; the guard allows {limit}",
        tuple(keys),
        limit,
        total,
    )
