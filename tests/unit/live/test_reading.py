"""A reading is complete only when its pages add up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import pytest

from reconciler.live.snapshot import Incomplete, LiveState, read_live_async
from reconciler.model.kinds import KINDS, Kind
from reconciler.repository.port import Page
from tests.plan_builders import applied, make_instance, repository

TAG = KINDS[Kind.TAG].schema


def page(names: str, total: int) -> Page:
    """A page of tags, one for each letter; ``total`` counts from this page on."""
    items = tuple(make_instance(Kind.TAG, name, {}).instance for name in names)
    return Page(items, total, len(items), has_next=len(items) < total)


@dataclass
class Listings:
    """Gives these listings of tags one after the other, the last for ever, and nothing of the other kinds."""

    listings: list[list[Page]]
    given: int = 0

    @property
    def container(self) -> str:
        return "box"

    async def pages(
        self,
        schema: str,
        *,
        limit: int = 500,  # noqa: ARG002 - the protocol's
        properties: Sequence[str] = (),  # noqa: ARG002 - the protocol's
        ids: Sequence[str] = (),  # noqa: ARG002 - the protocol's
    ) -> AsyncIterator[Page]:
        listing = [page("", 0)]
        if schema == TAG:
            listing = self.listings[min(self.given, len(self.listings) - 1)]
            self.given += 1
        for each in listing:
            yield each


def read(*listings: list[Page]) -> tuple[LiveState, Listings]:
    reader = Listings(list(listings))
    return asyncio.run(read_live_async(reader)), reader  # type: ignore[arg-type]  # only pages are asked for


def names(live: LiveState) -> str:
    return "".join(item.instance.instance_id[0] for item in live)


def test_pages_that_add_up_are_read_once() -> None:
    live, reader = read([page("ab", 3), page("c", 1)])
    assert names(live) == "abc"
    assert live.incomplete == ()
    assert reader.given == 1


def test_a_listing_without_instances_is_complete() -> None:
    live, _ = read([page("", 0)])
    assert live.incomplete == ()


def test_a_listing_that_ends_early_is_incomplete() -> None:
    live, reader = read([page("ab", 3)])
    assert live.incomplete == (Incomplete(Kind.TAG, 1, "ends after 2 of 3 remaining instances"),)
    assert reader.given == 3


def test_a_page_that_announces_another_number_than_the_next_is_incomplete() -> None:
    live, _ = read([page("ab", 3), page("cd", 2)], [page("ab", 4), page("c", 1)], [page("ab", 3), page("", 0)])
    assert [str(fault) for fault in live.incomplete] == ["tag, page 2: has 0 instances to come where 1 were announced"]


def test_an_id_that_comes_twice_is_incomplete() -> None:
    live, _ = read([page("ab", 3), page("a", 1)])
    assert live.incomplete == (Incomplete(Kind.TAG, 2, "gives a-tag a second time"),)


def test_an_id_that_comes_twice_on_one_page_is_incomplete() -> None:
    live, _ = read([page("aba", 3)])
    assert live.incomplete == (Incomplete(Kind.TAG, 1, "gives a-tag a second time"),)


def test_a_listing_without_any_page_is_incomplete() -> None:
    live, _ = read([])
    assert [fault.kind for fault in live.incomplete] == [Kind.TAG]


def test_a_listing_that_adds_up_at_the_second_reading_is_complete() -> None:
    live, reader = read([page("ab", 3)], [page("ab", 3), page("c", 1)])
    assert live.incomplete == ()
    assert names(live) == "abc"
    assert reader.given == 2


def test_two_readings_of_the_same_ids_to_the_end_are_complete() -> None:
    odd = [page("ab", 4), page("c", 1)]
    live, reader = read(odd)
    assert live.incomplete == ()
    assert reader.given == 2


@pytest.mark.parametrize("odd", [[page("ab", 3)], [page("ab", 3), page("a", 1)]])
def test_two_readings_alike_that_end_early_or_repeat_an_id_are_incomplete(odd: list[Page]) -> None:
    live, reader = read(odd)
    assert len(live.incomplete) == 1
    assert reader.given == 3


def test_instances_of_every_kind_are_read_with_their_stamps() -> None:
    async def scenario() -> LiveState:
        async with repository() as writer:
            await applied({"tag/t": {}, "rule/r": {"condition": "x"}, "offer/o": {"tags": ["t"]}}, writer)
            return await read_live_async(writer)

    stamps = [item.stamp for item in asyncio.run(scenario())]
    assert [str(stamp.key) for stamp in stamps if stamp] == ["tag/t", "rule/r", "offer/o"]


def test_more_instances_than_a_page_holds_are_all_read() -> None:
    async def scenario() -> LiveState:
        async with repository() as writer:
            await applied({f"tag/t{number}": {} for number in range(1001)}, writer)
            return await read_live_async(writer)

    live = asyncio.run(scenario())
    assert len(list(live)) == 1001
    assert live.incomplete == ()


def test_two_equal_readings_that_do_not_add_up_in_the_middle_are_complete() -> None:
    odd = [page("ab", 5), page("cd", 3), page("e", 1)]
    odd[1] = Page(odd[1].items, 4, 2, has_next=True)
    live, reader = read(odd)
    assert live.incomplete == ()
    assert (names(live), reader.given) == ("abcde", 2)


def test_a_listing_that_leads_on_for_ever_is_left() -> None:
    endless = [Page((), 0, 0, has_next=True)] * 1000
    live, _ = read(endless)
    assert live.incomplete == (Incomplete(Kind.TAG, 1, "leads on although nothing remains"),)
