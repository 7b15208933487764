"""Laws of import: whatever the repository accepts is written to files that say the same."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.apply.engine import apply_plan_async
from reconciler.catalogue.files import Files, TextFile
from reconciler.catalogue.places import SourceText
from reconciler.catalogue.reading import read_catalogue
from reconciler.catalogue.revision import Revision
from reconciler.catalogue.writer import new_text
from reconciler.checks.run import check_catalogue
from reconciler.diff.compare import compare
from reconciler.diff.importing import Import, build_import
from reconciler.graph.build import build_graph
from reconciler.live.identity import identify
from reconciler.live.snapshot import LiveState, read_live_async
from reconciler.model.catalogue import Catalogue
from reconciler.model.kinds import KINDS, Kind
from reconciler.model.problem import Severity
from reconciler.model.stamp import LINK
from reconciler.plan.build import Options, build_plan
from reconciler.plan.steps import Action
from reconciler.repository.errors import RepositoryError
from reconciler.repository.port import Writer
from tests.plan_builders import CATALOG, NOW, repository

pytestmark = pytest.mark.property
laws = settings(deadline=None, max_examples=40)

SETTINGS = f"catalog: {CATALOG}\nenvironments: {{test: {{repository: embedded}}}}\n"
YAML_WORDS = ["no", "NULL", "~", "1e3", "0x1F", "012", "1_000", "12:30:45", "2026-01-01", "true", ".inf", "=", "<<"]
YAML_MARKS = ["- a", "a: b", "#", "'", '"', "{", "*a", "&a", "!!str x", "%TAG", "@", "`", "---", "..."]
WHITE = ["a\nb", "a\r\nb\n", "\n", " lead", "trail ", "\t", "\x00", "\x7f", "\x85", "\u2028", "\ufeff", "\u200b"]
LETTERS = ["\u202e", "Ünïcödé", "日本", "😀", "e\u0301", "é"]
HOSTILE = st.sampled_from([*YAML_WORDS, *YAML_MARKS, *WHITE, *LETTERS])
TEXTS = HOSTILE | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NAMES = TEXTS.filter(bool)
RULES = TEXTS.filter(lambda text: "\x00" not in text and "*/" not in text).map(lambda text: f"/*{text}*/ a = 1")
INSTANTS = st.sampled_from(["2026-01-01T00:00:00Z", "2026-06-30T23:59:59.5+02:00", "1999-12-31t23:59:60z"])
RAW = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-9, 9) | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=4,
)


def optional(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


UNKNOWN = optional(**{"acme:q": RAW})
COMPONENTS = st.fixed_dictionaries(
    {},
    optional={
        "@type": st.sampled_from(["urn:x", "https://ns.adobe.com/experience/offer-management/content-component-text"]),
        "dc:format": TEXTS,
        "dc:language": TEXTS | st.lists(TEXTS, max_size=2),
        "xdm:copyline": TEXTS,
        "xdm:content": TEXTS,
        "xdm:linkURL": TEXTS,
        "repo:id": TEXTS,
        "repo:name": TEXTS,
        "acme:x": RAW,
    },
)

PARTS = st.lists(COMPONENTS, max_size=3)


def stamps(kind: Kind, key: str) -> list[dict[str, str] | None]:
    """None, another catalogue's, and our own with or without bases; and what only looks like one."""
    other, ours = (f"urn:reconciler:{name}/{kind.value}/{key}" for name in ("other", CATALOG))
    return [
        None,
        None,
        None,
        {"href": other, "title": "b1"},
        {"href": ours, "title": "b1"},
        {"href": f"{ours}", "title": "b1;protected;name=AAAAAAAA", "name": "a commit"},
        {"href": "urn:reconciler:"},
        {"href": f"urn:reconciler:{CATALOG}/nothing/{key}", "title": "b9"},
    ]


STATUSES = optional(**{"xdm:status": st.sampled_from(["draft", "approved", "live", "archived", "odd", ""])})


