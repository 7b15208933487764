"""Guards: how much a plan may take away, change or undo before somebody says a number.

They look at steps, so that a plan that was saved is judged by the same rules as one that is being made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from reconciler.live.identity import Identity
from reconciler.live.snapshot import LiveInstance
from reconciler.model.canonical import Json
from reconciler.model.kinds import KINDS, EntityKey, Kind, Lifecycle
from reconciler.model.settings import Guards
from reconciler.plan.steps import Action, Plan, Refusal, Step

DELETES, UPDATES, REVERTS, PROTECTED = "deletes", "updates", "reverts", "protected"
ROLLBACK, TAKEOVER = "rollback", "takeover"
NUMBERS = (DELETES, UPDATES, REVERTS)  # what ``--allow-…`` can overrule
FLAGS = (ROLLBACK, TAKEOVER)  # what it overrules without a number
FEW_UPDATES = 20  # so many entities may be patched in any case
_ROUNDING = 1e-9  # 0.29 * 100 is a little less than 29


@dataclass(frozen=True, slots=True)
class Judged:
    """What the guards look at. owned: all that is stamped ours before the plan; not what it only adopts.

    emptied: nothing of ours is to stay.   protected: what the file, the stamp or the last applied commit protects.
    """

    steps: Sequence[Step]
    owned: Collection[EntityKey]
    limits: Guards
    emptied: bool
    protected: frozenset[EntityKey] = frozenset()


def judge(judged: Judged, allowed: Mapping[str, int]) -> Iterator[Refusal]:
    """The refusals of every guard that this goes too far for. allowed: the numbers somebody gave, by guard."""
    going = going_out(judged.steps)
    yield from _judge_protected(judged)
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
        yield Refusal(ROLLBACK, message, (), 0, 0, "Apply the newer one, unless going back is meant.")


def judge_takeover(catalog: str, *, foreign: bool, allowed: bool) -> Iterator[Refusal]:
    """The refusal to write to a catalogue that another Git repository applies."""
    if foreign and not allowed:
        message = f"the live catalogue `{catalog}` was applied from another Git repository than this one"
        yield Refusal(TAKEOVER, message, (), 0, 0, "Give this catalogue another name, unless it is to take over.")


def still_refused(refusals: Iterable[Refusal], allowed: Mapping[str, int]) -> tuple[Refusal, ...]:
    """The refusals that what was allowed does not overrule."""
    return tuple(item for item in refusals if not _overruled(item, allowed))


def _overruled(refusal: Refusal, allowed: Mapping[str, int]) -> bool:
    if refusal.guard in FLAGS:
        return bool(allowed.get(refusal.guard))
    return bool(refusal.allow) and allowed.get(refusal.guard, 0) >= refusal.allow


def stamped_ours(identity: Identity) -> frozenset[EntityKey]:
    """What carries our stamp now, and so is what shares are of; an instance to be adopted does not yet."""
    return frozenset(identity.ownership.owned.keys() - identity.adopted)


def allowed_share(population: int, share: float, guards: Guards) -> int:
    """How many of a population may go: its share; of a small population half, but always one."""
    if population < guards.min_population:
        return max(1, population // 2)
    return int(population * share + _ROUNDING)


def going_out(steps: Iterable[Step]) -> tuple[EntityKey, ...]:
    """The entities that are deleted or taken out of service (approved or live to something else), sorted."""
    return _keys(steps, lambda before, _after, lifecycle: before == lifecycle.in_service)


def ending(steps: Iterable[Step]) -> tuple[EntityKey, ...]:
    """The entities that are deleted, taken out of service or archived, whatever they were before; sorted."""
    return _keys(steps, lambda before, after, lifecycle: before == lifecycle.in_service or after == lifecycle.retired)


def is_protected(live: LiveInstance) -> bool:
    """Whether the stamp of an instance forbids to delete and to archive it."""
    return live.stamp is not None and live.stamp.protected


def _keys(steps: Iterable[Step], counts: Callable[[Json, Json, Lifecycle], bool]) -> tuple[EntityKey, ...]:
    """Those that are deleted, and those whose status changes in a way that counts."""
    found: set[EntityKey] = set()
    for step in steps:
        lifecycle = KINDS[step.key.kind].lifecycle
        statuses = (planned.change for planned in step.changes if planned.change.path == "status")
        if step.action is Action.DELETE or (
            lifecycle is not None and any(counts(each.before, each.after, lifecycle) for each in statuses)
        ):
            found.add(step.key)
    return tuple(sorted(found))


def _judge_protected(judged: Judged) -> Iterator[Refusal]:
    found = tuple(key for key in ending(judged.steps) if key in judged.protected)
    if found:
        what = _count(len(found), "protected entity", "protected entities")
        message = f"{what} would be deleted, archived or taken out of service"
        remedy = "Have `protect` removed from the file, and apply that first; or put the file back as it was."
        yield Refusal(PROTECTED, message, found, 0, 0, remedy)


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
    patched = sorted({step.key for step in judged.steps if step.changes})
    limit = max(FEW_UPDATES, int(len(judged.owned) * judged.limits.max_update_share + _ROUNDING))
    if len(patched) > limit and (allow is None or len(patched) > allow):
        message = f"{len(patched)} of {len(judged.owned)} entities would be patched; the guard allows {limit}"
        yield Refusal(UPDATES, message, tuple(patched), limit, len(patched))


def _count(number: int, noun: str, nouns: str | None = None) -> str:
    return f"{number} {noun if number == 1 else nouns or noun + 's'}"
