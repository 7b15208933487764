"""The requests whose bytes are pinned: scenarios that are recorded against a served repository, and replayed.

``python -m tests.record`` makes the cassettes again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
import vcr

from reconciler.repository.auth import FixedToken, Secret
from reconciler.repository.client import RepositoryWriter, open_writer
from reconciler.repository.connection import Connection
from reconciler.repository.errors import NameTaken, Stale
from reconciler.repository.port import Deleted, DeleteRejected
from reconciler.repository.retry import Timing

CASSETTES = Path(__file__).parent / "contract" / "cassettes"
HOST = "127.0.0.1:8080"
BASE = f"http://{HOST}/data/core/xcore/"
NS = "https://ns.adobe.com/experience/offer-management/"
TAG, FILTER, PLACEMENT = f"{NS}tag", f"{NS}offer-filter", f"{NS}offer-placement"
API_KEY = "a-key"
SECRETS = ["authorization", "x-api-key", "x-gw-ims-org-id", "x-request-id", "user-agent", "accept-encoding"]

Scenario = Callable[[RepositoryWriter], Awaitable[None]]


def connection(base: str) -> Connection:
    """One request at a time, so that the order on the wire is always the same."""
    return Connection(base, "prod", "org@AdobeOrg", API_KEY, FixedToken(Secret("a-token")), parallelism=1)


def recorder(mode: str) -> Any:
    """VCR that pins method, path, query, media types and body; addresses are the same wherever it was recorded."""
    tape = vcr.VCR(
        cassette_library_dir=str(CASSETTES),
        record_mode=mode,
        match_on=["method", "path", "query", "media_types", "body"],
        filter_headers=SECRETS,
        before_record_request=_same_host,
        before_record_response=_same_answer,
        decode_compressed_response=True,
    )
    tape.register_matcher("media_types", _media_types)
    return tape


def _same_host(request: Any) -> Any:
    request.uri = urlunsplit(urlsplit(request.uri)._replace(netloc=HOST))
    request.headers.pop("host", None)
    return request


def _same_answer(response: Mapping[str, Any]) -> Mapping[str, Any]:
    kept = {"content-type", "location", "content-base", "etag"}
    headers = {name.lower(): values for name, values in response["headers"].items() if name.lower() in kept}
    if "content-base" in headers:
        headers["content-base"] = [BASE]
    body = {"string": response["body"]["string"].replace(API_KEY.encode(), b"CLIENT")}  # answers name the caller's key
    return {**response, "headers": headers, "body": body}


def _media_types(first: Any, second: Any) -> None:
    for name in ("accept", "content-type", "if-match", "if-none-match", "x-sandbox-name"):
        assert first.headers.get(name) == second.headers.get(name), name


def play(scenario: Scenario, base: str, timing: Timing | None = None) -> None:
    """Run a scenario against a repository, or against a cassette of one."""

    async def run() -> None:
        async with open_writer(connection(base), environ={}, timing=timing) as writer:
            await writer.resolve_container()
            await scenario(writer)

    asyncio.run(run())


# ---------------------------------------------------------------- scenarios


async def create_and_look_up(writer: RepositoryWriter) -> None:
    """A4, C1-C4, D1, D2: a create with its stamp, a look-up, and one that is not modified."""
    link = {"reconciler:managed": {"href": "urn:reconciler:skyline-air/tag/credit-card", "title": "b1"}}
    receipt = await writer.create(TAG, {"xdm:name": "credit card"}, link)
    found = await writer.lookup(receipt.address, TAG)
    assert found is not None
    assert (found.uri, found.etag, found.links) == (receipt.uri, "1", link)
    assert await writer.lookup(receipt.address, TAG, known=found) is found


async def list_by_pages(writer: RepositoryWriter) -> None:
    """E1-E6, E8, E9: pages follow ``next``; conditions and ids narrow."""
    receipts = [await writer.create(TAG, {"xdm:name": f"tag {number}"}, {}) for number in range(5)]
    pages = [page async for page in writer.pages(TAG, limit=2)]
    assert [(page.count, page.total, page.has_next) for page in pages] == [(2, 5, True), (2, 3, True), (1, 1, False)]
    named = [page async for page in writer.pages(TAG, properties=("_instance.xdm:name==tag 3",))]
    assert [item.uri for page in named for item in page.items] == [receipts[3].uri]
    by_id = [page async for page in writer.pages(TAG, ids=[receipts[1].uri, receipts[4].uri])]
    assert {item.uri for page in by_id for item in page.items} == {receipts[1].uri, receipts[4].uri}


async def patch_under_an_etag(writer: RepositoryWriter) -> None:
    """G2, G5, G6: a patch raises the etag; the old etag no longer writes."""
    receipt = await writer.create(PLACEMENT, {"xdm:name": "Kiosk Placement 1"}, {})
    operations = [{"op": "add", "path": "/_instance/xdm:description", "value": "No magenta, please!"}]
    patched = await writer.patch(receipt.address, PLACEMENT, operations, if_match=receipt.etag)
    assert (receipt.etag, patched.etag) == ("1", "2")
    with pytest.raises(Stale):
        await writer.patch(receipt.address, PLACEMENT, operations, if_match="1")


async def replace_whole(writer: RepositoryWriter) -> None:
    """G1: PUT replaces properties and links; the URI is never lost."""
    receipt = await writer.create(TAG, {"xdm:name": "upgrade", "acme:note": "mine"}, {})
    await writer.replace(receipt.address, TAG, {"xdm:name": "Upgrade"}, {}, if_match="1")
    found = await writer.lookup(receipt.address, TAG)
    assert found is not None
    assert found.properties == {"@id": receipt.uri, "xdm:name": "Upgrade"}


async def delete_when_nothing_refers(writer: RepositoryWriter) -> None:
    """H1-H4: a delete is rejected while something refers to the target, and decided by polling."""
    tag = await writer.create(TAG, {"xdm:name": "elite"}, {})
    filtered = {"xdm:name": "All Upgrade offers", "xdm:filterType": "anyTags", "ids": [tag.uri]}
    using = await writer.create(FILTER, filtered, {})
    rejected = await writer.delete(tag.address, if_match=tag.etag)
    assert isinstance(rejected, DeleteRejected)
    assert [referrer.uri for referrer in rejected.referrers] == [using.uri]
    assert await writer.delete(using.address, if_match=using.etag) == Deleted()
    assert await writer.delete(tag.address, if_match=tag.etag) == Deleted()
    assert await writer.lookup(tag.address, TAG) is None


async def names_are_taken_once(writer: RepositoryWriter) -> None:
    """A6, C6: the second of one name is refused with its holder."""
    first = await writer.create(TAG, {"xdm:name": "elite"}, {})
    with pytest.raises(NameTaken) as refused:
        await writer.create(TAG, {"xdm:name": "elite"}, {})
    assert refused.value.holder == first.uri


SCENARIOS: tuple[Scenario, ...] = (
    create_and_look_up,
    list_by_pages,
    patch_under_an_etag,
    replace_whole,
    delete_when_nothing_refers,
    names_are_taken_once,
)
