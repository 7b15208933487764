"""A schema document brings its own rules (clauses A5, G4)."""

from __future__ import annotations

import pytest

from reconciler.emulator.guards import Absence, guard_faults, lifecycle_faults
from reconciler.emulator.integrity import links_of
from reconciler.emulator.jsontext import Json, JsonObject
from reconciler.emulator.registry import built_in_registry

DOCUMENT = {
    "$id": "https://example.test/card;version=2",
    "meta:version": "2",
    "type": "object",
    "properties": {
        "serial": {"meta:immutable": True},
        "made": {"meta:usereditable": False},
        "rows": {"items": {"$ref": "#/$defs/row"}},
        "friends": {"items": {"meta:reference": "https://example.test/card"}},
        "state": {"default": "new", "meta:lifecycle": {"new": ["old"], "old": []}},
    },
    "$defs": {"row": {"properties": {"id": {"meta:immutable": True}}}},
}
CARD = built_in_registry().plus([DOCUMENT])["https://example.test/card"]


def messages(stored: JsonObject, wanted: JsonObject, absence: Absence = Absence.STAYS) -> list[tuple[str, str]]:
    return [(fault.path, fault.message) for fault in guard_faults(CARD.rules.guard, stored, wanted, absence)]


def test_a_type_is_named_after_its_document() -> None:
    assert (CARD.versioned, CARD.uri_type) == ("https://example.test/card;version=2", "card")


@pytest.mark.parametrize(
    ("stored", "wanted", "said"),
    [
        ({}, {"serial": 1}, []),
        ({"serial": 1}, {"serial": 1.0}, []),
        ({"serial": 1}, {"serial": True}, [("/_instance/serial", "cannot change once set")]),
        ({"serial": 1}, {}, [("/_instance/serial", "cannot be removed")]),
        ({}, {"made": 1}, [("/_instance/made", "cannot be edited")]),
        ({"made": 1}, {"made": 1}, []),
        ({"rows": [{"id": 1}]}, {"rows": [{"id": 2}]}, [("/_instance/rows/0/id", "cannot change once set")]),
        ({"rows": [{"id": 1}]}, {"rows": [{"id": 2}, {}]}, []),
    ],
)
def test_guards_are_read_at_any_depth(stored: JsonObject, wanted: JsonObject, said: list[tuple[str, str]]) -> None:
    """G4."""
    assert messages(stored, wanted) == said


def test_what_cannot_be_edited_stays_when_absent() -> None:
    """G1."""
    wanted: dict[str, Json] = {}
    assert messages({"made": 1}, wanted) == []
    assert wanted == {"made": 1}
    assert messages({"made": 1}, {}, Absence.REMOVAL) == [("/_instance/made", "cannot be removed")]


def test_references_are_found_where_the_document_says() -> None:
    """A5, C7."""
    (link,) = links_of(CARD, {"friends": ["xcore:card:1"], "serial": "xcore:card:2"})
    assert (link.uri, link.schema, link.property) == ("xcore:card:1", CARD.schema, "_instance.friends")


def test_a_lifecycle_is_the_documents_own() -> None:
    """I."""
    assert lifecycle_faults(CARD.rules.lifecycle, {}, {"state": "old"}) == []
    assert len(lifecycle_faults(CARD.rules.lifecycle, {"state": "old"}, {"state": "new"})) == 1
