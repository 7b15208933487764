"""Twice the entities take about twice the calls, in every room that a command passes through. Nothing is timed."""

from __future__ import annotations

import asyncio
import cProfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reconciler.apply.engine import apply_plan_async
from reconciler.apply.resuming import resume
from reconciler.catalogue.files import Files, TextFile
from reconciler.catalogue.places import SourceText
from reconciler.catalogue.reading import read_catalogue
from reconciler.catalogue.revision import Revision
from reconciler.catalogue.writer import new_text
from reconciler.decision.meaning import find_impossible
from reconciler.diff.changes import Changes
from reconciler.diff.compare import compare
from reconciler.diff.drift import build_drift
from reconciler.diff.importing import build_import
from reconciler.diff.listing import list_managed
from reconciler.diff.pull import build_pull
from reconciler.diff.showing import show_entity
from reconciler.graph.build import build_graph
from reconciler.live.identity import Consent, Identity, identify
from reconciler.live.snapshot import LiveState
from reconciler.model.catalogue import Catalogue
from reconciler.plan.document import plan_document
from reconciler.report.plans import plan_text
from reconciler.repository.port import DeleteRejected, Referrer
from tests.plan_builders import CATALOG, Documents, key_of, live_after, make_catalogue, make_plan, state_of
from tests.unit.apply.fakes import FakeWriter, as_writer
from tests.unit.plan.test_scale import BASE, activities, offers

SETTINGS = f"catalog: {CATALOG}\nenvironments: {{test: {{repository: embedded}}}}\n"
Work = Callable[[], Any]
Scene = Callable[[int], Work]


