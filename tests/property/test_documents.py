"""Laws of reading YAML: it never breaks, and it knows where everything stands."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from reconciler.catalogue.documents import MAX_DEPTH, parse_documents
from reconciler.catalogue.places import SourceText
from reconciler.model.problem import Part, Path

pytestmark = pytest.mark.property
laws = settings(deadline=None, max_examples=100)

_PIECES = [
    "- ",
    "? ",
    ": ",
    "a",
    "&a ",
    "*a",
    "[",
    "]",
    "{",
    "}",
    ",",
    "\n",
    "  ",
    "|",
    "'",
    '"',
    "#",
    "---\n",
    "!!int ",
]
yamlish = st.lists(st.sampled_from([*_PIECES, "\t", "%", "...\n", "\\", "\x85", "\ufeff", "1e9", "<<"]), max_size=40)
plain = st.text("abcdefgh ü€😀:#-'\"{}[]&*!|>%@`0123456789\n", max_size=10)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | plain,
    lambda inner: st.lists(inner, min_size=1, max_size=4) | st.dictionaries(plain, inner, min_size=1, max_size=4),
    max_leaves=15,
)


def depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max((depth(item) for item in inner), default=0)


@laws
@given(st.one_of(st.binary(max_size=60), yamlish.map(lambda pieces: "".join(pieces).encode())))
def test_any_bytes_are_read_or_complained_of(text: bytes) -> None:
    documents, complaints = parse_documents(text)
    lines = text.decode("utf-16" if text[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8", "replace").count("\n") + 1
    assert all(wrong.column >= 1 for wrong in complaints)
    assert all(1 <= wrong.line <= max(lines, len(text)) + 1 for wrong in complaints)
    assert all(depth(document.value) <= MAX_DEPTH + 1 for document in documents)
    assert SourceText(text).locate(0, ("a", 0), Part.VALUE) >= (1, 1)


def lines_of(node: Any, path: Path = ()) -> list[tuple[Path, int]]:
    """Each path of a loaded document, with the line of its key or item as the library tells it."""
    found: list[tuple[Path, int]] = []
    if isinstance(node, dict | list):
        steps = list(node) if isinstance(node, dict) else range(len(node))
        for step in steps:
            line = node.lc.key(step)[0] if isinstance(node, dict) else node.lc.item(step)[0]  # type: ignore[union-attr]
            found.append(((*path, step), line + 1))
            found += lines_of(node[step], (*path, step))
    return found


@laws
@given(st.dictionaries(st.text("abcd", min_size=1, max_size=3), values, min_size=1, max_size=4))
def test_every_value_reads_as_it_was_dumped_and_every_key_has_its_line(value: dict[str, Any]) -> None:
    library = YAML()
    library.width = 10_000
    stream = StringIO()
    library.dump(value, stream)
    text = stream.getvalue()
    documents, complaints = parse_documents(text.encode())
    assert ([document.value for document in documents], complaints) == ([value], [])
    source = SourceText(text.encode())
    for path, line in lines_of(library.load(text)):
        assert source.locate(0, path, Part.KEY)[0] == line
