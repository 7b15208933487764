"""What a writer sends, and what it makes of receipts and refusals."""

from __future__ import annotations

import asyncio
import json
from types import MappingProxyType

import httpx
import pytest

from reconciler.repository.client import RepositoryWriter
from reconciler.repository.errors import Malformed, NameTaken, Rejected, Stale
from reconciler.repository.port import Receipt

from .support import BASE, BOX, HOME, ONE, TAG, Script, answer, problem, receipt, writer

HAL = f'application/vnd.adobe.platform.xcore.hal+json; schema="{TAG};version=0.5"'
VERSIONED = f"{TAG};version=0.5"


def _create(door: RepositoryWriter) -> Receipt:
    async def run() -> Receipt:
        async with door:
            return await door.create(VERSIONED, MappingProxyType({"xdm:name": "été"}), {})

    return asyncio.run(run())


def _patch(door: RepositoryWriter, address: str = ONE) -> Receipt:
    async def run() -> Receipt:
        async with door:
            operations = ({"op": "add", "path": "/_instance/xdm:name", "value": "b"},)
            return await door.patch(address, VERSIONED, operations, if_match="3")

    return asyncio.run(run())


def _replace(door: RepositoryWriter, if_match: str | None) -> Receipt:
    async def run() -> Receipt:
        async with door:
            return await door.replace(ONE, VERSIONED, {"xdm:name": "b"}, {"x": {"href": "urn:x"}}, if_match=if_match)

    return asyncio.run(run())


def test_a_create_posts_the_envelope_with_links_even_when_there_are_none() -> None:
    """C1."""
    script = Script([answer(receipt(), 201)])
    _create(writer(script))
    request = script.asked[0]
    assert (request.method, str(request.url)) == ("POST", HOME)
    assert json.loads(request.content) == {"_instance": {"xdm:name": "été"}, "_links": {}}


def test_a_create_names_its_schema_with_version_in_the_media_type() -> None:
    """A3, A4."""
    script = Script([answer(receipt(), 201)])
    _create(writer(script))
    assert script.asked[0].headers["content-type"] == HAL
    assert script.asked[0].headers["accept"] == "application/vnd.adobe.platform.xcore.xdm.receipt+json"


def test_a_receipt_has_the_address_of_its_location() -> None:
    """C3."""
    sent = answer(receipt("i-9"), 201, content_base=BASE, location=f"{BOX}/instances/i-9")
    assert _create(writer(Script([sent]))) == Receipt(
        instance_id="i-9",
        uri="xcore:tag:i-9",
        etag="4",
        address=f"{BASE}{BOX}/instances/i-9",
        modified="2026-01-03T00:00:00.000Z",
    )


def test_a_receipt_without_a_location_has_the_address_that_is_built() -> None:
    """A8."""
    assert _create(writer(Script([answer(receipt("i-9"), 201)]))).address == f"{HOME}/i-9"


def test_a_patch_sends_the_operations_for_one_revision() -> None:
    """G2, G5."""
    script = Script([answer(receipt())])
    assert _patch(writer(script)).address == ONE
    request = script.asked[0]
    assert request.headers["if-match"] == '"3"'
    assert request.headers["content-type"] == HAL.replace("hal+json", "patch.hal+json")
    assert json.loads(request.content) == [{"op": "add", "path": "/_instance/xdm:name", "value": "b"}]


@pytest.mark.parametrize(("if_match", "sent"), [("3", '"3"'), (None, None)])
def test_a_replacement_is_conditional_only_if_asked(if_match: str | None, sent: str | None) -> None:
    """G1, G5."""
    script = Script([answer(receipt())])
    _replace(writer(script), if_match)
    assert (script.asked[0].method, script.asked[0].headers.get("if-match")) == ("PUT", sent)
    assert json.loads(script.asked[0].content)["_links"] == {"x": {"href": "urn:x"}}


def test_a_stale_revision_is_told_with_the_current_one() -> None:
    """A6, G5."""
    with pytest.raises(Stale, match="now revision 5") as caught:
        _patch(writer(Script([problem("etag-mismatch", 409, current=5)])))
    assert caught.value.current == "5"


