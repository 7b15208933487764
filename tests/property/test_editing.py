"""Laws of editing: what is wanted is read afterwards, and what was not touched stands as it stood."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from reconciler.catalogue.documents import parse_documents
from reconciler.catalogue.editing import edit_text
from reconciler.catalogue.spelling import spell_document
from reconciler.model.canonical import canonical_json
from tests.property.yaml_texts import KEYS, MAPPINGS, SCALARS, VALUES, written

pytestmark = pytest.mark.property
laws = settings(deadline=None, max_examples=200)


def read(text: bytes) -> Any:
    documents, complaints = parse_documents(text)
    assert not complaints
    return documents[0].value


@st.composite
def changed(draw: st.DrawFn, value: Any) -> Any:
    """A value with some of its parts changed, taken out or put in."""
    if isinstance(value, dict) and value:
        found = {}
        for name, item in value.items():
            choice = draw(st.sampled_from(["keep", "keep", "change", "remove"]))
            if choice != "remove":
                found[name] = draw(changed(item)) if choice == "change" else item
            if draw(st.sampled_from([False, False, True])):
                new = draw(KEYS)
                if new not in value:
                    found.setdefault(new, draw(VALUES))
        return found
    if isinstance(value, list) and value:
        items: list[Any] = []
        for item in value:
            choice = draw(st.sampled_from(["keep", "keep", "change", "remove", "before"]))
            if choice == "before":
                items.append(draw(VALUES))
            if choice != "remove":
                items.append(draw(changed(item)) if choice == "change" else item)
        return items
    return draw(SCALARS | VALUES)


@laws
@given(MAPPINGS)
def test_what_is_spelled_reads_as_it_was(value: dict[str, Any]) -> None:
    assert canonical_json(read(spell_document(value).encode())) == canonical_json(value)


@laws
@given(written())
def test_an_edit_of_nothing_changes_no_byte(pair: tuple[dict[str, Any], str]) -> None:
    value, text = pair
    assert read(text.encode()) == value
    assert edit_text(text.encode(), {0: value}) == text.encode()


@laws
@given(written(), st.data())
def test_an_edit_makes_what_is_wanted(pair: tuple[dict[str, Any], str], data: st.DataObject) -> None:
    value, text = pair
    wanted = data.draw(changed(value))
    assume(any(name in value for name in wanted))
    edited = edit_text(text.encode(), {0: wanted})
    assert json.dumps(read(edited), sort_keys=True) == json.dumps(wanted, sort_keys=True)


@laws
@given(written(), st.data())
def test_an_edit_of_one_field_leaves_the_lines_of_all_others(
    pair: tuple[dict[str, Any], str], data: st.DataObject
) -> None:
    value, text = pair
    name = data.draw(st.sampled_from(sorted(value)))
    wanted = {**value, name: data.draw(changed(value[name]))}
    before, after = text.splitlines(), edit_text(text.encode(), {0: wanted}).decode().splitlines()
    start, end = lines_of(text, name)
    assert after[:start] == before[:start]
    assert after[len(after) - (len(before) - end) :] == before[end:]


def lines_of(text: str, name: str) -> tuple[int, int]:
    """The first line of a top-level field, and the first behind it."""
    from reconciler.catalogue.nodes import read_nodes

    (document,) = read_nodes(text)
    entry = next(entry for entry in document.root.entries if entry.key == name)
    start = len(text[: entry.start].splitlines()) - (0 if text[: entry.start].endswith(("\n", "\r")) else 1)
    return max(start, 0), len(text[: max(entry.node.end, entry.end)].splitlines())
