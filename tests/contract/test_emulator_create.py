"""Creating instances (clause C)."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from reconciler.emulator.app import Emulator
from reconciler.emulator.messages import Request
from tests.emulator_support import CREDENTIALS, NS, XCORE, Caller, json_of, xdm

LINK = {"Team:Owner": {"href": "urn:x:1", "title": "a"}}


def test_a_create_answers_with_a_receipt(repo: Caller) -> None:
    """C3."""
    response = repo.create("tag", {"xdm:name": "t"})
    receipt = json_of(response)
    assert (response.status, response.headers["ETag"], receipt["repo:etag"]) == (201, '"1"', 1)
    assert receipt["repo:createdDate"] == receipt["repo:lastModifiedDate"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", receipt["repo:createdDate"])
    assert receipt["repo:createdByClientId"] == receipt["repo:lastModifiedByClientId"] == "key"


def test_a_create_says_where_the_instance_is(repo: Caller) -> None:
    """C3."""
    response = repo.create("tag", {"xdm:name": "t"}, host="repo.test:81")
    assert response.headers["Content-Base"] == "http://repo.test:81/data/core/xcore/"
    assert response.headers["Location"] == f"{repo.container}/instances/{json_of(response)['instanceId']}"


def test_the_account_is_stable_and_is_not_the_token(repo: Caller) -> None:
    """C3."""
    one, two, other = (
        json_of(repo.create("eligibility-rule", xdm(name="r", condition={"xdm:value": "x"}), authorization=token))
        for token in ("Bearer secret-1", "bearer secret-1", "Bearer secret-2")
    )
    assert one["repo:createdBy"] == two["repo:createdBy"] != other["repo:createdBy"]
    assert "secret" not in str([one, two, other])


@pytest.mark.parametrize(
    "body", [{"_instance": {"xdm:name": "t"}}, {"_links": {}}, {"_instance": [], "_links": {}}, []]
)
def test_a_body_without_its_two_parts_is_a_bad_request(repo: Caller, body: object) -> None:
    """C1."""
    assert repo.post("tag", body).status == 400


def test_the_base_of_addresses_is_where_the_request_came_in(repo: Caller) -> None:
    """C3."""
    body = b'{"_instance": {"xdm:name": "t"}, "_links": {}}'
    named = {**CREDENTIALS, "content-type": f'{XCORE}hal+json; schema="{NS}tag"', "host": "repo.example:8443"}
    path = f"/data/core/xcore/{repo.container}/instances"
    answer = repo.emulator.handle(Request("POST", path, "", named, body, scheme="https"))
    assert answer.headers["Content-Base"] == "https://repo.example:8443/data/core/xcore/"


def test_ids_are_given_by_the_repository(repo: Caller) -> None:
    """C4."""
    made = repo.made("offer-placement", name="p")
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", made.id)
    assert re.fullmatch(r"xcore:offer-placement:[0-9a-f]{15}", made.uri)


def test_a_sent_uri_is_refused(repo: Caller) -> None:
    """C4."""
    response = repo.create("tag", {"xdm:name": "t", "@id": "xcore:tag:123456789012345"})
    assert response.status == 422
    assert [error["path"] for error in json_of(response)["errors"]] == ["/_instance/@id"]


def test_custom_links_are_given_back_as_sent(repo: Caller) -> None:
    """C5."""
    made = repo.made("tag", links={**LINK, "self": "ignored"}, name="t")
    links = repo.read(made)["_links"]
    assert links.pop("self")["href"] == f"/{made.location}"
    assert links == LINK


@pytest.mark.parametrize("links", [[], "x", {"a": {"title": "no href"}}, {"a": {"href": 1}}, {"a": "x"}, {"a": [{}]}])
def test_links_that_are_none_are_refused(repo: Caller, links: object) -> None:
    """C5."""
    assert repo.create("tag", {"xdm:name": "t"}, links).status == 422


@pytest.mark.parametrize(
    ("first", "second"),
    [("tag", "tag"), ("personalized-offer", "personalized-offer"), ("fallback-offer", "personalized-offer")],
)
def test_a_unique_name_is_given_once(repo: Caller, first: str, second: str) -> None:
    """C6, A6."""
    holder = repo.made(first, name="n")
    response = repo.create(second, {"xdm:name": "n"})
    assert response.status == 409
    assert json_of(response)["type"].endswith("/name-taken")
    assert json_of(response)["holder"] == holder.uri


def test_letter_case_and_spaces_make_another_name(repo: Caller) -> None:
    """C6."""
    names = ("n", "N", "n ", " n")
    assert len({repo.made("tag", name=name).uri for name in names}) == len(names)


def test_a_tag_and_an_offer_may_share_a_name(repo: Caller) -> None:
    """C6."""
    tag, offer = repo.made("tag", name="n"), repo.made("personalized-offer", name="n")
    assert tag.uri != offer.uri


def test_names_of_other_types_may_repeat(repo: Caller) -> None:
    """C6."""
    first, second = repo.made("offer-placement", name="n"), repo.made("offer-placement", name="n")
    assert first.uri != second.uri


def test_a_reference_to_nothing_names_property_and_uri(repo: Caller) -> None:
    """C7."""
    response = repo.create("personalized-offer", xdm(name="o", tags=["xcore:tag:000000000000000"]))
    (error,) = json_of(response)["errors"]
    assert (response.status, error["path"]) == (422, "/_instance/xdm:tags/0")
    assert "xcore:tag:000000000000000" in error["message"]


def test_a_reference_to_another_type_is_refused(repo: Caller) -> None:
    """C7."""
    placement = repo.made("offer-placement", name="p")
    assert repo.create("personalized-offer", xdm(name="o", tags=[placement.uri])).status == 422


def test_a_filter_names_offers_or_tags_by_its_kind(repo: Caller) -> None:
    """C7, I."""
    tag, offer = repo.made("tag", name="t"), repo.made("personalized-offer", name="o")
    for kind, good, bad in (("anyTags", tag, offer), ("allTags", tag, offer), ("offers", offer, tag)):
        for name in ("ids", "xdm:ids"):
            given = {"xdm:name": "f", "xdm:filterType": kind}
            assert repo.create("offer-filter", {**given, name: [good.uri]}).status == 201
            refused = repo.create("offer-filter", {**given, name: [bad.uri]})
            assert (refused.status, json_of(refused)["errors"][0]["path"]) == (422, f"/_instance/{name}/0")


def test_a_reference_into_another_container_is_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    """C7."""
    path = tmp_path_factory.mktemp("db") / "x.db"
    with Emulator.open(path, container="one") as one, Emulator.open(path, container="two") as two:
        tag = Caller(one).made("tag", name="t")
        assert Caller(two).create("personalized-offer", xdm(name="o", tags=[tag.uri])).status == 422


def test_two_representations_with_one_placement_are_refused(repo: Caller) -> None:
    """C7."""
    placement = repo.made("offer-placement", name="p")
    twice = [{"xdm:placement": placement.uri}, {"xdm:placement": placement.uri}]
    response = repo.create("fallback-offer", xdm(name="f", representations=twice))
    assert response.status == 422
    assert json_of(response)["errors"][0]["path"] == "/_instance/xdm:representations/1/xdm:placement"


def test_the_fallback_of_an_activity_covers_its_placement(repo: Caller) -> None:
    """C7."""
    shown, other = repo.made("offer-placement", name="p"), repo.made("offer-placement", name="q")
    fallback = repo.made("fallback-offer", name="f", representations=[{"xdm:placement": shown.uri}])
    members = repo.made("offer-filter", name="m", filterType="offers", ids=[])
    activity = xdm(name="a", filter=members.uri, fallback=fallback.uri)
    assert repo.create("offer-activity", {**activity, "xdm:placement": shown.uri}).status == 201
    response = repo.create("offer-activity", {**activity, "xdm:placement": other.uri})
    assert response.status == 422
    assert fallback.uri in json_of(response)["errors"][0]["message"]
    assert other.uri in json_of(response)["errors"][0]["message"]


def test_a_refused_create_leaves_nothing_behind(repo: Caller) -> None:
    """C2."""
    repo.create("tag", {"xdm:name": 1})
    assert repo.list("tag")["_embedded"]["total"] == 0


def test_dates_never_run_backwards() -> None:
    """C3, E7: nor do they stand still."""
    days = iter([datetime(2026, 1, day, tzinfo=UTC) for day in (9, 8, 7)])
    with Emulator.open(clock=lambda: next(days)) as emulator:
        receipt = json_of(Caller(emulator).create("tag", {"xdm:name": "t"}))
    assert receipt["repo:createdDate"] == "2026-01-09T00:00:00.001Z"
