"""What the specification says of each kind (clause I): shapes, references, lifecycles."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

Own = dict[str, Any]  # what stands under _instance
Check = Callable[[Any], bool]

OFFERS = ("personalized-offer", "fallback-offer")
KINDS = ("offer-placement", "tag", "eligibility-rule", *OFFERS, "offer-filter", "offer-activity")
OFFER_NEXT = {"draft": "approved", "approved": "archived", "archived": "draft"}
NEXT = {
    "personalized-offer": OFFER_NEXT,
    "fallback-offer": OFFER_NEXT,
    "offer-activity": {"draft": "live", "live": "archived", "archived": "draft"},
}


def status_of(kind: str, own: Own) -> str | None:
    """Absent counts as draft; other kinds have none."""
    return own.get("xdm:status", "draft") if kind in NEXT else None


# --- shapes


def text(value: Any) -> bool:
    return isinstance(value, str)


def date(value: Any) -> bool:
    try:
        return text(value) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def nothing(value: Any) -> bool:
    return False


def whole(least: int) -> Check:
    return lambda value: type(value) is int and value >= least


def one_of(*values: str) -> Check:
    return lambda value: value in values


def listed(check: Check) -> Check:
    return lambda value: isinstance(value, list) and all(map(check, value))


def texts_by_name(value: Any) -> bool:
    return isinstance(value, dict) and all(map(text, value.values()))


def group(*required: str, **checks: Check) -> Check:
    """An object; the checks are for properties named without ``xdm:``, and what they do not name is allowed."""
    named = {f"xdm:{name}": check for name, check in checks.items()}
    return lambda value: (
        isinstance(value, dict)
        and all(f"xdm:{name}" in value for name in required)
        and all(check(value[name]) for name, check in named.items() if name in value)
    )


def component(value: Any) -> bool:
    names = ("@type", "repo:id", "repo:resolveURL", "xdm:copyline")
    return isinstance(value, dict) and all(text(value[name]) for name in names if name in value)


def one_list_of_members(value: Own) -> bool:
    given = [value[name] for name in ("ids", "xdm:ids") if name in value]
    return len(given) == 1 and listed(text)(given[0])


REPRESENTATION = group("placement", placement=text, components=listed(component))
OFFER: Mapping[str, Check] = {
    "name": text,
    "status": one_of("draft", "approved", "archived"),
    "representations": listed(REPRESENTATION),
    "tags": listed(text),
    "characteristics": texts_by_name,
}
SHAPES: Mapping[str, Check] = {
    "offer-placement": group("name", name=text, description=text),
    "tag": group("name", name=text),
    "eligibility-rule": group("name", "condition", name=text, condition=group("value", value=text)),
    "personalized-offer": group(
        "name",
        **OFFER,
        selectionConstraint=group(startDate=date, endDate=date, eligibilityRule=text),
        rank=group(priority=whole(0)),
        cappingConstraint=group(globalCap=whole(1), profileCap=whole(1)),
    ),
    "fallback-offer": group("name", **OFFER, selectionConstraint=nothing, rank=nothing, cappingConstraint=nothing),
    "offer-filter": group("name", "filterType", name=text, filterType=one_of("offers", "anyTags", "allTags")),
    "offer-activity": group(
        *("name", "placement", "filter", "fallback"),
        name=text,
        placement=text,
        filter=text,
        fallback=text,
        startDate=date,
        endDate=date,
        status=one_of("draft", "live", "archived"),
    ),
}


def is_valid(kind: str, own: Own) -> bool:
    return SHAPES[kind](own) and (kind != "offer-filter" or one_list_of_members(own))


# --- references


def references(kind: str, own: Own) -> Iterator[tuple[str, str, str]]:
    """Each reference of a valid instance: its property, the kind that it must name, the URI."""
    if kind in OFFERS:
        for shown in own.get("xdm:representations", ()):
            yield "xdm:representations.xdm:placement", "offer-placement", shown["xdm:placement"]
        for tag in own.get("xdm:tags", ()):
            yield "xdm:tags", "tag", tag
    rule = own.get("xdm:selectionConstraint", {}).get("xdm:eligibilityRule") if kind == "personalized-offer" else None
    if rule is not None:
        yield "xdm:selectionConstraint.xdm:eligibilityRule", "eligibility-rule", rule
    if kind == "offer-filter":
        members = "ids" if "ids" in own else "xdm:ids"
        for uri in own[members]:
            yield members, "personalized-offer" if own["xdm:filterType"] == "offers" else "tag", uri
    if kind == "offer-activity":
        yield "xdm:placement", "offer-placement", own["xdm:placement"]
        yield "xdm:filter", "offer-filter", own["xdm:filter"]
        yield "xdm:fallback", "fallback-offer", own["xdm:fallback"]


def placements(own: Own) -> list[str]:
    """The placements that an offer has representations for."""
    return [shown["xdm:placement"] for shown in own.get("xdm:representations", ())]
