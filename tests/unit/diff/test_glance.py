"""What is as the file says is seen at a glance; what is spelled otherwise is compared."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from reconciler.catalogue.reading import read_catalogue
from reconciler.diff.glance import Glance
from reconciler.live.identity import identify
from reconciler.model.kinds import Kind
from tests.generate import write_generated
from tests.plan_builders import CATALOG, key_of, live_after, make_catalogue, state_of, stored

COMPONENT = {
    "type": "imagelink",
    "language": ["fr", "en"],
    "link": "https://shop.example/ü",
    "asset": {"id": "A", "name": "a", "url": "urn:a"},
}
DOCUMENTS: dict[str, dict[str, Any]] = {
    "tag/a": {},
    "tag/b": {},
    "placement/p": {"channel": "web", "component_type": "imagelink", "content_types": ["image/png", "a/b"]},
    "rule/r": {"condition": "a = 1"},
    "offer/x": {
        "status": "approved",
        "tags": ["b", "a"],
        "rule": "r",
        "start": "2026-01-01T00:00:00+01:00",
        "priority": 3,
        "caps": {"global": 5},
        "characteristics": {"a;": "b"},
        "representations": [{"placement": "p", "components": [COMPONENT, {"type": "text", "copyline": 'a "b"\n'}]}],
    },
    "fallback/y": {"representations": [{"placement": "p"}]},
    "filter/f": {"any_tags": ["b", "a"]},
    "activity/z": {"placement": "p", "filter": "f", "fallback": "y", "end": "2027-01-01T00:00:00Z"},
}


def alike(key: str, **spelled: Any) -> bool:
    """spelled: properties that are live in another way."""
    catalogue = make_catalogue(DOCUMENTS)
    items = {(item.kind, item.instance.instance_id): item for item in live_after(DOCUMENTS)}
    live = stored(catalogue.entities[key_of(key)])
    live.instance.properties.update(spelled)  # type: ignore[attr-defined]
    items[live.kind, live.instance.instance_id] = live
    identity = identify(catalogue, state_of(items.values()))
    return Glance(identity).alike(catalogue.entities[key_of(key)], live)


@pytest.mark.parametrize("key", DOCUMENTS)
def test_every_kind_is_told_at_a_glance(key: str) -> None:
    assert alike(key)


@pytest.mark.parametrize(
    ("key", "spelled"),
    [
        ("tag/a", {"xdm:name": "A"}),
        ("offer/x", {"xdm:rank": {"xdm:priority": True}}),
        ("offer/x", {"xdm:rank": {"xdm:priority": 3.0}}),
        ("offer/x", {"xdm:tags": ["xcore:tag:a", "xcore:tag:b"]}),
        ("offer/x", {"xdm:representations": []}),
        ("rule/r", {"xdm:condition": {"xdm:type": "PQL", "xdm:format": "pql/json", "xdm:value": "a = 1"}}),
        ("filter/f", {"xdm:ids": []}),
        ("filter/f", {"xdm:filterType": "allTags"}),
        ("placement/p", {"xdm:description": "x"}),
    ],
)
def test_what_is_spelled_otherwise_is_left_to_the_comparison(key: str, spelled: dict[str, Any]) -> None:
    assert not alike(key, **spelled)


def test_properties_that_are_not_ours_are_not_looked_at() -> None:
    assert alike("offer/x", **{"acme:owner": {"x": 1}})


def test_a_whole_catalogue_after_its_apply_is_told_at_a_glance(tmp_path: Path) -> None:
    write_generated(tmp_path, 100)
    text = (tmp_path / "catalog.yaml").read_text()
    (tmp_path / "catalog.yaml").write_text(text.replace("generated", CATALOG))
    catalogue = read_catalogue(tmp_path).catalogue
    identity = identify(catalogue, state_of([stored(entity) for entity in catalogue.entities.values()]))
    glance, owned = Glance(identity), identity.ownership.owned
    told = Counter(key.kind for key, entity in catalogue.entities.items() if glance.alike(entity, owned[key]))
    assert told == Counter(key.kind for key in catalogue.entities)
    assert set(told) == set(Kind)
