"""Bad input brings an answer: never a 500, never a stall (clause J3)."""

from __future__ import annotations

import json
from collections.abc import Callable
from time import process_time

import pytest

from reconciler.emulator.instances import Instance
from reconciler.emulator.order import read_order
from reconciler.emulator.store import Horizon
from reconciler.emulator.values import TEXT
from reconciler.emulator.views import Entry, View, Views
from tests.emulator_support import Caller, json_of, op

START = b'{"_links": {}, "_instance": {"xdm:name": "t", "x": '


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        START + b"1e999}}",
        START + b"-1e999}}",
        START + b"NaN}}",
        START + b"Infinity}}",
        START + b"1" * 5000 + b"}}",
        START + b"1" * 400 + b"}}",
        START + b'"\\ud800"}}',
        START + b'{"\\udc00": 1}}}',
        START + b"[" * 200 + b"]" * 200 + b"}}",
        b"[" * 500_000,
        b"[" * 500_000 + b"]" * 500_000,
        b'{"a":' * 100_000,
    ],
    ids=range(16),
)
def test_a_body_that_cannot_be_read_is_a_bad_request(repo: Caller, body: bytes) -> None:
    """J3."""
    assert repo.post("tag", body).status == 400
    assert repo.patch_with(repo.made("tag", name="t"), body).status == 400


@pytest.mark.parametrize("value", ["\u0000", "\U0001f600", 'a"b\\c', "\u2028", 1e308, 10**200, [[[]]], -0.0, ""])
def test_unusual_values_are_kept(repo: Caller, value: object) -> None:
    """J3."""
    made = repo.made("tag", name="t", odd=value, links={"\u0000'\"": {"href": "x"}})
    assert repo.read(made)["_instance"]["xdm:odd"] == value


@pytest.mark.parametrize("name", ["\u0000", "a\u0000b", "\U0001f600", "'", "%", "x" * 100_000])
def test_unusual_names_are_unique_too(repo: Caller, name: str) -> None:
    """C6, J3."""
    repo.made("tag", name=name)
    assert repo.create("tag", {"xdm:name": name}).status == 409
    assert repo.list("tag", property=f"_instance.xdm:name=={name}")["_embedded"]["total"] == 1


def test_a_body_over_one_mebibyte_is_too_large(repo: Caller) -> None:
    """J3."""
    response = repo.post("tag", b" " * (1 << 20) + b"{}")
    assert response.status == 413


def test_a_body_of_one_mebibyte_is_read(repo: Caller) -> None:
    """J3."""
    body = json.dumps({"_instance": {"xdm:name": "t", "x": ""}, "_links": {}})
    padded = body.replace('"x": ""', '"x": "' + "y" * ((1 << 20) - len(body)) + '"')
    assert repo.post("tag", padded.encode()).status == 201


def test_a_patch_of_ten_thousand_operations_is_carried_out(repo: Caller) -> None:
    """J3."""
    made = repo.made("tag", name="t", list=[])
    assert (
        repo.patch(made, *[op("add", "/_instance/xdm:list/0", value=number) for number in range(10_000)]).status == 200
    )
    assert repo.read(made)["_instance"]["xdm:list"][0] == 9_999


def test_a_patch_that_doubles_itself_is_stopped(repo: Caller) -> None:
    """J3."""
    made = repo.made("tag", name="t", a={"b": "x" * 1000})
    doubling = [op("copy", f"/_instance/xdm:a/{number}", source="/_instance/xdm:a") for number in range(1000)]
    response = repo.patch(made, *doubling)
    assert response.status == 422
    assert repo.read(made)["repo:etag"] == 1


