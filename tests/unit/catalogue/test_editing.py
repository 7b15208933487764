"""Edits of texts, from the case files; and what no case file can say: line ends, marks, several documents."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reconciler.catalogue.documents import parse_documents
from reconciler.catalogue.editing import EditRefused, edit_text

FILES = sorted((Path(__file__).parents[2] / "cases" / "edit").glob("*.yaml"))
CASES = [document.value for file in FILES for document in parse_documents(file.read_bytes())[0]]


def wanted(case: dict[str, Any]) -> dict[str, Any]:
    before = parse_documents(case["before"].encode())[0][0].value
    after = {**before, **case.get("set", {})}
    kept = {name: value for name, value in after.items() if name not in case.get("drop", ())}
    return {name: kept[name] for name in case.get("order", kept)}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["claim"])
def test_edit(case: dict[str, Any]) -> None:
    if "refused" in case:
        with pytest.raises(EditRefused) as refusal:
            edit_text(case["before"].encode(), {0: wanted(case)})
        assert refusal.value.message == case["refused"]
        assert refusal.value.line == 2
    else:
        assert edit_text(case["before"].encode(), {0: wanted(case)}).decode() == case["after"]


def test_line_ends_of_windows_stay() -> None:
    before = b"a: 1\r\nb: |\r\n  x\r\n  y\r\n"
    assert edit_text(before, {0: {"a": 1, "b": "x\nz\n", "c": "m"}}) == b"a: 1\r\nb: |\r\n  x\r\n  z\r\nc: m\r\n"


def test_a_missing_line_end_at_the_end_of_the_file_stays_missing() -> None:
    assert edit_text(b"a: 1\nb: 2", {0: {"a": 1, "b": 3, "c": 4}}) == b"a: 1\nb: 3\nc: 4"


def test_a_byte_order_mark_stays() -> None:
    assert edit_text(b"\xef\xbb\xbfa: \xc3\xa9\nb: 1\n", {0: {"a": "é", "b": 2}}) == b"\xef\xbb\xbfa: \xc3\xa9\nb: 2\n"


def test_characters_beyond_the_basic_plane_do_not_move_the_cut() -> None:
    assert edit_text("a: 😀😀\nb: 1\n".encode(), {0: {"a": "😀😀", "b": 2}}) == "a: 😀😀\nb: 2\n".encode()


def test_only_the_named_document_of_a_file_changes() -> None:
    before = b"# one\na: 1\n---\n# two\na: 1\n...\n---\na: 1\n"
    assert edit_text(before, {1: {"a": 2}}) == b"# one\na: 1\n---\n# two\na: 2\n...\n---\na: 1\n"


@pytest.mark.parametrize(
    ("gone", "after"), [(0, b"---\na: 2\n---\na: 3\n"), (1, b"a: 1\n---\na: 3\n"), (2, b"a: 1\n---\na: 2\n")]
)
def test_a_document_is_taken_out_with_its_separator(gone: int, after: bytes) -> None:
    assert edit_text(b"a: 1\n---\na: 2\n---\na: 3\n", {gone: None}) == after


def test_a_text_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(EditRefused, match="not UTF-8"):
        edit_text("a: 1\n".encode("utf-16"), {0: {"a": 2}})
