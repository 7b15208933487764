"""What a reader makes of the repository's answers."""

from __future__ import annotations

import asyncio
import gzip
import json
import tracemalloc
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from reconciler.repository.client import RepositoryReader, open_reader
from reconciler.repository.errors import ContainerUnclear, Malformed, Rejected, WriteRefused
from reconciler.repository.port import Container, Instance, Match, Page

from .support import BASE, BOX, HOME, ONE, TAG, TOKEN, Script, answer, envelope, page, reader, settings, timing

RESULTS = 'application/vnd.adobe.platform.xcore.hal+json; schema="https://ns.adobe.com/experience/xcore/hal/results"'
CONTAINERS = "https://ns.adobe.com/experience/xcore/container"


async def _all(source: RepositoryReader, **changes: Any) -> list[Page]:
    async with source:
        return [each async for each in source.pages(TAG, **changes)]


def _read(source: RepositoryReader, **changes: Any) -> list[Page]:
    return asyncio.run(_all(source, **changes))


def _lookup(source: RepositoryReader, known: Instance | None = None) -> Instance | None:
    async def run() -> Instance | None:
        async with source:
            return await source.lookup(ONE, TAG, known=known)

    return asyncio.run(run())


def _found(**changes: Any) -> Instance:
    instance = _lookup(reader(Script([answer(envelope(**changes))])))
    assert instance is not None
    return instance


def _packed(body: bytes, coding: str) -> RepositoryReader:
    """A reader whose repository answers with these bytes."""

    class Packing(httpx.AsyncBaseTransport):
        async def handle_async_request(self, _request: httpx.Request) -> httpx.Response:
            return httpx.Response(200, headers={"content-encoding": coding}, stream=httpx.ByteStream(body))

    return open_reader(settings(), transport=Packing(), timing=timing())


def test_a_lookup_gives_the_instance_with_its_envelope() -> None:
    """D1."""
    assert _found() == Instance(
        instance_id="i-1",
        uri="xcore:tag:i-1",
        schemas=(f"{TAG};version=0.1",),
        etag="3",
        address=ONE,
        created="2026-01-01T00:00:00.000Z",
        modified="2026-01-02T00:00:00.123456Z",
        created_by="ann",
        modified_by="bob",
        properties={"@id": "xcore:tag:i-1", "xdm:name": "summer"},
        links={"x:Note": {"href": "urn:n"}},
    )


@pytest.mark.parametrize("spelling", [7, "7", '"7"', 'W/"7"'])
def test_a_revision_is_the_same_however_it_is_spelt(spelling: int | str) -> None:
    """D2."""
    assert _found(**{"repo:etag": spelling}).etag == "7"


def test_a_lookup_without_a_self_link_keeps_the_address_that_was_asked() -> None:
    """A8."""
    assert _found(_links={}).address == ONE


def test_every_call_says_who_asks_for_which_sandbox() -> None:
    """A2."""
    script = Script([answer(envelope())])
    _lookup(reader(script))
    sent = script.asked[0].headers
    assert sent["authorization"] == f"Bearer {TOKEN}"
    assert [sent[name] for name in ("x-api-key", "x-gw-ims-org-id", "x-sandbox-name")] == [
        "key-1",
        "ORG@AdobeOrg",
        "stage",
    ]


def test_every_request_has_a_fresh_id() -> None:
    """A2."""
    script = Script([answer(page(envelope("a"), following=f"/{BOX}/instances?start=a")), answer(page())])
    _read(reader(script))
    assert len({request.headers["x-request-id"] for request in script.asked}) == 2


def test_a_lookup_asks_for_its_schema_by_media_type() -> None:
    """A4."""
    script = Script([answer(envelope())])
    _lookup(reader(script))
    assert script.asked[0].headers["accept"] == f'application/vnd.adobe.platform.xcore.hal+json; schema="{TAG}"'


def test_an_instance_that_is_not_there_is_none() -> None:
    """D3."""
    assert _lookup(reader(Script([answer({}, 404)]))) is None


def test_a_lookup_of_a_known_instance_sends_its_revision_quoted_and_gives_it_back_when_current() -> None:
    """D2."""
    known, script = _found(), Script([httpx.Response(304)])
    assert _lookup(reader(script), known) is known
    assert script.asked[0].headers["if-none-match"] == '"3"'


def test_a_304_that_nobody_asked_for_is_malformed() -> None:
    """D2."""
    with pytest.raises(Malformed, match="304"):
        _lookup(reader(Script([httpx.Response(304)])))


def test_pages_follow_next_by_appending_its_href_to_the_base() -> None:
    """C3, E5."""
    following = f"/{BOX}/instances?schema=x&start=1603395515489%2Ci-1&limit=1"
    script = Script([answer(page(envelope("i-1"), total=2, following=following)), answer(page(envelope("i-2")))])
    pages = _read(reader(script))
    assert [(p.total, p.count, p.has_next) for p in pages] == [(2, 1, True), (1, 1, False)]
    assert str(script.asked[1].url) == BASE + following.lstrip("/")


