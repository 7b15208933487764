"""What is drawn for the repository: instances, patches, queries; small vocabularies, so that things meet."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from tests.property.repository_kinds import KINDS, NEXT, OFFERS, Own, placements, status_of
from tests.property.repository_lists import Condition, Query, Term
from tests.property.repository_model import Container, Item

Draw = Callable[[st.SearchStrategy[Any]], Any]

NAMES = st.sampled_from(["a", "A", "b", " b", "Été", "red sale", "2026-01-01T00:00:00Z", "10"])
TEXTS = st.sampled_from(["red", "Red-SALE 50%", "été à Paris", "ete", "c++ red", "sale, red", "a\\b", ""])
NUMBERS = st.sampled_from([0, 1, 2, 2.5, 10, -1])
DATES = st.sampled_from(
    ["2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00", "2026-01-01T00:00:00.0005Z", "2025-06-01T00:00:00.5Z"]
)
EXTRAS: dict[str, st.SearchStrategy[Any]] = {
    "n": NUMBERS,
    "t": TEXTS,
    "d": DATES,
    "l": st.lists(st.one_of(NUMBERS, TEXTS), max_size=3),
    "x.y": TEXTS,
    "deep": st.lists(st.fixed_dictionaries({"t": TEXTS}), max_size=2),
}
STOCK: tuple[Own, ...] = (
    {"n": 1, "t": "red", "d": "2026-01-01T00:00:00Z", "l": [1, "red"], "x.y": "a\\b"},
    {"n": 2, "t": "Red-SALE 50%", "d": "2026-01-01T01:00:00+01:00", "l": [], "deep": [{"t": "sale, red"}]},
    {"n": 2, "t": "été à Paris", "d": "2026-01-01T00:00:00.0005Z", "deep": [{"t": "red"}, {"t": "ete"}]},
    {"n": 2.5, "t": "sale, red", "l": ["c++ red", 10]},
    {"t": "ete", "d": "2025-06-01T00:00:00.5Z", "x.y": "red"},
    {"n": 10, "t": "c++ red", "x.y": "Red-SALE 50%"},
)
PERSONAL = ("xdm:selectionConstraint", "xdm:rank", "xdm:cappingConstraint")  # not for fallbacks
LINKS = st.sampled_from([{}, {}, {"docs": {"href": "urn:x"}}, {"Docs": {"href": "urn:y", "title": "t"}}, {"docs": {}}])
STATUSES = st.sampled_from(["draft", "approved", "live", "archived"])
IF_MATCH = st.sampled_from([None, None, None, '"{now}"', "{now}", 'W/"{now}"', '"7777", "{now}"', "*", '"{old}"'])


def rarely(draw: Draw, one_in: int = 10) -> bool:
    return bool(draw(st.integers(1, one_in)) == one_in)


# --- instances


class Author:
    """Draws what could be written in one container. strays: URIs that mostly name nothing of use there."""

    def __init__(self, draw: Draw, here: Container, strays: Sequence[str]) -> None:
        self.draw, self.here, self.strays = draw, here, strays

    def uri(self, kind: str) -> str:
        good = [item.uri for item in self.here.of_kind(kind)]
        if not good or rarely(self.draw, 12):
            good = [*self.strays]
        return str(self.draw(st.sampled_from(good)))

    def uris(self, kind: str) -> list[str]:
        return [self.uri(kind) for _ in range(self.draw(st.integers(0, 2)))]

    def instance(self, kind: str) -> Own:
        """Mostly one that is valid."""
        own: Own = {"xdm:name": self.draw(NAMES)}
        own |= {name: self.draw(EXTRAS[name]) for name in self.some(*EXTRAS)}
        match kind:
            case "eligibility-rule":
                own["xdm:condition"] = {"xdm:value": self.draw(TEXTS)}
            case "personalized-offer" | "fallback-offer":
                own |= self.offer(kind)
            case "offer-filter":
                own |= self.members()
            case "offer-activity":
                own |= self.activity()
        return self.spoiled(kind, own) if rarely(self.draw) else own

    def some(self, *names: str) -> list[str]:
        return sorted(self.draw(st.sets(st.sampled_from(names), max_size=3))) if names else []

    def offer(self, kind: str) -> Own:
        own: Own = {}
        if self.draw(st.booleans()):
            own["xdm:status"] = self.draw(st.sampled_from(["draft", "approved", "archived"]))
        possible = ["xdm:tags", "xdm:representations", "xdm:representations"]
        if kind == "personalized-offer":
            possible += PERSONAL
        elif rarely(self.draw, 8):
            own[self.draw(st.sampled_from(PERSONAL))] = {}
        for name in self.some(*possible):
            own[name] = self.part(name)
        return own

    def status(self, item: Item) -> Own:
        """One more operation: mostly a step along the lifecycle."""
        legal = NEXT.get(item.kind, {}).get(str(status_of(item.kind, item.own)), "draft")
        status = self.draw(STATUSES) if rarely(self.draw, 4) else legal
        return {"op": "add", "path": "/_instance/xdm:status", "value": status}

    def part(self, name: str) -> Any:
        match name:
            case "xdm:tags":
                return self.uris("tag")
            case "xdm:representations":
                return [self.representation() for _ in range(self.draw(st.integers(0, 2)))]
            case "xdm:rank":
                return {"xdm:priority": self.draw(st.integers(-1, 2))}
            case "xdm:cappingConstraint":
                return {"xdm:globalCap": self.draw(st.integers(0, 2))}
            case _:
                rule = {"xdm:eligibilityRule": self.uri("eligibility-rule")} if not rarely(self.draw, 4) else {}
                return {"xdm:startDate": self.draw(DATES), **rule}

    def representation(self) -> Own:
        types, assets = st.sampled_from(["urn:text", "urn:image"]), st.sampled_from([None, "one", "two"])
        components = []
        for asset in self.draw(st.lists(assets, max_size=2, unique_by=lambda each: each or object())):
            component = {"@type": self.draw(types), "xdm:copyline": self.draw(TEXTS)}
            known = {} if asset is None else {"repo:id": asset, "repo:resolveURL": f"urn:{asset}"}
            components.append({**component, **known})
        return {"xdm:placement": self.uri("offer-placement"), "xdm:components": components}

    def members(self) -> Own:
        by = self.draw(st.sampled_from(["offers", "anyTags", "allTags"]))
        named = self.uris("personalized-offer" if by == "offers" else "tag")
        return {"xdm:filterType": by, self.draw(st.sampled_from(["ids", "xdm:ids"])): named}

    def activity(self) -> Own:
        fallback = self.uri("fallback-offer")
        found = self.here.find(fallback)
        covered = [] if found is None else placements(found.own)
        placement = self.uri("offer-placement") if not covered or rarely(self.draw) else covered[0]
        own = {"xdm:placement": placement, "xdm:filter": self.uri("offer-filter"), "xdm:fallback": fallback}
        if rarely(self.draw, 3):
            own["xdm:status"] = self.draw(st.sampled_from(["draft", "live", "archived"]))
        return own

    def spoiled(self, kind: str, own: Own) -> Own:
        spoils: list[Own] = [{"xdm:name": 1}, {"@id": "xcore:tag:000000000000000"}, {"xdm:status": "other"}]
        if kind in OFFERS:
            spoils += [
                {"xdm:tags": "x"},
                {"xdm:representations": [{}]},
                {"xdm:rank": {}},
                {"xdm:selectionConstraint": {}},
            ]
            spoils += [{"xdm:cappingConstraint": {}}, {"xdm:characteristics": {"a": 1}}]
        if kind == "offer-filter":
            spoils += [{"ids": [], "xdm:ids": []}]
        if rarely(self.draw, 3):
            del own[self.draw(st.sampled_from(sorted(own)))]
            return own
        return own | self.draw(st.sampled_from(spoils))

    # --- revisions

    def revision(self, item: Item) -> Own:
        """For a PUT: another instance of the kind, or the stored one with a part of another."""
        other = self.instance(item.kind)
        if not rarely(self.draw, 3):
            other = item.own | {name: other[name] for name in self.some(*other) if name in other}
            other = copy.deepcopy(other)
        if rarely(self.draw, 3):
            other.pop("@id", None)
        for shown in other.get("xdm:representations", ()) if rarely(self.draw, 3) else ():
            for component in shown.get("xdm:components", ()):
                component.pop("repo:id", None)
        return other

    def patch(self, item: Item) -> Any:
        operations = [self.operation(item) for _ in range(self.draw(st.integers(0, 3)))]
        if not rarely(self.draw, 15):
            return operations
        no_patches = [{}, {"op": "add", "path": "/_instance/n"}, {"op": "set", "path": "/_instance/n", "value": 1}]
        broken = self.draw(st.sampled_from([*no_patches, {"op": "remove", "path": "_instance"}, {"op": "remove"}]))
        return [*operations, broken]

    def operation(self, item: Item) -> Own:
        what = self.draw(st.sampled_from(["part", "part", "drop", "status", "test", "move", "list", "asset", "place"]))
        some = st.sampled_from(sorted(EXTRAS))
        match what:
            case "part":
                other = {"n": 0, **self.instance(item.kind)}
                name = self.draw(st.sampled_from(sorted(other)))
                return self.op("add", "replace", path=f"/_instance/{name}", value=other[name])
            case "drop":
                return self.op("remove", path=f"/_instance/{self.draw(st.sampled_from(sorted({**item.own, 'n': 0})))}")
            case "status":
                return self.status(item)
            case "test":
                right = not rarely(self.draw, 3)
                name = item.own.get("xdm:name") if right else "other"
                etag = item.etag if right else item.etag + 1
                tests = [("/_instance/xdm:name", name), ("/repo:etag", etag)]
                path, value = self.draw(st.sampled_from(tests))
                return self.op("test", path=path, value=value)
            case "move":
                source, path = f"/_instance/{self.draw(some)}", f"/_instance/{self.draw(some)}"
                return {**self.op("move", "copy", path=path), "from": source}
            case "list":
                place = self.draw(
                    st.sampled_from(["xdm:tags/-", "xdm:tags/0", "xdm:tags/9", "l/-", "l/0/t", "deep/0/t"])
                )
                return self.op("add", "remove", path=f"/_instance/{place}", value=self.uri("tag"))
            case "asset":
                name = self.draw(st.sampled_from(["repo:id", "repo:resolveURL", "xdm:copyline"]))
                path = f"/_instance/xdm:representations/0/xdm:components/0/{name}"
                return self.op(
                    "replace", "remove", path=path, value=self.draw(st.sampled_from(["one", "urn:one", "x"]))
                )
            case _:
                return self.place(item)

    def op(self, *names: str, **members: Any) -> Own:
        return {"op": self.draw(st.sampled_from(names)), **members}

    def place(self, item: Item) -> Own:
        """Links, and what the envelope keeps to itself."""
        link: Own = {"href": "urn:z"}
        possible: list[Own] = [
            {"op": "add", "path": "/_links/a~1b", "value": link},
            {"op": "add", "path": "/_links/docs", "value": self.draw(st.sampled_from([link, {}, "urn:z"]))},
            {"op": "remove", "path": "/_links/docs"},
            {"op": "add", "path": "/_links/self", "value": link},
            {"op": "replace", "path": "/repo:etag", "value": item.etag},
            {"op": "remove", "path": "/instanceId"},
            {"op": "replace", "path": "/_instance/@id", "value": item.uri},
            {"op": "replace", "path": "/_instance/@id", "value": self.uri(item.kind)},
            {"op": "remove", "path": "/_instance"},
            {"op": "replace", "path": "/_links", "value": {}},
        ]
        return dict(self.draw(st.sampled_from(possible)))


# --- lists and searches

TEXT_PATHS = ("_instance.xdm:name", "_instance.t", "_instance.x\\.y", "_instance.xdm:status")
NUMBER_PATHS = ("_instance.n", "repo:etag", "_instance.xdm:rank.xdm:priority")
DATE_PATHS = ("_instance.d", "repo:createdDate", "repo:lastModifiedDate")
DATE_PATHS += ("_instance.xdm:selectionConstraint.xdm:startDate",)
SORTABLE = ("instanceId", *TEXT_PATHS, *NUMBER_PATHS, *DATE_PATHS, "_instance.none")
OPERATORS = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
PATTERNS = st.sampled_from(["A", "a|b", ".*sale.*", "[a-r].*", "red", "ÉTÉ.*", "", "2026.*"])
MOMENTS = st.sampled_from(
    [
        "2026-01-01T00:00:00.000Z",
        "2025-12-31T23:00:00-01:00",
        "2026-01-02T03:04:05.020Z",
        "2026-01-02T04:04:05.05+01:00",
    ]
)
TERMS = st.one_of(
    st.sampled_from(["red", "ÉTÉ", "ete", "a", "Paris", "50", "xcore", "offer", "none"]).map(
        lambda word: Term((word,))
    ),
    st.sampled_from([("red", "sale"), ("sale", "red"), ("Été", "a", "paris"), ("red", "50")]).map(Term),
    st.sampled_from(["red-sale", "sale-red", "50%", "50+", "c++", "ale, red", "a\\b", "a/b"]).map(
        lambda text: Term(literal=text)
    ),
)


class Asker(Author):
    """Draws what could be asked of one container."""

    def listing(self) -> Query:
        order = tuple(self.draw(st.lists(st.tuples(st.sampled_from(SORTABLE), st.booleans()), max_size=3)))
        return Query(
            kind=self.draw(st.sampled_from(KINDS)) if rarely(self.draw, 3) else self.most(),
            order=order,
            start=self.start(order[0][0] if order else "instanceId") if rarely(self.draw, 3) else None,
            limit=self.draw(st.sampled_from([1, 2, 3, 5, 100])),
            conditions=tuple(self.condition() for _ in range(self.draw(st.sampled_from([0, 1, 1, 2])))),
            uris=tuple(
                self.draw(st.lists(st.sampled_from([*self.strays]), max_size=4)) if rarely(self.draw, 4) else ()
            ),
        )

    def most(self) -> str:
        """The kind with the longest list."""
        return max(KINDS, key=lambda kind: len(self.here.of_kind(kind)))

    def search(self) -> Query:
        fields = ("_instance.t", "_instance.xdm:name", "_instance.deep.t", "_instance.l", "_instance.deep")
        query = replace(
            self.listing(),
            terms=tuple(self.draw(st.lists(TERMS, max_size=3, unique=True))),
            joined=self.draw(st.sampled_from(["or", "and", "AND"])),
            fields=tuple(self.draw(st.lists(st.sampled_from(fields), max_size=2))),
        )
        if not rarely(self.draw, 3):
            query = replace(query, conditions=(), uris=())
        # A start is a value of the first property; nobody but the repository knows scores.
        return replace(query, order=(), start=None) if self.draw(st.booleans()) or query.by_score else query

    def start(self, path: str) -> str:
        """A value of the type that is stored there."""
        if path == "instanceId":
            return str(self.draw(st.sampled_from([*self.here.items, "5"])))
        values = NUMBERS if path in NUMBER_PATHS else MOMENTS if path in DATE_PATHS else st.one_of(NAMES, TEXTS)
        return str(self.draw(values))

    def condition(self) -> Condition:
        what = self.draw(
            st.sampled_from(["text", "number", "date", "array", "array", "uri", "bare", "pattern", "pattern", "wrong"])
        )
        operator = self.draw(OPERATORS)
        match what:
            case "text":
                return Condition(self.draw(st.sampled_from(TEXT_PATHS)), operator, self.draw(st.one_of(NAMES, TEXTS)))
            case "number":
                return Condition(self.draw(st.sampled_from(NUMBER_PATHS)), operator, str(self.draw(NUMBERS)))
            case "date":
                return Condition(self.draw(st.sampled_from(DATE_PATHS)), operator, self.draw(MOMENTS))
            case "array":
                path = self.draw(st.sampled_from(["_instance.l", "_instance.deep.t", "_instance.deep"]))
                return Condition(path, operator, str(self.draw(st.one_of(NUMBERS, TEXTS))))
            case "uri":
                paths = ["_instance.@id", "_instance.xdm:tags", "_instance.xdm:representations.xdm:placement"]
                return Condition(
                    self.draw(st.sampled_from(paths)), operator, self.draw(st.sampled_from([*self.strays]))
                )
            case "bare":
                paths = ["_instance.x.y", "_instance.l", "_instance.deep", "_instance.deep.t", "_links.docs"]
                return Condition(self.draw(st.sampled_from([*SORTABLE, *paths])))
            case "pattern":
                path = self.draw(
                    st.sampled_from(["_instance.t", *TEXT_PATHS, "_instance.l", "_instance.d", "_instance.n"])
                )
                return Condition(path, "~", self.draw(PATTERNS))
            case _:
                return Condition(self.draw(st.sampled_from([*NUMBER_PATHS, *DATE_PATHS])), operator, "ten")