@pytest.mark.parametrize(
    "operation",
    [
        op("add", "/_instance/xdm:list/0", value=1),
        op("remove", "/_instance/xdm:list/0"),
        op("move", "/_instance/xdm:list/-", source="/_instance/xdm:list/0"),
        op("move", "/_instance/xdm:list/0", source="/_instance/xdm:list/499999"),
        op("copy", "/_instance/xdm:list/0", source="/_instance/xdm:list/1"),
    ],
    ids=["add", "remove", "move away", "move in", "copy"],
)
def test_a_patch_cannot_shift_a_long_list_without_end(repo: Caller, operation: object) -> None:
    """J3."""
    made = repo.made("tag", name="t", list=[])
    body = b'{"_instance": {"@id": "%s", "xdm:name": "t", "xdm:list": [%s]}, "_links": {}}'
    long = body % (made.uri.encode(), b",".join([b"0"] * 500_000))
    assert repo.put_with(made, long).status == 200
    started = process_time()
    response = repo.patch(made, *[operation] * 10_000)
    assert response.status == 422
    assert "moves too much" in json_of(response)["detail"]
    assert process_time() - started < 2


@pytest.mark.parametrize("below", ["", "/xdm:list", "/xdm:list/0"])
@pytest.mark.parametrize("name", ["add", "remove", "replace", "move", "copy", "test"])
def test_a_position_of_thousands_of_digits_is_no_place(repo: Caller, name: str, below: str) -> None:
    """G2, J3."""
    made = repo.made("tag", name="t", list=[[1]])
    place = f"/_instance{below}/{'9' * 5_000}"
    operation = {"op": name, "path": place, "value": 1, "from": place}
    assert repo.patch(made, operation).status == (200 if (name, below) == ("add", "") else 422)


def test_the_end_of_a_long_list_is_near(repo: Caller) -> None:
    """J3. What stands before the place does not move."""
    made = repo.made("tag", name="t", list=[0] * 300_000)
    ends = [op("add", "/_instance/xdm:list/-", value=1), op("remove", "/_instance/xdm:list/0")]
    assert repo.patch(made, *[ends[0]] * 10_000, *[ends[1]] * 100).status == 200
    assert len(repo.read(made)["_instance"]["xdm:list"]) == 309_900


def test_a_patch_cannot_make_an_instance_too_large(repo: Caller) -> None:
    """J3."""
    made = repo.made("tag", name="t", a="x" * 100_000)
    copies = [op("copy", f"/_instance/{number}", source="/_instance/xdm:a") for number in range(20)]
    assert repo.patch(made, *copies).status == 422


def test_a_patch_cannot_nest_without_end(repo: Caller) -> None:
    """J3."""
    made = repo.made("tag", name="t", a={})
    deeper = [op("add", "/_instance/xdm:a" + "/a" * depth, value={}) for depth in range(1, 500)]
    response = repo.patch(made, *deeper)
    assert response.status == 422
    assert "levels" in json_of(response)["errors"][0]["message"]


@pytest.mark.parametrize(
    "query", ["%ff", "schema=%00", "&&=&", "schema=%ff&start=%ff", "=", "limit", "id=%00&schema=x"]
)
def test_an_odd_query_gets_an_answer(repo: Caller, query: str) -> None:
    """J3."""
    assert repo.send("GET", f"{repo.container}/instances?{query}").status == 400


@pytest.mark.parametrize("header", ["", ",", ";;;", '"', "a/b;c=", "*;q=", "\\", ",,*/*" * 1000, '"' * 5000])
def test_an_odd_header_gets_an_answer(repo: Caller, header: str) -> None:
    """J3."""
    made = repo.made("tag", name="t")
    for name in ("accept", "content_type", "if_match", "if_none_match"):
        assert repo.get(made, **{name: header}).status in {200, 304, 406}
        assert repo.put(made, {"xdm:name": "t"}, **{name: header}).status in {200, 406, 409, 415}


@pytest.mark.parametrize(
    ("instance", "count"),
    [
        (b'"xdm:tags":[' + b"1," * 100_000 + b"1]", 100_001),
        (b'"xdm:representations":[' + b"{}," * 100_000 + b"1]", 100_001),
    ],
    ids=["tags", "representations"],
)
def test_of_many_faults_the_first_are_listed_and_the_others_counted(repo: Caller, instance: bytes, count: int) -> None:
    """C2, J3."""
    response = repo.post("personalized-offer", b'{"_links":{},"_instance":{"xdm:name":"t",' + instance + b"}}")
    told = json_of(response)
    assert (response.status, len(told["errors"]), told["more"]) == (422, 1000, count - 1000)
    assert told["detail"].endswith(f": {count} faults")
    assert len(response.body) < 1 << 20


