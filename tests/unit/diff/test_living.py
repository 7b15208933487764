"""What is live, as a catalogue: whoever manages it."""

from __future__ import annotations

from reconciler.diff.living import live_catalogue
from reconciler.live.snapshot import LiveState
from reconciler.model.entities import Filter, Offer
from reconciler.model.kinds import Kind
from reconciler.model.stamp import LINK, Stamp
from tests.plan_builders import add, edited, identity_of, key_of, live_after, make_catalogue, make_instance

OURS = {"offer/seat": {"status": "approved"}, "filter/all": {"offers": ["seat"]}}


def read(live: LiveState, documents: dict[str, dict[str, object]] | None = None) -> dict[str, object]:
    found = OURS if documents is None else documents
    living = live_catalogue(make_catalogue(found), live, identity_of(found, live))
    return {str(key): entity for key, entity in living.catalogue.entities.items()} | {"left out": living.left_out}


def test_an_edit_made_live_is_seen() -> None:
    found = read(edited(live_after(OURS), "offer/seat", add("/xdm:rank", {"xdm:priority": 7})))
    offer = found["offer/seat"]
    assert isinstance(offer, Offer)
    assert offer.priority == 7


def test_what_nobody_stamped_and_what_others_stamped_are_there_under_keys_of_their_names() -> None:
    stamp = Stamp("other", key_of("offer/x"), None, {}, protected=False)
    others = make_instance(Kind.OFFER, "x", {"xdm:name": "Night Flight"}, links={LINK: stamp.link()})
    nobodys = make_instance(Kind.OFFER, "y", {"xdm:name": "Night Flight"}, created="2026-02-01T00:00:00.000Z")
    assert {"offer/night-flight", "offer/night-flight-2"} <= read(live_after(OURS, others, nobodys)).keys()


def test_an_instance_that_may_be_an_entity_has_its_key() -> None:
    documents = {**OURS, "offer/meal": {"name": "A meal"}}
    found = read(live_after(OURS, make_instance(Kind.OFFER, "m", {"xdm:name": "A meal"})), documents)
    assert "offer/meal" in found


def test_a_reference_to_what_is_gone_is_to_no_offer_that_there_is() -> None:
    found = read(edited(live_after(OURS), "filter/all", add("/ids/-", "xcore:personalized-offer:gone")))
    selected = found["filter/all"]
    assert isinstance(selected, Filter)
    assert selected.offers is not None
    assert [name.startswith("gone-") for name in sorted(selected.offers)] == [True, False]


def test_what_no_file_can_spell_is_left_out_and_named() -> None:
    broken = make_instance(Kind.OFFER, "z", {"xdm:name": "Broken", "xdm:rank": {"xdm:priority": "high"}})
    assert read(live_after(OURS, broken))["left out"] == ("offer `Broken` (xcore:personalized-offer:z)",)
