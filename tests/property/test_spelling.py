"""Laws of spelling: what is written is what is read."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model.canonical import canonical_json
from reconciler.model.entities import Entity
from reconciler.model.instant import canonical_instant, instant_sort_key, spell_instant
from reconciler.model.kinds import EntityKey, Kind
from reconciler.model.spelling import Pending, flatten, flatten_live, live_references, references, to_xdm
from reconciler.model.stamp import LINK, PendingBase, Stamp, bases_of, read_stamp
from tests.property import strategies

pytestmark = pytest.mark.property
laws = settings(deadline=None, max_examples=100)


def uri_of(key: EntityKey) -> str:
    return f"xcore:{key.kind}:{key.name}"


def key_of(uri: str, kind: Kind) -> str:
    return uri.removeprefix(f"xcore:{kind}:")


@laws
@given(strategies.entities)
def test_what_is_written_reads_as_the_file(entity: Entity) -> None:
    live = json.loads(json.dumps(to_xdm(entity, uri_of)))
    assert flatten_live(entity.KIND, live, key_of, entity.extra) == flatten(entity)


@laws
@given(strategies.entities)
def test_what_is_written_has_the_bases_of_the_file(entity: Entity) -> None:
    live = json.loads(json.dumps(to_xdm(entity, uri_of)))
    flat = flatten_live(entity.KIND, live, key_of, entity.extra)
    assert bases_of(entity.KIND, flat, uri_of) == bases_of(entity.KIND, flatten(entity), uri_of)


@laws
@given(strategies.entities)
def test_a_base_does_not_depend_on_when_uris_are_known(entity: Entity) -> None:
    late = bases_of(entity.KIND, flatten(entity), Pending)
    found = {name: base.value(uri_of) if isinstance(base, PendingBase) else base for name, base in late.items()}
    assert found == bases_of(entity.KIND, flatten(entity), uri_of)


@laws
@given(strategies.entities)
def test_live_references_are_those_of_the_file(entity: Entity) -> None:
    live = {uri for _path, uri in live_references(entity.KIND, to_xdm(entity, uri_of))}
    assert live == {uri_of(key) for _path, key in references(entity)}


@laws
@given(
    st.from_regex(r"[a-z0-9][a-z0-9-]{0,62}", fullmatch=True),
    st.sampled_from(Kind),
    strategies.keys,
    st.none() | st.uuids().map(str),
    st.dictionaries(
        strategies.texts | st.text("%;=\x00\x1f\x7f\x85 ü😀3B", max_size=8),
        st.text("abcXYZ-_0", min_size=8, max_size=8),
        max_size=6,
    ),
    st.booleans(),
    st.none() | st.text("0123456789abcdef", min_size=1),
)
def test_a_stamp_reads_as_it_was_written(
    catalog: str,
    kind: Kind,
    key: str,
    instance: str | None,
    bases: dict[str, str],
    protected: bool,
    commit: str | None,
) -> None:
    stamp = Stamp(catalog, EntityKey(kind, key), instance, bases, protected, commit)
    link = json.loads(json.dumps(stamp.link()))
    assert read_stamp({LINK: link}) == stamp
    assert (read_stamp({LINK: link}) or stamp).bases == bases  # equality of stamps looks at them too
    assert not any(ord(character) < 0x20 for character in link["title"])


@laws
@given(
    st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1)),  # noqa: DTZ001 - local, with an offset
    st.integers(min_value=-1439, max_value=1439),
    st.text("0123456789", max_size=12),
)
def test_a_canonical_instant_agrees_with_the_arithmetic_of_datetime(local: datetime, minutes: int, digits: str) -> None:
    seconds = strategies.utc_of(local, minutes).replace(tzinfo=UTC)
    canonical = canonical_instant(strategies.spelled(local, minutes, digits))
    fraction = digits.rstrip("0")
    assert canonical == spell_instant(seconds)[:-1] + (f".{fraction}" if fraction else "") + "Z"


@laws
@given(st.lists(st.datetimes(min_value=datetime(2, 1, 1), timezones=st.just(UTC)), max_size=6))  # noqa: DTZ001 - bound
def test_canonical_instants_sort_as_datetimes_do(moments: list[datetime]) -> None:
    spelled = sorted((spell_instant(moment) for moment in moments), key=instant_sort_key)
    assert spelled == [spell_instant(moment) for moment in sorted(moments)]


@laws
@given(strategies.json_values)
def test_canonical_json_is_a_fixed_point(value: object) -> None:
    assert canonical_json(json.loads(canonical_json(value))) == canonical_json(value)
