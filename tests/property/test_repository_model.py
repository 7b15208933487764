"""The embedded repository against a model of its specification, operation by operation.

All kinds, in two containers that must not know of each other. The model is ``repository_model`` (single instances),
``repository_lists`` (lists and searches) and ``repository_kinds`` (shapes and references); what is drawn is in
``repository_drawing``. ``RECONCILER_TEST_EXAMPLES`` sets the number of runs.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from reconciler.emulator.app import Emulator
from reconciler.emulator.faults import Faults
from reconciler.emulator.messages import Response
from tests.emulator_support import NS, XCORE, Caller, Inside, Made, TickingClock, ids_of, items_of, json_of, xdm
from tests.property import repository_drawing as drawing
from tests.property.repository_drawing import Asker, Author
from tests.property.repository_kinds import KINDS, NEXT, Own
from tests.property.repository_lists import Envelope, Query, first_page, list_behind, list_from_start
from tests.property.repository_model import Container, Deletion, Item, Refused, matches

pytestmark = pytest.mark.property

CONTAINER = "https://ns.adobe.com/experience/xcore/container"
WRITES = ("PUT", "PATCH", "DELETE", "GET")
KNOWN = ("instanceId", "repo:etag", "repo:createdDate", "repo:lastModifiedDate", "_instance")


@dataclass
class Walk:
    """A list that is read page by page while others write. last: the last item, as it was read."""

    place: Container
    query: Query
    following: str
    last: Envelope


def refusal_of(check: Callable[[], object]) -> Refused | None:
    try:
        check()
    except Refused as refused:
        return refused
    return None


def numbered_uuids() -> Callable[[], UUID]:
    """Ids in no order, the same in each run."""
    dice = Random(0)  # noqa: S311  (no secret)
    return lambda: UUID(int=dice.getrandbits(128), version=4)


class Repository(RuleBasedStateMachine):
    """Random operations on both; they must answer alike and hold the same after each."""

    def __init__(self) -> None:
        super().__init__()
        self.closing = ExitStack()
        self.made: dict[str, Made] = {}  # by instanceId
        self.asked: list[tuple[Container, Query]] = []
        self.walks: list[Walk] = []
        self.latest = ""  # the date of the last write
        self.may_differ = True  # since both were compared

    def teardown(self) -> None:
        self.closing.close()

    @initialize(polls=st.integers(0, 2))
    def open(self, polls: int) -> None:
        """Two containers, one with something of each kind that others refer to."""
        self.polls = polls
        emulator = Emulator.open(clock=TickingClock(), new_uuid=numbered_uuids(), faults=Faults(slow_delete=polls))
        self.closing.callback(emulator.close)
        outside = Caller(emulator)
        body = {"_instance": {"repo:name": "second"}, "_links": {}}
        response = outside.send("POST", "containers", body, content_type=f'{XCORE}hal+json; schema="{CONTAINER}"')
        self.places = [Container(emulator.container), Container(json_of(response)["instanceId"])]
        self.callers = {place.name: Inside(emulator, where=place.name) for place in self.places}
        self._stock(self.places[0])

    def _stock(self, place: Container) -> None:
        placement = self._made(place, "offer-placement")
        tag, rule_ = self._made(place, "tag"), self._made(place, "eligibility-rule", condition={"xdm:value": "true"})
        shown = [{"xdm:placement": placement}]
        fallback = self._made(place, "fallback-offer", representations=shown)
        only = {"xdm:eligibilityRule": rule_}
        offer = self._made(place, "personalized-offer", representations=shown, tags=[tag], selectionConstraint=only)
        offers = self._made(place, "offer-filter", filterType="offers", ids=[offer])
        self._made(place, "offer-activity", placement=placement, filter=offers, fallback=fallback)

    def _made(self, place: Container, kind: str, **more: Any) -> str:
        item = self._create(place, kind, xdm(name=f"a {kind}", **more))
        assert item is not None
        return item.uri

    # ------------------------------------------------------------ what is drawn

    def _place(self, data: st.DataObject) -> Container:
        return self.places[0] if not drawing.rarely(data.draw, 4) else self.places[1]

    def _strays(self) -> list[str]:
        return ["xcore:tag:000000000000000", *(made.uri for made in self.made.values())]

    def _author(self, data: st.DataObject, place: Container) -> Author:
        return Author(data.draw, place, self._strays())

    def _item(self, data: st.DataObject) -> tuple[Container, Item]:
        places = [place for place in self.places if place.items]
        place = self.places[0] if len(places) == 2 and not drawing.rarely(data.draw, 4) else places[-1]
        return place, place.items[data.draw(st.sampled_from(list(place.items)))]

    def _if_match(self, data: st.DataObject, item: Item) -> str | None:
        drawn: str | None = data.draw(drawing.IF_MATCH)
        return None if drawn is None else drawn.format(now=item.etag, old=item.etag - 1)

    # ------------------------------------------------------------ writing

    @rule(data=st.data(), kinds=st.lists(st.sampled_from(KINDS), min_size=1, max_size=3), links=drawing.LINKS)
    def create(self, data: st.DataObject, kinds: list[str], links: Own) -> None:
        place = self._place(data)
        for kind in kinds:
            self._create(place, kind, self._author(data, place).instance(kind), links)

    @rule(data=st.data(), kind=st.sampled_from(["offer-placement", "fallback-offer"]), count=st.integers(3, 6))
    def fill(self, data: st.DataObject, kind: str, count: int) -> None:
        """Lists of more than one page."""
        place = self._place(data)
        for _ in range(count):
            self._create(place, kind, self._author(data, place).instance(kind))

    def _create(self, place: Container, kind: str, own: Own, links: Own | None = None) -> Item | None:
        sent = {} if links is None else links
        response = self.callers[place.name].create(kind, own, sent)
        if self._is_refused(response, 201, lambda: place.check_new(kind, own, sent)):
            return None
        receipt = json_of(response)
        envelope = {"_instance": {**copy.deepcopy(own), "@id": receipt["@id"]}, "_links": dict(sent)}
        item = Item(
            kind, envelope | {"instanceId": receipt["instanceId"], "repo:createdDate": receipt["repo:createdDate"]}
        )
        self._take_receipt(item, response, etag=1)
        place.items[item.id] = item
        self.made[item.id] = Made(item.id, item.uri, response.headers["Location"])
        return item

    @precondition(lambda self: any(place.items for place in self.places))
    @rule(data=st.data(), links=drawing.LINKS)
    def put(self, data: st.DataObject, links: Own) -> None:
        place, item = self._item(data)
        own, if_match = self._author(data, place).revision(item), self._if_match(data, item)
        response = self.callers[place.name].put(self.made[item.id], own, links, if_match=if_match)
        wanted: list[Own] = []
        if not self._is_refused(response, 200, lambda: wanted.append(place.check_put(item, own, links, if_match))):
            item.envelope |= {"_instance": {**wanted[0], "@id": item.uri}, "_links": dict(links)}
            self._take_receipt(item, response, item.etag + 1)

    @precondition(lambda self: any(place.items for place in self.places))
    @rule(data=st.data())
    def patch(self, data: st.DataObject) -> None:
        place, item = self._item(data)
        self._patch(place, item, self._author(data, place).patch(item), self._if_match(data, item))

    def _patch(self, place: Container, item: Item, operations: Any, if_match: str | None) -> None:
        response = self.callers[place.name].patch_with(self.made[item.id], operations, if_match=if_match)
        patched: list[Envelope] = []
        if not self._is_refused(response, 200, lambda: patched.append(place.check_patch(item, operations, if_match))):
            item.envelope = patched[0]
            self._take_receipt(item, response, item.etag + 1)

    @precondition(lambda self: any(item.kind in NEXT for place in self.places for item in place.items.values()))
    @rule(data=st.data())
    def move_on(self, data: st.DataObject) -> None:
        found = [(place, item) for place in self.places for item in place.items.values() if item.kind in NEXT]
        place, item = data.draw(st.sampled_from(found))
        self._patch(place, item, [self._author(data, place).status(item)], None)

    def _is_refused(self, response: Response, success: int, check: Callable[[], object]) -> bool:
        """Both succeed or both refuse, for the same reason."""
        self.may_differ = True
        refused = refusal_of(check)
        if refused is None:
            assert response.status == success, response.body
            return False
        assert response.status == refused.status, response.body
        if refused.status == 409:
            told = json_of(response)
            assert told["type"].endswith(refused.about)
            assert told.get("holder") == refused.holder
        return True

    def _take_receipt(self, item: Item, response: Response, etag: int) -> None:
        """C3, G6: the etag counts up, what was created stays, dates never run backwards."""
        receipt = json_of(response)
        assert (receipt["instanceId"], receipt["@id"], receipt["repo:etag"]) == (item.id, item.uri, etag)
        assert response.headers["ETag"] == f'"{etag}"'
        assert receipt["repo:createdDate"] == item.envelope["repo:createdDate"]
        assert receipt["repo:lastModifiedDate"] >= self.latest
        self.latest = receipt["repo:lastModifiedDate"]
        item.envelope |= {"repo:etag": etag, "repo:lastModifiedDate": self.latest}

    # ------------------------------------------------------------ deleting

    @precondition(lambda self: any(place.items for place in self.places))
    @rule(data=st.data())
    def ask_to_delete(self, data: st.DataObject) -> None:
        place, item = self._item(data)
        free = [each for each in place.items.values() if not place.referrers(each)]
        if free and not drawing.rarely(data.draw, 3):
            item = data.draw(st.sampled_from(free))
        if_match = self._if_match(data, item)
        self.may_differ = True
        response = self.callers[place.name].delete(self.made[item.id], if_match=if_match)
        if if_match is not None and not matches(if_match, item.etag):
            assert response.status == 409
        elif item.kind == "offer-activity":  # nothing can reference it
            self._compare_outcome(response, place.decide(item))
        else:
            assert (response.status, json_of(response)["repo:etag"]) == (202, item.etag)
            place.deletions.append(Deletion(response.headers["Location"], item, self.polls))

    @precondition(lambda self: any(place.deletions for place in self.places))
    @rule(data=st.data(), times=st.integers(1, 3))
    def poll(self, data: st.DataObject, times: int) -> None:
        place = data.draw(st.sampled_from([place for place in self.places if place.deletions]))
        deletion = data.draw(st.sampled_from(place.deletions))
        for _ in range(times):
            self._poll(place, deletion)

    def _poll(self, place: Container, deletion: Deletion) -> None:
        self.may_differ = True
        response = self.callers[place.name].send("GET", deletion.address)
        if deletion.outcome is None and deletion.polls_left:
            deletion.polls_left -= 1
            assert (response.status, response.headers["Location"]) == (202, deletion.address)
            return
        if deletion.outcome is None:
            deletion.outcome = place.decide(deletion.item)
        self._compare_outcome(response, deletion.outcome)

    @precondition(lambda self: any(place.deletions for place in self.places))
    @rule(data=st.data())
    def poll_elsewhere(self, data: st.DataObject) -> None:
        place, other = data.draw(st.permutations(self.places))
        for deletion in place.deletions:
            token = deletion.address.rpartition("/")[2]
            assert self.callers[other.name].send("GET", f"{other.name}/deletions/{token}").status == 404

    def _compare_outcome(self, response: Response, wanted: dict[str, Any]) -> None:
        assert response.status == 200
        told = json_of(response)
        if "referencedBy" in wanted:
            told["referencedBy"] = {
                (each["@id"], each["schema"].removeprefix(NS), each["property"]) for each in told["referencedBy"]
            }
        assert {name: told.get(name) for name in wanted} == wanted

    # ------------------------------------------------------------ reading

    @precondition(lambda self: any(place.items for place in self.places))
    @rule(data=st.data())
    def look_up(self, data: st.DataObject) -> None:
        place, item = self._item(data)
        condition = self._if_match(data, item)
        response = self.callers[place.name].get(self.made[item.id], if_none_match=condition)
        assert response.headers["ETag"] == f'"{item.etag}"'
        if condition is not None and matches(condition, item.etag):
            assert (response.status, response.body) == (304, b"")
        else:
            assert response.status == 200
            assert self._known(json_of(response)) == item.envelope

    @rule(data=st.data(), method=st.sampled_from(WRITES))
    def seek_what_is_not_there(self, data: st.DataObject, method: str) -> None:
        """What is gone, and what is in the other container."""
        place = self._place(data)
        absent = [made for name, made in self.made.items() if name not in place.items]
        if not absent:
            return
        made = data.draw(st.sampled_from(absent))
        self.may_differ = True
        form = "patch.hal" if method == "PATCH" else "hal"
        content_type = f'{XCORE}{form}+json; schema="{NS}{made.uri.split(":")[1]}"'
        body: Any = [] if method == "PATCH" else {"_instance": {"xdm:name": "back"}, "_links": {}}
        path = f"{place.name}/instances/{made.id}"
        assert self.callers[place.name].send(method, path, body, content_type=content_type).status == 404

    @rule(data=st.data(), is_search=st.booleans())
    def ask(self, data: st.DataObject, is_search: bool) -> None:
        """A list or a search, read to its end by following ``next``."""
        place = self._place(data)
        asker = Asker(data.draw, place, self._strays())
        query = asker.query()
        if is_search:
            query = replace(query, **asker.search())
        if query.by_score:
            query = replace(query, start=None)
        self.asked.append((place, query))
        self._compare_pages(place, query)

    @precondition(lambda self: self.asked)
    @rule(data=st.data())
    def ask_again(self, data: st.DataObject) -> None:
        self._compare_pages(*data.draw(st.sampled_from(self.asked)))

    def _page(self, place: Container, query: Query) -> Any:
        caller = self.callers[place.name]
        if query.terms is None:
            return caller.list(query.kind, **query.parameters)
        return caller.search(query.kind, **query.parameters)

    def _envelopes(self, place: Container, query: Query) -> list[Envelope]:
        return [item.envelope for item in place.of_kind(query.kind)]

    def _compare_pages(self, place: Container, query: Query) -> None:
        rest = [str(each["instanceId"]) for each in list_from_start(query, self._envelopes(place, query))]
        if query.by_score:
            self._compare_by_score(place, query, set(rest))
            return
        first = self._page(place, query)
        wanted = len(first_page(query, list_from_start(query, self._envelopes(place, query))))
        for page in self.callers[place.name].pages(first):
            self._compare_page(page, rest, rest[:wanted])
            rest, wanted = rest[wanted:], query.limit
        assert rest == []

    def _compare_page(self, page: Any, rest: list[str], wanted: list[str]) -> None:
        assert ids_of(page) == wanted
        assert (page["_embedded"]["count"], page["_embedded"]["total"]) == (len(wanted), len(rest))
        assert ("next" in page["_links"]) is (len(wanted) < len(rest))

    def _compare_by_score(self, place: Container, query: Query, wanted: set[str]) -> None:
        """Best first (F3); what is best is the repository's own."""
        found: list[Envelope] = []
        for page in self.callers[place.name].pages(self._page(place, query)):
            assert page["_embedded"]["total"] == len(wanted) - len(found)
            assert page["_embedded"]["count"] == min(query.limit, len(wanted) - len(found))
            found += items_of(page)
        assert (len(found), {each["instanceId"] for each in found}) == (len(wanted), wanted)
        scores = [each["_score"] for each in found]
        assert scores == sorted(scores, reverse=True)

    # ------------------------------------------------------------ reading while others write

    @rule(data=st.data())
    def begin_to_walk(self, data: st.DataObject) -> None:
        place = self.places[0]
        query = replace(Asker(data.draw, place, self._strays()).query(), start=None, limit=data.draw(st.integers(1, 2)))
        self._keep_walking(place, query, self._page(place, query))

    @precondition(lambda self: self.walks)
    @rule(data=st.data())
    def walk_on(self, data: st.DataObject) -> None:
        """E5 to E7: a page begins where the last one ended, in the list as it stands now."""
        walk = self.walks.pop(data.draw(st.integers(0, len(self.walks) - 1)))
        behind = list_behind(walk.query, self._envelopes(walk.place, walk.query), walk.last)
        rest = [str(each["instanceId"]) for each in behind]
        page = json_of(self.callers[walk.place.name].send("GET", walk.following))
        self._compare_page(page, rest, rest[: walk.query.limit])
        self._keep_walking(walk.place, walk.query, page)

    def _keep_walking(self, place: Container, query: Query, page: Any) -> None:
        if "next" in page["_links"]:
            self.walks.append(Walk(place, query, page["_links"]["next"]["href"].lstrip("/"), items_of(page)[-1]))

    # ------------------------------------------------------------ what must hold

    def _known(self, envelope: Envelope) -> Envelope:
        """What the model knows of an envelope."""
        links = {name: link for name, link in envelope["_links"].items() if name != "self"}
        return {**{name: envelope[name] for name in KNOWN}, "_links": links}

    @invariant()
    def both_hold_the_same(self) -> None:
        """Compared after every write, refused ones too."""
        if not self.may_differ:
            return
        self.may_differ = False
        for place in self.places:
            for kind in KINDS:
                page = self.callers[place.name].list(kind)
                wanted = sorted(
                    (item.envelope for item in place.of_kind(kind)), key=lambda each: str(each["instanceId"])
                )
                assert [self._known(each) for each in items_of(page)] == wanted
                assert (page["_embedded"]["total"], page["containerId"]) == (len(wanted), place.name)


TestRepository = Repository.TestCase
TestRepository.settings = settings(
    max_examples=int(os.environ.get("RECONCILER_TEST_EXAMPLES", "500")),
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
