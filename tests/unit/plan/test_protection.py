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
    plan = make_plan({"offer/o": {**OFFER["offer/o"], "protect": True}}, protected(OFFER), options=UNGUARDED)
    assert plan.steps == ()
    assert told(plan) == [("tag/t", "its stamp protects it from being deleted")]


def test_what_is_protected_is_not_taken_out_of_service() -> None:
    now: Documents = {"tag/t": {"protect": True}, "offer/o": {"status": "archived"}}
    plan = make_plan(now, protected(OFFER), options=UNGUARDED)
    assert plan.steps == ()
    assert told(plan) == [("offer/o", "its stamp protects it from being taken out of service")]


def test_what_its_file_protects_is_not_taken_out_of_service() -> None:
    plan = make_plan({"offer/o": {"status": "archived", "protect": True}, "tag/t": {}}, live_after(OFFER))
    assert told(plan) == [("offer/o", "`protect` protects it from being taken out of service")]


def test_a_file_that_protects_marks_the_stamp_without_any_other_change() -> None:
    [step] = make_plan({**OFFER, "tag/t": {"protect": True}}, live_after(OFFER)).steps
    assert (step.action, step.patch[-1]["value"]["title"][:13]) == (Action.STAMP, "b1;protected;")


def test_a_file_that_no_longer_protects_lifts_the_mark() -> None:
    steps = make_plan(OFFER, protected(OFFER)).steps
    assert [step.id for step in steps] == ["stamp:tag/t", "stamp:offer/o"]
    assert all("protected" not in step.patch[-1]["value"]["title"] for step in steps)


def test_a_patch_keeps_the_mark_of_what_stays_protected() -> None:
    documents: Documents = {
        **OFFER,
        "tag/t": {"name": "T", "protect": True},
        "offer/o": {**OFFER["offer/o"], "protect": True},
    }
    [step] = make_plan(documents, protected(OFFER)).steps
    assert step.action is Action.PATCH
    assert step.patch[-1]["value"]["title"].startswith("b1;protected;")
