"""Writes to the repository and its model, in two containers that must not know of each other."""

from __future__ import annotations

import copy
from collections.abc import Callable
from contextlib import ExitStack
from random import Random
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from reconciler.emulator.app import Emulator
from reconciler.emulator.faults import Faults
from reconciler.emulator.messages import Response
from tests.emulator_support import NS, XCORE, Caller, Inside, Made, TickingClock, items_of, json_of, xdm
from tests.property import repository_drawing as drawing
from tests.property.repository_drawing import Author
from tests.property.repository_kinds import KINDS, NEXT, Own
from tests.property.repository_lists import Envelope
from tests.property.repository_model import Container, Deletion, Item, Refused, matches

CONTAINER = "https://ns.adobe.com/experience/xcore/container"
KNOWN = ("instanceId", "repo:etag", "repo:createdDate", "repo:lastModifiedDate", "_instance")


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


class Writing(RuleBasedStateMachine):
    """Random writes to both: they must be answered alike, and leave the same behind."""

    def __init__(self) -> None:
        super().__init__()
        self.closing = ExitStack()
        self.made: dict[str, Made] = {}  # by instanceId
        self.latest = ""  # the date of the last write
        self.may_differ = True  # since both were compared

    def teardown(self) -> None:
        self.closing.close()

    @initialize(polls=st.integers(0, 2), together=st.sampled_from([1, 3, 256]))
    def open(self, polls: int, together: int) -> None:
        """Two containers, one with something of each kind that others refer to."""
        self.polls = polls
        emulator = Emulator.open(
            clock=TickingClock(),
            new_uuid=numbered_uuids(),
            faults=Faults(slow_delete=polls),
            taken_in_together=together,
        )
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
        for extras in drawing.STOCK:
            self._create(place, "offer-placement", {"xdm:name": "stock", **extras})

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
    @rule(data=st.data(), times=st.integers(1, 2))
    def ask_to_delete(self, data: st.DataObject, times: int) -> None:
        place, item = self._item(data)
        free = [each for each in place.items.values() if not place.referrers(each)]
        if free and not drawing.rarely(data.draw, 3):
            item = data.draw(st.sampled_from(free))
        for _ in range(times if item.kind != "offer-activity" else 1):
            self._ask_to_delete(place, item, self._if_match(data, item))

    def _ask_to_delete(self, place: Container, item: Item, if_match: str | None) -> None:
        self.may_differ = True
        response = self.callers[place.name].delete(self.made[item.id], if_match=if_match)
        if if_match is not None and not matches(if_match, item.etag):
            assert response.status == 409
        elif item.kind == "offer-activity":  # nothing can reference it
            self._compare_outcome(response, place.decide(item))
        else:
            assert (response.status, json_of(response)["repo:etag"]) == (202, item.etag)
            place.deletions.append(Deletion(response.headers["Location"], item, self.polls, if_match))

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
            deletion.outcome = place.decide(deletion.item, deletion.if_match)
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