def test_a_listing_sends_schema_limit_conditions_and_ids() -> None:
    """E1, E4, E8, E9."""
    script = Script([answer(page())])
    _read(reader(script), limit=5000, properties=["_instance.xdm:name==a&b+c d"], ids=["xcore:tag:1", "xcore:tag:2"])
    assert parse_qsl(script.asked[0].url.query.decode()) == [
        ("schema", TAG),
        ("limit", "1000"),
        ("property", "_instance.xdm:name==a&b+c d"),
        ("id", "xcore:tag:1"),
        ("id", "xcore:tag:2"),
    ]
    assert script.asked[0].headers["accept"] == RESULTS


def test_more_ids_than_a_request_line_holds_are_asked_for_by_the_hundred_and_each_once() -> None:
    """E9."""
    script = Script([answer(page(envelope("a"))), answer(page(envelope("b"))), answer(page())])
    uris = [f"xcore:tag:{number}" for number in range(201)]
    pages = _read(reader(script), ids=[*uris, *uris])
    asked = [request.url.params.get_list("id") for request in script.asked]
    assert [len(ids) for ids in asked] == [100, 100, 1]
    assert [uri for ids in asked for uri in ids] == uris
    assert [[item.instance_id for item in p.items] for p in pages] == [["a"], ["b"], []]


def test_a_hundred_ids_make_a_request_line_that_gateways_take() -> None:
    """E9."""
    script = Script([answer(page())])
    _read(reader(script), ids=[f"xcore:personalized-offer:{number:015x}" for number in range(100)])
    assert len(script.asked[0].url.raw_path) < 8000


def test_a_search_sends_its_terms_fields_and_how_many_must_match() -> None:
    """F1-F3."""
    script = Script([answer(page(envelope()))])

    async def run() -> list[Page]:
        async with reader(script) as source:
            fields = ["_instance.xdm:name"]
            return [p async for p in source.search(TAG, "free +wifi", fields=fields, match=Match.ALL, limit=9)]

    assert [item.instance_id for p in asyncio.run(run()) for item in p.items] == ["i-1"]
    asked = script.asked[0].url
    assert asked.path.endswith(f"/{BOX}/queries/core/search")
    assert dict(parse_qsl(asked.query.decode())) == {
        "schema": TAG,
        "limit": "9",
        "q": "free +wifi",
        "qop": "and",
        "field": "_instance.xdm:name",
    }


@pytest.mark.parametrize("following", [f"/{BOX}/instances?start=a", f"{BOX}/instances?start=a"])
def test_a_next_link_that_repeats_is_malformed_instead_of_endless(following: str) -> None:
    """E5."""
    script = Script([answer(page(envelope(), following=following))])
    with pytest.raises(Malformed, match="leads back"):
        _read(reader(script))
    assert len(script.asked) == 2


@pytest.mark.parametrize("missing", ["results", "total", "count"])
def test_a_page_that_lacks_a_member_is_malformed(missing: str) -> None:
    """E1."""
    body = page(envelope())
    del body["_embedded"][missing]
    with pytest.raises(Malformed, match=f"a page without {missing}"):
        _read(reader(Script([answer(body)])))


def test_a_page_whose_count_is_not_its_length_is_malformed() -> None:
    """E6."""
    body = page(envelope(), total=9)
    body["_embedded"]["count"] = 2
    with pytest.raises(Malformed, match="1 results that says it has 2 of 9"):
        _read(reader(Script([answer(body)])))


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"a": NaN}', b"[" * 100_000, b"\xff{}"])
def test_an_answer_that_is_not_a_json_object_is_malformed(body: bytes) -> None:
    """E1."""
    with pytest.raises(Malformed):
        _read(reader(Script([httpx.Response(200, content=body)])))


@pytest.mark.parametrize("member", ["instanceId", "_instance", "repo:etag"])
def test_an_instance_without_what_identifies_it_is_malformed(member: str) -> None:
    """D1."""
    body = envelope()
    del body[member]
    with pytest.raises(Malformed):
        _lookup(reader(Script([answer(body)])))


def test_an_answer_beyond_64_mib_is_malformed() -> None:
    """The size limit holds for the text, however small it was packed."""
    packed = gzip.compress(b" " * (64 * 1024 * 1024 + 1))
    with pytest.raises(Malformed, match="more than 67108864 bytes"):
        _lookup(_packed(packed, "gzip"))


def test_an_answer_packed_by_gzip_is_read() -> None:
    """Also one of several members."""
    text = json.dumps(envelope()).encode()
    found = _lookup(_packed(gzip.compress(text[:50]) + gzip.compress(text[50:]), "x-gzip"))
    assert found == _lookup(reader(Script([answer(envelope())])))


