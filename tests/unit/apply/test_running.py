"""What the engine starts, when, and what it does after a failure."""

from __future__ import annotations

import asyncio

import pytest

from reconciler.apply.engine import Stop, apply_plan_async
from reconciler.apply.events import Event
from reconciler.apply.outcomes import Done, Failed, NotAttempted, Skipped, Tally, Unknown
from reconciler.apply.writing import UNREACHED
from reconciler.plan.build import Options
from reconciler.plan.steps import PlanRefused
from tests.plan_builders import Documents, live_after, make_plan, state_of
from tests.unit.apply.fakes import FakeWriter, Listener, as_writer, refused, unauthorised, unreached
from tests.unit.apply.support import carried_out, changed, created

TAGS: Documents = {f"tag/t{number}": {} for number in range(30)}
CHAIN: Documents = {
    "tag/t": {},
    "tag/other": {},
    "offer/o": {"tags": ["t"]},
    "offer/p": {"tags": ["other"]},
    "filter/f": {"offers": ["o", "p"]},
}


def test_ten_steps_run_at_once_and_no_more() -> None:
    _, writer = created(TAGS)
    assert writer.most_at_once == 10


def test_the_number_at_once_can_be_said() -> None:
    _, writer = carried_out(make_plan(TAGS, state_of([])), FakeWriter(), parallelism=3)
    assert writer.most_at_once == 3


def test_a_slow_step_holds_back_only_what_requires_it() -> None:
    async def scenario() -> list[str]:
        writer = FakeWriter(held={"create t": "create p"})
        await asyncio.wait_for(apply_plan_async(make_plan(CHAIN, state_of([])), as_writer(writer)), timeout=600)
        return writer.asked

    assert asyncio.run(scenario()) == ["create other", "create t", "create p", "create o", "create f"]


def test_a_failure_skips_what_requires_it_and_names_the_cause() -> None:
    report, _ = created(CHAIN, answers={"t": refused()})
    assert report.outcomes["create:tag/t"] == Failed("refused (POST /there, request request-1)", "Correct it.")
    assert report.outcomes["create:offer/o"] == Skipped("create:tag/t")
    assert report.outcomes["create:filter/f"] == Skipped("create:tag/t")


def test_a_failure_does_not_stop_the_rest() -> None:
    report, _ = created(CHAIN, answers={"t": refused()})
    assert report.outcomes["create:tag/other"] == report.outcomes["create:offer/p"] == Done()
    assert not report.interrupted


def test_each_step_is_sent_once_and_has_one_outcome() -> None:
    report, writer = created(CHAIN, answers={"t": refused(), "other": refused()})
    assert sorted(writer.asked) == ["create other", "create t"]
    assert report.outcomes.keys() == {step.id for step in report.plan.steps}


def test_every_step_is_told_of_when_it_starts_and_ends() -> None:
    listener = Listener()
    plan = make_plan({"tag/t": {}, "offer/o": {"tags": ["t"]}}, state_of([]))
    carried_out(plan, FakeWriter(answers={"t": refused()}), on_event=listener)
    assert listener.lines == [
        "started create:tag/t",
        "finished create:tag/t",
        "finished create:offer/o",
        "ended incomplete",
    ]


def test_a_stop_ends_what_is_in_flight_and_starts_nothing_more() -> None:
    stop = Stop()

    def stop_at_first(_event: Event) -> None:
        stop.soon.set()

    plan = make_plan(CHAIN, state_of([]))
    report, writer = carried_out(plan, FakeWriter(), stop=stop, on_event=stop_at_first)
    assert writer.asked == ["create other"]
    assert [type(report.outcomes[step.id]) for step in plan.steps] == [Done, *[NotAttempted] * 4]
    assert report.interrupted


def test_asked_twice_to_stop_it_gives_up_what_is_in_flight() -> None:
    stop = Stop()

    def give_up(_event: Event) -> None:
        stop.ask()
        stop.ask()

    async def scenario() -> list[object]:
        writer = FakeWriter(held={"create other": "nothing ever"})
        plan = make_plan(CHAIN, state_of([]))
        work = apply_plan_async(plan, as_writer(writer), stop=stop, on_event=give_up)
        report = await asyncio.wait_for(work, timeout=600)
        return [report.outcomes[step.id] for step in plan.steps if step.key.name in {"other", "t", "p"}]

    assert asyncio.run(scenario()) == [
        Unknown("given up before its answer came", in_flight=True),
        NotAttempted(),
        Skipped("create:tag/other"),
    ]


def test_a_defect_in_one_step_hides_nothing_of_the_others() -> None:
    report, _ = created(CHAIN, answers={"other": ValueError("a-secret")})
    assert report.outcomes["create:tag/other"] == Unknown("a defect of this program: ValueError", in_flight=True)
    assert report.outcomes["create:offer/o"] == Done()


def test_a_repository_that_is_gone_is_not_asked_for_every_step() -> None:
    answers = {f"t{number}": unreached() for number in range(30)}
    report, writer = carried_out(make_plan(TAGS, state_of([])), FakeWriter(answers=answers), parallelism=1)
    assert len(writer.asked) == UNREACHED
    assert report.tally == Tally(failed=UNREACHED, not_attempted=30 - UNREACHED)
    assert not report.interrupted


def test_bad_credentials_end_the_run_without_anybody_having_stopped_it() -> None:
    report, _ = carried_out(
        make_plan(CHAIN, state_of([])), FakeWriter(answers={"other": unauthorised()}), parallelism=1
    )
    assert isinstance(report.outcomes["create:tag/other"], Failed)
    assert report.outcomes["create:tag/t"] == NotAttempted()
    assert report.outcomes["create:offer/p"] == Skipped("create:tag/other")
    assert not report.interrupted


def test_a_refused_plan_sends_nothing() -> None:
    plan = make_plan({}, live_after(TAGS), options=Options())
    with pytest.raises(PlanRefused, match="30 of 30 entities would be deleted"):
        carried_out(plan, FakeWriter())


def test_the_tally_counts_entities_that_were_written_and_steps_that_were_not() -> None:
    report, _ = changed(
        {"tag/a": {}, "tag/b": {}, "offer/o": {"status": "archived"}, "rule/r": {"condition": "x"}},
        {"tag/a": {"name": "A"}, "tag/n": {}, "offer/o": {"status": "approved"}, "offer/p": {"tags": ["n"]}},
        answers={"n": refused()},
    )
    assert report.tally == Tally(patched=2, deleted=2, failed=1, skipped=1)
    assert report.tally.sentence() == (
        "Apply incomplete: 0 created, 2 patched, 2 deleted; 1 failed, 1 skipped, 0 not attempted, 0 unknown."
    )


def test_an_entity_counts_only_when_all_its_steps_are_done() -> None:
    before, after = {"offer/o": {"status": "archived"}}, {"offer/o": {"status": "approved"}}
    plan = make_plan(after, live_after(before))
    stop = Stop()
    report, _ = carried_out(plan, FakeWriter(live_after(before)), stop=stop, on_event=lambda _event: stop.soon.set())
    assert report.tally == Tally(not_attempted=1)
    assert not report.tally.complete
