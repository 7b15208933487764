"""Every way of reading, from the client to the emulator and back."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from reconciler.emulator.gateway import Accepted
from reconciler.repository.auth import FixedToken, Secret
from reconciler.repository.client import RepositoryReader, RepositoryWriter
from reconciler.repository.errors import Rejected, Unauthorised
from reconciler.repository.ims import ImsTokens, Login
from reconciler.repository.port import Instance, Match, Page

from .client_support import BASE, OFFER, PLACEMENT, TAG, Shared, found, listed, made, shared

NASTY = [
    "a&b+c d",
    'quo"te',
    "back\\slash",
    "x==y",
    "a,b;c",
    " lead",
    "100%41",
    "#1?x=y",
    "été",
    "e\u0301",
    "€😀",
    "~.*",
]


@pytest.fixture
def repository() -> Iterator[Shared]:
    with shared() as opened:
        yield opened


@pytest.mark.parametrize("base", [BASE, BASE.rstrip("/")])
def test_the_base_is_found_with_and_without_its_last_slash(base: str, repository: Shared) -> None:
    """A1."""

    async def scenario(door: RepositoryReader) -> list[Instance]:
        return await listed(door, TAG)

    assert repository.read(scenario, base_url=base) == []


def test_the_container_is_found_by_its_sandbox(repository: Shared) -> None:
    """B1, B3."""

    async def scenario(door: RepositoryReader) -> tuple[str, list[str]]:
        return await door.resolve_container(), [each.container_id for each in await door.containers()]

    container = repository.emulator.container
    assert repository.read(scenario) == (container, [container])


def test_containers_are_asked_for_without_a_product_and_have_both(repository: Shared) -> None:
    """B2."""

    async def scenario(door: RepositoryReader) -> list[set[str]]:
        return [set(each.product_contexts) for each in await door.containers()]

    assert repository.read(scenario) == [{"dma_offers", "acp"}]


def test_an_unknown_sandbox_is_told(repository: Shared) -> None:
    """A2, B1."""
    with pytest.raises(Unauthorised, match="no sandbox nowhere"):
        repository.read(lambda door: door.containers(), sandbox="nowhere")


def test_an_unknown_container_is_told(repository: Shared) -> None:
    """B3."""
    with pytest.raises(Rejected) as caught:
        repository.read(lambda door: listed(door, TAG), container="nowhere")
    assert caught.value.status == 404


def test_a_token_that_is_not_let_in_is_told_with_the_gateway_s_code() -> None:
    """A2."""
    with shared(accepted=Accepted(token="another")) as repository, pytest.raises(Unauthorised) as caught:  # noqa: S106
        repository.read(lambda door: door.containers())
    assert (caught.value.status, caught.value.code) == (401, "401013")


def test_a_token_that_has_ended_is_renewed_before_anybody_notices() -> None:
    """A2."""
    given = iter(["ended", "good"])

    def service(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"access_token": next(given), "expires_in": 86399})

    tokens = ImsTokens(Login("id", Secret("hush"), "openid"), way=lambda: httpx.MockTransport(service))
    with shared(accepted=Accepted(token="good")) as repository:  # noqa: S106
        assert len(repository.read(lambda door: door.containers(), token=tokens)) == 1
    assert [status for _, _, status in repository.asked] == [401, 200]


def test_a_look_up_gives_what_was_created(repository: Shared) -> None:
    """C5, D1."""
    link = {"acme:Help": {"href": "urn:help", "title": "é"}}

    async def scenario(door: RepositoryWriter) -> None:
        receipt = await door.create(TAG, {"xdm:name": "summer", "acme:note": [1, {"a": None}]}, link)
        instance = await found(door, receipt, TAG)
        assert instance.properties == {"@id": receipt.uri, "xdm:name": "summer", "acme:note": [1, {"a": None}]}
        assert (instance.links, instance.etag, instance.address) == (link, "1", receipt.address)
        assert instance.schemas == (f"{TAG};version=0.1",)

    repository.write(scenario)


def test_a_look_up_of_a_current_instance_carries_no_body(repository: Shared) -> None:
    """D2."""

    async def scenario(door: RepositoryWriter) -> None:
        known = await found(door, await made(door, TAG, name="a"), TAG)
        assert await door.lookup(known.address, TAG, known=known) is known

    repository.write(scenario)
    assert repository.asked[-1][2] == 304


def test_a_look_up_of_a_changed_instance_gives_the_new_one(repository: Shared) -> None:
    """D2, G6."""

    async def scenario(door: RepositoryWriter) -> None:
        known = await found(door, await made(door, TAG, name="a"), TAG)
        await door.replace(known.address, TAG, {"xdm:name": "b"}, {}, if_match="1")
        fresh = await door.lookup(known.address, TAG, known=known)
        assert fresh is not None
        assert (fresh.etag, fresh.properties["xdm:name"]) == ("2", "b")

    repository.write(scenario)


def test_what_is_not_there_is_none(repository: Shared) -> None:
    """D3."""

    async def scenario(door: RepositoryWriter) -> Instance | None:
        return await door.lookup(door.address_of("never-was"), TAG)

    assert repository.write(scenario) is None


def test_an_instance_of_another_type_is_refused(repository: Shared) -> None:
    """A5, D3."""

    async def scenario(door: RepositoryWriter) -> None:
        receipt = await made(door, TAG, name="a")
        with pytest.raises(Rejected) as caught:
            await door.lookup(receipt.address, PLACEMENT)
        assert caught.value.status == 406

    repository.write(scenario)


def test_a_schema_may_be_named_with_its_version(repository: Shared) -> None:
    """A3, A5."""

    async def scenario(door: RepositoryWriter) -> None:
        receipt = await door.create(f"{TAG};version=0.1", {"xdm:name": "a"}, {})
        assert (await found(door, receipt, f"{TAG};version=0.1")).uri == receipt.uri
        assert len(await listed(door, f"{TAG};version=0.1")) == 1

    repository.write(scenario)


def test_pages_lead_to_every_instance_and_count_what_is_left(repository: Shared) -> None:
    """E1, E4-E6."""

    async def scenario(door: RepositoryWriter) -> None:
        receipts = [await made(door, TAG, name=f"t{number}") for number in range(7)]
        pages = [page async for page in door.pages(TAG, limit=3)]
        assert [(p.count, p.total, p.has_next) for p in pages] == [(3, 7, True), (3, 4, True), (1, 1, False)]
        uris = [item.uri for page in pages for item in page.items]
        assert sorted(uris) == sorted(receipt.uri for receipt in receipts)

    repository.write(scenario)


def test_an_empty_list_is_one_empty_page(repository: Shared) -> None:
    """E1."""

    async def scenario(door: RepositoryReader) -> list[Page]:
        return [page async for page in door.pages(TAG)]

    assert repository.read(scenario) == [Page((), 0, 0, has_next=False)]


@pytest.mark.parametrize("name", NASTY)
def test_an_instance_is_found_by_its_name_whatever_that_holds(name: str, repository: Shared) -> None:
    """E8."""

    async def scenario(door: RepositoryWriter) -> None:
        receipt = await made(door, TAG, name=name)
        await made(door, TAG, name=f"{name}x")
        items = await listed(door, TAG, properties=[f"_instance.xdm:name=={name}"])
        assert [item.uri for item in items] == [receipt.uri]

    repository.write(scenario)


def test_all_conditions_on_properties_hold(repository: Shared) -> None:
    """E8."""

    async def scenario(door: RepositoryWriter) -> None:
        await made(door, OFFER, name="a", status="draft")
        both = await made(door, OFFER, name="b", status="approved", rank={"xdm:priority": 3})
        await made(door, OFFER, name="c", status="approved")
        conditions = ["_instance.xdm:status==approved", "_instance.xdm:rank"]
        assert [item.uri for item in await listed(door, OFFER, properties=conditions)] == [both.uri]

    repository.write(scenario)


def test_a_condition_that_cannot_be_read_is_told(repository: Shared) -> None:
    """E8."""
    with pytest.raises(Rejected) as caught:
        repository.write(lambda door: listed(door, TAG, properties=["==x"]))
    assert caught.value.status == 400


def test_instances_are_found_by_more_uris_than_fit_in_one_request(repository: Shared) -> None:
    """E9."""

    async def scenario(door: RepositoryWriter) -> None:
        uris = [(await made(door, TAG, name=f"t{number}")).uri for number in range(130)]
        wanted = [*uris[:120], "xcore:tag:000000000000000", *uris[:5]]
        assert sorted(item.uri for item in await listed(door, TAG, ids=wanted, limit=50)) == sorted(uris[:120])

    repository.write(scenario)


@pytest.mark.parametrize(
    ("terms", "match", "fields", "names"),
    [
        ("free wifi", Match.ANY, [], {"Free wifi", "Free lunch", "Lounge"}),
        ("free wifi", Match.ALL, [], {"Free wifi"}),
        ("free", Match.ANY, ["_instance.xdm:description"], {"Lounge"}),
        ("champagne", Match.ANY, [], set()),
    ],
)
def test_a_search_finds_words(terms: str, match: Match, fields: list[str], names: set[str], repository: Shared) -> None:
    """F1-F3."""

    async def scenario(door: RepositoryWriter) -> set[str]:
        for name, description in (("Free wifi", "on board"), ("Free lunch", "at noon"), ("Lounge", "for free")):
            await made(door, PLACEMENT, name=name, description=description)
        pages = [page async for page in door.search(PLACEMENT, terms, match=match, fields=fields)]
        return {item.properties["xdm:name"] for page in pages for item in page.items}

    assert repository.write(scenario) == names


def test_a_fixed_token_is_not_renewed() -> None:
    """A2."""
    with shared(accepted=Accepted(token="good")) as repository, pytest.raises(Unauthorised):  # noqa: S106
        repository.read(lambda door: door.containers(), token=FixedToken(Secret("ended")))
    assert len(repository.asked) == 1
