"""Every way of writing, from the client to the emulator and back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from reconciler.emulator.faults import Faults
from reconciler.repository.client import RepositoryWriter
from reconciler.repository.errors import NameTaken, Rejected, Stale, Undecided
from reconciler.repository.port import Deleted, DeleteOutcome, DeleteRejected, Receipt, Referrer

from .client_support import (
    ACTIVITY,
    BASE,
    FALLBACK,
    FILTER,
    OFFER,
    PLACEMENT,
    RULE,
    TAG,
    Meanwhile,
    Shared,
    found,
    listed,
    made,
    shared,
)


@pytest.fixture
def repository() -> Iterator[Shared]:
    with shared() as opened:
        yield opened


def _add(path: str, value: object) -> dict[str, object]:
    return {"op": "add", "path": path, "value": value}


# ---------------------------------------------------------------- create


def test_a_receipt_leads_to_what_was_created(repository: Shared) -> None:
    """A8, C1, C3."""

    async def scenario(door: RepositoryWriter) -> None:
        receipt = await made(door, TAG, name="a")
        assert receipt.address == f"{BASE}{door.container}/instances/{receipt.instance_id}"
        instance = await found(door, receipt, TAG)
        assert (instance.instance_id, instance.uri, instance.etag, instance.modified) == (
            receipt.instance_id,
            receipt.uri,
            "1",
            receipt.modified,
        )

    repository.write(scenario)


def test_every_property_that_is_wrong_is_told(repository: Shared) -> None:
    """A6, C2."""
    with pytest.raises(Rejected) as caught:
        repository.write(lambda door: door.create(PLACEMENT, {"xdm:name": 7, "xdm:contentTypes": "x"}, {}))
    assert caught.value.status == 422
    assert len(caught.value.errors) == 2


def test_a_reference_to_nothing_is_told_with_its_uri(repository: Shared) -> None:
    """C7."""
    gone = "xcore:tag:000000000000000"
    with pytest.raises(Rejected, match=gone) as caught:
        repository.write(lambda door: made(door, OFFER, name="o", tags=[gone]))
    assert (caught.value.status, caught.value.maybe_carried_out) == (422, False)


def test_a_taken_name_is_told_with_its_holder(repository: Shared) -> None:
    """A6, C6."""

    async def scenario(door: RepositoryWriter) -> None:
        first = await made(door, OFFER, name="Upgrade")
        with pytest.raises(NameTaken) as caught:
            await made(door, FALLBACK, name="Upgrade")
        assert caught.value.holder == first.uri
        assert len(await listed(door, FALLBACK)) == 0

    repository.write(scenario)


def test_of_many_creates_of_one_name_one_is_carried_out(repository: Shared) -> None:
    """C6."""

    async def scenario(door: RepositoryWriter) -> list[type]:
        outcomes = await asyncio.gather(*(made(door, TAG, name="a") for _ in range(8)), return_exceptions=True)
        return [type(outcome) for outcome in outcomes]

    outcomes = repository.write(scenario)
    assert (outcomes.count(Receipt), outcomes.count(NameTaken)) == (1, 7)


# ---------------------------------------------------------------- patch and replace


def test_a_patch_makes_the_next_revision(repository: Shared) -> None:
    """G2, G6."""

    async def scenario(door: RepositoryWriter) -> None:
        receipt = await made(door, PLACEMENT, name="a")
        operations = [_add("/_instance/xdm:description", "é"), _add("/_links/acme:help", {"href": "urn:h"})]
        patched = await door.patch(receipt.address, PLACEMENT, operations, if_match=receipt.etag)
        instance = await found(door, patched, PLACEMENT)
        assert (patched.uri, patched.etag, instance.etag) == (receipt.uri, "2", "2")
        assert (instance.properties["xdm:description"], instance.links) == ("é", {"acme:help": {"href": "urn:h"}})

    repository.write(scenario)


def test_a_patch_of_an_old_revision_is_stale_and_changes_nothing(repository: Shared) -> None:
    """A6, G5."""

    async def scenario(door: RepositoryWriter) -> None:
        receipt = await made(door, TAG, name="a")
        await door.patch(receipt.address, TAG, [_add("/_instance/xdm:name", "b")], if_match="1")
        with pytest.raises(Stale) as caught:
            await door.patch(receipt.address, TAG, [_add("/_instance/xdm:name", "c")], if_match="1")
        assert (caught.value.current, caught.value.maybe_carried_out) == ("2", False)
        assert (await found(door, receipt, TAG)).properties["xdm:name"] == "b"

    repository.write(scenario)


def test_of_many_patches_of_one_revision_one_is_carried_out(repository: Shared) -> None:
    """G5."""

    async def scenario(door: RepositoryWriter) -> list[type]:
        receipt = await made(door, TAG, name="a")
        patches = (
            door.patch(receipt.address, TAG, [_add("/_instance/xdm:name", f"b{number}")], if_match="1")
            for number in range(8)
        )
        return [type(outcome) for outcome in await asyncio.gather(*patches, return_exceptions=True)]

    outcomes = repository.write(scenario)
    assert (outcomes.count(Receipt), outcomes.count(Stale)) == (1, 7)


def test_a_patch_that_cannot_be_applied_is_told(repository: Shared) -> None:
    """G2."""

    async def scenario(door: RepositoryWriter) -> None:
        receipt = await made(door, TAG, name="a")
        with pytest.raises(Rejected) as caught:
            await door.patch(receipt.address, TAG, [{"op": "remove", "path": "/_instance/acme:x"}], if_match="1")
        assert caught.value.status == 422
        assert (await found(door, receipt, TAG)).etag == "1"

    repository.write(scenario)


def test_a_patch_to_a_taken_name_is_told_with_its_holder(repository: Shared) -> None:
    """C6, G2."""

    async def scenario(door: RepositoryWriter) -> None:
        holder, other = await made(door, TAG, name="a"), await made(door, TAG, name="b")
        with pytest.raises(NameTaken) as caught:
            await door.patch(other.address, TAG, [_add("/_instance/xdm:name", "a")], if_match="1")
        assert caught.value.holder == holder.uri

    repository.write(scenario)


def test_a_patch_of_what_is_not_there_is_told(repository: Shared) -> None:
    """G2."""

    async def scenario(door: RepositoryWriter) -> None:
        with pytest.raises(Rejected) as caught:
            await door.patch(door.address_of("never-was"), TAG, [], if_match="1")
        assert caught.value.status == 404

    repository.write(scenario)


def test_a_replacement_leaves_only_the_uri(repository: Shared) -> None:
    """C5, G1, G6."""

    async def scenario(door: RepositoryWriter) -> None:
        receipt = await door.create(PLACEMENT, {"xdm:name": "a", "xdm:description": "d"}, {"acme:x": {"href": "urn:x"}})
        link = {"acme:y": {"href": "urn:y"}}
        replaced = await door.replace(receipt.address, PLACEMENT, {"xdm:name": "b"}, link, if_match="1")
        instance = await found(door, replaced, PLACEMENT)
        assert (instance.properties, instance.links) == ({"@id": receipt.uri, "xdm:name": "b"}, link)
        assert (replaced.etag, instance.created < instance.modified) == ("2", True)

    repository.write(scenario)


def test_a_replacement_of_an_old_revision_is_stale_unless_it_is_unconditional(repository: Shared) -> None:
    """G1, G5."""

    async def scenario(door: RepositoryWriter) -> None:
        receipt = await made(door, TAG, name="a")
        await door.replace(receipt.address, TAG, {"xdm:name": "b"}, {}, if_match=None)
        with pytest.raises(Stale):
            await door.replace(receipt.address, TAG, {"xdm:name": "c"}, {}, if_match="1")
        assert (await door.replace(receipt.address, TAG, {"xdm:name": "d"}, {}, if_match=None)).etag == "3"

    repository.write(scenario)


# ---------------------------------------------------------------- delete


async def _activity(door: RepositoryWriter) -> Receipt:
    placement = await made(door, PLACEMENT, name="p")
    chosen = await made(door, FILTER, name="f", filterType="offers", ids=[])
    shown = [{"xdm:placement": placement.uri}]
    fallback = await made(door, FALLBACK, name="b", representations=shown)
    return await made(door, ACTIVITY, name="a", placement=placement.uri, filter=chosen.uri, fallback=fallback.uri)


def test_what_nothing_can_refer_to_is_deleted_at_once(repository: Shared) -> None:
    """H1."""

    async def scenario(door: RepositoryWriter) -> None:
        activity = await _activity(door)
        assert await door.delete(activity.address, if_match="1") == Deleted()

    repository.write(scenario)
    assert repository.asked[-1][::2] == ("DELETE", 200)


def test_a_deletion_that_takes_its_time_is_followed_to_its_end() -> None:
    """H1, H2, H4."""

    async def scenario(door: RepositoryWriter) -> DeleteOutcome:
        receipt = await made(door, TAG, name="a")
        outcome = await door.delete(receipt.address, if_match="1")
        assert await door.lookup(receipt.address, TAG) is None
        await made(door, TAG, name="a")  # the name is free
        return outcome

    with shared(Faults(slow_delete=3)) as repository:
        assert repository.write(scenario) == Deleted()
    polls = [status for method, path, status in repository.asked if "/deletions/" in path]
    assert polls == [202, 202, 202, 200]


def test_while_it_is_undecided_the_instance_is_there() -> None:
    """H4."""
    clock, seen = Meanwhile(), list[bool]()

    async def scenario(door: RepositoryWriter) -> DeleteOutcome:
        receipt = await made(door, TAG, name="a")

        async def look() -> None:
            seen.append((await found(door, receipt, TAG)).uri == receipt.uri)

        clock.happens = look
        return await door.delete(receipt.address, if_match="1")

    with shared(Faults(slow_delete=2)) as repository:
        assert repository.write(scenario, clock) == Deleted()
    assert seen == [True, True, True]


def test_a_rejection_names_who_refers_to_it_and_where(repository: Shared) -> None:
    """H3."""

    async def scenario(door: RepositoryWriter) -> None:
        rule = await made(door, RULE, name="r", condition={"xdm:value": "true"})
        constraint = {"xdm:eligibilityRule": rule.uri}
        offer = await made(door, OFFER, name="o", selectionConstraint=constraint)
        outcome = await door.delete(rule.address, if_match="1")
        where = "_instance.xdm:selectionConstraint.xdm:eligibilityRule"
        assert outcome == DeleteRejected((Referrer(offer.uri, OFFER, where),), "references")
        assert (await found(door, rule, RULE)).etag == "1"

    repository.write(scenario)


def test_a_reference_made_before_the_verdict_counts() -> None:
    """H3, H4."""
    clock, users = Meanwhile(), list[Receipt]()

    async def scenario(door: RepositoryWriter) -> DeleteOutcome:
        tag = await made(door, TAG, name="a")

        async def refer() -> None:
            if not users:
                users.append(await made(door, OFFER, name="o", tags=[tag.uri]))

        clock.happens = refer
        return await door.delete(tag.address, if_match="1")

    with shared(Faults(slow_delete=3)) as repository:
        outcome = repository.write(scenario, clock)
    assert isinstance(outcome, DeleteRejected)
    assert [referrer.uri for referrer in outcome.referrers] == [users[0].uri]


def test_a_verdict_that_does_not_come_is_unknown_and_not_success() -> None:
    """H2."""

    async def scenario(door: RepositoryWriter) -> None:
        receipt = await made(door, TAG, name="a")
        with pytest.raises(Undecided) as caught:
            await door.delete(receipt.address, if_match="1")
        assert caught.value.maybe_carried_out
        assert "/deletions/" in (caught.value.status_address or "")

    with shared(Faults(slow_delete=1_000_000)) as repository:
        repository.write(scenario)


def test_what_is_approved_is_not_deleted_and_the_reason_is_told(repository: Shared) -> None:
    """H5."""

    async def scenario(door: RepositoryWriter) -> DeleteOutcome:
        return await door.delete((await made(door, OFFER, name="o", status="approved")).address, if_match="1")

    assert repository.write(scenario) == DeleteRejected((), "status")


def test_a_deletion_of_an_old_revision_is_stale(repository: Shared) -> None:
    """G5, H1."""

    async def scenario(door: RepositoryWriter) -> None:
        receipt = await made(door, TAG, name="a")
        with pytest.raises(Stale):
            await door.delete(receipt.address, if_match="7")
        assert (await found(door, receipt, TAG)).etag == "1"

    repository.write(scenario)


def test_what_is_not_there_counts_as_deleted(repository: Shared) -> None:
    """H4."""

    async def scenario(door: RepositoryWriter) -> DeleteOutcome:
        receipt = await made(door, TAG, name="a")
        await door.delete(receipt.address, if_match=None)
        return await door.delete(receipt.address, if_match="1")

    assert repository.write(scenario) == Deleted()