class Page:
    """Somebody who makes one instance after the other, referring to those made before.

    What a placement does not take is not put there, and rules can be read: the API looks at neither, and `validate`
    says then what is wrong.
    """

    def __init__(self, data: st.DataObject, writer: Writer) -> None:
        self.data, self.writer = data, writer
        self.uris: dict[Kind, list[str]] = {kind: [] for kind in Kind}
        self.formats: dict[str, list[str]] = {}  # by URI of a placement: those it takes; none: any

    def draw(self, strategy: st.SearchStrategy[Any]) -> Any:
        return self.data.draw(strategy)

    def some(self, kind: Kind) -> list[str]:
        return self.draw(st.lists(st.sampled_from(self.uris[kind]), unique=True)) if self.uris[kind] else []

    def one(self, kind: Kind) -> str | None:
        return self.draw(st.sampled_from(self.uris[kind])) if self.uris[kind] else None

    async def make(self, kind: Kind) -> None:
        properties = {"xdm:name": self.draw(NAMES), **self.fields(kind)}
        link = self.draw(st.sampled_from(stamps(kind, f"k{len(self.uris[kind])}")))
        try:
            made = await self.writer.create(KINDS[kind].schema, properties, {LINK: link} if link else {})
        except RepositoryError:
            return
        self.uris[kind].append(made.uri)
        self.formats[made.uri] = properties.get("xdm:contentTypes", [])

    def fields(self, kind: Kind) -> dict[str, Any]:
        match kind:
            case Kind.TAG:
                return self.draw(optional(**{"acme:raw": RAW}))
            case Kind.PLACEMENT:
                types = {"xdm:contentTypes": st.lists(NAMES, max_size=2), "xdm:channel": st.just("urn:c:x")}
                return self.draw(optional(**{"xdm:description": TEXTS, **types}))
            case Kind.RULE:
                form = optional(**{"xdm:format": st.sampled_from(["pql/text", "pql/json"]), "xdm:type": TEXTS})
                drawn = self.draw(form)
                texts = TEXTS if drawn.get("xdm:format") == "pql/json" else RULES
                return {"xdm:condition": {**drawn, "xdm:value": self.draw(texts)}}
            case Kind.OFFER | Kind.FALLBACK:
                return self.offer(kind)
            case Kind.FILTER:
                form = self.draw(st.sampled_from(["offers", "anyTags", "allTags"]))
                ids = self.some(Kind.OFFER if form == "offers" else Kind.TAG)
                return {"xdm:filterType": form, self.draw(st.sampled_from(["ids", "xdm:ids"])): ids}
            case Kind.ACTIVITY:
                fallback = {"xdm:fallback": self.one(Kind.FALLBACK), "xdm:filter": self.one(Kind.FILTER)}
                dates = {"xdm:startDate": INSTANTS, "xdm:endDate": INSTANTS}
                more = self.draw(optional(**{"x:y": RAW, **dates}))
                return {**fallback, "xdm:placement": self.one(Kind.PLACEMENT), **self.draw(STATUSES), **more}

    def offer(self, kind: Kind) -> dict[str, Any]:
        found: dict[str, Any] = {
            "xdm:tags": self.some(Kind.TAG),
            "xdm:characteristics": self.draw(st.dictionaries(TEXTS, TEXTS, max_size=3)),
            "xdm:representations": [
                {**self.draw(UNKNOWN), "xdm:placement": uri, "xdm:components": self.components(uri)}
                for uri in self.some(Kind.PLACEMENT)
            ],
        }
        found |= self.draw(STATUSES) | self.draw(UNKNOWN)
        if kind is Kind.OFFER:
            constraint = self.draw(optional(**{"xdm:startDate": INSTANTS, "acme:z": RAW}))
            rule = self.one(Kind.RULE)
            found["xdm:selectionConstraint"] = {**constraint, **({"xdm:eligibilityRule": rule} if rule else {})}
            found |= self.draw(optional(**{"xdm:rank": optional(**{"xdm:priority": st.integers(0, 3)})}))
            caps = optional(**{"xdm:globalCap": st.integers(1, 9), "xdm:profileCap": st.integers(1, 9)})
            found |= self.draw(optional(**{"xdm:cappingConstraint": caps}))
        return found

    def components(self, placement: str) -> list[dict[str, Any]]:
        taken = self.formats[placement]
        parts = self.draw(PARTS)
        return [{**part, "dc:format": self.draw(st.sampled_from(taken))} for part in parts] if taken else parts


