"""The embedded repository against a model of its specification, operation by operation.

The model knows offers and the tags they refer to: names, revisions, statuses, references, deletions.
``RECONCILER_TEST_EXAMPLES`` sets the number of runs.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from reconciler.emulator.app import Emulator
from tests.emulator_support import Caller, Made, TickingClock, json_of

pytestmark = pytest.mark.property

NAMES = st.sampled_from(["a", "A", "b", " b"])
STATUSES = st.sampled_from(["draft", "approved", "archived"])
NEXT = {"draft": "approved", "approved": "archived", "archived": "draft"}
ETAGS = st.sampled_from(["current", "older", None])


@dataclass
class Stored:
    """What the model knows of one instance."""

    kind: str
    name: str
    status: str = "draft"
    tags: list[str] = field(default_factory=list)
    etag: int = 1

    @property
    def properties(self) -> dict[str, object]:
        own: dict[str, object] = {"xdm:name": self.name}
        if self.kind == "personalized-offer":
            own |= {"xdm:status": self.status, "xdm:tags": self.tags}
        return own


class Repository(RuleBasedStateMachine):
    """Random operations on both; they must answer alike and hold the same after each."""

    instances = Bundle("instances")

    def __init__(self) -> None:
        super().__init__()
        self.emulator = Emulator.open(clock=TickingClock())
        self.caller = Caller(self.emulator)
        self.stored: dict[str, Stored] = {}  # by URI
        self.made: dict[str, Made] = {}

    def teardown(self) -> None:
        self.emulator.close()

    # ------------------------------------------------------------ the model

    def _taken(self, kind: str, name: str, besides: str | None = None) -> bool:
        return any(uri != besides and (item.kind, item.name) == (kind, name) for uri, item in self.stored.items())

    def _referrers(self, uri: str) -> set[str]:
        return {other for other, item in self.stored.items() if uri in item.tags}

    def _current_tags(self, made: list[Made]) -> list[str]:
        return [item.uri for item in made if item.uri.startswith("xcore:tag:")]

    def _if_match(self, item: Stored, which: str | None) -> tuple[dict[str, str], bool]:
        """The header to send, and whether it is in the way."""
        if which is None:
            return {}, False
        etag = item.etag if which == "current" else item.etag - 1
        return {"if_match": f'"{etag}"'}, which != "current"

    # ------------------------------------------------------------ operations

    @rule(target=instances, name=NAMES)
    def create_tag(self, name: str) -> Made | None:
        return self._create(Stored("tag", name))

    @rule(target=instances, name=NAMES, status=STATUSES, tags=st.lists(instances, max_size=2))
    def create_offer(self, name: str, status: str, tags: list[Made]) -> Made | None:
        uris = self._current_tags([tag for tag in tags if tag is not None])
        return self._create(Stored("personalized-offer", name, status, uris))

    def _create(self, item: Stored) -> Made | None:
        response = self.caller.create(item.kind, item.properties)
        dangling = any(uri not in self.stored for uri in item.tags)
        expected = 422 if dangling else 409 if self._taken(item.kind, item.name) else 201
        assert response.status == expected, response.body
        if expected != 201:
            return None
        receipt = json_of(response)
        made = Made(receipt["instanceId"], receipt["@id"], response.headers["Location"])
        self.stored[made.uri] = item
        self.made[made.uri] = made
        return made

    @rule(made=instances, name=NAMES, which=ETAGS)
    def rename(self, made: Made | None, name: str, which: str | None) -> None:
        if made is None:
            return
        item = self.stored.get(made.uri)
        headers, stale = self._if_match(item, which) if item else ({}, False)
        operation = {"op": "replace", "path": "/_instance/xdm:name", "value": name}
        response = self.caller.patch(made, operation, **headers)
        if item is None:
            assert response.status == 404
        elif stale or self._taken(item.kind, name, made.uri):
            assert response.status == 409
        else:
            assert response.status == 200, response.body
            item.name = name
            item.etag += 1

    @rule(made=instances, status=STATUSES, which=ETAGS)
    def move_on(self, made: Made | None, status: str, which: str | None) -> None:
        item = self.stored.get(made.uri) if made is not None else None
        if made is None or item is None or item.kind != "personalized-offer":
            return
        headers, stale = self._if_match(item, which)
        response = self.caller.patch(made, {"op": "add", "path": "/_instance/xdm:status", "value": status}, **headers)
        legal = status in {item.status, NEXT[item.status]}
        assert response.status == (409 if stale else 200 if legal else 422), response.body
        if response.status == 200:
            item.status = status
            item.etag += 1

    @rule(made=instances, tags=st.lists(instances, max_size=2))
    def retag(self, made: Made | None, tags: list[Made]) -> None:
        item = self.stored.get(made.uri) if made is not None else None
        if made is None or item is None or item.kind != "personalized-offer":
            return
        uris = self._current_tags([tag for tag in tags if tag is not None])
        response = self.caller.put(made, {**item.properties, "xdm:tags": uris})
        dangling = any(uri not in self.stored for uri in uris)
        assert response.status == (422 if dangling else 200), response.body
        if not dangling:
            item.tags = uris
            item.etag += 1

    @rule(made=instances)
    def ask_to_delete(self, made: Made | None) -> None:
        item = self.stored.get(made.uri) if made is not None else None
        if made is None or item is None:
            return
        outcome = self.caller.delete_and_poll(made)
        referrers = self._referrers(made.uri)
        if item.status == "approved" or referrers:
            assert outcome["outcome"] == "rejected"
        else:
            assert outcome["outcome"] == "deleted"
            del self.stored[made.uri]

    @rule(made=consumes(instances))
    def forget_the_address(self, made: Made | None) -> None:
        """The instance stays; no operation names it any more."""

    # ------------------------------------------------------------ what must hold

    @invariant()
    def both_hold_the_same(self) -> None:
        live = {}
        for kind in ("tag", "personalized-offer"):
            for result in self.caller.list(kind)["_embedded"]["results"]:
                own = {name: value for name, value in result["_instance"].items() if name != "@id"}
                live[result["_instance"]["@id"]] = (own, result["repo:etag"])
        assert live == {uri: (item.properties, item.etag) for uri, item in self.stored.items()}

    @invariant()
    def what_is_gone_is_not_found(self) -> None:
        for uri, made in self.made.items():
            assert self.caller.get(made).status == (200 if uri in self.stored else 404)


TestRepository = Repository.TestCase
TestRepository.settings = settings(
    max_examples=int(os.environ.get("RECONCILER_TEST_EXAMPLES", "500")),
    stateful_step_count=15,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
