"""Entities and texts of every legal shape."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from reconciler.model.entities import ENTITY_TYPES, Entity
from reconciler.model.kinds import COMPONENT_TYPES

_BY_KIND = {entity.KIND.value: entity for entity in ENTITY_TYPES}

keys = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,8}", fullmatch=True)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
some_text = texts.filter(bool)
uris = st.sampled_from(["https://ns.example/x", "urn:a:b", *COMPONENT_TYPES.values()])
types = st.one_of(st.sampled_from(sorted(COMPONENT_TYPES)), uris)
whole = st.integers(min_value=-5, max_value=10**12)
statuses = st.sampled_from(["draft", "approved", "archived"])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
extras = st.dictionaries(st.from_regex(r"acme:[a-z]{1,4}", fullmatch=True), json_values, max_size=2)


@st.composite
def instants(draw: st.DrawFn) -> str:
    """A date-time as people write it."""
    moment = draw(st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1)))  # noqa: DTZ001 - the offset is drawn below
    minutes = draw(st.integers(min_value=-23 * 60, max_value=23 * 60))
    return spelled(moment, minutes, draw(st.text("0123456789", max_size=9)))


def spelled(local: datetime, minutes: int, fraction: str) -> str:
    """Local time with its offset in minutes and the digits of its fraction."""
    sign, size = ("-" if minutes < 0 else "+"), abs(minutes)
    clock = local.replace(microsecond=0).isoformat()
    return f"{clock}{'.' + fraction if fraction else ''}{sign}{size // 60:02d}:{size % 60:02d}"


def utc_of(local: datetime, minutes: int) -> datetime:
    """The same in UTC, to the second."""
    return local.replace(microsecond=0) - timedelta(minutes=minutes)


def _optional(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


components = _optional(
    type=types,
    format=some_text,
    language=st.one_of(texts, st.lists(texts, max_size=3)),
    copyline=texts,
    content=texts,
    link=texts,
    url=texts,
    asset=_optional(id=some_text, name=some_text, url=some_text),
    extra=extras,
)
representations = st.lists(
    st.fixed_dictionaries({"placement": keys}, optional={"components": st.lists(components, max_size=2)}), max_size=3
)
references = st.lists(keys, max_size=3)
maps = st.dictionaries(texts, texts, max_size=3)

_FIELDS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "tag": {},
    "placement": {
        "channel": st.sampled_from(["web", "urn:x", "https://ns.adobe.com/xdm/channels/web"]),
        "component_type": types,
        "content_types": st.lists(some_text, max_size=3),
        "description": texts,
    },
    "rule": {"condition": some_text},
    "offer": {
        "status": statuses,
        "tags": references,
        "rule": keys,
        "start": instants(),
        "end": instants(),
        "priority": whole,
        "caps": _optional(**{"global": whole, "profile": whole}),
        "characteristics": maps,
        "representations": representations,
    },
    "fallback": {
        "status": statuses,
        "tags": references,
        "characteristics": maps,
        "representations": representations,
    },
    "activity": {
        "status": st.sampled_from(["draft", "live", "archived"]),
        "start": instants(),
        "end": instants(),
        "placement": keys,
        "filter": keys,
        "fallback": keys,
    },
}


def _entity(kind: str, fields: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[Entity]:
    common = st.fixed_dictionaries({"key": keys, "name": some_text, "extra": extras})
    return st.builds(lambda base, rest: _BY_KIND[kind].model_validate({"kind": kind, **base, **rest}), common, fields)


_filters = st.builds(
    lambda form, members: {form: members}, st.sampled_from(["offers", "any_tags", "all_tags"]), references
)
entities: st.SearchStrategy[Entity] = st.one_of(
    *(_entity(kind, _optional(**fields)) for kind, fields in _FIELDS.items()), _entity("filter", _filters)
)