async def make_by_hand(data: st.DataObject, writer: Writer) -> LiveState:
    kinds = st.lists(st.sampled_from(list(Kind)), max_size=12).map(lambda found: sorted(found, key=list(Kind).index))
    page = Page(data, writer)
    for kind in data.draw(kinds):
        await page.make(kind)
    return await read_live_async(writer)


async def made_by_hand(data: st.DataObject) -> LiveState:
    async with repository() as writer:
        return await make_by_hand(data, writer)


def file_of(path: str, text: str) -> TextFile:
    return TextFile(path, path, SourceText(text.encode()))


def empty_catalogue() -> Catalogue:
    return read_catalogue(Path(), None, Files(file_of("catalog.yaml", SETTINGS), (), (), ()), Revision()).catalogue


def read_back(found: Import) -> Catalogue:
    texts = [(item.path, new_text([item.document])) for item in (*found.entities, *found.externals)]
    pins = [("environments/test/ids.yaml", new_text(found.pins, flow=True))] if found.pins else []
    files = [[file_of(path, text) for path, text in part] for part in (texts, pins)]
    loaded = read_catalogue(
        Path(), None, Files(file_of("catalog.yaml", SETTINGS), tuple(files[0]), tuple(files[1]), ()), Revision()
    )
    assert not loaded.problems
    return loaded.catalogue


@laws
@given(st.data())
def test_after_an_import_there_are_only_adoptions_without_changes(data: st.DataObject) -> None:
    live = asyncio.run(made_by_hand(data))
    empty = empty_catalogue()
    found = build_import(empty, live, identify(empty, live))
    assert not found.left_out
    paths = [item.path for item in (*found.entities, *found.externals)]
    assert len(set(paths)) == len(paths)
    catalogue = read_back(found)
    identity = identify(catalogue, live)
    changes = compare(catalogue, identity)
    assert (changes.creates, changes.deletes) == ((), ())
    assert [patch.changes for patch in changes.patches if patch.changes] == []
    assert (identity.blocks, identity.candidates) == ((), ())
    foreign = {item.uri for item in live if item.stamp is not None}
    assert {item.uri for item in live} - foreign == {identity.ownership.owned[key].uri for key in identity.adopted}


@laws
@given(st.data())
def test_what_was_imported_is_taken_over_and_then_nothing_is_left_to_plan(data: st.DataObject) -> None:
    async def scenario() -> None:
        async with repository() as writer:
            live = await make_by_hand(data, writer)
            empty = empty_catalogue()
            catalogue = read_back(build_import(empty, live, identify(empty, live)))
            problems = check_catalogue(catalogue, build_graph(catalogue), at=NOW)
            assert [problem for problem in problems if problem.severity is Severity.ERROR] == []
            plan = build_plan(catalogue, live, now=NOW, options=Options())
            assert {step.action for step in plan.steps} <= {Action.ADOPT, Action.STAMP}
            assert [step.changes for step in plan.steps if step.changes] == []
            assert (plan.problems, plan.refusals, plan.left_out) == ((), (), ())
            before = contents(live)
            report = await apply_plan_async(plan, writer)
            assert report.tally.complete, report.outcomes
            after = await read_live_async(writer)
            assert contents(after) == before
            assert build_plan(catalogue, after, now=NOW, options=Options()).steps == ()

    asyncio.run(scenario())


def contents(live: LiveState) -> dict[str, Any]:
    """What is live but for the stamps."""
    return {item.uri: item.instance.properties for item in live}


@laws
@given(st.data())
def test_a_second_import_writes_nothing(data: st.DataObject) -> None:
    live = asyncio.run(made_by_hand(data))
    empty = empty_catalogue()
    catalogue = read_back(build_import(empty, live, identify(empty, live)))
    assert build_import(catalogue, live, identify(catalogue, live)) == Import()
