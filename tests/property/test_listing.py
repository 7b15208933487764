"""Laws of paging: whatever the values, the order and the limits, a walk reaches each item once (E2 to E7)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.emulator.app import Emulator
from tests.emulator_support import Caller, TickingClock, ids_of, items_of

pytestmark = pytest.mark.property

KIND = "offer-placement"
INSTANTS = st.sampled_from(
    ["2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00", "2026-01-01T00:00:00.0001Z", "1969-12-31T23:59:59.9995Z"]
)
NUMBERS = st.one_of(st.integers(-3, 3), st.sampled_from([0.5, -0.25, 1e300, 10**30]))
TEXTS = st.text(alphabet="a,\\N1é\u0000\U0001f600 ", max_size=3)
ANY = st.one_of(NUMBERS, TEXTS, INSTANTS, st.booleans(), st.none(), st.lists(NUMBERS, max_size=2))
ONE_KIND = st.sampled_from([NUMBERS, TEXTS, INSTANTS, st.booleans()]).flatmap(
    lambda values: st.lists(st.one_of(values, st.none()), max_size=12)
)
SORTINGS = st.lists(
    st.sampled_from(["_instance.v", "-_instance.v", "_instance.xdm:name", "-_instance.xdm:name", "-repo:createdDate"]),
    min_size=1,
    max_size=3,
)


def fill(repo: Caller, values: list[Any]) -> set[str]:
    """Instances with these values; None: without. Names repeat."""
    made = set()
    for number, value in enumerate(values):
        given_value = {} if value is None else {"v": value}
        response = repo.create(KIND, {"xdm:name": f"n{number % 3}", **given_value})
        made.add(response.headers["Location"].rpartition("/")[2])
    return made


@settings(max_examples=60, deadline=None)
@given(st.lists(ANY, max_size=12), SORTINGS, st.integers(1, 5))
def test_following_next_reaches_each_item_once_in_order(values: list[Any], order: list[str], limit: int) -> None:
    """E2, E5, E6."""
    with Emulator.open(clock=TickingClock()) as emulator:
        repo = Caller(emulator)
        made = fill(repo, values)
        spelled = ",".join(order)
        pages = list(repo.pages(repo.list(KIND, orderBy=spelled, limit=limit)))
        walked = [each for page in pages for each in ids_of(page)]
        assert walked == ids_of(repo.list(KIND, orderBy=spelled))
        assert sorted(walked) == sorted(made)
        rest = len(walked)
        for page in pages:
            assert page["_embedded"]["total"] == rest
            rest -= page["_embedded"]["count"]


@settings(max_examples=60, deadline=None)
@given(ONE_KIND, st.sampled_from(["_instance.v", "-_instance.v", "_instance.xdm:name"]), st.integers(1, 5))
def test_following_the_last_value_reaches_each_item_once(values: list[Any], order: str, limit: int) -> None:
    """E3, E4."""
    name = order.rpartition(".")[2]
    with Emulator.open(clock=TickingClock()) as emulator:
        repo = Caller(emulator)
        made = fill(repo, values)
        walked: list[str] = []
        page = repo.list(KIND, orderBy=order, limit=limit)
        while items_of(page):
            walked += ids_of(page)
            last = items_of(page)[-1]["_instance"].get(name)
            if last is None:
                break
            start = str(last).lower() if isinstance(last, bool) else last
            page = repo.list(KIND, orderBy=order, limit=limit, start=start)
        assert walked == ids_of(repo.list(KIND, orderBy=order))
        assert sorted(walked) == sorted(made)


@settings(max_examples=30, deadline=None)
@given(st.lists(ANY, max_size=8), st.lists(ANY, max_size=8), SORTINGS, st.data())
def test_a_list_kept_up_to_date_is_as_one_made_new(
    before: list[Any], after: list[Any], order: list[str], data: st.DataObject
) -> None:
    """E6: what is kept in memory never shows."""
    spelled = ",".join(order)
    with Emulator.open(clock=TickingClock()) as emulator:
        repo = Caller(emulator)
        made = sorted(fill(repo, before))
        repo.list(KIND, orderBy=spelled, limit=1)
        for gone in data.draw(st.sets(st.sampled_from(made))) if made else ():
            asked = repo.send("DELETE", f"{repo.container}/instances/{gone}")
            repo.send("GET", asked.headers["Location"])
        fill(repo, after)
        kept = ids_of(repo.list(KIND, orderBy=spelled))
        emulator._parts.views._views.clear()
        assert kept == ids_of(repo.list(KIND, orderBy=spelled))
