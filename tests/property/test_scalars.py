"""Laws of places inside texts: whatever style YAML writes a text in, a character is found where it stands."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import (
    DoubleQuotedScalarString,
    FoldedScalarString,
    LiteralScalarString,
    SingleQuotedScalarString,
)

from reconciler.catalogue.documents import parse_documents
from reconciler.catalogue.places import SourceText

pytestmark = pytest.mark.property
laws = settings(deadline=None, max_examples=300)

styles = st.sampled_from(
    [str, DoubleQuotedScalarString, SingleQuotedScalarString, LiteralScalarString, FoldedScalarString]
)
words = st.text(st.sampled_from("ab'\"\\é😀=#:"), min_size=1, max_size=4)
texts = st.lists(st.tuples(words, st.sampled_from([" ", "\n", "\n\n", "  ", "\n  "])), min_size=1, max_size=8)


@laws
@given(texts, styles, st.integers(8, 30))
def test_a_character_is_found_where_it_stands(parts: list[tuple[str, str]], style: Any, width: int) -> None:
    yaml, out = YAML(), io.StringIO()
    yaml.width = width
    yaml.dump({"before": 1, "condition": style("".join(map("".join, parts)).strip())}, out)
    text = out.getvalue()
    documents, complaints = parse_documents(text.encode())
    assume(not complaints)
    value = documents[0].value["condition"]
    assume(isinstance(value, str))
    source = SourceText(text.encode())
    lines = text.split("\n")
    for offset, sign in enumerate(value):
        if not sign.isspace():
            line, column = source.locate_within(0, ("condition",), offset)
            written = lines[line - 1][column - 1 :]
            assert written.startswith((sign, "\\", "''"))
            assert not written.startswith("\\") or written[1:2] in (sign, "U", "x", "u") or sign == "\\"
