"""The home document and its container (clause B)."""

from __future__ import annotations

import pytest

from reconciler.emulator.app import Emulator
from reconciler.emulator.messages import Request
from reconciler.emulator.registry import CONTAINER
from tests.emulator_support import CREDENTIALS, XCORE, Caller, json_of


def test_the_home_document_shows_the_container_of_the_sandbox(repo: Caller) -> None:
    """B1, B3."""
    response = repo.send("GET", "", accept=f"{XCORE}home.hal+json")
    (container,) = json_of(response)["_embedded"][CONTAINER]
    assert response.headers["Content-Type"] == f"{XCORE}home.hal+json"
    assert container["instanceId"] == repo.container
    assert container["productContexts"] == ["dma_offers", "acp"]
    assert container["schemas"] == [CONTAINER + ";version=0.5"]
    assert container["_links"]["self"]["href"] == f"/containers/{repo.container}"
    assert {"repo:etag", "repo:createdDate", "repo:createdByClientId"} <= container.keys()


def test_the_home_document_is_at_the_base_path_without_its_slash_too(repo: Caller) -> None:
    """A1."""
    response = repo.emulator.handle(Request("GET", "/data/core/xcore", headers=CREDENTIALS))
    assert json_of(response)["_links"]["self"]["href"] == "/"


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("product=acp", 1),
        ("product=dma_offers&product=acp", 1),
        ("product=other&product=acp", 1),
        ("product=other", 0),
        ("property=_instance.dataCenter==local", 1),
        ("property=_instance.dataCenter==VA7", 0),
    ],
)
def test_the_home_document_can_be_filtered(repo: Caller, query: str, count: int) -> None:
    """B2."""
    assert len(json_of(repo.send("GET", f"?{query}"))["_embedded"][CONTAINER]) == count


def test_an_unknown_container_is_not_found(repo: Caller) -> None:
    """B3."""
    assert repo.send("GET", "elsewhere/instances?schema=x").status == 404


def test_the_container_of_another_sandbox_is_not_found(tmp_path_factory: pytest.TempPathFactory) -> None:
    """B3."""
    path = tmp_path_factory.mktemp("db") / "x.db"
    with Emulator.open(path, sandbox="stage") as stage, Emulator.open(path) as prod:
        assert stage.container != prod.container
        assert Caller(prod).send("GET", f"{stage.container}/instances/x").status == 404
        shown = json_of(Caller(prod).send("GET", "", x_sandbox_name="stage"))["_embedded"][CONTAINER]
    assert [container["instanceId"] for container in shown] == [stage.container]
