"""Orders, starts and cursors of lists (clauses E2 to E7)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from reconciler.emulator.app import Emulator
from tests.emulator_support import NS, Caller, ids_of, items_of, json_of, names_of, op

PLACEMENT = "offer-placement"
RANK = "_instance.xdm:n"


def make(repo: Caller, *values: Any, **more: Any) -> None:
    """Placements p0, p1, ... with these values of xdm:n; None: without."""
    for number, value in enumerate(values):
        given = {} if value is None else {"n": value}
        repo.made(PLACEMENT, name=f"p{number}", **given, **more)


def values_of(page: Any, name: str = "xdm:n") -> list[Any]:
    return [item["_instance"].get(name) for item in items_of(page)]


@pytest.mark.parametrize("parameter", ["orderBy", "orderby"])
def test_an_order_can_be_spelled_in_two_ways(repo: Caller, parameter: str) -> None:
    """E2."""
    make(repo, 2, 1)
    assert values_of(repo.list(PLACEMENT, **{parameter: RANK})) == [1, 2]


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("_instance.xdm:a,-_instance.xdm:b", ["p2", "p0", "p1"]),
        ("-_instance.xdm:a,_instance.xdm:b", ["p1", "p0", "p2"]),
        (" _instance.xdm:b,+_instance.xdm:a", ["p0", "p1", "p2"]),
        ("-_instance.xdm:b, _instance.xdm:a", ["p2", "p0", "p1"]),
    ],
)
def test_further_properties_settle_ties(repo: Caller, order: str, names: list[str]) -> None:
    """E2."""
    for number, (a, b) in enumerate([(1, 1), (2, 1), (1, 2)]):
        repo.made(PLACEMENT, name=f"p{number}", a=a, b=b)
    assert names_of(repo.list(PLACEMENT, orderBy=order)) == names


@pytest.mark.parametrize(
    "ordered",
    [
        ["", "B", "a", "b", "é", "\uffff", "\U0001f600"],
        [-1.5, 0, 2, 10, 10.5, 1e300],
        [
            "2026-01-01T12:00:00+14:00",
            "2026-01-01T00:00:00Z",
            "2026-01-01T00:00:00.0005Z",
            "2026-01-01T00:00:00.001Z",
            "2025-12-31T23:00:00-02:00",
        ],
    ],
    ids=["strings", "numbers", "instants"],
)
@pytest.mark.parametrize("sign", ["", "-"])
def test_values_are_ordered_by_what_they_are(repo: Caller, ordered: list[Any], sign: str) -> None:
    """E2."""
    make(repo, *ordered[::2], *ordered[1::2])
    wanted = ordered[::-1] if sign else ordered
    assert values_of(repo.list(PLACEMENT, orderBy=sign + RANK)) == wanted


@pytest.mark.parametrize("sign", ["", "-"])
def test_items_without_the_property_come_last(repo: Caller, sign: str) -> None:
    """E2."""
    make(repo, None, 1, None, 2)
    assert values_of(repo.list(PLACEMENT, orderBy=sign + RANK))[2:] == [None, None]


@pytest.mark.parametrize(("order", "start"), [(RANK, "99"), ("-" + RANK, "-99"), (RANK, "1"), ("-" + RANK, "2")])
def test_a_start_never_skips_items_without_the_property(repo: Caller, order: str, start: str) -> None:
    """E2, E3."""
    make(repo, None, 1, None, 2)
    assert values_of(repo.list(PLACEMENT, orderBy=order, start=start))[-2:] == [None, None]


@pytest.mark.parametrize(
    ("order", "start", "values"),
    [
        (RANK, "10", [20, 100]),
        (RANK, "10.0", [20, 100]),
        (RANK, "9.5", [10, 20, 100]),
        ("-" + RANK, "20", [10, 3]),
        ("-" + RANK, "1e2", [20, 10, 3]),
        (RANK, "100", []),
    ],
)
def test_a_start_is_strict_and_by_value(repo: Caller, order: str, start: str, values: list[int]) -> None:
    """E3."""
    make(repo, 3, 100, 20, 10)
    assert values_of(repo.list(PLACEMENT, orderBy=order, start=start)) == values


@pytest.mark.parametrize(
    ("order", "start", "total"),
    [
        ("repo:createdDate", "0999-01-01T00:00:00Z", 2),
        ("-repo:lastModifiedDate", "0999-01-01T00:00:00Z", 0),
        ("repo:createdDate", "-46388678400000", 2),
        ("-repo:createdDate", "-46388678400000", 0),
        ("repo:createdDate", "-99999999999999", 2),
    ],
)
def test_a_start_may_be_long_ago(repo: Caller, order: str, start: str, total: int) -> None:
    """E3."""
    for name in "ab":
        repo.made(PLACEMENT, name=name)
    assert repo.list(PLACEMENT, orderBy=order, start=start)["_embedded"]["total"] == total


@pytest.mark.parametrize("property_", ["_instance.xdm:d", "repo:createdDate"])
def test_a_start_may_be_a_date_in_any_spelling(repo: Caller, property_: str) -> None:
    """E2, E3, E5."""
    for number in range(3):
        repo.made(PLACEMENT, name=f"p{number}", d=f"2026-01-02T03:04:05.00{number + 2}Z")
    for start in ("2026-01-02T03:04:05.002Z", "2026-01-02T05:04:05.002+02:00", "1767323045002"):
        assert names_of(repo.list(PLACEMENT, orderBy=property_, start=start)) == ["p1", "p2"]
    assert names_of(repo.list(PLACEMENT, orderBy=property_, start="2026-01-02T03:04:05.0039Z")) == ["p2"]
    assert names_of(repo.list(PLACEMENT, orderBy="-" + property_, start="2026-01-02T03:04:05.0031Z")) == ["p1", "p0"]


@pytest.mark.parametrize("start", ["yesterday", "", "a,b"])
def test_a_start_that_is_no_date_cannot_begin_a_list_by_date(repo: Caller, start: str) -> None:
    """E3."""
    assert repo.list_response(PLACEMENT, orderBy="repo:createdDate", start=start).status == 400


@pytest.mark.parametrize("property_", ["_instance.xdm:name", "_instance.xdm:n"])
def test_texts_that_look_like_numbers_are_paged_as_texts(repo: Caller, property_: str) -> None:
    """E2, E3: the type of what is stored decides."""
    for text in ("10", "9", "Smith, John", "a\\,b", ""):
        repo.made(PLACEMENT, name=text, n=text)
    listed = [names_of(repo.list(PLACEMENT, orderBy=property_, limit=1))[0]]
    while page := names_of(repo.list(PLACEMENT, orderBy=property_, limit=1, start=listed[-1])):
        listed += page
    assert listed == sorted(["10", "9", "Smith, John", "a\\,b", ""])


@pytest.mark.parametrize(
    ("limit", "values"),
    [(1, [1]), (2, [1]), (3, [1]), (4, [1, 2, 2, 2]), (5, [1, 2, 2, 2, 3]), (9, [1, 2, 2, 2, 3])],
)
@pytest.mark.parametrize("order", [RANK, f"{RANK},_instance.xdm:name"])
def test_a_page_ends_where_the_value_changes(repo: Caller, order: str, limit: int, values: list[int]) -> None:
    """E4: it shrinks."""
    make(repo, 2, 1, 2, 3, 2)
    assert values_of(repo.list(PLACEMENT, orderBy=order, limit=limit)) == values


@pytest.mark.parametrize("property_", [RANK, "_instance.xdm:name", "_instance.xdm:status"])
def test_a_page_grows_when_all_share_one_value(repo: Caller, property_: str) -> None:
    """E4."""
    for _ in range(5):
        repo.made(PLACEMENT, name="same", n=1)
    page = repo.list(PLACEMENT, orderBy=property_, limit=2)["_embedded"]
    assert (page["count"], page["total"]) == (5, 5)


def test_a_grown_page_ends_where_the_value_changes(repo: Caller) -> None:
    """E4."""
    for name in ("a", "a", "a", "b"):
        repo.made(PLACEMENT, name=name)
    page = repo.list(PLACEMENT, orderBy="_instance.xdm:name", limit=2)
    assert names_of(page) == ["a", "a", "a"]
    assert [names_of(each) for each in repo.pages(page)][1:] == [["b"]]


def test_pages_behind_a_cursor_have_the_size_asked_for(repo: Caller) -> None:
    """E4, E5."""
    make(repo, 1, 2, 2, 2, 2, 2, 3)
    walked = repo.pages(repo.list(PLACEMENT, orderBy=RANK, limit=2))
    assert [values_of(page) for page in walked] == [[1], [2, 2], [2, 2], [2, 3]]


@pytest.mark.parametrize(
    ("order", "cursor"),
    [
        ("-repo:createdDate", "-repo%3AcreatedDate%2CinstanceId&start=1767323045003%2C"),
        ("_instance.xdm:name", "_instance.xdm%3Aname%2CinstanceId&start=a%5C%2Cb%2C"),
        ("_instance.xdm:n", "_instance.xdm%3An%2CinstanceId&start=1.5%2C"),
        ("_instance.xdm:d", "_instance.xdm%3Ad%2CinstanceId&start=1000%2C"),
        ("-_instance.xdm:text", "-_instance.xdm%3Atext%2CinstanceId&start=%5C10%2C"),
        ("_instance.xdm:n,instanceId,a", "_instance.xdm%3An%2CinstanceId&start=1.5%2C"),
        ("-instanceId", "-instanceId&start="),
    ],
)
def test_next_is_a_cursor_of_all_values(repo: Caller, order: str, cursor: str) -> None:
    """E5."""
    repo.made(PLACEMENT, name="a,b", n=1.5, d="1970-01-01T01:00:01+01:00", text="1")
    repo.made(PLACEMENT, name="c", n=2, d="1970-01-01T00:00:02Z", text="10")
    page = repo.list(PLACEMENT, orderBy=order, limit=1)
    (last,) = ids_of(page)
    assert page["_links"]["next"]["href"].endswith(f"&orderby={cursor}{last}")


def test_a_cursor_without_a_value_leads_on(repo: Caller) -> None:
    """E2, E5."""
    make(repo, None, None, None)
    ids = sorted(ids_of(repo.list(PLACEMENT)))
    found = repo.list(PLACEMENT, orderBy=f"-{RANK},instanceId", start=f"\\N,{ids[0]}", limit=1)
    assert (ids_of(found), found["_embedded"]["total"]) == ([ids[1]], 2)


@pytest.mark.parametrize("order", ["-repo:createdDate", "-repo:createdDate,instanceId"])
def test_a_cursor_is_taken_with_and_without_the_id_in_the_order(repo: Caller, order: str) -> None:
    """E5."""
    made = [repo.made(PLACEMENT, name=f"p{number}") for number in range(3)]
    moment = items_of(repo.list(PLACEMENT, orderBy="-repo:createdDate"))[0]["repo:createdDate"]
    milliseconds = 1767323045000 + int(moment[-4:-1])
    assert names_of(repo.list(PLACEMENT, orderBy=order, start=f"{milliseconds},{made[2].id}")) == ["p1", "p0"]


@pytest.mark.parametrize("sign", ["", "-"])
def test_a_cursor_holds_when_its_item_is_gone(repo: Caller, sign: str) -> None:
    """E5, E7."""
    make(repo, 1, 2, 3, 4)
    page = repo.list(PLACEMENT, orderBy=sign + RANK, limit=2)
    following = page["_links"]["next"]["href"].lstrip("/")
    repo.send("GET", repo.send("DELETE", f"{repo.container}/instances/{ids_of(page)[1]}").headers["Location"])
    assert values_of(json_of(repo.send("GET", following))) == ([2, 1] if sign else [3, 4])


@pytest.mark.parametrize("order", ["repo:createdDate", "repo:lastModifiedDate", "_instance.xdm:name", RANK])
@pytest.mark.parametrize("sign", ["", "-"])
def test_the_total_counts_down_from_page_to_page(repo: Caller, order: str, sign: str) -> None:
    """E6."""
    make(repo, 5, 1, 4, 2, 3)
    walked = repo.pages(repo.list(PLACEMENT, orderBy=sign + order, limit=2))
    assert [page["_embedded"]["total"] for page in walked] == [5, 3, 1]


@pytest.mark.parametrize(
    "parameters",
    [{"orderBy": "-_instance.xdm:name"}, {"orderBy": RANK}, {"property": "repo:etag"}],
    ids=["index", "view", "filtered"],
)
def test_the_total_is_true_whatever_is_written_between_pages(repo: Caller, parameters: dict[str, str]) -> None:
    """E6."""
    ids = [repo.made(PLACEMENT, name=f"p{number}", n=number).id for number in range(5)]
    walked = repo.pages(repo.list(PLACEMENT, limit=2, **parameters))
    seen = set(ids_of(next(walked)))
    gone = next(each for each in ids if each not in seen)
    repo.send("GET", repo.send("DELETE", f"{repo.container}/instances/{gone}").headers["Location"])
    totals = [(page["_embedded"]["total"], page["_embedded"]["count"]) for page in walked]
    assert totals == [(2, 2)]


@pytest.mark.parametrize("order", [RANK, "-_instance.xdm:name", "repo:lastModifiedDate"])
def test_a_list_is_true_after_updates(repo: Caller, order: str) -> None:
    """E2."""
    made = [repo.made(PLACEMENT, name=f"p{number}", n=number) for number in range(4)]
    repo.list(PLACEMENT, orderBy=order, limit=1)
    repo.patch(made[0], op("add", "/_instance/xdm:n", value=9), op("add", "/_instance/xdm:name", value="p9"))
    found = names_of(repo.list(PLACEMENT, orderBy=order, limit=10))
    assert found == (["p9", "p3", "p2", "p1"] if order.startswith("-") else ["p1", "p2", "p3", "p9"])


def test_dates_differ_when_the_clock_stands_still() -> None:
    """E7."""
    with Emulator.open(clock=lambda: datetime(2026, 1, 1, tzinfo=UTC)) as emulator:
        repo = Caller(emulator)
        make(repo, *range(5))
        dates = [item["repo:createdDate"] for item in items_of(repo.list(PLACEMENT, orderBy="repo:createdDate"))]
        assert sorted(set(dates)) == dates
        assert len(dates) == 5


@pytest.mark.parametrize("how", ["cursor", "plain"])
def test_by_date_of_creation_a_walk_reaches_what_is_created_meanwhile(repo: Caller, how: str) -> None:
    """E7."""
    make(repo, *range(3))
    page = repo.list(PLACEMENT, orderBy="repo:createdDate", limit=2)
    seen = names_of(page)
    make(repo, *range(3), again=True)
    while items_of(page):
        last = items_of(page)[-1]
        start = (
            last["repo:createdDate"]
            if how == "plain"
            else f"{1767323045000 + int(last['repo:createdDate'][-4:-1])},{last['instanceId']}"
        )
        page = repo.list(PLACEMENT, orderBy="repo:createdDate", limit=2, start=start)
        seen += names_of(page)
    assert seen == ["p0", "p1", "p2", "p0", "p1", "p2"]


def test_a_filtered_walk_reaches_what_was_added_while_it_went_on(repo: Caller) -> None:
    """E5, E7."""
    make(repo, 1, 2)
    walked = repo.pages(repo.list(PLACEMENT, limit=1, orderBy="repo:createdDate", property="repo:etag"))
    seen = ids_of(next(walked))
    make(repo, *range(40))
    seen += [each for page in walked for each in ids_of(page)]
    assert sorted(seen) == sorted(ids_of(repo.list(PLACEMENT)))


def test_a_schema_of_another_type_is_another_list(repo: Caller) -> None:
    """E1."""
    make(repo, 1)
    repo.made("tag", name="t", n=2)
    page = repo.list("tag", orderBy=RANK)
    assert (values_of(page), page["schemaNs"]) == ([2], NS + "tag;version=0.1")
