"""Requests to the repository in process, as a server would hand them over, and the repository they go to."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field, replace
from typing import Any, cast
from urllib.parse import urlencode

from reconciler.emulator.app import Emulator
from reconciler.emulator.asgi import AsgiApp, Message, asgi_app
from reconciler.emulator.messages import Request
from tests.emulator_support import CREDENTIALS, PROBLEM, Caller
from tests.property.api_document import Answer, Description, Operation

SLOW_S = 2.0


@dataclass(frozen=True)
class Call:
    """A request before it is sent. path: decoded.   raw_query: sent as it is, behind the pairs."""

    operation: Operation
    path: str
    query: tuple[tuple[str, str], ...] = ()
    raw_query: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    method: str | None = None

    def plus(self, **headers: str) -> Call:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(self, headers={**self.headers, **named})


def latin(text: str) -> bytes:
    """What a header can carry of a text: a server lets no others through."""
    kept = text.replace("\r", "").replace("\n", "").replace("\0", "")
    return kept.encode("latin-1", "replace")


def send(app: AsgiApp, call: Call) -> Answer:
    query = urlencode(call.query, errors="surrogatepass").encode()
    scope: Message = {
        "type": "http",
        "method": call.method or call.operation.method,
        "path": call.path,
        "query_string": b"&".join(filter(None, [query, call.raw_query])),
        "headers": [(name.lower().encode(), latin(value)) for name, value in call.headers.items()],
        "scheme": "http",
    }
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": call.body}

    async def keep(message: Message) -> None:
        sent.append(message)

    started = time.thread_time()
    running = cast("Any", app(scope, receive, keep))
    try:
        running.send(None)
    except StopIteration:
        seconds = time.thread_time() - started
    else:
        raise AssertionError("the application waits for something")
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in sent[0]["headers"]}
    return Answer(sent[0]["status"], headers, sent[1]["body"], seconds)


def _check_elsewhere(answer: Answer, told: str) -> None:
    """What is not in the document is refused: 404 and 405, and what comes before."""
    if (answer.status, answer.headers.get("content-type")) == (400, "application/json"):
        return
    media = answer.headers.get("content-type")
    assert answer.status in {401, 403, 404, 405, 413}, told
    of_the_gateway, of_the_api = answer.status in {401, 403}, answer.status != 401  # 403: an unknown sandbox too
    assert media in {*(["application/json"] if of_the_gateway else []), *([PROBLEM] if of_the_api else [])}, told
    assert answer.status != 405 or answer.headers["allow"], told
    assert answer.value.get("status", answer.status) == answer.status, told


@dataclass(frozen=True)
class Known:
    """An instance that was made. etag: as it was when last seen."""

    container: str
    kind: str
    instance_id: str
    uri: str
    etag: str


@dataclass
class Repository:
    """A seeded repository, its description, and what is known of it."""

    emulator: Emulator
    description: Description
    instances: list[Known] = field(default_factory=list)
    containers: list[str] = field(default_factory=list)
    deletions: list[tuple[str, str]] = field(default_factory=list)
    following: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.app = asgi_app(self.emulator)
        self.containers.append(self.emulator.container)

    def operation(self, name: str) -> Operation:
        return next(each for each in self.description.operations if each.name == name)

    def check(self, call: Call) -> Answer:
        """Send, and hold the answer against the description."""
        answer = send(self.app, call)
        if answer.seconds > SLOW_S and (call.method or call.operation.method) == "GET":
            answer = min(answer, send(self.app, call), key=lambda each: each.seconds)
        told = f"{call.method or call.operation.method} {call.path[:200]!r} {call.query!r:.300} -> {answer.status}"
        self.sent.append(told)
        assert answer.seconds <= SLOW_S, f"{told}: took {answer.seconds:.1f} s"
        assert answer.status < 500, f"{told}: {answer.body[:500]!r}"
        if call.method is not None or not self._is_its_address(call):
            _check_elsewhere(answer, told)
            return answer
        faults = self.description.faults(call.operation, answer)
        assert faults == [], f"{told}: {faults} {answer.body[:1000]!r}"
        return answer

    def _is_its_address(self, call: Call) -> bool:
        """Whether the path, with all that was put into it, is still one of the operation and of no other."""
        wanted, given = call.operation.address.split("/"), call.path.split("/")
        same = all(part == found or part.startswith("{") for part, found in zip(wanted, given, strict=False))
        taken = any(part.startswith("{") and found == "containers" for part, found in zip(wanted, given, strict=False))
        return same and len(wanted) == len(given) and not taken

    # --- calls that are in order

    def call(self, name: str, *, query: tuple[tuple[str, str], ...] = (), **values: str) -> Call:
        operation = self.operation(name)
        path = operation.address
        for key, value in values.items():
            path = path.replace("{" + key + "}", value)
        return Call(operation, path, query, headers=dict(CREDENTIALS))

    def about(self, name: str, known: Known) -> Call:
        return self.call(name, container=known.container, instanceId=known.instance_id)


def seeded(emulator: Emulator, description: Description) -> Repository:
    """One instance of each kind, and a second container."""
    repository, caller = Repository(emulator, description), Caller(emulator)
    placement = caller.made("offer-placement", name="p")
    tag = caller.made("tag", name="t")
    rule = caller.made("eligibility-rule", name="r", condition={"xdm:value": "true"})
    shown = [{"xdm:placement": placement.uri, "xdm:components": [{"@type": "urn:text", "repo:id": "one"}]}]
    fallback = caller.made("fallback-offer", name="f", representations=shown)
    offer = caller.made(
        "personalized-offer",
        links={"docs": {"href": "urn:x"}},
        name="Été red",
        tags=[tag.uri],
        representations=shown,
        selectionConstraint={"xdm:startDate": "2026-01-01T00:00:00Z", "xdm:eligibilityRule": rule.uri},
    )
    chosen = caller.made("offer-filter", name="c", filterType="offers", ids=[offer.uri])
    activity = caller.made(
        "offer-activity", name="a", placement=placement.uri, filter=chosen.uri, fallback=fallback.uri
    )
    for made in (placement, tag, rule, fallback, offer, chosen, activity):
        kind = made.uri.split(":")[1]
        repository.instances.append(Known(caller.container, kind, made.id, made.uri, '"1"'))
    second = repository.call("createContainer")
    media = next(iter(second.operation.bodies))
    body = {"_instance": {"repo:name": "second"}, "_links": {}}
    answer = repository.check(replace(second, body=json.dumps(body).encode()).plus(content_type=media))
    repository.containers.append(answer.value["instanceId"])
    return repository


def description_of(emulator: Emulator) -> Description:
    return Description(json.loads(emulator.handle(Request("GET", "/openapi.json")).body))