@pytest.mark.parametrize("coding", ["gzip, gzip", "br", "deflate", "zstd"])
def test_an_answer_packed_otherwise_than_asked_for_is_malformed_unread(coding: str) -> None:
    """A few bytes packed twice are gigabytes after the first unpacking."""
    with pytest.raises(Malformed, match="which was not asked for"):
        _lookup(_packed(gzip.compress(gzip.compress(b"{}")), coding))


@pytest.mark.parametrize("packed", [b"no gzip", gzip.compress(b"{}")[:-1]], ids=["other", "cut off"])
def test_a_packed_answer_that_cannot_be_unpacked_is_malformed(packed: bytes) -> None:
    with pytest.raises(Malformed, match=r"unpacked|too early"):
        _lookup(_packed(packed, "gzip"))


def test_unpacking_a_bomb_takes_no_more_memory_than_the_limit() -> None:
    """A chunk is unpacked in pieces, so that what is too much is never there."""
    bomb = b"".join(gzip.compress(b" " * (64 * 1024 * 1024)) for _ in range(16))
    tracemalloc.start()
    with pytest.raises(Malformed, match="more than 67108864 bytes"):
        _lookup(_packed(bomb, "gzip"))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 3 * 64 * 1024 * 1024


def test_only_gzip_is_asked_for() -> None:
    script = Script([answer(envelope())])
    _lookup(reader(script))
    assert script.asked[0].headers["accept-encoding"] == "gzip"


def test_a_redirect_is_not_followed() -> None:
    """The token goes where we send it, and nowhere else."""
    script = Script([answer({}, 302, location="https://elsewhere.example/")])
    with pytest.raises(Malformed, match="302"):
        _lookup(reader(script))
    assert len(script.asked) == 1


def test_the_home_document_names_the_containers() -> None:
    """B1."""

    async def run() -> tuple[Container, ...]:
        async with reader(Script([_home("c-1", "c-2")])) as source:
            return await source.containers()

    assert asyncio.run(run())[1] == Container("c-2", "name of c-2", ("acp", "dma_offers"))


def test_without_a_container_the_only_one_is_asked_for_once() -> None:
    """B1."""
    script = Script([_home("only"), answer(page()), answer(page())])

    async def run() -> str:
        async with reader(script, container=None) as source:
            await asyncio.gather(_drain(source), _drain(source))
            return source.address_of("a/b")

    assert asyncio.run(run()) == f"{BASE}only/instances/a%2Fb"
    assert [request.url.path for request in script.asked].count("/data/core/xcore/") == 1


def test_the_container_is_not_known_before_it_was_asked_for() -> None:
    """B1."""
    with pytest.raises(RuntimeError, match="resolve_container"):
        _ = reader(Script([_home("only")]), container=None).container


@pytest.mark.parametrize(("names", "said"), [(["a", "b"], r"a \(name of a\), b \(name of b\)"), ([], "no container")])
def test_without_exactly_one_container_the_error_names_what_there_is(names: list[str], said: str) -> None:
    """B1."""
    with pytest.raises(ContainerUnclear, match=said) as caught:
        _read(reader(Script([_home(*names)]), container=None))
    assert [ident for ident, _ in caught.value.containers] == names


def test_an_unknown_container_is_a_refusal_and_not_an_empty_list() -> None:
    """B3."""
    with pytest.raises(Rejected) as caught:
        _read(reader(Script([answer({"title": "no such container"}, 404)])))
    assert caught.value.status == 404


def test_a_reader_has_no_way_to_write_and_its_transport_refuses_to() -> None:
    """Commands that read cannot write."""
    script = Script([answer({})])

    async def run() -> None:
        async with reader(script) as source:
            await source._session._http.post(HOME)

    assert not {"create", "replace", "patch", "delete"} & set(dir(RepositoryReader))
    with pytest.raises(WriteRefused, match="POST"):
        asyncio.run(run())
    assert script.asked == []


def test_an_application_in_this_process_answers_like_a_network() -> None:
    """A2."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": answer(envelope()).content})

    source = open_reader(settings(base_url="http://localhost/data/core/xcore"), app=app)
    assert _lookup_at(source, "http://localhost/data/core/xcore/box-1/instances/i-1") == "i-1"


def _lookup_at(source: RepositoryReader, address: str) -> str:
    async def run() -> str:
        async with source:
            instance = await source.lookup(address, TAG)
            return instance.instance_id if instance else ""

    return asyncio.run(run())


async def _drain(source: RepositoryReader) -> None:
    async for _ in source.pages(TAG):
        pass


def _home(*names: str) -> httpx.Response:
    found = [
        {"instanceId": n, "productContexts": ["acp", "dma_offers"], "_instance": {"repo:name": f"name of {n}"}}
        for n in names
    ]
    return answer({"_embedded": {CONTAINERS: found}})
