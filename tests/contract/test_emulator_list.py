"""Lists: pages, cursors, filters (clause E)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.emulator_support import NS, XCORE, Caller, json_of

RESULTS = "https://ns.adobe.com/experience/xcore/hal/results"


def pages(repo: Caller, path: str) -> Iterator[Any]:
    """The pages that ``next`` leads through."""
    while path:
        page = json_of(repo.send("GET", path))
        yield page
        path = page["_links"].get("next", {}).get("href", "").lstrip("/")


def walk(repo: Caller, kind: str, query: str) -> list[tuple[list[str], int]]:
    """Ids and total of every page."""
    found = pages(repo, f"{repo.container}/instances?schema={NS}{kind}&{query}")
    return [
        ([item["instanceId"] for item in page["_embedded"]["results"]], page["_embedded"]["total"]) for page in found
    ]


def make_tags(repo: Caller, count: int) -> list[str]:
    return sorted(repo.made("tag", name=f"tag {number}").id for number in range(count))


def test_an_empty_list_is_an_answer(repo: Caller) -> None:
    """E1."""
    page = repo.list("tag")
    assert page["_embedded"] == {"results": [], "total": 0, "count": 0}
    assert (page["containerId"], page["schemaNs"]) == (repo.container, NS + "tag;version=0.1")
    assert list(page["_links"]) == ["self"]


def test_a_list_holds_envelopes_as_a_lookup_gives_them(repo: Caller) -> None:
    """E1."""
    made = repo.made("tag", links={"a": {"href": "urn:x"}}, name="t")
    assert repo.list("tag")["_embedded"]["results"] == [repo.read(made)]


def test_a_page_says_its_type_and_its_own_address(repo: Caller) -> None:
    """A4, E1."""
    address = f'{repo.container}/instances?schema="{NS}tag;version=0.1"&limit=5'
    response = repo.send("GET", address)
    assert response.headers["Content-Type"] == f'{XCORE}hal+json; schema="{RESULTS}"'
    assert json_of(response)["_links"]["self"] == {"href": "/" + address, "@type": RESULTS}


def test_a_list_without_schema_is_a_bad_request(repo: Caller) -> None:
    """E1."""
    assert repo.send("GET", f"{repo.container}/instances").status == 400
    assert repo.list_response("nothing").status == 400


def test_pages_follow_each_other_by_id_and_count_down(repo: Caller) -> None:
    """E2, E5, E6."""
    ids = make_tags(repo, 7)
    assert walk(repo, "tag", "limit=3") == [(ids[:3], 7), (ids[3:6], 4), (ids[6:], 1)]


def test_a_full_last_page_has_no_next(repo: Caller) -> None:
    """E5."""
    ids = make_tags(repo, 4)
    assert walk(repo, "tag", "limit=2") == [(ids[:2], 4), (ids[2:], 2)]


def test_a_list_can_be_walked_backwards(repo: Caller) -> None:
    """E2, E3."""
    ids = make_tags(repo, 5)[::-1]
    assert walk(repo, "tag", "limit=2&orderBy=-instanceId") == [(ids[:2], 5), (ids[2:4], 3), (ids[4:], 1)]


def test_a_page_begins_strictly_behind_start(repo: Caller) -> None:
    """E3, E6."""
    ids = make_tags(repo, 5)
    assert walk(repo, "tag", f"start={ids[1]}") == [(ids[2:], 3)]
    assert walk(repo, "tag", f"start={ids[1]}&orderby=-instanceId") == [(ids[:1], 1)]


def test_next_is_a_cursor_by_id(repo: Caller) -> None:
    """E5."""
    ids = make_tags(repo, 2)
    href = repo.list("tag", limit=1)["_links"]["next"]["href"]
    assert href.startswith(f"/{repo.container}/instances?")
    assert href.endswith(f"limit=1&orderby=instanceId&start={ids[0]}")


def test_the_total_is_right_after_deletions(repo: Caller) -> None:
    """E6."""
    made = [repo.made("tag", name=f"tag {number}") for number in range(4)]
    assert repo.delete_and_poll(made[0])["outcome"] == "deleted"
    assert repo.list("tag", limit=1)["_embedded"]["total"] == 3


def test_what_is_deleted_between_pages_takes_nothing_with_it(repo: Caller) -> None:
    """E7."""
    made = sorted((repo.made("tag", name=f"tag {number}") for number in range(6)), key=lambda tag: tag.id)
    walked = pages(repo, f"{repo.container}/instances?schema={NS}tag&limit=2")
    seen = [item["instanceId"] for item in next(walked)["_embedded"]["results"]]
    repo.delete_and_poll(made[1])
    seen += [item["instanceId"] for page in walked for item in page["_embedded"]["results"]]
    assert seen == [tag.id for tag in made]


@pytest.mark.parametrize("limit", ["0", "-1", "1.5", "x", "", "٣"])
def test_a_limit_that_is_no_positive_number_is_a_bad_request(repo: Caller, limit: str) -> None:
    """E4."""
    assert repo.list_response("tag", limit=limit).status == 400


@pytest.mark.parametrize("limit", ["1000", "1001", pytest.param("9" * 5000, id="endless")])
def test_a_large_limit_is_a_hint(repo: Caller, limit: str) -> None:
    """E4."""
    make_tags(repo, 2)
    assert repo.list("tag", limit=limit)["_embedded"]["count"] == 2


@pytest.mark.parametrize("order", [",", "instanceId,,", "-", "+", " ", "a,-"])
def test_an_order_by_nothing_is_a_bad_request(repo: Caller, order: str) -> None:
    """E2."""
    assert repo.list_response("tag", orderBy=order).status == 400


@pytest.mark.parametrize("order", ["instanceId", "+instanceId", " instanceId"])
def test_ascending_may_be_written_in_three_ways(repo: Caller, order: str) -> None:
    """E2."""
    ids = make_tags(repo, 3)
    assert [item["instanceId"] for item in repo.list("tag", orderby=order)["_embedded"]["results"]] == ids


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ("_instance.xdm:status==approved", ["o2"]),
        ("_instance.xdm:status", ["o2"]),
        ("_instance.xdm:name==o1", ["o1"]),
        ("_instance.xdm:name==O1", []),
        ("_instance.xdm:rank.xdm:priority==10", ["o1"]),
        ("_instance.xdm:rank.xdm:priority==10.0", ["o1"]),
        ("_instance.xdm:rank.xdm:priority==ten", []),
        ("_instance.xdm:selectionConstraint.xdm:startDate==2026-01-01T00:00:00.000Z", ["o2"]),
        ("_instance.xdm:characteristics.a\\.b==x=y", ["o1"]),
        ("_instance.xdm:characteristics.a.b==x=y", []),
        ("_instance.list==2", ["o2"]),
        ("_instance.flag==true", ["o2"]),
        ("repo:etag==1", ["o1", "o2"]),
        ("_instance", ["o1", "o2"]),
        ("nothing", []),
    ],
)
def test_a_property_filters_a_list(repo: Caller, condition: str, names: list[str]) -> None:
    """E8."""
    repo.made("personalized-offer", name="o1", rank={"xdm:priority": 10}, characteristics={"a.b": "x=y"})
    start = {"xdm:startDate": "2026-01-01T01:00:00+01:00"}
    body = {"xdm:name": "o2", "xdm:status": "approved", "xdm:selectionConstraint": start, "list": [1, 2], "flag": True}
    assert repo.create("personalized-offer", body).status == 201
    found = repo.list("personalized-offer", property=condition)["_embedded"]["results"]
    assert sorted(item["_instance"]["xdm:name"] for item in found) == names


def test_several_properties_must_all_hold(repo: Caller) -> None:
    """E8."""
    make_tags(repo, 3)
    both = ["_instance.xdm:name==tag 1", "repo:etag==1"]
    assert repo.list("tag", property=both)["_embedded"]["count"] == 1
    assert repo.list("tag", property=[both[0], "repo:etag==2"])["_embedded"]["count"] == 0


def test_an_operator_is_read_raw_too(repo: Caller) -> None:
    """E8."""
    repo.made("tag", name="t")
    response = repo.send("GET", f"{repo.container}/instances?schema={NS}tag&property=_instance.xdm:name==t")
    assert json_of(response)["_embedded"]["count"] == 1


@pytest.mark.parametrize("condition", ["", "==x", "a=x", "a!x", "a=~x", "!a", "~x"])
def test_an_operator_that_is_not_known_is_a_bad_request(repo: Caller, condition: str) -> None:
    """E8."""
    assert repo.list_response("tag", property=condition).status == 400


def test_uris_pick_from_a_list(repo: Caller) -> None:
    """E9."""
    made = [repo.made("tag", name=f"tag {number}") for number in range(3)]
    page = repo.list("tag", id=[made[0].uri, made[2].uri, "xcore:tag:nothing"])
    assert {item["instanceId"] for item in page["_embedded"]["results"]} == {made[0].id, made[2].id}
    assert page["_embedded"]["total"] == 2


def test_uris_and_properties_must_both_hold(repo: Caller) -> None:
    """E9."""
    made = [repo.made("tag", name=f"tag {number}") for number in range(2)]
    condition = "_instance.xdm:name==tag 1"
    assert repo.list("tag", id=made[0].uri, property=condition)["_embedded"]["total"] == 0
    assert repo.list("tag", id=made[1].uri, property=condition)["_embedded"]["total"] == 1


def test_the_pages_of_a_filtered_list_count_down_too(repo: Caller) -> None:
    """E6."""
    make_tags(repo, 5)
    uris = "&".join(f"id={item['_instance']['@id']}" for item in repo.list("tag")["_embedded"]["results"])
    for parameters in ("property=repo:etag==1", "property=_instance.xdm:name", uris):
        assert [total for _, total in walk(repo, "tag", f"limit=2&{parameters}")] == [5, 3, 1]


def test_the_last_page_of_a_filtered_list_tells_the_truth(repo: Caller) -> None:
    """E6. The list shrank while it was walked: total and count agree at the end."""
    made = sorted((repo.made("tag", name=f"tag {number}") for number in range(4)), key=lambda tag: tag.id)
    walked = pages(repo, f"{repo.container}/instances?schema={NS}tag&limit=2&property=repo:etag")
    next(walked)
    repo.delete_and_poll(made[3])
    (last,) = walked
    assert (last["_embedded"]["count"], last["_embedded"]["total"]) == (1, 1)
