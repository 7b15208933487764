"""A create whose answer was lost is looked for before it is asked again."""

from __future__ import annotations

from typing import Any

from reconciler.apply.engine import apply_plan_async
from reconciler.apply.outcomes import Done, Failed, Report, Skipped, Unknown
from reconciler.live.snapshot import read_live_async
from reconciler.plan.build import build_plan
from reconciler.repository.client import RepositoryWriter
from tests.one_clock import Workplace, workplace
from tests.plan_builders import NOW, Documents, make_catalogue, make_plan, state_of
from tests.unit.apply.fakes import GET, FakeWriter, lost, unauthorised
from tests.unit.apply.fakes import POST as CREATE
from tests.unit.apply.support import carried_out

POST = frozenset({"POST"})


def applied(place: Workplace, documents: Documents, settle_s: float = 30.0) -> Report:
    async def scenario(writer: RepositoryWriter) -> Report:
        plan = build_plan(make_catalogue(documents), await read_live_async(writer), now=NOW)
        return await apply_plan_async(plan, writer, settle_s=settle_s, clock=writer.clock)

    report: Report = place.run(scenario)
    return report


def live(place: Workplace) -> list[str]:
    async def scenario(writer: RepositoryWriter) -> list[str]:
        return [str(item.stamp.key) for item in await read_live_async(writer) if item.stamp]

    found: list[str] = place.run(scenario)
    return found


def test_it_is_done_when_it_is_found_and_what_needs_it_goes_on() -> None:
    with workplace(drop_after=1.0, ops={"drop-after": POST}) as place:
        report = applied(place, {"tag/t": {}, "rule/r": {"condition": "a"}, "offer/o": {"tags": ["t"], "rule": "r"}})
        assert set(report.outcomes.values()) == {Done()}
        assert sorted(live(place)) == ["offer/o", "rule/r", "tag/t"]
        assert place.writes == ["POST"] * 3


def test_it_is_unknown_and_in_flight_when_the_lists_are_refused_and_nothing_more_is_sent() -> None:
    plan = make_plan({"rule/r": {"condition": "a"}, "rule/s": {"condition": "b"}}, state_of([]))
    fake = FakeWriter(answers={"r": lost(CREATE)}, lists=unauthorised(GET))
    report, writer = carried_out(plan, fake, parallelism=1)
    assert isinstance(report.outcomes["create:rule/r"], Unknown)
    assert report.in_flight
    assert report.unauthorised
    assert writer.asked == ["create r"]


def test_it_is_waited_for_while_the_lists_are_late() -> None:
    with workplace(drop_after=1.0, stale_list_s=8.0, ops={"drop-after": POST}) as place:
        report = applied(place, {"rule/r": {"condition": "a"}})
        assert report.outcomes["create:rule/r"] == Done()
        assert 8 <= place.clock.now() < 30


def test_a_name_that_stays_free_is_asked_for_again() -> None:
    with workplace(drop_before=1.0, ops={"drop-before": POST}) as place:
        report = applied(place, {"tag/t": {}, "offer/o": {"tags": ["t"]}}, settle_s=2.0)
        assert isinstance(report.outcomes["create:tag/t"], Unknown)
        assert report.outcomes["create:offer/o"] == Skipped("create:tag/t")
        assert place.writes == ["POST"] * 3
        assert live(place) == []


def test_a_kind_whose_names_are_not_unique_ends_unknown_and_is_never_asked_for_twice() -> None:
    with workplace(drop_before=1.0, ops={"drop-before": POST}) as place:
        report = applied(place, {"rule/r": {"condition": "a"}}, settle_s=2.0)
        outcome: Any = report.outcomes["create:rule/r"]
        assert isinstance(outcome, Unknown)
        assert outcome.message.endswith("it was not found within 2 s")
        assert place.writes == ["POST"]


def test_a_name_that_somebody_took_meanwhile_fails() -> None:
    async def scenario(writer: RepositoryWriter) -> Report:
        plan = build_plan(make_catalogue({"tag/t": {}}), await read_live_async(writer), now=NOW)
        await writer.create("https://ns.adobe.com/experience/offer-management/tag", {"xdm:name": "t"}, {})
        return await apply_plan_async(plan, writer, settle_s=2.0, clock=writer.clock)

    with workplace() as place:
        report: Report = place.run(scenario)
        assert isinstance(report.outcomes["create:tag/t"], Failed)
