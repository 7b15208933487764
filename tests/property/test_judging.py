"""Laws of validation: any file can be judged, and the order of files shows nowhere."""

from __future__ import annotations

import json
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model.entities import ENTITY_TYPES, Component, Representation
from reconciler.model.kinds import Kind
from reconciler.model.settings import Settings
from tests.builders import SETTINGS, read_lines, write_catalogue
from tests.property import strategies

pytestmark = pytest.mark.property
laws = settings(deadline=None, max_examples=100)

_FIELDS = sorted({name for entity in ENTITY_TYPES for name in entity.model_fields} | {"global", "profile", "wibble"})
_INNER = sorted({*Component.model_fields, *Representation.model_fields, "id", "name", "url", "global", "xdm:name"})
_LINE = re.compile(r"(?s)[^:]+(:[1-9]\d*:[1-9]\d*)? RC\d\d\d \S.* \| \S.*\.?")

odd = st.one_of(
    strategies.json_values,
    st.sampled_from(["draft", "live", "hero", "2026-01-01T00:00:00Z", "text", 0, -1, 1e300, ["hero"], [], {}, ""]),
    st.lists(st.dictionaries(st.sampled_from(_INNER), strategies.json_values, max_size=3), max_size=2),
    st.dictionaries(st.sampled_from(_INNER), strategies.json_values, max_size=3),
)
documents = st.builds(
    lambda kind, fields: {"kind": kind, **fields},
    st.sampled_from([*(kind.value for kind in Kind), "ofer", None, 5]),
    st.dictionaries(st.sampled_from(_FIELDS), odd, max_size=6),
)
odd_settings = st.dictionaries(st.sampled_from([*Settings.model_fields, "x"]), odd, max_size=6)


def flow_yaml(value: Any) -> str:
    """The value as JSON, which is YAML once no character stands as a pair of surrogates."""
    text = json.dumps(value, ensure_ascii=False)
    return "".join(character if character.isprintable() else f"\\U{ord(character):08x}" for character in text)


def lines_of(files: list[Any], settings_text: str = SETTINGS) -> list[str]:
    with TemporaryDirectory() as folder:
        named = {f"{'abcdefgh'[index]}.yaml": flow_yaml(value) for index, value in enumerate(files)}
        return read_lines(write_catalogue(Path(folder), named, settings_text))


@laws
@given(st.lists(documents | odd, max_size=4))
def test_any_documents_are_judged(files: list[Any]) -> None:
    assert all(_LINE.fullmatch(line) for line in lines_of(files))


@laws
@given(odd_settings)
def test_any_settings_are_judged(value: dict[str, Any]) -> None:
    lines = lines_of([], flow_yaml(value))
    assert all(_LINE.fullmatch(line) for line in lines)
    assert lines or {"catalog", "environments"} <= value.keys()


@laws
@given(st.lists(strategies.entities, min_size=1, max_size=4))
def test_entities_dumped_as_files_have_no_errors_of_format(entities: list[Any]) -> None:
    files = [entity.model_dump(mode="json", by_alias=True, exclude_unset=True) for entity in entities]
    assert [line for line in lines_of(files) if re.search(r" RC00\d | RC01[0234] ", line)] == []
