"""The protection mark of a stamp outlives the file's word."""

from __future__ import annotations

from dataclasses import replace

from reconciler.live.snapshot import LiveState
from reconciler.plan.steps import Action, Plan
from tests.plan_builders import UNGUARDED, Documents, live_after, make_plan

OFFER: Documents = {"offer/o": {"status": "approved"}, "tag/t": {}}


def protected(documents: Documents) -> LiveState:
    live = live_after(documents)
    marked = {
        kind: tuple(
            replace(item, stamp=replace(item.stamp, protected=True)) if item.stamp is not None else item
            for item in items
        )
        for kind, items in live.instances.items()
    }
    return replace(live, instances=marked)


def told(plan: Plan) -> list[tuple[str, str]]:
    return [(str(problem.key), problem.message) for problem in plan.problems]


def test_what_is_protected_is_not_deleted() -> None:
    plan = make_plan({"offer/o": OFFER["offer/o"]}, protected(OFFER), options=UNGUARDED)
    assert plan.steps == ()
    assert told(plan) == [("tag/t", "its stamp protects it from being deleted")]


def test_what_is_protected_is_not_taken_out_of_service() -> None:
    plan = make_plan({**OFFER, "offer/o": {"status": "archived"}}, protected(OFFER), options=UNGUARDED)
    assert plan.steps == ()
    assert told(plan) == [("offer/o", "its stamp protects it from being taken out of service")]


def test_the_mark_is_no_difference_and_stays_with_the_next_patch() -> None:
    assert make_plan(OFFER, protected(OFFER)).steps == ()
    [step] = make_plan({**OFFER, "tag/t": {"name": "T"}}, protected(OFFER)).steps
    assert step.action is Action.PATCH
    assert step.patch[-1]["value"]["title"].startswith("b1;protected;")
