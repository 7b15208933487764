"""Laws of pull: afterwards the files say what is live, and only the lines of what was changed differ."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from reconciler.catalogue.files import Files, TextFile
from reconciler.catalogue.layers import merge_fields
from reconciler.catalogue.nodes import read_nodes
from reconciler.catalogue.places import SourceText
from reconciler.catalogue.reading import read_catalogue
from reconciler.catalogue.revision import Revision
from reconciler.catalogue.writer import with_texts
from reconciler.diff.changes import Changes
from reconciler.diff.compare import compare
from reconciler.diff.merging import split
from reconciler.diff.pull import Pull, build_pull
from reconciler.live.identity import identify
from reconciler.live.snapshot import LiveState
from reconciler.model.canonical import canonical_json
from reconciler.model.catalogue import Catalogue
from reconciler.model.spelling import references, to_xdm
from tests.plan_builders import CATALOG, live_after, make_entity, state_of, stored, uri_of
from tests.property.catalogues import Documents, catalogues
from tests.property.yaml_texts import KEYS, MAPPINGS, VALUES, Writer

pytestmark = pytest.mark.property
laws = settings(deadline=None, max_examples=60)

SETTINGS = f"catalog: {CATALOG}\nenvironments: {{test: {{repository: embedded}}}}\n"
OVERLAYS = "environments/test"
REASONS = ("which has no file", "which is no ", "is shared by `&", "which an overlay cannot say")


def file_of(path: str, text: str) -> TextFile:
    return TextFile(path, path, SourceText(text.encode()))


@st.composite
def written_files(draw: st.DrawFn, documents: Documents, overlays: Documents | None = None) -> Files:
    """The documents in files of any style and with any line ends, some with several documents, some with aliases.

    overlays: documents of the environment, each in a file of its own.
    """
    texts: dict[str, str] = {}
    for key, fields in documents.items():
        kind, _, name = key.partition("/")
        text = draw(written(key, {"name": name, **fields}))
        path = f"{kind}.yaml" if draw(st.booleans()) else f"{kind}s/{name}.yaml"
        texts[path] = f"{texts[path]}---\n{text}" if path in texts else text
    entities = [file_of(path, draw(ended(text))) for path, text in sorted(texts.items())]
    laid_over = [
        file_of(f"{OVERLAYS}/{key.replace('/', '-')}.yaml", draw(written(key, fields).flatmap(ended)))
        for key, fields in (overlays or {}).items()
    ]
    return Files(file_of("catalog.yaml", SETTINGS), tuple(entities), tuple(laid_over), ())


@st.composite
def written(draw: st.DrawFn, key: str, fields: Mapping[str, Any]) -> str:
    kind, _, name = key.partition("/")
    return "\n".join(Writer(draw, shares=True).block({"kind": kind, "key": name, **fields}, 0)) + "\n"


def ended(text: str) -> st.SearchStrategy[str]:
    """The text with line ends of one sort."""
    return st.sampled_from(["\n", "\r\n"]).map(lambda end: text.replace("\n", end))


@st.composite
def echoing(draw: st.DrawFn) -> Documents:
    """A catalogue in which one value often stands at several places of an entity."""
    documents = without_nulls(draw(catalogues()))
    for fields in documents.values():
        if draw(st.sampled_from([True, True, False])):
            items = fields.get("representations", [])
            for item in items[1:]:
                item["components"] = items[0]["components"]
            names = fields.get("characteristics", {})
            names.update(dict.fromkeys(names, fields.get("name", "same")))
    return documents


@st.composite
def edits_of(draw: st.DrawFn, documents: Documents) -> Documents:
    """For some of the entities what somebody made of them live: all or a part of what another of their kind says."""
    others = draw(echoing())
    alike = {key: [fields for other, fields in others.items() if kind_of(other) == kind_of(key)] for key in documents}
    keys = sorted(key for key, found in alike.items() if found)
    edited = draw(st.sets(st.sampled_from(keys), min_size=1)) if keys else set()
    found = {key: draw(st.sampled_from(alike[key])) for key in sorted(edited)}
    whole = draw(st.booleans())
    return {key: fields if whole else {**documents[key], **draw(part_of(fields, 1))} for key, fields in found.items()}


def kind_of(key: str) -> str:
    return key.partition("/")[0]


def without_nulls(documents: Documents) -> Documents:
    return {
        key: {name: value for name, value in fields.items() if value is not None} for key, fields in documents.items()
    }


def loaded(files: Files) -> Catalogue:
    read = read_catalogue(Path(), None, files, Revision())
    assert not read.problems
    return read.catalogue


def edited_live(documents: Documents, edits: Mapping[str, Mapping[str, Any]]) -> LiveState:
    """What is live after the documents were applied, and then these entities edited by hand."""
    items = []
    for key, fields in documents.items():
        item = stored(make_entity(key, **fields))
        if key in edits:
            properties = {"@id": item.uri, **to_xdm(make_entity(key, **edits[key]), uri_of)}
            item = replace(item, instance=replace(item.instance, properties=properties))
        items.append(item)
    return state_of(items)


def pulled(files: Files, live: LiveState) -> tuple[Catalogue, Pull, Changes]:
    catalogue = loaded(files)
    identity = identify(catalogue, live)
    before = compare(catalogue, identity)
    pull = build_pull(catalogue, before.patches, identity.ownership.name_uri, files)
    after = loaded(with_texts(files, pull.texts, ""))
    return after, pull, compare(after, identify(after, live))


@laws
@given(st.data())
def test_after_a_pull_only_what_was_refused_differs(data: st.DataObject) -> None:
    documents = data.draw(echoing())
    edits = data.draw(edits_of(documents))
    assume(edits)
    live = edited_live(documents, edits)
    files = data.draw(written_files(documents))
    _after, pull, changes = pulled(files, live)
    only_what_was_refused_differs(files, pull, changes)
    assert not changes.creates
    assert not changes.deletes


def only_what_was_refused_differs(files: Files, pull: Pull, changes: Changes) -> None:
    refused = {(item.key, item.field) for item in pull.refused}
    assert {(patch.key, change.field) for patch in changes.patches for change in patch.changes} == refused
    lines = {file.name: file.source.text.decode().splitlines() for file in (*files.entities, *files.overlays)}
    for item in pull.refused:
        assert any(reason in item.why for reason in REASONS)
        if "is shared by" in item.why:
            assert re.search(r"\*n\d", lines[item.span.file][item.span.line - 1])
    assert all(line_ends(text.before) == line_ends(text.after) for text in pull.texts)


def line_ends(text: bytes | None) -> set[bytes]:
    return set(re.findall(rb"\r?\n", text or b""))


@settings(deadline=None, max_examples=30)
@given(st.data())
def test_what_an_overlay_says_is_pulled_into_the_overlay(data: st.DataObject) -> None:
    documents = data.draw(echoing())
    overlays = {key: data.draw(part_of(fields)) for key, fields in data.draw(edits_of(documents)).items()}
    overlays = {key: over for key, over in overlays.items() if over and not dangling(documents, key, over)}
    edits = data.draw(edits_of(documents))
    assume(overlays.keys() & edits.keys())
    effective = {key: laid_over(key, fields, overlays.get(key, {})) for key, fields in documents.items()}
    files = data.draw(written_files(documents, overlays))
    assume(not read_catalogue(Path(), None, files, Revision()).problems)
    live = edited_live(effective, edits)
    _after, pull, changes = pulled(files, live)
    only_what_was_refused_differs(files, pull, changes)
    overlaid = {file.path for file in files.overlays}
    for item in pull.taken:
        says = overlays.get(str(item.key), {})
        if item.fields is not None and all(name in says for name in item.fields):
            assert set(item.files) <= overlaid


def dangling(documents: Documents, key: str, over: Mapping[str, Any]) -> bool:
    """Whether an overlay refers to what is not there."""
    entity = make_entity(key, **laid_over(key, documents[key], over))
    return any(str(target) not in documents for _path, target in references(entity))


def laid_over(key: str, fields: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = merge_fields({"kind": kind_of(key), **fields}, over)
    return {name: value for name, value in merged.items() if name != "kind"}


def part_of(fields: Mapping[str, Any], least: int = 0) -> st.SearchStrategy[dict[str, Any]]:
    names = st.sets(st.sampled_from(sorted(fields)), min_size=least) if fields else st.just(set())
    return names.map(lambda chosen: {name: fields[name] for name in sorted(chosen)})


@laws
@given(st.data())
def test_a_pull_leaves_the_lines_of_all_other_fields(data: st.DataObject) -> None:
    documents = data.draw(echoing())
    edits = data.draw(edits_of(documents))
    assume(edits)
    key = data.draw(st.sampled_from(sorted(edits)))
    files = data.draw(written_files(documents))
    _after, pull, _changes = pulled(files, edited_live(documents, {key: edits[key]}))
    for text in pull.texts:
        assert text.before is not None
        assert text.after is not None
        untouched = lines_apart_from(text.before, key, {name for item in pull.taken for name in item.fields or ()})
        after = text.after.decode().splitlines()
        assert is_subsequence(untouched, after)


def lines_apart_from(text: bytes, key: str, fields: set[str]) -> list[str]:
    """The lines of a file without those of some fields of one entity."""
    decoded = text.decode()
    lines: list[str | None] = list(decoded.splitlines())
    heads = {name.split(".")[0].split("[")[0] for name in fields}
    kind, _, name = key.partition("/")
    for document in read_nodes(decoded):
        if (document.root.value["kind"], document.root.value["key"]) != (kind, name):
            continue
        for entry in document.root.entries:
            if entry.key in heads:
                start = decoded.count("\n", 0, entry.start)
                end = decoded.count("\n", 0, max(entry.node.end, entry.end))
                lines[start : end + 1] = [None] * (end + 1 - start)
    return [line for line in lines if line is not None]


def is_subsequence(some: list[str], whole: list[str]) -> bool:
    rest = iter(whole)
    return all(line in rest for line in some)


@laws
@given(echoing(), st.data())
def test_nothing_is_pulled_where_nothing_was_edited(documents: Documents, data: st.DataObject) -> None:
    files = data.draw(written_files(documents))
    _after, pull, _changes = pulled(files, live_after(documents))
    assert pull == Pull()


@laws
@given(MAPPINGS, st.dictionaries(KEYS, VALUES | st.none(), max_size=4), MAPPINGS)
def test_base_and_overlay_split_say_together_what_is_wanted(
    base: dict[str, Any], overlay: dict[str, Any], wanted: dict[str, Any]
) -> None:
    wanted = without_null_values(wanted)
    new_base, new_overlay = split(base, overlay, wanted)
    assert canonical_json(merge_fields(new_base, new_overlay)) == canonical_json(wanted)


@laws
@given(MAPPINGS, st.dictionaries(KEYS, VALUES | st.none(), max_size=4))
def test_a_split_of_what_is_already_said_changes_neither(base: dict[str, Any], overlay: dict[str, Any]) -> None:
    assert split(base, overlay, merge_fields(base, overlay)) == (base, overlay)


def without_null_values(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_null_values(item) for name, item in value.items() if item is not None}
    return value