def everything(count: int, **fields: Any) -> Documents:
    return {**BASE, **offers(count // 2, **fields), **activities(count // 4)}


def compared(documents: Documents, live: LiveState) -> tuple[Catalogue, Identity, Changes]:
    catalogue = make_catalogue(documents)
    identity = identify(catalogue, live)
    return catalogue, identity, compare(catalogue, identity)


def without_stamps(live: LiveState) -> LiveState:
    return state_of([replace(item, stamp=None, instance=replace(item.instance, links={})) for item in live])


def files_of(documents: Documents, *, together: bool) -> Files:
    """together: all entities of a kind in one file."""
    texts: dict[str, list[dict[str, Any]]] = {}
    for key, fields in documents.items():
        kind, _, name = key.partition("/")
        path = f"{kind}.yaml" if together else f"{kind}s/{name}.yaml"
        texts.setdefault(path, []).append({"kind": kind, "key": name, "name": name, **fields})
    entities = tuple(file_of(path, new_text(found)) for path, found in sorted(texts.items()))
    return Files(file_of("catalog.yaml", SETTINGS), entities, (), ())


def file_of(path: str, text: str) -> TextFile:
    return TextFile(path, path, SourceText(text.encode()))


# ---------------------------------------------------------------- what is counted


def telling_who_is_who(count: int) -> Work:
    catalogue, live = make_catalogue(everything(count)), live_after(everything(count))
    return lambda: identify(catalogue, live)


def finding_candidates_by_name(count: int) -> Work:
    catalogue, live = make_catalogue(everything(count)), without_stamps(live_after(everything(count)))
    return lambda: identify(catalogue, live, Consent(up_to=count))


def finding_candidates_by_who_refers_to_them(count: int) -> Work:
    """Of everything that is referred to, the stamps are gone, and the names too."""
    live = live_after(everything(count))
    stripped = [
        replace(
            item,
            stamp=None,
            instance=replace(item.instance, links={}, properties={**item.instance.properties, "xdm:name": item.uri}),
        )
        if item.kind.value in {"filter", "tag", "placement", "fallback"}
        else item
        for item in live
    ]
    catalogue, found = make_catalogue(everything(count)), state_of(stripped)
    return lambda: identify(catalogue, found)


def telling_drift(count: int) -> Work:
    catalogue, live = make_catalogue(everything(count)), live_after(everything(count, priority=3))

    def work() -> None:
        identity = identify(catalogue, live)
        build_drift(catalogue, compare(catalogue, identity), identity.ownership)

    return work


def listing(count: int) -> Work:
    catalogue, identity, _changes = compared(everything(count), live_after(everything(count)))
    return lambda: list_managed(catalogue, identity.ownership)


def showing_one(count: int) -> Work:
    catalogue, identity, _changes = compared(everything(count), live_after(everything(count)))
    return lambda: show_entity(catalogue, identity, key_of("offer/o00001"))


def pulling(count: int, *, together: bool) -> Work:
    was = everything(count, priority=1)
    files = files_of(was, together=together)
    catalogue = read_catalogue(Path(), None, files, Revision()).catalogue
    edited = {
        item.uri: replace(item, instance=replace(item.instance, properties=live.instance.properties))
        for item, live in zip(live_after(was), live_after(everything(count, priority=2)), strict=True)
    }
    identity = identify(catalogue, state_of(edited.values()))
    patches = compare(catalogue, identity).patches
    assert len(patches) == count // 2
    return lambda: build_pull(catalogue, patches, identity.ownership.name_uri, files)


def pulling_into_a_file_each(count: int) -> Work:
    return pulling(count, together=False)


def pulling_into_one_file(count: int) -> Work:
    return pulling(count, together=True)


def reading_files(count: int) -> Work:
    files = files_of(everything(count), together=True)
    return lambda: build_graph(read_catalogue(Path(), None, files, Revision()).catalogue)


def importing(count: int) -> Work:
    """All of them have the same name but for its case, so that keys have to be told apart."""
    catalogue, live = make_catalogue({}), without_stamps(live_after(everything(count)))
    named = [
        replace(item, instance=replace(item.instance, properties={**item.instance.properties, "xdm:name": "Same"}))
        for item in live
    ]
    found = state_of(named)
    identity = identify(catalogue, found)
    return lambda: build_import(catalogue, found, identity)


def creating(count: int) -> Work:
    return applying({}, everything(count))


def patching(count: int) -> Work:
    return applying(everything(count), everything(count, priority=2))


def deleting(count: int) -> Work:
    return applying(everything(count), {})


def having_every_delete_rejected(count: int) -> Work:
    was: Documents = {f"tag/t{number:05}": {} for number in range(count)}
    live = live_after(was)
    plan = replace(make_plan({}, live), refusals=())
    rejected = DeleteRejected((Referrer("xcore:offer-filter:f", "s", "_instance.ids"),), "references")
    answers = {key.partition("/")[2]: rejected for key in was}

    def work() -> None:
        report = asyncio.run(apply_plan_async(plan, as_writer(FakeWriter(live, answers=answers))))
        assert report.tally.failed == count

    return work


def applying(was: Documents, now: Documents) -> Work:
    live = live_after(was)
    plan = make_plan(now, live)
    plan = replace(plan, refusals=())

    def work() -> None:
        report = asyncio.run(apply_plan_async(plan, as_writer(FakeWriter(live))))
        assert report.tally.complete

    return work


def resuming_a_plan_that_is_done(count: int) -> Work:
    plan = make_plan(everything(count, priority=2), live_after(everything(count)))
    after = live_after(everything(count, priority=2))
    return lambda: resume(plan, after)


def resuming_a_plan_of_which_nothing_is_done(count: int) -> Work:
    live = live_after(everything(count))
    plan = make_plan(everything(count, priority=2), live)
    return lambda: resume(plan, live)


def members(count: int) -> tuple[Documents, ...]:
    """One filter that lists half of all offers, and then the other half."""
    all_of_them = offers(count)
    first, second = sorted(key[6:] for key in all_of_them)[::2], sorted(key[6:] for key in all_of_them)[1::2]
    return tuple({**BASE, **all_of_them, "filter/f": {"offers": half}} for half in (first, second))


def exchanging_the_members_of_one_filter(count: int) -> Work:
    was, now = members(count)
    live = live_after(was)
    return lambda: make_plan(now, live)


def resuming_an_exchange_of_members(count: int) -> Work:
    was, now = members(count)
    plan, after = make_plan(now, live_after(was)), live_after(now)
    return lambda: resume(plan, after)


def telling_a_plan(count: int) -> Work:
    plan = make_plan(everything(count, priority=2), live_after(everything(count)))
    return lambda: (plan_document(plan), plan_text(plan))


def proving_what_never_wins(count: int) -> Work:
    """All offers meet in one activity, each with a rule of its own; every second is beaten by the one before it."""
    documents: dict[str, dict[str, Any]] = {**BASE, **activities(1)}
    for number, (key, fields) in enumerate(offers(count).items()):
        also = " and age < 99" if number % 2 else ""
        text = f'vip = true and age >= {number % 90 // 2} and tier = "t{number // 2}"{also}'
        documents[f"rule/r{number}"] = {"condition": text}
        documents[key] = {**fields, "rule": f"r{number}", "priority": count - number}
    entities = make_catalogue(documents).entities

    def work() -> None:
        assert len(find_impossible(entities).never_wins) == count // 2

    return work


SCENES = [
    telling_who_is_who,
    finding_candidates_by_name,
    finding_candidates_by_who_refers_to_them,
    telling_drift,
    listing,
    showing_one,
    pulling_into_a_file_each,
    pulling_into_one_file,
    reading_files,
    importing,
    creating,
    patching,
    deleting,
    having_every_delete_rejected,
    resuming_a_plan_that_is_done,
    resuming_a_plan_of_which_nothing_is_done,
    exchanging_the_members_of_one_filter,
    resuming_an_exchange_of_members,
    telling_a_plan,
    proving_what_never_wins,
]


@pytest.mark.parametrize("scene", SCENES)
def test_twice_the_entities_take_about_twice_the_calls(scene: Scene) -> None:
    few, many = (calls_of(scene(count)) for count in (500, 1000))
    assert many < 2.2 * few + 100


def calls_of(work: Work) -> int:
    """How many functions are called, C's included."""
    work()  # what is remembered between runs is so after one
    profile = cProfile.Profile()
    profile.enable()
    try:
        work()
    finally:
        profile.disable()
    return sum(entry.callcount for entry in profile.getstats())
