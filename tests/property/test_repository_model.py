"""The embedded repository against a model of its specification, operation by operation.

All kinds, in two containers. The model is ``repository_model`` (single instances), ``repository_lists`` (lists and
searches) and ``repository_kinds`` (shapes and references); ``repository_drawing`` draws, ``repository_writing`` is the
half of the machine that writes, the half that reads is here. ``RECONCILER_TEST_EXAMPLES`` sets the number of runs.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.emulator_support import NS, XCORE, ids_of, items_of, json_of
from tests.property.repository_drawing import Asker
from tests.property.repository_lists import Envelope, Query, first_page, is_told, list_behind, list_from_start
from tests.property.repository_model import Container, matches
from tests.property.repository_writing import Writing

pytestmark = pytest.mark.property

METHODS = ("PUT", "PATCH", "DELETE", "GET")


@dataclass
class Walk:
    """A list that is read page by page while others write. last: the last item, as it was read."""

    place: Container
    query: Query
    following: str
    last: Envelope


class Repository(Writing):
    """Random operations on both; they must answer alike and hold the same after each."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[Container, Query]] = []
        self.walks: list[Walk] = []

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

    @rule(data=st.data(), method=st.sampled_from(METHODS))
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

    @rule(data=st.data(), searches=st.lists(st.booleans(), min_size=2, max_size=8))
    def ask(self, data: st.DataObject, searches: list[bool]) -> None:
        """Lists and searches, read to their end by following ``next``."""
        place = self._place(data)
        asker = Asker(data.draw, place, self._strays())
        for is_search in searches:
            query = asker.search() if is_search else asker.listing()
            self.asked.append((place, query))
            self._compare_pages(place, query)

    @precondition(lambda self: self.asked)
    @rule(data=st.data())
    def ask_again(self, data: st.DataObject) -> None:
        """What is kept between requests follows what was written."""
        for place, query in data.draw(st.lists(st.sampled_from(self.asked), min_size=1, max_size=4)):
            self._compare_pages(place, query)

    def _page(self, place: Container, query: Query) -> Any:
        caller = self.callers[place.name]
        if query.terms is None:
            return caller.list(query.kind, **query.parameters)
        return caller.search(query.kind, **query.parameters)

    def _envelopes(self, place: Container, query: Query) -> list[Envelope]:
        return [item.envelope for item in place.of_kind(query.kind)]

    def _compare_pages(self, place: Container, query: Query) -> None:
        if not is_told(query, self._envelopes(place, query)):
            return
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
        query = replace(
            Asker(data.draw, place, self._strays()).listing(), start=None, limit=data.draw(st.integers(1, 2))
        )
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


TestRepository = Repository.TestCase
TestRepository.settings = settings(
    max_examples=int(os.environ.get("RECONCILER_TEST_EXAMPLES", "500")),
    stateful_step_count=14,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
