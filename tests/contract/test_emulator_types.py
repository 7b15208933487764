"""What the seven types require and refuse (clause I)."""

from __future__ import annotations

import pytest

from tests.emulator_support import NS, Caller, xdm

RULE = {"xdm:value": "true"}


@pytest.mark.parametrize(
    ("kind", "instance"),
    [
        ("tag", xdm(name="")),
        ("tag", xdm(name="x", unknown={"deep": [1]})),
        (
            "offer-placement",
            xdm(name="x", channel="https://c/web", componentType="urn:x:y", contentTypes=["a/b", "a/b"]),
        ),
        ("eligibility-rule", xdm(name="x", condition={"xdm:value": "not read ((", "xdm:format": "other"})),
        ("personalized-offer", xdm(name="x", representations=[], tags=[], characteristics={}, selectionConstraint={})),
        ("personalized-offer", xdm(name="x", cappingConstraint={"xdm:profileCap": 1}, rank={"xdm:priority": 0})),
        (
            "personalized-offer",
            xdm(name="x", selectionConstraint={"xdm:endDate": "2026-01-01T00:00:00.123456789+05:30"}),
        ),
        ("personalized-offer", xdm(name="x", status="archived")),
        ("fallback-offer", xdm(name="x", status="approved", characteristics={"a": "b"})),
        ("offer-filter", xdm(name="x", filterType="anyTags", ids=[])),
        ("offer-filter", {"xdm:name": "x", "xdm:filterType": "anyTags", "xdm:ids": []}),
    ],
)
def test_these_are_kept_as_sent(repo: Caller, kind: str, instance: dict[str, object]) -> None:
    """I."""
    made = repo.made(kind, **instance)
    stored = repo.read(made)["_instance"]
    assert stored.pop("@id") == made.uri
    assert stored == instance


@pytest.mark.parametrize(
    ("kind", "instance"),
    [
        ("tag", {}),
        ("tag", xdm(name=None)),
        ("offer-placement", xdm(name="x", channel="web")),
        ("eligibility-rule", xdm(name="x")),
        ("eligibility-rule", xdm(name="x", condition={})),
        ("personalized-offer", xdm(name="x", cappingConstraint={"xdm:globalCap": 0})),
        ("personalized-offer", xdm(name="x", rank={"xdm:priority": -1})),
        ("personalized-offer", xdm(name="x", rank={"xdm:priority": 1.5})),
        ("personalized-offer", xdm(name="x", rank={"xdm:priority": True})),
        ("personalized-offer", xdm(name="x", characteristics={"a": 1})),
        ("personalized-offer", xdm(name="x", selectionConstraint={"xdm:startDate": "2026-01-01T00:00:00"})),
        ("personalized-offer", xdm(name="x", selectionConstraint={"xdm:startDate": "2026-02-30T00:00:00Z"})),
        ("personalized-offer", xdm(name="x", status="live")),
        ("personalized-offer", xdm(name="x", representations=[{}])),
        ("fallback-offer", xdm(name="x", selectionConstraint={})),
        ("fallback-offer", xdm(name="x", cappingConstraint={})),
        ("fallback-offer", xdm(name="x", rank={"xdm:priority": 0})),
        ("offer-filter", xdm(name="x", filterType="anyTags")),
        ("offer-filter", xdm(name="x", ids=[])),
        ("offer-filter", xdm(name="x", filterType="offers", ids=[1])),
        ("offer-filter", {"xdm:name": "x", "xdm:filterType": "offers", "xdm:ids": [1]}),
        ("offer-filter", {"xdm:name": "x", "xdm:filterType": "offers", "xdm:ids": "xcore:personalized-offer:1"}),
        ("offer-filter", xdm(name="x", filterType="someTags", ids=[])),
        ("offer-filter", {"xdm:name": "x", "xdm:filterType": "offers", "ids": [], "xdm:ids": []}),
        ("offer-activity", xdm(name="x")),
    ],
)
def test_these_are_refused(repo: Caller, kind: str, instance: dict[str, object]) -> None:
    """C2, I."""
    assert repo.create(kind, instance).status == 422


@pytest.mark.parametrize(
    ("kind", "version"),
    [("tag", "0.1"), ("offer-placement", "0.4"), ("personalized-offer", "0.5"), ("fallback-offer", "0.1")],
)
def test_answers_carry_the_version_of_the_schema(repo: Caller, kind: str, version: str) -> None:
    """A7."""
    assert repo.read(repo.made(kind, name="x"))["schemas"] == [f"{NS}{kind};version={version}"]
