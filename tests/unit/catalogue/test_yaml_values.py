"""Text -> values: YAML 1.2 core scalars, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.catalogue.documents import Document, parse_documents


def value_of(text: str) -> Any:
    documents, complaints = parse_documents(text.encode())
    assert complaints == []
    return documents[0].value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("NULL", None),
        ("true", True),
        ("False", False),
        ("yes", "yes"),
        ("off", "off"),
        ("0", 0),
        ("-12", -12),
        ("+12", 12),
        ("012", 12),
        ("0o17", 15),
        ("0xfF", 255),
        ("1_000", "1_000"),
        ("0b11", "0b11"),
        ("1.5", 1.5),
        (".5", 0.5),
        ("-1e3", -1000.0),
        ("1.", 1.0),
        (".", "."),
        ("-", "-"),
        ("12:30:45", "12:30:45"),
        ("2026-01-01", "2026-01-01"),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ("'5'", "5"),
        ('"true"', "true"),
        ("!!str 5", "5"),
        ("! 5", "5"),
        ("!!int 7", 7),
        ("!!float 7", 7.0),
        ("!!bool true", True),
        ("!!null ~", None),
        ("=", "="),
        ("١٢", "١٢"),
    ],
)
def test_a_scalar_means_what_yaml_1_2_says(text: str, value: Any) -> None:
    found = value_of(f"a:\n  - x\n  - {text}\n" if not text else f"a: [x, {text}]")
    assert found["a"][1] == value
    assert type(found["a"][1]) is type(value)


@pytest.mark.parametrize("text", [".inf", "-.INF", ".nan", "1e999", "9" * 401])
def test_a_number_that_json_cannot_hold_is_refused(text: str) -> None:
    documents, complaints = parse_documents(f"a: {text}".encode())
    assert documents == [Document(0, {"a": None}, (1, 1), sound=False)]
    assert complaints[0].message == f"`{text[:40]}` is no number that JSON can hold"


def test_a_block_keeps_its_lines() -> None:
    assert value_of("a: |\n  one\n  two\n") == {"a": "one\ntwo\n"}


def test_an_alias_stands_for_its_value_and_for_its_key() -> None:
    assert value_of("&k a: &v [1]\nb: *v\nc: *k") == {"a": [1], "b": [1], "c": "a"}


def test_anchors_end_with_their_document() -> None:
    _, complaints = parse_documents(b"a: &v 1\n---\nb: *v\n")
    assert [(wrong.line, wrong.column, wrong.message) for wrong in complaints] == [
        (3, 4, "the alias `*v` has no anchor before it")
    ]


def test_colons_may_stand_in_flow_text() -> None:
    assert value_of("{at: 2026-01-01T00:00:00Z, url: https://x.example/a:b}") == {
        "at": "2026-01-01T00:00:00Z",
        "url": "https://x.example/a:b",
    }


def test_both_parsers_read_the_same() -> None:
    text = "a: &x [1, 'two', ~]\nb: *x\nc: |\n  three\nd: {e: 1.5}\n"
    assert {**value_of(text), "f": {"g": "h:i"}} == value_of(text + "f: {g: h:i}\n")


def test_empty_documents_count_but_hold_nothing() -> None:
    documents, complaints = parse_documents(b"# one\n---\n# two\n---\na: 1\n...\n# three\n")
    assert (documents, complaints) == ([Document(1, {"a": 1}, (5, 1))], [])


def test_a_version_directive_changes_nothing() -> None:
    assert value_of("%YAML 1.1\n---\na: yes\n") == {"a": "yes"}
