"""A run ends when the lists show what it created, so that the next one does not make it again."""

from __future__ import annotations

from reconciler.apply.settling import until_listed
from reconciler.model.kinds import KINDS, Kind
from reconciler.repository.client import RepositoryWriter
from tests.one_clock import workplace


async def _made(writer: RepositoryWriter, count: int) -> list[str]:
    return [(await writer.create(KINDS[Kind.TAG].schema, {"xdm:name": f"T{each}"}, {})).uri for each in range(count)]


def test_it_waits_until_late_lists_have_all_of_it() -> None:
    async def scenario(writer: RepositoryWriter) -> tuple[str, ...]:
        created = await _made(writer, 3)
        return await until_listed(writer, {Kind.TAG: created}, {}, writer.clock, 30.0)

    with workplace(stale_list_s=8.0) as place:
        assert place.run(scenario) == ()
        assert 8 <= place.clock.now() < 30


def test_when_the_settle_time_is_over_it_names_what_is_still_missing() -> None:
    async def scenario(writer: RepositoryWriter) -> bool:
        created = await _made(writer, 2)
        return await until_listed(writer, {Kind.TAG: created}, {}, writer.clock, 5.0) == tuple(sorted(created))

    with workplace(stale_list_s=60.0) as place:
        assert place.run(scenario)
        assert 5 <= place.clock.now() < 6


def test_nothing_created_is_nothing_to_wait_for() -> None:
    async def scenario(writer: RepositoryWriter) -> tuple[str, ...]:
        asked = len(place.asked)
        missing = await until_listed(writer, {Kind.TAG: ()}, {Kind.TAG: 9}, writer.clock, 30.0)
        assert len(place.asked) == asked
        return missing

    with workplace() as place:
        assert place.run(scenario) == ()
