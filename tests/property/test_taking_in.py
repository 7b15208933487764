"""New instances are counted and indexed many at a time; no answer shows which are and which still wait (E6, F1)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.emulator.app import Emulator
from tests.emulator_support import Caller, Made, TickingClock, ids_of, names_of, xdm

pytestmark = pytest.mark.property

STEPS = st.sampled_from(["make", "make", "remove first", "remove last", "rename first", "rename last", "open again"])


@settings(max_examples=100, deadline=None)
@given(st.lists(STEPS, max_size=30), st.sampled_from([1, 2, 4, 256]))
def test_all_are_counted_and_found(steps: Sequence[str], together: int) -> None:
    with TemporaryDirectory() as folder:
        there: dict[Made, str] = {}
        ids = _uuids()
        emulator = _opened(folder, together, ids)
        for number, step in enumerate(steps):
            if step == "open again":
                emulator.close()
                emulator = _opened(folder, together, ids)
            else:
                _carry_out(Caller(emulator), step, number, there)
            _require_told(Caller(emulator), there)
        emulator.close()


def _uuids() -> Iterator[UUID]:
    """Two beginnings, so that many are counted in one sum."""
    return (UUID(int=(number // 16 % 2 << 120) + (number << 80)) for number in itertools.count())


def _opened(folder: str, together: int, ids: Iterator[UUID]) -> Emulator:
    path, clock = Path(folder) / "x.db", TickingClock()
    return Emulator.open(path, clock=clock, new_uuid=lambda: next(ids), taken_in_together=together)


def _carry_out(repo: Caller, step: str, number: int, there: dict[Made, str]) -> None:
    name = f"word{number} all"
    if step == "make":
        there[repo.made("tag", name=name)] = name
    elif there:
        made = list(there)[0 if step.endswith("first") else -1]
        if step.startswith("remove"):
            assert repo.delete_and_poll(made)["outcome"] == "deleted"
            del there[made]
        else:
            assert repo.put(made, xdm(name=name)).status == 200
            there[made] = name


def _require_told(repo: Caller, there: dict[Made, str]) -> None:
    assert sorted(names_of(repo.search("tag", "all"))) == sorted(there.values())
    for name in there.values():
        assert names_of(repo.search("tag", name.partition(" ")[0])) == [name]
    for order in ("instanceId", "-instanceId", "repo:createdDate"):
        rest = len(there)
        for page in repo.pages(repo.list("tag", orderBy=order, limit=3)):
            assert page["_embedded"]["total"] == rest
            rest -= len(ids_of(page))
        assert rest == 0
