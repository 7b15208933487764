"""Addresses, headers, media types and errors (clause A)."""

from __future__ import annotations

import pytest

from reconciler.emulator.app import Emulator
from reconciler.emulator.gateway import Accepted
from reconciler.emulator.registry import CONTAINER
from tests.emulator_support import NS, PROBLEM, XCORE, Caller, json_of

RESULTS = f'{XCORE}hal+json; schema="https://ns.adobe.com/experience/xcore/hal/results"'


@pytest.mark.parametrize(
    ("headers", "status", "code", "message"),
    [
        ({"authorization": None}, 403, "403010", "Oauth token is missing."),
        ({"authorization": "Basic abc"}, 401, "401013", "Oauth token is not valid"),
        ({"authorization": "Bearer "}, 401, "401013", "Oauth token is not valid"),
        ({"x_api_key": None}, 403, "403000", "Api Key is required"),
        ({"x_gw_ims_org_id": None}, 400, "400003", "Missing header"),
    ],
)
def test_missing_credentials_get_the_bodies_of_the_gateway(
    repo: Caller, headers: dict[str, str | None], status: int, code: str, message: str
) -> None:
    """A2."""
    response = repo.send("GET", "", **headers)
    assert response.status == status
    assert json_of(response) == {"error_code": code, "message": message}


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"authorization": "Bearer other"}, 401, "401013"),
        ({"x_api_key": "other"}, 403, "403003"),
        ({"x_gw_ims_org_id": "other"}, 403, "403025"),
    ],
)
def test_fixed_credentials_let_in_no_others(headers: dict[str, str | None], status: int, code: str) -> None:
    """A2."""
    accepted = Accepted("token", "key", "org@AdobeOrg")
    with Emulator.open(accepted=accepted) as emulator:
        assert Caller(emulator).send("GET", "").status == 200
        response = Caller(emulator).send("GET", "", **headers)
    assert (response.status, json_of(response)["error_code"]) == (status, code)


def test_header_names_are_read_in_any_letter_case(repo: Caller) -> None:
    """A2."""
    response = repo.send("GET", "", authorization=None, AUTHORIZATION="Bearer x")
    assert response.status == 200


def test_the_request_id_is_echoed(repo: Caller) -> None:
    """A2."""
    assert repo.send("GET", "", x_request_id="abc").headers["x-request-id"] == "abc"


def test_a_request_without_id_gets_one(repo: Caller) -> None:
    """A2."""
    first, second = repo.send("GET", ""), repo.send("GET", "nowhere")
    assert first.headers["x-request-id"] != second.headers["x-request-id"]


def test_without_a_sandbox_name_the_default_sandbox_is_meant(repo: Caller) -> None:
    """A2."""
    assert repo.send("GET", "").body == repo.send("GET", "", x_sandbox_name="prod").body


def test_an_unknown_sandbox_is_forbidden(repo: Caller) -> None:
    """A2."""
    response = repo.send("GET", "", x_sandbox_name="elsewhere")
    assert (response.status, response.headers["Content-Type"]) == (403, PROBLEM)


@pytest.mark.parametrize("path", ["nowhere", "c/instances/", "c/instances/i/more", "containers/c/more", "c/deletions"])
def test_an_address_that_is_none_is_not_found(repo: Caller, path: str) -> None:
    """A6."""
    response = repo.send("GET", path)
    assert (response.status, response.headers["Content-Type"]) == (404, PROBLEM)
    assert json_of(response)["status"] == 404


def test_a_method_that_an_address_does_not_take_names_those_it_takes(repo: Caller) -> None:
    """A1."""
    response = repo.send("PATCH", f"{repo.container}/instances")
    assert (response.status, response.headers["Allow"]) == (405, "GET, POST")


@pytest.mark.parametrize(
    "schema", [f'"{NS}tag"', f'"{NS}tag;version=0.1"', f"{NS}tag", f"{NS}tag;version=7", f'"{NS}tag']
)
def test_a_schema_is_read_with_and_without_quotes_and_version(repo: Caller, schema: str) -> None:
    """A3, A7. The last one lacks its closing quote, as printed examples do."""
    response = repo.create("tag", {"xdm:name": "t"}, content_type=f"{XCORE}hal+json; schema={schema}")
    assert response.status == 201


