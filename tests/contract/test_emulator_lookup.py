"""Reading one instance (clause D)."""

from __future__ import annotations

import pytest

from tests.emulator_support import NS, XCORE, Caller

TAG = f"{NS}tag;version=0.1"


def test_a_lookup_gives_the_whole_envelope(repo: Caller) -> None:
    """D1."""
    made = repo.made("tag", name="t", note={"kept": [1, None, "é"]})
    envelope = repo.read(made)
    assert envelope["instanceId"] == made.id
    assert envelope["schemas"] == [TAG]
    assert envelope["_instance"] == {"@id": made.uri, "xdm:name": "t", "xdm:note": {"kept": [1, None, "é"]}}
    assert envelope["_links"] == {"self": {"name": f"{TAG}#{made.id}", "href": f"/{made.location}", "@type": TAG}}


def test_a_lookup_says_type_and_revision(repo: Caller) -> None:
    """A4, C3."""
    response = repo.get(repo.made("tag", name="t"))
    assert response.headers["Content-Type"] == f'{XCORE}hal+json; schema="{TAG}"'
    assert response.headers["ETag"] == '"1"'


@pytest.mark.parametrize("condition", ['"1"', "1", 'W/"1"', '"7", "1"', "*"])
def test_a_known_revision_is_not_sent_again(repo: Caller, condition: str) -> None:
    """D2."""
    response = repo.get(repo.made("tag", name="t"), if_none_match=condition)
    assert (response.status, response.body, response.headers["ETag"]) == (304, b"", '"1"')


@pytest.mark.parametrize("condition", ['"2"', "11", '"1x"'])
def test_another_revision_is_sent(repo: Caller, condition: str) -> None:
    """D2."""
    assert repo.get(repo.made("tag", name="t"), if_none_match=condition).status == 200


def test_what_never_existed_is_not_found(repo: Caller) -> None:
    """D3."""
    assert repo.send("GET", f"{repo.container}/instances/nothing").status == 404


@pytest.mark.parametrize(("schema", "status"), [("tag", 200), ("tag;version=9", 200), ("offer-filter", 406)])
def test_the_accepted_schema_is_one_of_the_instance(repo: Caller, schema: str, status: int) -> None:
    """D3."""
    response = repo.get(repo.made("tag", name="t"), accept=f'{XCORE}hal+json; schema="{NS}{schema}"')
    assert response.status == status
