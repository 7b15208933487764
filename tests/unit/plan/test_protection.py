"""The protection mark of a stamp outlives the file's word."""

from __future__ import annotations

from dataclasses import replace

from reconciler.live.snapshot import LiveState
from reconciler.plan.guards import still_refused
from reconciler.plan.steps import Action, Plan
from tests.plan_builders import UNGUARDED, Documents, key_of, live_after, make_plan

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
    return [(", ".join(str(key) for key in refusal.keys), refusal.message) for refusal in plan.refusals]


def test_what_is_protected_is_not_deleted() -> None:
    plan = make_plan({"offer/o": {**OFFER["offer/o"], "protect": True}}, protected(OFFER), options=UNGUARDED)
    assert told(plan) == [("tag/t", "1 protected entity would be deleted, archived or taken out of service")]


def test_what_is_protected_is_not_taken_out_of_service() -> None:
    now: Documents = {"tag/t": {"protect": True}, "offer/o": {"status": "archived"}}
    plan = make_plan(now, protected(OFFER), options=UNGUARDED)
    assert told(plan) == [("offer/o", "1 protected entity would be deleted, archived or taken out of service")]


def test_what_its_file_protects_is_not_taken_out_of_service() -> None:
    plan = make_plan({"offer/o": {"status": "archived", "protect": True}, "tag/t": {}}, live_after(OFFER))
    assert told(plan) == [("offer/o", "1 protected entity would be deleted, archived or taken out of service")]


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


def test_what_the_last_applied_commit_protected_is_not_deleted() -> None:
    options = replace(UNGUARDED, protected=frozenset({key_of("tag/t")}))
    plan = make_plan({"offer/o": OFFER["offer/o"]}, live_after(OFFER), options=options)
    assert told(plan) == [("tag/t", "1 protected entity would be deleted, archived or taken out of service")]


def test_what_its_file_protects_is_not_destroyed() -> None:
    documents: Documents = {"tag/t": {"protect": True}, "offer/o": {}}
    plan = make_plan(documents, live_after(OFFER), options=replace(UNGUARDED, destroy=True))
    assert told(plan) == [("tag/t", "1 protected entity would be deleted, archived or taken out of service")]


def test_no_number_overrules_protection() -> None:
    plan = make_plan({"offer/o": OFFER["offer/o"]}, protected(OFFER), options=UNGUARDED)
    assert still_refused(plan.refusals, {"protected": 9, "deletes": 9}) == plan.refusals
