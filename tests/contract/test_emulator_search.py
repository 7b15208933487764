"""Search (clauses F1 to F3)."""

from __future__ import annotations

import pytest

from tests.emulator_support import XCORE, Caller, ids_of, items_of, names_of, op

KIND = "offer-placement"


@pytest.fixture
def filled(repo: Caller) -> Caller:
    repo.made(KIND, name="a", text="Red summer-sale, 50% off!", inner={"deep": ["Crème BRÛLÉE"]})
    repo.made(KIND, name="b", text="blue summer", more="sale of C++ books", n=50)
    repo.made(KIND, name="c", text="Straße 50", more='a-b (x) "q" c:\\d')
    return repo


@pytest.mark.parametrize(
    ("q", "names"),
    [
        ("summer", "ab"),
        ("SUMMER", "ab"),
        ("summ", ""),
        ("creme", "a"),
        ("brulee", "a"),
        ("Brûlée", "a"),
        ("bru\u0302le\u0301e", "a"),
        ("STRASSE", "c"),
        ("50", "ac"),
        ("red blue", "ab"),
        ("red nothing", "a"),
        ("deep", ""),
        ("xdm:text", ""),
        ("techacct", ""),
        ("summer-sale", "ab"),
        ("summer\\-sale", "a"),
        ("summer\\+sale", ""),
        ("ummer\\-sale", ""),
        ("c\\+\\+", "b"),
        ("c++", "bc"),
        ("\\+", "b"),
        ("\\(x\\)", "c"),
        ("a\\-b", "c"),
        ('\\"q\\"', "c"),
        ("c\\:\\\\d", "c"),
        ("50\\%", "a"),
        ('"summer sale"', "a"),
        ('"sale summer"', ""),
        ('"red sale"', ""),
        ('"summer SALE 50"', "a"),
        ('"summer\\-sale"', "a"),
        ('"blue summer sale"', ""),
        ('"creme brulee" blue', "ab"),
        ("red&&blue", "ab"),
        ("red||blue", "ab"),
        ("!(red)", "a"),
        ("nothing at all\\", ""),
        ("brulee,", "a"),
        ('"red', "a"),
    ],
)
def test_words_are_found_as_they_are_meant(filled: Caller, q: str, names: str) -> None:
    """F1."""
    assert "".join(sorted(names_of(filled.search(KIND, q)))) == names


@pytest.mark.parametrize(
    ("q", "names"), [("½", "x"), ("1", "x"), ("℃", "y"), ("c", "y"), ('"20 ℃"', "y"), ("ﬁn", "z"), ("№", "")]
)
def test_a_character_that_stands_for_several_is_found(repo: Caller, q: str, names: str) -> None:
    """F1. What is asked for is folded as what is stored."""
    for name, text in {"x": "½ price", "y": "20 ℃", "z": "ﬁn"}.items():
        repo.made(KIND, name=name, text=text)
    assert "".join(sorted(names_of(repo.search(KIND, q, field="_instance.xdm:text")))) == names
    assert len(items_of(repo.search(KIND, q))) == len(names)


@pytest.mark.parametrize("q", ["xcore", "placement"])
def test_the_uri_is_a_value_too(filled: Caller, q: str) -> None:
    """F1: ``@id`` stands in ``_instance``."""
    assert len(items_of(filled.search(KIND, q))) == 3


@pytest.mark.parametrize(
    ("q", "qop", "names"),
    [
        ("red summer", "and", "a"),
        ("red summer", "AND", "a"),
        ("red summer", "or", "ab"),
        ("red blue", "and", ""),
        ("red red", "and", "a"),
        ('"summer sale" brulee', "And", "a"),
        ("books c\\+\\+", "and", "b"),
    ],
)
def test_all_terms_or_any(filled: Caller, q: str, qop: str, names: str) -> None:
    """F3."""
    assert "".join(sorted(names_of(filled.search(KIND, q, qop=qop)))) == names


@pytest.mark.parametrize("qop", ["xor", "nand", "and or"])
def test_another_way_to_join_terms_is_a_bad_request(filled: Caller, qop: str) -> None:
    """F3."""
    assert filled.search_response(KIND, "red", qop=qop).status == 400


@pytest.mark.parametrize(
    ("q", "fields", "names"),
    [
        ("sale", ["_instance.xdm:more"], "b"),
        ("sale", ["_instance.xdm:text", "_instance.xdm:more"], "ab"),
        ("brulee", ["_instance.xdm:inner"], "a"),
        ("brulee", ["_instance.xdm:inner.deep"], "a"),
        ("brulee", ["_instance.xdm:text"], ""),
        ("sale", ["repo:createdBy", "_instance.none"], ""),
        ("sale", ["_instance"], "ab"),
    ],
)
def test_only_some_properties_may_count(filled: Caller, q: str, fields: list[str], names: str) -> None:
    """F2."""
    assert "".join(sorted(names_of(filled.search(KIND, q, field=fields)))) == names