def test_many_bad_links_are_counted_too(repo: Caller) -> None:
    """C5, J3."""
    links = {f"link{number}": number for number in range(20_000)}
    told = json_of(repo.create("tag", {"xdm:name": "t"}, links))
    assert (len(told["errors"]), told["more"]) == (1000, 19_000)


def test_a_fault_is_told_alike_among_few_and_among_many(repo: Caller) -> None:
    """C2."""
    few = json_of(repo.create("personalized-offer", {"xdm:tags": [1], "xdm:name": "t"}))
    many = json_of(repo.create("personalized-offer", {"xdm:tags": [1] * 2000, "xdm:name": "t"}))
    assert few["errors"] == many["errors"][:1]


@pytest.mark.parametrize(
    ("parameter", "value", "most"),
    [
        ("orderBy", lambda count: ",".join(f"x{number}" for number in range(count)), 16),
        ("property", lambda count: [f"x{number}" for number in range(count)], 32),
        ("field", lambda count: [f"x{number}" for number in range(count)], 32),
        ("id", lambda count: [f"xcore:tag:{number}" for number in range(count)], 1000),
        ("q", lambda count: " ".join(f"x{number}" for number in range(count)), 256),
        ("q", lambda count: "x" * count, 20_000),
    ],
    ids=["orderBy", "property", "field", "id", "terms", "q"],
)
def test_a_query_has_a_most(repo: Caller, parameter: str, value: Callable[[int], object], most: int) -> None:
    """J3. Each costs time, or memory, for every instance."""
    assert repo.search_response("tag", **{parameter: value(most)}).status == 200
    refused = repo.search_response("tag", **{parameter: value(most + 1)})
    assert (refused.status, str(most) in json_of(refused)["detail"]) == (400, True)


def test_home_is_filtered_by_a_bounded_number_of_properties_too(repo: Caller) -> None:
    """B2, J3."""
    assert repo.send("GET", "?" + "&".join(["property=x"] * 33)).status == 400


def test_a_phrase_of_too_many_words_is_refused_unread(repo: Caller) -> None:
    """J3."""
    phrase = " ".join(f"w{number}" for number in range(1001))
    assert "1000 words" in json_of(repo.search_response("tag", f'"{phrase}"'))["detail"]


def test_many_terms_in_many_fields_are_looked_for_in_bounded_time(repo: Caller) -> None:
    """F2, J3."""
    for number in range(400):
        repo.made("tag", name=f"n{number % 256}.{number}")
    terms = " ".join(f"n{number}" for number in range(256))
    fields = [f"_instance.xdm:{name}" for name in ("name", *map(str, range(31)))]
    started = process_time()
    assert repo.search("tag", terms, field=fields)["_embedded"]["total"] == 400
    assert process_time() - started < 2  # no request may stall for longer; item by item it would take minutes


def test_views_with_many_keys_make_room_for_each_other() -> None:
    """J3. What is kept is counted by keys, of which an item has one for each property of the order."""
    order = read_order(",".join(f"_instance.{letter}" for letter in "abcdefghijklmno"))
    found = [(Instance(row, "c", "s", str(row), "u", 1, *[""] * 6, "{}", "{}"), None) for row in range(20_000)]
    views = Views()
    made = [View(order, _let_in, found, Horizon("", 0)) for _ in range(3)]
    for number, view in enumerate(made):
        views.keep(number, view)
    assert views.size == 16 * 20_000


def _let_in(instance: Instance, _words: str | None) -> Entry:
    return Entry(tuple((TEXT, "") for _ in range(16)), instance.instance_id, instance.row)