@pytest.mark.parametrize(
    "accept",
    [
        None,
        "",
        "*",
        "*/*",
        "application/*",
        f"{XCORE}xdm.receipt+json",
        f'*, {XCORE}hal+json; schema="{NS}tag"',
        f"text/html;q=0.9, {XCORE}xdm.receipt+json;q=0.1",
    ],
)
def test_an_accept_that_admits_a_receipt_gets_one(repo: Caller, accept: str | None) -> None:
    """A4, A5."""
    response = repo.create("tag", {"xdm:name": "t"}, accept=accept)
    assert (response.status, response.headers["Content-Type"]) == (201, f"{XCORE}xdm.receipt+json")


@pytest.mark.parametrize(
    "accept", ["text/html", f"{XCORE}hal+json", "application/json", "*/*;q=0", f"{XCORE}xdm.receipt+json;q=0.0"]
)
def test_an_accept_that_admits_no_receipt_is_refused(repo: Caller, accept: str) -> None:
    """A5."""
    assert repo.create("tag", {"xdm:name": "t"}, accept=accept).status == 406
    assert repo.list("tag")["_embedded"]["total"] == 0


@pytest.mark.parametrize(
    ("path", "given"),
    [
        ("", f"{XCORE}home.hal+json"),
        (f"BOX/instances?schema={NS}tag", RESULTS),
        (f"BOX/queries/core/search?q=t&schema={NS}tag", RESULTS),
        (f"containers?schema={CONTAINER}", RESULTS),
        ("POLL", f"{XCORE}xdm.receipt+json"),
    ],
    ids=["home", "list", "search", "containers", "poll"],
)
def test_an_accept_that_admits_nothing_we_give_is_refused_everywhere(repo: Caller, path: str, given: str) -> None:
    """A4, A5."""
    poll = repo.delete(repo.made("tag", name="t")).headers["Location"]
    address = path.replace("BOX", repo.container).replace("POLL", poll)
    for accept in ("text/html", f'{XCORE}hal+json; schema="{NS}tag"', f"{XCORE}patch.hal+json"):
        assert repo.send("GET", address, accept=accept).status == 406
    for accept in (None, "*", "*/*", given):
        answer = repo.send("GET", address, accept=accept)
        assert (answer.status, answer.headers["Content-Type"]) == (200, given)


@pytest.mark.parametrize(
    "content_type", ["application/json", f"{XCORE}hal+json", f'{XCORE}hal+json; schema="{NS}nothing"']
)
def test_a_create_that_names_no_registered_schema_is_a_bad_request(repo: Caller, content_type: str) -> None:
    """A5."""
    assert repo.create("tag", {"xdm:name": "t"}, content_type=content_type).status == 400


@pytest.mark.parametrize("content_type", [None, "text/plain", f'{XCORE}patch.hal+json; schema="{NS}tag"'])
def test_other_content_types_are_unsupported(repo: Caller, content_type: str | None) -> None:
    """A5."""
    assert repo.create("tag", {"xdm:name": "t"}, content_type=content_type).status == 415


def test_plain_json_is_accepted_where_the_instance_tells_the_type(repo: Caller) -> None:
    """A5."""
    made = repo.made("tag", name="t")
    assert repo.put(made, {"xdm:name": "u"}, content_type="application/json").status == 200
    assert repo.patch(made, content_type="application/json").status == 200


def test_validation_errors_are_listed_by_path(repo: Caller) -> None:
    """A6."""
    response = repo.create("personalized-offer", {"xdm:tags": [1], "xdm:cappingConstraint": {"xdm:globalCap": 0}})
    assert (response.status, response.headers["Content-Type"]) == (422, PROBLEM)
    assert [error["path"] for error in json_of(response)["errors"]] == [
        "/_instance",
        "/_instance/xdm:cappingConstraint/xdm:globalCap",
        "/_instance/xdm:tags/0",
    ]
