"""Containers as instances of a sandbox (clause B)."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from reconciler.emulator.app import Emulator
from reconciler.emulator.messages import Request, Response
from reconciler.emulator.registry import CONTAINER
from reconciler.model.errors import ReconcilerError
from tests.emulator_support import CREDENTIALS, NS, XCORE, Caller, Inside, TickingClock, json_of, xdm

BODY = {"_instance": {"repo:name": "Shop"}, "_links": {}}
TYPE = f'{XCORE}hal+json; schema="{CONTAINER}"'


def create(repo: Caller, body: object = BODY, **headers: str | None) -> Response:
    return repo.send("POST", "containers", body, **{"content_type": TYPE, **headers})


def listed(repo: Caller, more: str = "", **headers: str | None) -> Any:
    return json_of(repo.send("GET", f"containers?schema={quote(CONTAINER)}{more}", **headers))


@pytest.fixture
def shop(repo: Caller) -> str:
    """The id of a second container."""
    return str(json_of(create(repo))["instanceId"])


@pytest.fixture
def other(repo: Caller, shop: str) -> Caller:
    """A caller that works in the second container."""
    return Inside(repo.emulator, where=shop)


def test_a_created_container_has_a_receipt_without_uri(repo: Caller) -> None:
    """B4, C3."""
    response = create(repo)
    receipt = json_of(response)
    assert (response.status, response.headers["Content-Type"]) == (201, f"{XCORE}xdm.receipt+json")
    assert response.headers["Location"] == f"containers/{receipt['instanceId']}"
    assert response.headers["ETag"] == '"1"'
    assert "@id" not in receipt
    assert receipt["repo:createdByClientId"] == "key"


def test_a_container_is_looked_up_where_its_create_says(repo: Caller) -> None:
    """B4, D1."""
    location = create(repo).headers["Location"]
    response = repo.send("GET", location, accept=TYPE)
    found = json_of(response)
    assert (response.status, response.headers["ETag"]) == (200, '"1"')
    assert response.headers["Content-Type"] == f'{XCORE}hal+json; schema="{CONTAINER};version=0.5"'
    assert found["_instance"] == {"repo:name": "Shop"}
    assert found["schemas"] == [f"{CONTAINER};version=0.5"]
    assert found["productContexts"] == ["dma_offers", "acp"]
    assert found["_links"]["self"]["href"] == f"/{location}"


def test_a_container_not_changed_is_not_sent_again(repo: Caller, shop: str) -> None:
    """B4, D2."""
    assert repo.send("GET", f"containers/{shop}", if_none_match='"1"').status == 304


def test_containers_are_listed_without_a_container_id(repo: Caller, shop: str) -> None:
    """B4, E1."""
    page = listed(repo)
    assert {each["instanceId"] for each in page["_embedded"]["results"]} == {repo.container, shop}
    assert "containerId" not in page
    assert (page["schemaNs"], page["_embedded"]["total"]) == (f"{CONTAINER};version=0.5", 2)
    assert page["_links"]["self"]["href"] == f"/containers?schema={quote(CONTAINER)}"


def test_containers_are_paged_by_following_next(repo: Caller, shop: str) -> None:
    """B4, E5."""
    first = listed(repo, "&limit=1")
    following = first["_links"]["next"]["href"]
    assert following.startswith("/containers?")
    second = json_of(repo.send("GET", following.lstrip("/")))
    ids = [page["_embedded"]["results"][0]["instanceId"] for page in (first, second)]
    assert sorted(ids) == sorted([repo.container, shop])
    assert "next" not in second["_links"]


@pytest.mark.parametrize("query", ["", f"schema={NS}tag", "schema=x"])
def test_a_list_of_containers_names_their_schema(repo: Caller, query: str) -> None:
    """B4, E1."""
    assert repo.send("GET", f"containers?{query}").status == 400


def test_a_put_replaces_a_container(repo: Caller, shop: str) -> None:
    """B4, G1."""
    body = {"_instance": {"repo:name": "Store"}, "_links": {"docs": {"href": "https://x.test/"}}}
    response = repo.send("PUT", f"containers/{shop}", body, content_type=TYPE, if_match='"1"')
    found = json_of(repo.send("GET", f"containers/{shop}"))
    assert (response.status, response.headers["ETag"]) == (200, '"2"')
    assert found["_instance"] == {"repo:name": "Store"}
    assert found["_links"]["docs"] == {"href": "https://x.test/"}


def test_a_put_under_another_revision_changes_no_container(repo: Caller, shop: str) -> None:
    """B4, G5."""
    assert repo.send("PUT", f"containers/{shop}", BODY, content_type=TYPE, if_match='"7"').status == 409


def test_a_container_cannot_be_patched(repo: Caller, shop: str) -> None:
    """B4."""
    response = repo.send("PATCH", f"containers/{shop}", [], content_type=f'{XCORE}patch.hal+json; schema="{CONTAINER}"')
    assert (response.status, response.headers["Allow"]) == (405, "GET, PUT, DELETE")


@pytest.mark.parametrize("instance", [{}, {"repo:name": 1}, {"repo:name": "x", "@id": "xcore:container:1"}])
def test_a_container_must_be_valid(repo: Caller, shop: str, instance: object) -> None:
    """B4, C2."""
    body = {"_instance": instance, "_links": {}}
    assert create(repo, body).status == 422
    assert repo.send("PUT", f"containers/{shop}", body, content_type=TYPE).status == 422


def test_containers_and_instances_are_made_at_their_own_addresses(repo: Caller) -> None:
    """B4."""
    assert create(repo, content_type=f'{XCORE}hal+json; schema="{NS}tag"').status == 400
    assert repo.send("POST", f"{repo.container}/instances", BODY, content_type=TYPE).status == 400


@pytest.mark.parametrize("address", ["instances", "queries/core/search"])
def test_no_container_is_listed_inside_another(repo: Caller, address: str) -> None:
    """B4."""
    refused = repo.send("GET", f"{repo.container}/{address}?schema={CONTAINER}")
    assert (refused.status, json_of(refused)["detail"]) == (
        400,
        f"instances of {CONTAINER} are not listed at this address",
    )


def test_a_deletion_is_asked_about_in_its_own_container(repo: Caller, other: Caller) -> None:
    """B3, H2."""
    location = repo.delete(repo.made("tag", name="t")).headers["Location"]
    elsewhere = location.replace(repo.container, other.container)
    assert other.send("GET", elsewhere).status == 404
    assert json_of(repo.send("GET", location))["outcome"] == "deleted"


def test_a_container_is_not_deleted_between_the_look_at_the_address_and_the_write(tmp_path: Path) -> None:
    """B3, B4. Another process has to wait until it can see what was created."""
    with Emulator.open(tmp_path / "x.db") as one, Emulator.open(tmp_path / "x.db") as two:
        shop = json_of(create(Caller(one)))["instanceId"]
        two._database.connection.execute("PRAGMA busy_timeout = 0")
        answered: list[int] = []

        def delete() -> Response:
            response = Caller(two).send("DELETE", f"containers/{shop}")
            answered.append(response.status)
            return response

        class Slow(dict[str, str]):
            """Headers that take their time: somebody tries to delete the container while they are read."""

            def get(self, name: str, default: Any = None) -> Any:
                if name == "content-type":
                    delete()
                return super().get(name, default)

        headers = Slow({**CREDENTIALS, "content-type": f'{XCORE}hal+json; schema="{NS}tag"'})
        body = b'{"_instance": {"xdm:name": "t"}, "_links": {}}'
        answer = one.handle(Request("POST", f"/data/core/xcore/{shop}/instances", "", headers, body))
        assert (answer.status, answered) == (201, [503])
        assert json_of(delete())["reason"] == "instances"


def test_an_empty_container_is_deleted_at_once(repo: Caller, shop: str) -> None:
    """B4, H1. Nothing references a container."""
    response = repo.send("DELETE", f"containers/{shop}")
    assert (response.status, json_of(response)["outcome"]) == (200, "deleted")
    assert repo.send("GET", f"containers/{shop}").status == 404
    assert repo.send("GET", f"{shop}/instances?schema={NS}tag").status == 404


def test_a_container_that_holds_instances_is_not_deleted(repo: Caller, other: Caller) -> None:
    """B4."""
    made = other.made("tag", name="t")
    outcome = json_of(repo.send("DELETE", f"containers/{other.container}"))
    assert (outcome["outcome"], outcome["reason"]) == ("rejected", "instances")
    assert other.read(made)["instanceId"] == made.id


def test_a_delete_under_another_revision_keeps_the_container(repo: Caller, shop: str) -> None:
    """B4, H1."""
    assert repo.send("DELETE", f"containers/{shop}", if_match='"7"').status == 409


def test_the_home_document_shows_every_container_of_the_sandbox(repo: Caller, shop: str) -> None:
    """B1."""
    shown = json_of(repo.send("GET", ""))["_embedded"][CONTAINER]
    assert [each["instanceId"] for each in shown] == [repo.container, shop]
    assert shown[1]["_instance"]["repo:name"] == "Shop"


def test_a_sandbox_keeps_working_without_any_container(repo: Caller) -> None:
    """A2, B4."""
    assert json_of(repo.send("DELETE", f"containers/{repo.container}"))["outcome"] == "deleted"
    assert json_of(repo.send("GET", ""))["_embedded"][CONTAINER] == []
    assert create(repo).status == 201


# --- isolation


def test_one_name_may_be_taken_in_each_container(repo: Caller, other: Caller) -> None:
    """C6."""
    repo.made("tag", name="t")
    assert other.create("tag", xdm(name="t")).status == 201


def test_a_reference_does_not_reach_into_another_container(repo: Caller, other: Caller) -> None:
    """C7."""
    tag = other.made("tag", name="t")
    response = repo.create("fallback-offer", xdm(name="o", tags=[tag.uri]))
    assert response.status == 422
    assert tag.uri in json_of(response)["errors"][0]["message"]


def test_a_list_shows_only_its_own_container(repo: Caller, other: Caller) -> None:
    """E1."""
    other.made("tag", name="t")
    assert [caller.list("tag")["_embedded"]["total"] for caller in (repo, other)] == [0, 1]


def test_an_instance_is_found_in_no_other_container(repo: Caller, other: Caller) -> None:
    """D3, H1."""
    made = other.made("tag", name="t")
    address = f"{repo.container}/instances/{made.id}"
    assert repo.send("GET", address).status == 404
    assert repo.send("DELETE", address).status == 404
    assert other.get(made).status == 200


# --- sandboxes


def test_a_container_is_seen_only_from_its_own_sandbox(tmp_path_factory: pytest.TempPathFactory) -> None:
    """B3."""
    path = tmp_path_factory.mktemp("db") / "x.db"
    with Emulator.open(path, sandbox="stage") as stage, Emulator.open(path, clock=TickingClock()) as prod:
        repo = Caller(prod)
        assert repo.send("GET", f"containers/{stage.container}").status == 404
        assert repo.send("GET", f"containers/{stage.container}", x_sandbox_name="stage").status == 200
        made = json_of(create(repo, x_sandbox_name="stage"))["instanceId"]
        assert {each["instanceId"] for each in listed(repo)["_embedded"]["results"]} == {prod.container}
        found = listed(repo, x_sandbox_name="stage")["_embedded"]["results"]
    assert {each["instanceId"] for each in found} == {stage.container, made}


def test_no_container_is_called_like_the_address_of_all() -> None:
    """B4."""
    with pytest.raises(ReconcilerError, match="containers"):
        Emulator.open(container="containers")


@pytest.mark.parametrize("name", ["deletions", "instances", "queries"])
def test_a_container_may_be_called_as_a_part_of_an_address(name: str) -> None:
    """A1, B3."""
    with Emulator.open(container=name) as emulator:
        repo = Caller(emulator)
        made = repo.made("tag", name="t")
        assert repo.list("tag")["_embedded"]["total"] == 1
        assert repo.search("tag", "t")["_embedded"]["total"] == 1
        assert repo.delete_and_poll(made)["outcome"] == "deleted"
