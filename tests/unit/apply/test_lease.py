"""One run at a time writes, and whoever lost the lease writes no more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from reconciler.apply.lease import Foreign, HeldLease, Locked, Runner, Terms, find_anchor, leased, take, unlock
from reconciler.live.anchor import SCHEMA, AnchorState
from reconciler.live.snapshot import read_live_async
from reconciler.model.errors import ReconcilerError
from reconciler.repository.client import RepositoryWriter
from tests.one_clock import workplace
from tests.unit.apply.fakes import GET, PATCH, lost, unreached

TERMS = Terms(term_s=60, settle_s=30)
ANNA, BEN = Runner("run-a", "anna@laptop", "h 1 10"), Runner("run-b", "ben@ci", "h 2 20")


async def lease(writer: RepositoryWriter, runner: Runner, terms: Terms = TERMS, **options: Any) -> HeldLease:
    return await take(writer, "skyline-air", runner, terms, writer.clock, **options)


async def state(writer: RepositoryWriter) -> AnchorState:
    anchor = await find_anchor(writer, "skyline-air")
    assert anchor is not None
    return anchor.state


def test_the_first_run_makes_the_anchor_with_its_lease_in_one_write() -> None:
    async def scenario(writer: RepositoryWriter) -> None:
        await lease(writer, ANNA)
        assert (await state(writer)).lease is not None

    with workplace() as place:
        place.run(scenario)
        assert place.writes == ["POST"]


def test_a_second_run_is_told_who_holds_the_lease_and_how_to_free_it() -> None:
    async def scenario(writer: RepositoryWriter) -> None:
        await lease(writer, ANNA)
        with pytest.raises(Locked) as told:
            await lease(writer, BEN)
        assert "anna@laptop is applying" in told.value.message
        assert (told.value.remedy or "").endswith("reconciler unlock --run run-a")

    with workplace() as place:
        place.run(scenario)
        assert place.writes == ["POST"]


def test_a_lease_that_was_given_back_is_free_and_keeps_its_commit() -> None:
    async def scenario(writer: RepositoryWriter) -> None:
        first = await lease(writer, ANNA)
        assert await first.release("c1")
        second = await lease(writer, BEN)
        assert await second.release(None)
        assert await state(writer) == AnchorState("skyline-air", "c1")

    with workplace() as place:
        place.run(scenario)


def test_a_run_waits_as_long_as_it_is_told_to() -> None:
    async def scenario(writer: RepositoryWriter) -> float:
        await lease(writer, ANNA, replace(TERMS, term_s=5, settle_s=2))
        held = await lease(writer, BEN, Terms(term_s=5, settle_s=2, lock_timeout_s=20))
        assert held.lease.run == "run-b"
        return writer.clock.now()

    with workplace() as place:
        assert 7 <= place.run(scenario) < 9  # its term and the settle time, not less


def test_an_expired_lease_is_not_taken_before_the_settle_time_is_over() -> None:
    async def scenario(writer: RepositoryWriter) -> None:
        await lease(writer, ANNA)
        place.clock.pass_by(89)
        with pytest.raises(Locked):
            await lease(writer, BEN)
        place.clock.pass_by(2)
        assert (await lease(writer, BEN)).lease.run == "run-b"

    with workplace() as place:
        place.run(scenario)


def test_a_process_that_is_known_to_be_gone_holds_nothing() -> None:
    async def scenario(writer: RepositoryWriter) -> None:
        await lease(writer, ANNA)
        held = await lease(writer, replace(BEN, gone=lambda process: process == ANNA.process))
        assert held.lease.run == "run-b"

    with workplace() as place:
        place.run(scenario)


def test_whoever_was_asleep_beyond_the_term_may_not_write_nor_give_back_what_somebody_took() -> None:
    async def scenario(writer: RepositoryWriter) -> None:
        held = await lease(writer, ANNA)
        place.clock.pass_by(91)
        await lease(writer, BEN)
        assert not held.may_write()
        assert not await held.assured()
        assert not await held.release("c1")
        assert (await state(writer)).commit is None

    with workplace() as place:
        place.run(scenario)


def test_whoever_was_asleep_beyond_the_term_goes_on_if_nobody_has_taken_it_since() -> None:
    async def scenario(writer: RepositoryWriter) -> None:
        held = await lease(writer, ANNA)
        place.clock.pass_by(200)
        assert not held.may_write()
        assert await held.assured()
        with pytest.raises(Locked):
            await lease(writer, BEN)
        assert await held.release("c1")

    with workplace() as place:
        place.run(scenario)


def test_each_renewal_gives_the_lease_another_term() -> None:
    async def scenario(writer: RepositoryWriter) -> None:
        held = await lease(writer, ANNA)
        for _ in range(5):
            place.clock.pass_by(50)
            await held.renew()
        assert held.may_write()
        assert await held.release("c1")

    with workplace() as place:
        place.run(scenario)


def test_a_lease_is_renewed_three_times_in_each_term_while_the_block_lasts() -> None:
    async def scenario(writer: RepositoryWriter) -> None:
        async with leased(writer, "skyline-air", ANNA, TERMS, writer.clock):
            await asyncio.wait_for(place.clock.somebody_sleeps.wait(), 10)
            assert place.clock.sleepers[0][0] == TERMS.term_s / 3

    with workplace() as place:
        place.run(scenario)


def test_a_renewal_that_meets_another_lease_loses_it() -> None:
    async def scenario(writer: RepositoryWriter) -> None:
        held = await lease(writer, ANNA)
        await unlock(writer, "skyline-air", "run-a")
        await lease(writer, BEN)
        await held.renew()
        assert not held.may_write()
        assert (await state(writer)).lease == (await lease(writer, BEN)).lease

    with workplace() as place:
        place.run(scenario)


def test_only_the_run_that_is_named_is_unlocked() -> None:
    async def scenario(writer: RepositoryWriter) -> None:
        await lease(writer, ANNA)
        with pytest.raises(ReconcilerError, match="anna@laptop holds it as run run-a"):
            await unlock(writer, "skyline-air", "run-b")
        assert (await unlock(writer, "skyline-air", "run-a")).holder == "anna@laptop"
        with pytest.raises(ReconcilerError, match="nobody is applying"):
            await unlock(writer, "skyline-air", "run-a")

    with workplace() as place:
        place.run(scenario)


@pytest.mark.parametrize(
    ("theirs", "ours", "refused"),
    [({"r1"}, {"r2"}, True), ({"r1", "r2"}, {"r2", "r3"}, False), ({"r1"}, set(), False), (set(), {"r1"}, False)],
)
def test_a_catalogue_of_another_git_repository_is_refused(theirs: set[str], ours: set[str], refused: bool) -> None:
    async def scenario(writer: RepositoryWriter) -> None:
        first = await lease(writer, replace(ANNA, roots=frozenset(theirs)))
        await first.release(None)
        there = replace(BEN, roots=frozenset(ours))
        if refused:
            with pytest.raises(Foreign) as told:
                await lease(writer, there)
            assert (told.value.remedy or "").endswith("--allow-takeover skyline-air")
        held = await lease(writer, there, takeover=refused)
        assert held.state.roots == frozenset(ours or theirs)

    with workplace() as place:
        place.run(scenario)


def test_a_lost_answer_to_the_first_write_is_looked_up_not_repeated() -> None:
    async def scenario(writer: RepositoryWriter) -> None:
        held = await lease(writer, ANNA)
        assert held.lease.run == "run-a"

    with workplace(drop_after=1.0, ops={"drop-after": frozenset({"POST"})}) as place:
        place.run(scenario)
        assert place.writes == ["POST"]


class Deaf:
    """A writer whose next answers are lost: writes are carried out all the same. looks: looking fails too.

    slow: called before an answer is lost.
    """

    def __init__(
        self,
        writer: RepositoryWriter,
        answers: int = 1,
        *,
        looks: bool = False,
        slow: Callable[[], None] = lambda: None,
    ) -> None:
        self.writer, self.answers, self.looks, self.slow = writer, answers, looks, slow

    def __getattr__(self, name: str) -> Any:
        return getattr(self.writer, name)

    async def create(self, *args: Any, **options: Any) -> Any:
        return self._heard(await self.writer.create(*args, **options))

    async def patch(self, *args: Any, **options: Any) -> Any:
        return self._heard(await self.writer.patch(*args, **options))

    def _heard(self, receipt: Any) -> Any:
        if self.answers > 0:
            self.answers -= 1
            self.slow()
            raise lost(PATCH)
        return receipt

    async def lookup(self, *args: Any, **options: Any) -> Any:
        if self.looks:
            self.looks = False
            raise unreached(GET)
        return await self.writer.lookup(*args, **options)


def test_a_term_counts_from_the_write_whose_answer_was_lost_not_from_the_look_for_it() -> None:
    async def scenario(writer: RepositoryWriter) -> None:
        held = await lease(Deaf(writer, slow=lambda: place.clock.pass_by(TERMS.term_s - 1)), ANNA)  # type: ignore[arg-type]
        place.clock.pass_by(2)
        assert not held.may_write()
        place.clock.pass_by(TERMS.settle_s)
        await lease(writer, BEN)
        assert not await held.assured()

    with workplace() as place:
        place.run(scenario)


def test_an_answer_that_is_lost_for_longer_than_we_wait_leads_to_one_more_look() -> None:
    async def scenario(writer: RepositoryWriter) -> None:
        held = await lease(Deaf(writer, slow=lambda: place.clock.pass_by(1000)), ANNA)  # type: ignore[arg-type]
        assert not held.may_write()
        assert await held.assured()

    with workplace() as place:
        place.run(scenario)


def test_a_renewal_whose_answer_is_lost_is_looked_up() -> None:
    async def scenario(writer: RepositoryWriter) -> None:
        held = replace(await lease(writer, ANNA), writer=Deaf(writer))
        place.clock.pass_by(50)
        await held.renew()
        place.clock.pass_by(50)
        assert held.may_write()
        assert await held.release("c1")
        assert (await state(writer)).commit == "c1"

    with workplace() as place:
        place.run(scenario)


def test_a_renewal_that_meets_one_of_its_own_whose_answer_was_lost_is_sent_again() -> None:
    async def scenario(writer: RepositoryWriter) -> None:
        held = replace(await lease(writer, ANNA), writer=Deaf(writer, looks=True))
        place.clock.pass_by(10)
        await held.renew()
        place.clock.pass_by(45)
        await held.renew()
        place.clock.pass_by(50)  # the lost one would have run out by now, and its settle time too
        assert held.may_write()
        with pytest.raises(Locked):
            await lease(writer, BEN)

    with workplace() as place:
        place.run(scenario)


def test_a_lease_whose_release_was_carried_out_unheard_counts_as_given_back() -> None:
    async def scenario(writer: RepositoryWriter) -> None:
        for looks in (False, True):
            held = replace(await lease(writer, ANNA), writer=Deaf(writer, looks=looks))
            assert await held.release("c1")
            assert await state(writer) == AnchorState("skyline-air", "c1")

    with workplace() as place:
        place.run(scenario)


def test_the_anchor_is_no_instance_of_the_catalogue() -> None:
    async def scenario(writer: RepositoryWriter) -> None:
        await lease(writer, ANNA)
        live = await read_live_async(writer)
        assert list(live) == []
        assert [anchor.state.catalog for anchor in live.anchors] == ["skyline-air"]

    with workplace() as place:
        place.run(scenario)


def test_a_tag_that_only_has_the_anchors_name_is_not_taken_for_it() -> None:
    async def scenario(writer: RepositoryWriter) -> None:
        await writer.create(SCHEMA, {"xdm:name": "reconciler:skyline-air"}, {})
        with pytest.raises(ReconcilerError, match="is not the anchor of this catalogue"):
            await lease(writer, ANNA)

    with workplace() as place:
        place.run(scenario)


def test_what_an_anchor_keeps_survives_being_written() -> None:
    async def scenario(writer: RepositoryWriter) -> None:
        held = await lease(writer, replace(ANNA, holder="ann;a=%\n@host", roots=frozenset({"a", "b"})))
        assert (await state(writer)) == held.state

    with workplace() as place:
        place.run(scenario)
