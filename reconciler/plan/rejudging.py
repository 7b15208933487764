"""A plan that was made earlier, judged by the guards again: by what is live, and what Git knows, now."""

from __future__ import annotations

from reconciler.live.identity import identify
from reconciler.live.snapshot import LiveState
from reconciler.model.catalogue import Catalogue
from reconciler.model.kinds import EntityKey
from reconciler.plan import guards
from reconciler.plan.build import Options
from reconciler.plan.steps import Action, Plan, Refusal

_NOT_BEFORE = frozenset({Action.CREATE, Action.ADOPT})  # after these an instance carries our stamp, not before


def judge_again(plan: Plan, catalogue: Catalogue, live: LiveState, options: Options) -> tuple[Refusal, ...]:
    """What the guards refuse in a saved plan now. What was allowed when it was made, and what is allowed here, holds.

    Shares are of what was ours before the plan, so that a plan that was cut off is judged as a whole.
    options: of the command that carries it out, with what Git knows of the last applied commit.
    What was refused when the plan was made stays refused until it is overruled, whatever is live now.
    """
    allowed = {**plan.allowed, **options.allowed}
    by_id = {item.instance.instance_id: item for item in live}
    gone = {step.key for step in plan.steps if step.action is Action.DELETE and step.remote_id not in by_id}
    found = {step.key: by_id.get(step.remote_id or "") for step in plan.steps}
    stamped = {key for key, item in found.items() if item is not None and guards.is_protected(item)}
    filed = {key for key, entity in catalogue.entities.items() if entity.protect}
    judged = guards.Judged(
        plan.steps,
        _owned_before(plan, catalogue, live) | gone,
        catalogue.settings.guards,
        emptied=False,
        protected=frozenset(options.protected | stamped | filed) - gone,
    )
    fresh = (
        *guards.judge(judged, allowed),
        *guards.judge_rollback(options.newer, plan.commit, allowed=guards.ROLLBACK in allowed),
        *guards.judge_takeover(plan.catalog, foreign=options.foreign, allowed=guards.TAKEOVER in allowed),
    )
    told = {refusal.guard for refusal in fresh}
    return (*fresh, *(item for item in guards.still_refused(plan.refusals, allowed) if item.guard not in told))


def _owned_before(plan: Plan, catalogue: Catalogue, live: LiveState) -> frozenset[EntityKey]:
    """What carries our stamp now and did so before the plan."""
    fresh = {step.key for step in plan.steps if step.action in _NOT_BEFORE}
    return guards.stamped_ours(identify(catalogue, live)) - fresh
