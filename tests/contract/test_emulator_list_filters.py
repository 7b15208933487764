"""Operators of ``property`` (clauses E8, E9, J3)."""

from __future__ import annotations

from time import process_time
from typing import Any
from urllib.parse import quote

import pytest

from tests.emulator_support import NS, Caller, json_of, names_of

KIND = "offer-placement"


@pytest.fixture
def filled(repo: Caller) -> Caller:
    repo.made(KIND, name="a", n=1, text="Alpha", d="2026-01-01T00:00:00Z", flag=True, list=[1, "x"], odd=None)
    repo.made(KIND, name="b", n=10, text="alpha", d="2026-01-01T00:30:00+01:00", flag=False, list=[])
    repo.made(KIND, name="c", n=9.5, text="béta\nx", d="not a date", inner=[{"n": 1}, {"n": 2}], **{"x:a.b": "dot"})
    return repo


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ("xdm:n==10", "b"),
        ("xdm:n==1e1", "b"),
        ("xdm:n!=10", "ac"),
        ("xdm:n<9.5", "a"),
        ("xdm:n<=9.5", "ac"),
        ("xdm:n>9", "bc"),
        ("xdm:n>=+1.0", "abc"),
        ("xdm:n>ten", ""),
        ("xdm:n!=ten", ""),
        ("xdm:n==1_0", ""),
        ("xdm:n<1e999999999", "abc"),
        ("xdm:n~1", ""),
        ("xdm:text==alpha", "b"),
        ("xdm:text!=alpha", "ac"),
        ("xdm:text<alpha", "a"),
        ("xdm:text>=alpha", "bc"),
        ("xdm:text<10", ""),
        ("xdm:text~ALPHA", "ab"),
        ("xdm:text~alph", ""),
        ("xdm:text~al.*", "ab"),
        ("xdm:text~BÉTA.x", "c"),
        ("xdm:text~a|alpha", "ab"),
        ("xdm:text~(?-i:alpha)", "b"),
        ("xdm:d==2025-12-31T23:30:00.000Z", "b"),
        ("xdm:d<2026-01-01T00:00:00Z", "b"),
        ("xdm:d>=2025-12-31T23:30:00Z", "abc"),
        ("xdm:d!=2026-01-01T01:00:00+01:00", "bc"),
        ("xdm:d!=2026-01-01T01:00:00 01:00", "bc"),
        ("xdm:d!=not a date", ""),
        ("xdm:d==not a date", "c"),
        ("xdm:d~2026.*", "ab"),
        ("xdm:flag==true", "a"),
        ("xdm:flag!=true", "b"),
        ("xdm:flag>false", ""),
        ("xdm:list==1", "a"),
        ("xdm:list==x", "a"),
        ("xdm:list!=1", "a"),
        ("xdm:list", "ab"),
        ("xdm:inner.n==2", "c"),
        ("xdm:inner.n!=2", "c"),
        ("xdm:inner.n", "c"),
        ("xdm:inner.none", ""),
        ("xdm:odd", "a"),
        ("xdm:odd!=x", ""),
        ("xdm:none!=x", ""),
        ("xdm:none", ""),
        ("x:a\\.b==dot", "c"),
        ("x:a\\.b~D.T", "c"),
        ("x:a.b==dot", ""),
        ("xdm:name>a", "bc"),
        ("xdm:name!=2026-01-01T00:00:00Z", "abc"),
        ("xdm:name~[ab]", "ab"),
        ("xdm:n.deeper==1", ""),
    ],
)
@pytest.mark.parametrize("spelling", ["raw", "encoded"])
def test_an_operator_compares_as_what_is_stored(filled: Caller, condition: str, names: str, spelling: str) -> None:
    """E8."""
    text = "_instance." + condition
    raw = text.replace("+", "%2B") if spelling == "raw" else quote(text, safe="")
    page = json_of(filled.send("GET", f"{filled.container}/instances?schema={NS}{KIND}&property={raw}"))
    assert "".join(sorted(names_of(page))) == names


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ("repo:etag>=1", "abc"),
        ("repo:etag!=1", ""),
        ("repo:createdDate>2026-01-02T03:04:05.002Z", "bc"),
        ("repo:createdDate<=2026-01-02T04:04:05.003+01:00", "ab"),
        ("repo:lastModifiedDate!=2026-01-02T03:04:05.003Z", "ac"),
        ("repo:createdBy~.*@TECHACCT", "abc"),
        ("schemas~.*placement.*", "abc"),
        ("_links.self.name~.*#.*", "abc"),
        ("instanceId", "abc"),
        ("repo:nothing", ""),
    ],
)
def test_the_envelope_can_be_asked_for(filled: Caller, condition: str, names: str) -> None:
    """E8."""
    assert "".join(sorted(names_of(filled.list(KIND, property=condition)))) == names


@pytest.mark.parametrize("pattern", ["(", "[", "*", "a{2000}", "(?=a)", r"(a)\1", "x" * 1001, "(((a{100}){100}){100})"])
def test_a_bad_pattern_is_a_bad_request(filled: Caller, pattern: str) -> None:
    """E8."""
    assert filled.list_response(KIND, property=f"_instance.xdm:text~{pattern}").status == 400


@pytest.mark.parametrize("pattern", ["(a+)+b", "(a|a)*b", "(.*)(.*)(.*)(.*)x", "(a?){50}a{50}b", ".*a.{20}b"])
def test_a_pattern_that_runs_away_does_not_stall(repo: Caller, pattern: str) -> None:
    """E8, J3. Minutes or years, were it tried in every way."""
    repo.made(KIND, name="long", text="a" * 100_000)
    started = process_time()
    assert repo.list(KIND, property=f"_instance.xdm:text~{pattern}")["_embedded"]["total"] == 0
    assert process_time() - started < 5


@pytest.mark.parametrize("value", ["2026-01-01T00:00:00Z", "1", "true", "\u0000"])
def test_a_name_is_a_text_whatever_it_looks_like(repo: Caller, value: str) -> None:
    """E8. Alike by the index and beside it."""
    repo.made(KIND, name=value)
    repo.made(KIND, name="2026-01-01T01:00:00+01:00")
    wanted = {"property": [f"_instance.xdm:name=={value}"]}
    assert names_of(repo.list(KIND, **wanted)) == [value]
    assert names_of(repo.list(KIND, property=[*wanted["property"], "repo:etag==1"])) == [value]


@pytest.mark.parametrize("more", [[], ["repo:etag>=1"]])
def test_the_states_of_offers_are_found_before_and_after_a_change(repo: Caller, more: list[str]) -> None:
    """E8."""
    made = [repo.made("personalized-offer", name=f"o{number}", status="draft") for number in range(3)]
    condition: list[Any] = ["_instance.xdm:status==approved", *more]
    assert names_of(repo.list("personalized-offer", property=condition)) == []
    repo.patch(made[1], {"op": "add", "path": "/_instance/xdm:status", "value": "approved"})
    assert names_of(repo.list("personalized-offer", property=condition)) == ["o1"]
    assert repo.list("personalized-offer", property="_instance.xdm:status==draft")["_embedded"]["total"] == 2


def test_uris_operators_and_order_hold_together(repo: Caller) -> None:
    """E2, E9."""
    made = [repo.made(KIND, name=f"p{number}", n=number) for number in range(5)]
    uris = [made[number].uri for number in (3, 0, 2)]
    page = repo.list(KIND, id=uris, property="_instance.xdm:n>0", orderBy="-_instance.xdm:n", limit=1)
    assert [(names_of(each), each["_embedded"]["total"]) for each in repo.pages(page)] == [(["p3"], 2), (["p2"], 1)]
