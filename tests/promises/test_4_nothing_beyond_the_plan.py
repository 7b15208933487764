"""Promise 4: no write beyond the plan; none from an incomplete read; no edit made live is undone unseen."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from reconciler.apply.run import Ended
from reconciler.model.errors import ReconcilerError
from reconciler.plan.guards import judge_reverts
from reconciler.plan.steps import IncompleteRead
from tests.promises.arena import Job, Trouble
from tests.promises.line import Fault
from tests.promises.page import Page
from tests.promises.scenario import AFTER, BEFORE, BOUNDARIES, applied_before
from tests.promises.world import Held


def test_a_list_that_stays_cut_off_means_no_write_at_all() -> None:
    with applied_before() as place:
        [ended] = place.apply(Job(AFTER, trouble=Trouble(dict.fromkeys(range(3, 60), Fault.TRUNCATED))))
        assert isinstance(ended, IncompleteRead)
        assert place.writes == 0


def test_a_list_cut_off_once_is_read_again() -> None:
    with applied_before() as place:
        for number in range(3, 10):
            [ended] = place.apply(Job(AFTER, trouble=Trouble({number: Fault.TRUNCATED})))
            assert isinstance(ended, Ended)
            assert ended.complete
        assert place.plan(AFTER)[0].steps == ()


@pytest.mark.parametrize("number", BOUNDARIES)
def test_an_edit_made_at_any_moment_of_a_run_is_not_overwritten(number: int) -> None:
    """The judge fails on a write over what the plan has not seen."""
    for seed in range(4):
        with applied_before() as place:
            page = Page(place.world)
            edited: list[int] = []

            def edit(at: int, seed: int = seed, page: Page = page, edited: list[int] = edited) -> None:
                if at == number:
                    edited.append(at)
                    page.edit(seed)

            [ended] = place.apply(Job(AFTER, trouble=Trouble(between=edit)))  # raises what the judge found
            assert isinstance(ended, Ended)
            assert edited == [number]


SAVES: dict[str, tuple[Callable[[Page, Held], None], bool]] = {
    "nothing": (lambda page, offer: page.set(offer, "xdm:name", offer.name), False),
    "its stamp": (lambda page, offer: page.strip(Random(0), offer), True),  # noqa: S311 - the same every time
    "its status": (lambda page, offer: page.set(offer, "xdm:status", "draft"), True),
    "a new property": (lambda page, offer: page.set(offer, "acme:note", "by hand"), True),
}


@pytest.mark.parametrize(("save", "stays"), SAVES.values(), ids=SAVES)
def test_what_somebody_saves_between_the_archiving_and_the_delete_decides(
    save: Callable[[Page, Held], None], stays: bool
) -> None:
    with applied_before() as place:
        saved: list[Held] = []

        def between(_number: int) -> None:
            for offer in place.world.entities():
                if offer.name == "leaves" and offer.properties["xdm:status"] == "archived" and not saved:
                    saved.append(offer)
                    save(Page(place.world), offer)

        place.apply(Job(AFTER, trouble=Trouble(between=between)))
        [offer] = saved
        assert (offer.id in place.world.held) is stays


@pytest.mark.parametrize(
    ("edited", "value"),
    [
        ("xdm:name", "by hand"),
        ("xdm:rank", {"xdm:priority": 7}),
        ("xdm:status", "archived"),
        ("xdm:tags", []),
        ("xdm:representations", []),
        ("xdm:selectionConstraint", {"xdm:startDate": "2026-01-01T00:00:00Z"}),
    ],
)
def test_an_edit_made_live_is_undone_only_where_somebody_says_so(edited: str, value: Any) -> None:
    with applied_before() as place:
        offer = next(item for item in place.world.entities() if item.name == "stays")
        Page(place.world).set(offer, edited, value)
        plan, _live = place.plan(BEFORE)
        assert all(change.change.reverts for step in plan.steps for change in step.changes)
        [refusal] = judge_reverts(plan, None)
        assert [str(key) for key in refusal.keys] == ["offer/stays"]
        assert list(judge_reverts(plan, refusal.allow)) == []


def test_a_change_in_git_is_no_edit_made_live() -> None:
    with applied_before() as place:
        plan, _live = place.plan(AFTER)
        assert plan.steps
        assert list(judge_reverts(plan, None)) == []


def test_a_saved_plan_that_no_longer_fits_writes_nothing() -> None:
    with applied_before() as place:
        saved = place.plan(AFTER)
        offer = next(item for item in place.world.entities() if item.name == "stays")
        Page(place.world).set(offer, "xdm:rank", {"xdm:priority": 7})
        [ended] = place.apply(Job(AFTER, saved=saved))
        assert isinstance(ended, ReconcilerError)
        assert place.writes == 0


@pytest.mark.parametrize("edited", ["xdm:name", "acme:note"])
def test_what_is_edited_after_a_saved_plan_broke_off_is_not_overwritten_when_it_goes_on(edited: str) -> None:
    """Broken off within a chain of steps on one instance: what is left of it rests on what the earlier ones left."""
    broken_off = 0
    for number in BOUNDARIES:
        with applied_before() as place:
            saved = place.plan(AFTER)
            place.apply(Job(AFTER, saved=saved, trouble=Trouble({number: Fault.KILLED_AFTER})))
            place.rest()
            for item in place.world.entities():
                if "(replaced" in item.name or item.properties.get("xdm:status") == "archived":
                    Page(place.world).set(item, edited, "by hand")
                    broken_off += 1
            place.apply(Job(AFTER, saved=saved))
    assert broken_off


def test_a_plan_applied_twice_does_nothing_the_second_time() -> None:
    with applied_before() as place:
        saved = place.plan(AFTER)
        place.apply(Job(AFTER, saved=saved))
        [second] = place.apply(Job(AFTER, saved=saved))
        assert isinstance(second, Ended)
        assert second.complete
        assert place.writes == 0
        assert place.plan(BEFORE)[0].steps
