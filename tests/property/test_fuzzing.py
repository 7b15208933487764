"""The embedded repository against its own description: nobody's request breaks it, and no answer breaks the document.

``api_document`` reads the document, ``api_calls`` sends, ``api_drawing`` draws requests from the document,
``api_hostile`` holds what is sent in bad faith. Each answer is checked: its status and content type are told, its
headers and body fit their schemas, it is no 500, and it took less than two seconds of the processor.
``RECONCILER_TEST_EXAMPLES`` sets the number of runs. Schemathesis was refused: it wants another release of
jsonschema-rs than the one that users get, and hypothesis-jsonschema does not read JSON Schema 2020-12.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.emulator.app import Emulator
from reconciler.emulator.messages import BASE_PATH
from tests.emulator_support import CREDENTIALS, NS, TickingClock
from tests.property.api_calls import Call, Known, Repository, description_of, seeded
from tests.property.api_document import Answer, Description, Operation
from tests.property.api_drawing import CONTAINER, Author
from tests.property.api_hostile import BODIES, TEXTS

pytestmark = pytest.mark.property

STEPS = 12
LARGE = 50_000
NOT_FOR_THE_ORDERLY = {400, 401, 403, 406, 413, 415}


@cache
def description() -> Description:
    with Emulator.open() as emulator:
        return description_of(emulator)


def opened() -> Repository:
    return seeded(Emulator.open(clock=TickingClock()), description())


@pytest.fixture
def repository() -> Iterator[Repository]:
    made = opened()
    yield made
    made.emulator.close()


OPERATIONS = description().operations
WITH_BODY = [operation for operation in OPERATIONS if operation.bodies]


def learn(repository: Repository, call: Call, answer: Answer) -> None:
    """What an answer leads to: instances, deletions, further pages."""
    name, location = call.operation.name, answer.headers.get("location", "")
    if call.method is not None:
        return
    if (name, answer.status) == ("createContainer", 201):
        repository.containers.append(answer.value["instanceId"])
    elif answer.status == 201:
        container, _, instance_id = location.partition("/instances/")
        uri = answer.value["@id"]
        repository.instances.append(Known(container, uri.split(":")[1], instance_id, uri, answer.headers["etag"]))
        check_that_it_leads_back(repository, repository.instances[-1], answer)
    elif answer.status == 202:
        container, _, token = location.partition("/deletions/")
        repository.deletions.append((container, token))
    elif answer.status == 200 and name in {"listInstances", "search"} and "next" in answer.value["_links"]:
        repository.following.append(answer.value["_links"]["next"]["href"])


def check_that_it_leads_back(repository: Repository, known: Known, answer: Answer) -> None:
    found = repository.check(repository.about("getInstance", known))
    assert (found.status, found.headers["etag"]) == (200, answer.headers["etag"])
    assert found.value["_instance"]["@id"] == known.uri


def check_body(call: Call, answer: Answer) -> None:
    """What the document does not allow is refused."""
    schema = call.operation.bodies.get(call.headers.get("content-type", ""))
    if schema is None or call.method is not None or answer.status >= 400:
        return
    faults = description().errors(schema, json.loads(call.body))
    assert faults == [], f"{call.operation} took what the document forbids: {faults}"


@settings(
    max_examples=int(os.environ.get("RECONCILER_TEST_EXAMPLES", "100")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_whatever_is_sent_is_answered_as_documented(data: st.DataObject) -> None:
    """J3."""
    repository = opened()
    author = Author(data.draw, repository)
    with repository.emulator:
        for _ in range(data.draw(st.integers(1, STEPS))):
            what = data.draw(st.sampled_from(["orderly", "orderly", "spoiled", "spoiled", "life", "next"]))
            if what == "life":
                live(repository, data.draw(st.sampled_from(repository.instances)))
            elif what == "next" and repository.following:
                follow(repository, repository.following.pop())
            else:
                call = author.orderly(data.draw(st.sampled_from(OPERATIONS)))
                call = author.spoiled(call) if what == "spoiled" else call
                answer = repository.check(call)
                assert what == "spoiled" or answer.status not in NOT_FOR_THE_ORDERLY, (call, answer)
                check_body(call, answer)
                learn(repository, call, answer)


def live(repository: Repository, known: Known) -> None:
    """Look up, change and delete one instance with what the answers say."""
    found = repository.check(repository.about("getInstance", known))
    if found.status == 404:
        return
    etag = found.headers["etag"]
    unchanged = repository.check(repository.about("getInstance", known).plus(if_none_match=etag))
    assert unchanged.status == 304
    patch = repository.about("patchInstance", known).plus(content_type="application/json", if_match=etag)
    changed = repository.check(
        replace(patch, body=json.dumps([{"op": "add", "path": "/_links/l", "value": {"href": "urn:l"}}]).encode())
    )
    assert changed.status == 200
    late = repository.check(replace(patch, body=b"[]"))
    assert (late.status, late.value["current"]) == (409, int(changed.headers["etag"].strip('"')))
    asked = repository.check(repository.about("deleteInstance", known).plus(if_match=changed.headers["etag"]))
    outcome = asked
    if asked.status == 202:
        token = asked.headers["location"].rpartition("/")[2]
        outcome = repository.check(repository.call("getDeletion", container=known.container, token=token))
    gone = repository.check(repository.about("getInstance", known)).status
    assert gone == (404 if outcome.value["outcome"] == "deleted" else 200)


def follow(repository: Repository, href: str) -> None:
    address, _, query = href.partition("?")
    name = "search" if address.endswith("/queries/core/search") else "listInstances"
    path = BASE_PATH + unquote(address)
    call = Call(repository.operation(name), path, raw_query=query.encode(), headers=dict(CREDENTIALS))
    answer = repository.check(call)
    assert answer.status in {200, 404}  # its container may be gone


@pytest.mark.parametrize("operation", WITH_BODY, ids=str)
def test_hostile_bodies_are_answered_as_documented(operation: Operation, repository: Repository) -> None:
    """J3: the large ones as one type, the others as each."""
    for media, call in zip(operation.bodies, calls_of(operation, repository), strict=False):
        for body in BODIES:
            if "personalized" in media or "container" in media or len(body) < LARGE:
                sent = replace(call, body=body).plus(content_type=media)
                check_body(sent, repository.check(sent))


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_hostile_texts_are_answered_as_documented(operation: Operation, repository: Repository) -> None:
    """J3."""
    call = calls_of(operation, repository)[0]
    for parameter in operation.parameters:
        for text in TEXTS:
            repository.check(with_parameter(call, parameter, text))
    for name in ("accept", "authorization", "x-api-key", "x-gw-ims-org-id", "content-type", "host"):
        for text in TEXTS:
            repository.check(call.plus(**{name: text}))


def calls_of(operation: Operation, repository: Repository) -> list[Call]:
    """Calls that reach what there is; for instances one by media type, in the order of the document."""
    listed = CONTAINER if operation.name == "listContainers" else f"{NS}personalized-offer"
    query = tuple((each["name"], listed) for each in operation.parameters if each["name"] == "schema")
    if "{container}" in operation.address and "{instanceId}" in operation.address:
        known = sorted(repository.instances, key=lambda each: each.kind)
        return [replace(repository.about(operation.name, each), query=query) for each in [*known, known[0]]]
    place = repository.containers[0]
    made = repository.call(operation.name, query=query, container=place, instanceId=place, token="none")  # noqa: S106  (part of an address)
    return [made] * max(1, len(operation.bodies))


def with_parameter(call: Call, parameter: dict[str, Any], text: str) -> Call:
    name = parameter["name"]
    if parameter["in"] == "query":
        return replace(call, query=(*call.query, (name, text)))
    if parameter["in"] == "header":
        return call.plus(**{name: text})
    parts = zip(call.operation.address.split("/"), call.path.split("/"), strict=True)
    return replace(call, path="/".join(text if part == "{" + name + "}" else given for part, given in parts))
