"""The documented calls, sent to the emulator as they are printed; only what could not be sent at all is mended."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from reconciler.emulator.app import Emulator
from reconciler.emulator.messages import Request, Response
from tests.emulator_support import NS, XCORE, Caller, Made, TickingClock, json_of

CALLS = Path(__file__).with_name("seed_calls.txt")

# As printed, and as meant: quotes that are not closed, a header without its dash, parameters without their `=`.
SLIPS = (
    ("_H '", "-H '"),
    (re.compile(r"('Accept: [^'\n]*?) \\"), r"\1' \\"),
    (re.compile(r"('If-None-Match: [^'\n]*?) \\"), r"\1' \\"),
    ("orderby$", "orderby="),
    ("property$", "property="),
)
_CALL = re.compile(r"curl -X (?P<method>[A-Z]+) (?P<address>\S+)(?P<options>(?: -[Hd] '[^']*')*)")
_OPTION = re.compile(r" -([Hd]) '([^']*)'")


@dataclass(frozen=True)
class Call:
    """One call: the address with its query as it stands, headers by lower-case name."""

    method: str
    address: str
    headers: dict[str, str]
    body: str

    def send(self, repo: Caller) -> Response:
        path, _, query = self.address.partition("?")
        return repo.emulator.handle(Request(self.method, path, query, self.headers, self.body.encode()))


def printed() -> dict[str, str]:
    """The calls by name, slips and all."""
    parts = re.split(r"^== (.+)\n", CALLS.read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def meant(text: str, values: dict[str, str]) -> Call:
    """A call as it is meant, placeholders filled. Fails when anything but the known slips stands in the way."""
    for slip, mended in SLIPS:
        text = slip.sub(mended, text) if isinstance(slip, re.Pattern) else text.replace(slip, mended)
    text = re.sub(r"\{([A-Z_]+)\}|…", lambda match: values[match[1] or "…"], text)
    match = _CALL.fullmatch(re.sub(r" *\\ *\n *", " ", text).rstrip())
    assert match is not None, text
    options = _OPTION.findall(match["options"])
    headers = dict(value.split(": ", 1) for letter, value in options if letter == "H")
    headers = {"Authorization": "Bearer token"} | headers
    body = "".join(value for letter, value in options if letter == "d")
    return Call(match["method"], match["address"], {name.lower(): value for name, value in headers.items()}, body)


@pytest.fixture
def repo() -> Iterator[Caller]:
    """An emulator in the spring of 2019, whose days the filtered list asks for."""
    with Emulator.open(clock=TickingClock(datetime(2019, 4, 19, tzinfo=UTC))) as emulator:
        yield Caller(emulator)


@pytest.fixture
def offer(repo: Caller) -> Made:
    return repo.made("personalized-offer", name="Kiosk upgrade", rank={"xdm:priority": 3})


@pytest.fixture
def values(repo: Caller, offer: Made) -> dict[str, str]:
    """What the placeholders stand for."""
    return {
        "ENDPOINT_PATH": "/data/core/xcore",
        "CONTAINER_ID": repo.container,
        "INSTANCE_ID": offer.id,
        "SCHEMA_ID": f"{NS}personalized-offer",
        "ACCESS_TOKEN": "token",
        "API_KEY": "key",
        "IMS_ORG": "org@AdobeOrg",
        "SANDBOX_NAME": "prod",
        "NEW_UUID": "7ab5fd2a-8ea2-4b2e-a2f2-6f3f33c8ff04",
        "LAST_RECEIVED_ETAG": "1",
        "JSON_PAYLOAD": '"xdm:name": "Another"',
        "JSON_PROPERTIES_OF_THIS_INSTANCE": '"xdm:name": "Renamed"',
        "HAL_LINKS_OF_THIS_INSTANCE": '"acme:help": {"href": "urn:help"}',
        "JSON_PATCH_INSTRUCTIONS_FOR_THIS_INSTANCE": '"op": "add", "path": "/_instance/xdm:tags", "value": []',
        "ORDER_BY_PROPERTY_PATH": "repo:createdDate",
        "TIMESTAMP_PROPERTY_PATH": "repo:lastModifiedDate",
        "…": "q=kiosk",
    }


RECEIPT, RESULTS = (
    f"{XCORE}xdm.receipt+json",
    f'{XCORE}hal+json; schema="https://ns.adobe.com/experience/xcore/hal/results"',
)
ANSWERS: dict[str, tuple[int, str | None]] = {
    "home": (200, f"{XCORE}home.hal+json"),
    "create": (201, RECEIPT),
    "lookup": (200, f'{XCORE}hal+json; schema="{NS}personalized-offer;version=0.5"'),
    "lookup-unless-known": (304, None),
    "list": (200, RESULTS),
    "list-filtered": (200, RESULTS),
    "search": (200, RESULTS),
    "replace": (200, RECEIPT),
    "patch": (200, RECEIPT),
    "delete": (202, RECEIPT),
    "patch-priority": (200, RECEIPT),
}


def _named(*names: str) -> list[Any]:
    return [pytest.param(name) for name in names]


def test_every_call_has_its_answer_here() -> None:
    """A1."""
    assert list(printed()) == list(ANSWERS)


def test_the_calls_are_kept_as_they_are_printed() -> None:
    """A2."""
    text = CALLS.read_text()
    slips = ("_H 'x-sandbox-name", "+json \\ \n", "orderby${", "property${", '{LAST_RECEIVED_ETAG}" \\', "&…", "'\\ \n")
    assert [slip for slip in slips if slip not in text] == []


@pytest.mark.parametrize("name", _named(*ANSWERS))
def test_a_documented_call_gets_its_answer(name: str, repo: Caller, values: dict[str, str]) -> None:
    """A2, A4, A5."""
    response = meant(printed()[name], values).send(repo)
    assert (response.status, response.headers.get("Content-Type")) == ANSWERS[name], response.body
    assert response.headers["x-request-id"] == values["NEW_UUID"]


def test_the_home_call_finds_the_container(repo: Caller, values: dict[str, str]) -> None:
    """B1, B2."""
    found = json_of(meant(printed()["home"], values).send(repo))["_embedded"]
    assert [each["instanceId"] for each in found["https://ns.adobe.com/experience/xcore/container"]] == [repo.container]


@pytest.mark.parametrize("name", _named("list", "list-filtered", "search"))
def test_a_documented_list_holds_the_offer(name: str, repo: Caller, offer: Made, values: dict[str, str]) -> None:
    """E1, E2, E8. The schema stands in quotes in the query."""
    body = json_of(meant(printed()[name], values).send(repo))
    assert [item["_instance"]["@id"] for item in body["_embedded"]["results"]] == [offer.uri]


@pytest.mark.parametrize("outside", ["1990-01-01T00:00:00.000Z", "2019-04-01T00:00:00.000Z"])
def test_the_filtered_list_leaves_out_what_is_outside_its_days(
    outside: str, repo: Caller, values: dict[str, str]
) -> None:
    """E8."""
    text = printed()["list-filtered"].replace("2019-06-19T03:19:03.627Z", outside)
    assert json_of(meant(text, values).send(repo))["_embedded"]["results"] == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("replace", {"xdm:name": "Renamed"}),
        ("patch", {"xdm:name": "Kiosk upgrade", "xdm:rank": {"xdm:priority": 3}, "xdm:tags": []}),
        ("patch-priority", {"xdm:name": "Kiosk upgrade", "xdm:rank": {"xdm:priority": 0}}),
    ],
)
def test_a_documented_change_is_made(
    name: str, expected: dict[str, Any], repo: Caller, offer: Made, values: dict[str, str]
) -> None:
    """G1, G2."""
    meant(printed()[name], values).send(repo)
    assert repo.read(offer)["_instance"] == {"@id": offer.uri} | expected


def test_the_documented_deletion_is_decided_where_its_location_says(repo: Caller, values: dict[str, str]) -> None:
    """H1, H2."""
    asked = meant(printed()["delete"], values).send(repo)
    assert json_of(repo.send("GET", asked.headers["Location"]))["outcome"] == "deleted"


def test_the_documented_creation_is_found_where_its_location_says(repo: Caller, values: dict[str, str]) -> None:
    """C1, C3."""
    made = meant(printed()["create"], values).send(repo)
    assert json.loads(repo.send("GET", made.headers["Location"]).body)["_instance"]["xdm:name"] == "Another"