@pytest.mark.parametrize("q", [None, "", "  ", '""', "+ - &&"])
def test_a_search_for_nothing_is_a_list(filled: Caller, q: str | None) -> None:
    """F1."""
    page = filled.search(KIND, q, limit=2)
    assert [ids_of(each) for each in filled.pages(page)] == [
        ids_of(each) for each in filled.pages(filled.list(KIND, limit=2))
    ]
    assert all("_score" not in item for item in items_of(page))


def test_the_best_comes_first_and_says_how_good_it_is(filled: Caller) -> None:
    """F3."""
    found = items_of(filled.search(KIND, "red summer brulee"))
    assert [item["_instance"]["xdm:name"] for item in found] == ["a", "b"]
    assert found[0]["_score"] > found[1]["_score"] > 0


def test_a_search_is_paged_by_score_whatever_is_written_meanwhile(repo: Caller) -> None:
    """F3, E5, E6."""
    for number in range(6):
        repo.made(KIND, name=f"p{number}", text="word " * (number % 3 + 1))
    walked = repo.pages(repo.search(KIND, "word", limit=2))
    seen = [next(walked)]
    for number in range(5):
        repo.made(KIND, name="other", text=f"nothing {number} word and much more behind it, so that it comes last")
    seen += walked
    assert [page["_embedded"]["total"] for page in seen] == [6, 9, 7, 5, 3, 1]
    assert names_of(seen[0]) + names_of(seen[1]) + names_of(seen[2]) == [*sorted_names(seen)]


def sorted_names(pages: list[object]) -> list[str]:
    return sorted(
        (name for page in pages for name in names_of(page) if name != "other"), key=lambda name: int(name[1]) % 3
    )


def test_an_order_given_goes_before_the_score(filled: Caller) -> None:
    """F1."""
    page = filled.search(KIND, "summer", orderBy="-_instance.xdm:name")
    assert names_of(page) == ["b", "a"]
    assert all(item["_score"] > 1 for item in items_of(page))


def test_a_search_takes_everything_a_list_takes(filled: Caller) -> None:
    """F1."""
    ids = [item["_instance"]["@id"] for item in items_of(filled.list(KIND))]
    assert names_of(filled.search(KIND, "summer", property="_instance.xdm:n==50", id=ids)) == ["b"]


def test_a_search_is_answered_as_results(filled: Caller) -> None:
    """A4, F1."""
    response = filled.search_response(KIND, "summer", limit=1)
    assert response.headers["Content-Type"].startswith(f"{XCORE}hal+json")
    page = filled.search(KIND, "summer", limit=1)
    assert page["_links"]["next"]["href"].startswith(f"/{filled.container}/queries/core/search?")
    assert "q=summer" in page["_links"]["next"]["href"]
    assert filled.send("GET", f"{filled.container}/queries/core/search?q=x").status == 400
    assert filled.send("POST", f"{filled.container}/queries/core/search").status == 405


def test_a_search_follows_what_is_written(repo: Caller) -> None:
    """F1."""
    made = repo.made(KIND, name="old")
    repo.patch(made, op("add", "/_instance/xdm:name", value="new"))
    assert (names_of(repo.search(KIND, "old")), names_of(repo.search(KIND, "new"))) == ([], ["new"])
    repo.delete_and_poll(made)
    assert names_of(repo.search(KIND, "new")) == []


def test_a_search_stays_in_its_type(filled: Caller) -> None:
    """F1."""
    filled.made("tag", name="summer")
    assert names_of(filled.search("tag", "summer")) == ["summer"]


@pytest.mark.parametrize(
    "q",
    ["\u0000", "'", "a AND", "NEAR(a b)", "words:a", "{a}:b", "^a", "a*", "\\", '"', "\\\u0000", "\ud7ff", "_", "%"],
)
def test_an_odd_search_gets_an_answer(filled: Caller, q: str) -> None:
    """J3."""
    assert filled.search_response(KIND, q).status == 200


def test_an_endless_search_gets_an_answer(filled: Caller) -> None:
    """J3."""
    assert filled.search_response(KIND, " ".join(map(str, range(256)))).status == 200
    assert filled.search_response(KIND, " ".join(map(str, range(5000)))).status == 400
    assert filled.search_response(KIND, "\\-" * 20_000).status in {200, 400}
    assert filled.search_response(KIND, '"' + "a " * 20_000 + '"').status in {200, 400}
