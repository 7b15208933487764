"""Guards: how much a plan may take away, change or undo before somebody says a number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from reconciler.diff.changes import Changes, Patch
from reconciler.live.snapshot import LiveInstance
from reconciler.model.kinds import KINDS, EntityKey, Kind
from reconciler.model.settings import Guards
from reconciler.plan.steps import Action, Plan, Refusal

DELETES, UPDATES, REVERTS, PROTECTED = "deletes", "updates", "reverts", "protected"
ROLLBACK = "rollback"
NUMBERS = (DELETES, UPDATES, REVERTS)  # what ``--allow-…`` can overrule
FEW_UPDATES = 20  # so many entities may be patched in any case
_ROUNDING = 1e-9  # 0.29 * 100 is a little less than 29


@dataclass(frozen=True, slots=True)
class Judged:
    """What the guards look at. owned: all that is stamped ours.   planned: the entities that have steps.

    emptied: nothing of ours is to stay.   protected: what the file or the last applied commit protects.
    """

    changes: Changes
    owned: Collection[EntityKey]
    planned: Collection[EntityKey]
    limits: Guards
    emptied: bool
    protected: frozenset[EntityKey] = frozenset()


def judge(judged: Judged, allowed: Mapping[str, int]) -> Iterator[Refusal]:
    """The refusals of every guard that this goes too far for. allowed: the numbers somebody gave, by guard."""
    going = going_out(judged.changes, judged.planned)
    yield from _judge_protected(going, judged)
    yield from _judge_deletes(going, judged, allowed.get(DELETES))
    yield from _judge_updates(judged, allowed.get(UPDATES))


def judge_reverts(plan: Plan, allow: int | None) -> Iterator[Refusal]:
    """The refusal to undo edits made live that nobody has seen; it counts fields, and names their entities.

    Who adopts an instance has consented to the differences.
    """
    consented = {step.key for step in plan.steps if step.action is Action.ADOPT}
    undone = [
        step.key
        for step in plan.steps
        for planned in step.changes
        if planned.change.reverts and step.key not in consented
    ]
    if not undone or (allow is not None and len(undone) <= allow):
        return
    message = f"{_count(len(undone), 'edit')} made live would be undone, and nobody here can confirm that"
    yield Refusal(REVERTS, message, tuple(sorted(set(undone))), 0, len(undone))


def judge_rollback(newer: str | None, commit: str | None, *, allowed: bool) -> Iterator[Refusal]:
    """The refusal to apply an older commit over a newer one."""
    if newer is not None and not allowed:
        message = f"the commit {(commit or '')[:12]} is older than {newer[:12]}, which was last applied"
        yield Refusal(ROLLBACK, message, (), 0, 0, "Apply the newer one; or, if going back is meant: --allow-rollback")


def still_refused(refusals: Iterable[Refusal], allowed: Mapping[str, int]) -> tuple[Refusal, ...]:
    """The refusals that these numbers do not overrule."""
    return tuple(item for item in refusals if not item.allow or allowed.get(item.guard, 0) < item.allow)


def allowed_share(population: int, share: float, guards: Guards) -> int:
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


def going_out(changes: Changes, planned: Collection[EntityKey]) -> tuple[EntityKey, ...]:
    """The entities that are deleted or taken out of service, sorted. planned: those that have steps."""
    deleted = [delete.key for delete in changes.deletes]
    retired = [patch.key for patch in changes.patches if leaves_service(patch)]
    return tuple(sorted(key for key in (*deleted, *retired) if key in planned))


def _judge_protected(going: Sequence[EntityKey], judged: Judged) -> Iterator[Refusal]:
    lives = {patch.key: patch.live for patch in judged.changes.patches}
    lives.update((delete.key, delete.live) for delete in judged.changes.deletes)
    found = tuple(key for key in going if _is_protected(lives[key]) or key in judged.protected)
    if found:
        what = _count(len(found), "protected entity", "protected entities")
        message = f"{what} would be deleted or taken out of service"
        remedy = "Have `protect` removed from the file, and apply that first; or put the file back as it was."
        yield Refusal(PROTECTED, message, found, 0, 0, remedy)


def _is_protected(live: LiveInstance) -> bool:
    return live.stamp is not None and live.stamp.protected


def _judge_deletes(going: Sequence[EntityKey], judged: Judged, allow: int | None) -> Iterator[Refusal]:
    """Deletes and takings out of service, in total, else for each kind that goes too far."""
    if not going or (allow is not None and len(going) <= allow):
        return
    share, owned = judged.limits.max_delete_share, judged.owned
    limit = 0 if judged.emptied else allowed_share(len(owned), share, judged.limits)
    if len(going) > limit:
        yield _too_many("entities", going, len(owned), limit, len(going))
        return
    population = Counter(key.kind for key in owned)
    for kind in Kind:
        of_kind = [key for key in going if key.kind is kind]
        limit = allowed_share(population[kind], share, judged.limits)
        if len(of_kind) > limit:
            yield _too_many(f"entities of kind {kind.value}", of_kind, population[kind], limit, len(going))


def _too_many(what: str, keys: Sequence[EntityKey], population: int, limit: int, total: int) -> Refusal:
    return Refusal(
        DELETES,
        f"{len(keys)} of {population} {what} would be deleted or taken out of service; the guard allows {limit}",
        tuple(keys),
        limit,
        total,
    )


def _judge_updates(judged: Judged, allow: int | None) -> Iterator[Refusal]:
    patched = sorted(patch.key for patch in judged.changes.patches if patch.key in judged.planned)
    limit = max(FEW_UPDATES, int(len(judged.owned) * judged.limits.max_update_share + _ROUNDING))
    if len(patched) > limit and (allow is None or len(patched) > allow):
        message = f"{len(patched)} of {len(judged.owned)} entities would be patched; the guard allows {limit}"
        yield Refusal(UPDATES, message, tuple(patched), limit, len(patched))


def _count(number: int, noun: str, nouns: str | None = None) -> str:
    return f"{number} {noun if number == 1 else nouns or noun + 's'}"