def test_a_taken_name_is_told_with_its_holder() -> None:
    """A6, C6."""
    with pytest.raises(NameTaken, match="by xcore:tag:7") as caught:
        _create(writer(Script([problem("name-taken", 409, holder="xcore:tag:7")])))
    assert (caught.value.holder, caught.value.maybe_carried_out) == ("xcore:tag:7", False)


def test_a_conflict_carries_both_hints_whatever_its_type() -> None:
    """A6."""
    with pytest.raises(NameTaken) as caught:
        _patch(writer(Script([problem("name-taken", 409, holder="xcore:tag:7", current="3")])))
    assert (caught.value.current, caught.value.problem_type[-10:]) == ("3", "name-taken")


def test_a_conflict_of_unknown_type_is_judged_by_what_was_asked() -> None:
    """A6."""
    with pytest.raises(Stale, match="edit conflict: odd"):
        _patch(writer(Script([problem("odd", 409)])))
    with pytest.raises(NameTaken, match="perhaps over the name: odd"):
        _create(writer(Script([problem("odd", 409)])))


def test_a_refusal_lists_every_property_that_is_wrong() -> None:
    """A6, C2."""
    wrong = [{"path": "/xdm:name", "message": "too\nlong"}, {"path": "/xdm:rank", "message": "below 0"}]
    refusal = problem("invalid", 422, detail="schema", errors=wrong)
    with pytest.raises(Rejected) as caught:
        _create(writer(Script([refusal])))
    assert [(e.path, e.message) for e in caught.value.errors] == [
        ("/xdm:name", "too long"),
        ("/xdm:rank", "below 0"),
    ]
    assert caught.value.message.startswith(
        "the repository refused (422): invalid: schema; /xdm:name: too long and 1 more (POST "
    )


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/data/core/xcore/box-1/instances/i-1",
        "http://repo.example/data/core/xcore/box-1/instances/i-1",
        "https://repo.example:444/data/core/xcore/box-1/instances/i-1",
        "https://repo.example@evil.example/data/core/xcore/i-1",
        "https://user@repo.example/data/core/xcore/i-1",
        "https://repo.example/elsewhere",
        f"{BASE}box-1/../../../../elsewhere",
        f"{BASE}box-1/%2e%2e/%2E%2E/elsewhere",
        f"{BASE}..\\..\\elsewhere",
        "/data/core/xcore/box-1",
        "https://[",
    ],
)
def test_nothing_is_sent_to_an_address_outside_the_base(address: str) -> None:
    """C3."""
    script = Script([answer(receipt())])
    with pytest.raises(Malformed, match="address outside"):
        _patch(writer(script), address)
    assert script.asked == []


@pytest.mark.parametrize("base", ["https://evil.example/data/core/xcore/", "//evil.example/"])
def test_a_receipt_that_points_to_another_host_is_malformed_and_the_write_in_doubt(base: str) -> None:
    """C3."""
    sent = answer(receipt(), 201, content_base=base, location=f"{BOX}/instances/i-1")
    with pytest.raises(Malformed) as caught:
        _create(writer(Script([sent])))
    assert caught.value.maybe_carried_out


@pytest.mark.parametrize("href", ["https://evil.example/x", "//evil.example/x", "javascript:x", "/../../x"])
def test_a_link_in_a_body_that_leads_away_is_malformed(href: str) -> None:
    """C3."""
    with pytest.raises(Malformed):
        _create(writer(Script([answer(receipt(_links={"self": {"href": href}}), 201)])))


def test_an_absolute_link_below_the_base_is_taken_as_it_is() -> None:
    """C3."""
    same = "https://REPO.example:443/data/core/xcore/box-1/instances/i-1"
    assert _create(writer(Script([answer(receipt(_links={"self": {"href": same}}), 201)]))).address == same


def test_a_location_from_the_root_that_leaves_the_base_out_is_appended() -> None:
    """C3."""
    sent = answer(receipt(), 201, location=f"/{BOX}/instances/i-1")
    assert _create(writer(Script([sent]))).address == ONE


def test_a_receipt_that_cannot_be_read_leaves_the_write_in_doubt() -> None:
    """C3."""
    with pytest.raises(Malformed) as caught:
        _create(writer(Script([httpx.Response(201, content=b"created")])))
    assert caught.value.maybe_carried_out
