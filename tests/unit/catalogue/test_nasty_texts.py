"""Texts that mean harm: one located complaint, after little work."""

from __future__ import annotations

import pytest

from reconciler.catalogue.documents import parse_documents
from reconciler.catalogue.events import Complaint
from reconciler.catalogue.places import SourceText
from reconciler.model.problem import Code, Part


def bomb(levels: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels)]
    return "\n".join(lines)


DEEP = "nested deeper than 64 levels"
BOMB = "the aliases of this file stand for more than 200,000 values"
NO_KEY = "a key that is not text"


@pytest.mark.parametrize(
    ("text", "code", "line", "column", "message"),
    [
        pytest.param(b"[" * 5_000, Code.LIMIT, 1, 65, DEEP, id="flow"),
        pytest.param(b"[" * 5_000_000, Code.LIMIT, 1, 65, DEEP, id="much flow"),
        pytest.param(b'{"a":' * 5_000, Code.LIMIT, 1, 321, DEEP, id="flow mappings"),
        pytest.param(b"- " * 5_000 + b"a", Code.LIMIT, 1, 129, DEEP, id="dashes"),
        pytest.param(b"".join(b" " * n + b"a:\n" for n in range(1_500)), Code.LIMIT, 65, 65, DEEP, id="block"),
        pytest.param(b"{a: b:c}\n---\n" + b"[" * 5_000, Code.LIMIT, 3, 65, DEEP, id="slower parser"),
        pytest.param(bomb(30).encode(), Code.LIMIT, 6, 15, BOMB, id="bomb"),
        pytest.param(b"a: x\n" * 1_100_000, Code.LIMIT, 1, 1, "this file is larger than 5 MiB", id="size"),
        pytest.param(b"a:\n\tb: 1\n", Code.SYNTAX, 2, 1, "a tab cannot indent YAML", id="tab"),
        pytest.param("a:\n\tb: 1\n".encode("utf-16"), Code.SYNTAX, 2, 1, "a tab cannot indent YAML", id="tab utf-16"),
        pytest.param(b"a: b\nc: \xff\n", Code.SYNTAX, 2, 4, "not YAML: invalid leading UTF-8 octet", id="utf-8"),
        pytest.param(
            b"\xc3\xa4: b\nc: \xc3(\n", Code.SYNTAX, 2, 4, "not YAML: invalid trailing UTF-8 octet", id="octet"
        ),
        pytest.param(b"a: b\0c\n", Code.SYNTAX, 1, 5, "not YAML: control characters are not allowed", id="nul"),
    ],
)
def test_a_nasty_text_is_refused_where_it_becomes_nasty(
    text: bytes, code: Code, line: int, column: int, message: str
) -> None:
    _, complaints = parse_documents(text)
    assert [(wrong.code, wrong.line, wrong.column, wrong.message) for wrong in complaints[-1:]] == [
        (code, line, column, message)
    ]


def test_python_objects_are_not_made() -> None:
    documents, complaints = parse_documents(b"a: !!python/object/apply:os.system [ls]\n")
    assert documents[0].sound is False
    assert complaints == [
        Complaint(
            Code.YAML_VALUE,
            1,
            4,
            "the tag `tag:yaml.org,2002:python/object/apply:os.system` is not allowed here",
            "Remove the tag; write plain YAML.",
        )
    ]


def test_a_bomb_as_a_key_costs_nothing_to_locate() -> None:
    text = "ok: 1\n---\n" + bomb(30) + "\n? *a29\n: x\n"
    documents, _ = parse_documents(text.encode())
    assert [document.value for document in documents] == [{"ok": 1}]
    assert SourceText(text.encode()).locate(0, ("ok",), Part.VALUE) == (1, 5)


def test_aliases_in_aliases_do_not_nest_deeper_than_text_may() -> None:
    lines = ["a0: &a0 x", *(f"a{n}: &a{n} [[[[[*a{n - 1}]]]]]" for n in range(1, 200))]
    _, complaints = parse_documents("\n".join(lines).encode())
    assert [(wrong.line, wrong.message) for wrong in complaints] == [(14, DEEP)]


def test_values_as_deep_as_the_limit_are_read() -> None:
    documents, complaints = parse_documents(b"a: &a " + b"[" * 62 + b"]" * 62 + b"\nb: [*a]\n")
    assert (len(documents), complaints) == (1, [])


def test_an_alias_inside_what_it_names_is_refused() -> None:
    _, complaints = parse_documents(b"&a [1, *a]")
    assert [(wrong.column, wrong.message) for wrong in complaints] == [
        (8, "the alias `*a` stands inside what it names")
    ]


@pytest.mark.parametrize("text", [b"", b"\n\n", b"# only a comment", b"---\n---\n", b"\xef\xbb\xbf"])
def test_a_text_without_content_is_no_document_and_no_error(text: bytes) -> None:
    assert parse_documents(text) == ([], [])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_text_may_have_a_byte_order_mark(encoding: str) -> None:
    mark = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(encoding, b"")
    text = mark + "a: ü\nb: 2\n".encode(encoding)
    documents, complaints = parse_documents(text)
    assert ([document.value for document in documents], complaints) == ([{"a": "ü", "b": 2}], [])
    assert SourceText(text).locate(0, ("b",), Part.VALUE) == (2, 4)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_ending_counts_as_one_line(end: str) -> None:
    text = end.join(["a: 1", "b:", "  - x", "  - y: z", "---", "c: [", ""]).encode()
    _, complaints = parse_documents(text)
    assert [(wrong.line, wrong.column) for wrong in complaints] == [(7, 1)]
    assert SourceText(text).locate(0, ("b", 1, "y"), Part.KEY) == (4, 5)


def test_half_a_surrogate_is_refused_by_both_parsers() -> None:
    found = [parse_documents(text.encode())[1][0] for text in ('{d: "\\ud800"}', '{d: "\\ud800", a: b:c}')]
    assert [(wrong.code, wrong.line) for wrong in found] == [(Code.SYNTAX, 1)] * 2
    assert all(wrong.message.startswith("not YAML: found invalid Unicode character escape code") for wrong in found)


def test_a_long_text_with_colons_in_flow_says_what_to_do() -> None:
    text = b"a: {at: 12:30}\n" + b"# filling\n" * 30_000
    _, complaints = parse_documents(text)
    assert complaints == [
        Complaint(
            Code.SYNTAX,
            1,
            11,
            "not YAML: found unexpected ':', while scanning a plain scalar",
            "Put text that holds a colon in quotes.",
        )
    ]


def test_keys_that_are_not_text_are_counted_up_to_the_limit() -> None:
    _, complaints = parse_documents(b"? " * 5_000 + b"a")
    assert {wrong.message for wrong in complaints} == {NO_KEY, DEEP}
    assert len(complaints) == 65
