"""One activity at one instant: everything that is decided before anybody asks who the customer is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from typing import Any

from reconciler.catalogue.complaints import did_you_mean
from reconciler.decision.counters import NOTHING_PROPOSED, Counters
from reconciler.decision.state import DecisionState, Judged
from reconciler.model.canonical import Json, canonical_json
from reconciler.model.entities import Activity, Fallback, Offer, Representation
from reconciler.model.errors import ReconcilerError
from reconciler.model.instant import read_instant, spell_instant


class UnknownActivity(ReconcilerError):
    """The catalogue has no activity of this key."""


class Step(StrEnum):
    """What can take an offer out of a decision, in the order in which it does."""

    INVENTORY = "status"
    FILTER = "filter"
    PLACEMENT = "placement"
    CALENDAR = "calendar"
    RULE = "rule"
    CAP = "cap"
    REPEATED = "repeated"  # shown by another activity of the same request
    RANK = "rank"
    WON = "won"


@dataclass(frozen=True, slots=True)
class Cause:
    """Why an offer is out, or why it won. why: in words; values: those that decided, by what they are."""

    step: Step
    why: str
    values: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An offer that profiles can be shown, as far as that can be told without knowing them.

    facts: what a rule sees of it, and facts_text: their canonical JSON.   capped: why nobody gets it in spite of all.
    key_bytes: the key as ties hash it.
    """

    key: str
    offer: Offer
    priority: int
    representation: Representation
    rule: Judged | None
    facts: Mapping[str, Any]
    facts_text: str
    key_bytes: bytes
    capped: Cause | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """An activity at an instant. closed: why it decides nothing then, ``""`` where it does.

    candidates: the highest priority first, those of one priority by key.
    levels: the same without the capped ones, those of one priority together.
    fallback: None where the files do not tell it; fallback_why: why nothing is seen of it, ``""`` where it is.
    """

    activity: Activity
    at: datetime
    closed: str
    candidates: tuple[Candidate, ...]
    levels: tuple[tuple[Candidate, ...], ...]
    fallback: Fallback | None
    content: Representation | None
    fallback_why: str


def prepare(state: DecisionState, key: str, at: datetime, counters: Counters = NOTHING_PROPOSED) -> Prepared:
    """Decide all of an activity that holds for every profile. at: aware. Raises ``UnknownActivity``."""
    activity = state.activities.get(key)
    if activity is None:
        remedy = did_you_mean(key, state.activities) or (
            f"There are: {', '.join(sorted(state.activities))}."
            if state.activities
            else "What decides holds no activity at all: apply the catalogue first, or decide from another state."
        )
        raise UnknownActivity(f"there is no activity `{key}`", remedy=remedy)
    closed = _closed(state, activity, at)
    candidates = () if closed else tuple(sorted(_candidates(state, activity, at, counters), key=_rank))
    free = (candidate for candidate in candidates if candidate.capped is None)
    levels = tuple(tuple(level) for _priority, level in groupby(free, key=lambda candidate: candidate.priority))
    return Prepared(activity, at, closed, candidates, levels, *_fallback(state, activity))


def _rank(candidate: Candidate) -> tuple[int, str]:
    return (-candidate.priority, candidate.key)


def _closed(state: DecisionState, activity: Activity, at: datetime) -> str:
    if activity.external is not None:
        return "the activity is managed elsewhere, so its fields are not known here"
    if activity.status != "live":
        return f"the activity is {activity.status}"
    calendar = _calendar(activity, at)
    if calendar is not None:
        return f"the activity {calendar.why}"
    if activity.filter not in state.selected:
        return f"filter/{activity.filter} is not known here, so neither are its offers"
    return ""


def _calendar(entity: Activity | Offer, at: datetime) -> Cause | None:
    """Why an entity is not in its time; None where it is. The start is in, the end is out."""
    start, end = (read_instant(text) if text else None for text in (entity.start, entity.end))
    if start is not None and at < start:
        return Cause(Step.CALENDAR, f"starts {entity.start}", {"start": entity.start, "at": spell_instant(at)})
    if end is not None and at >= end:
        return Cause(Step.CALENDAR, f"ended {entity.end}", {"end": entity.end, "at": spell_instant(at)})
    return None


def removed_before(state: DecisionState, activity: Activity, offer: Offer, at: datetime) -> Cause | None:
    """The first step before the rule that takes an offer out of an activity; None where none does."""
    if offer.external is not None:
        return Cause(Step.INVENTORY, "is managed elsewhere; its fields are not known here", {"external": True})
    if offer.status != "approved":
        return Cause(Step.INVENTORY, f"status {offer.status}", {"status": offer.status})
    if offer.key not in state.selected.get(activity.filter or "", ()):
        return Cause(
            Step.FILTER, f"not selected by {activity.filter}", {"filter": activity.filter, "tags": list(offer.tags)}
        )
    if _content(offer, activity) is None:
        has = [item.placement for item in offer.representations]
        why = f"no representation for {activity.placement}"
        return Cause(Step.PLACEMENT, why, {"placement": activity.placement, "representations": has})
    return _calendar(offer, at)


def _content(entity: Offer | Fallback, activity: Activity) -> Representation | None:
    return next((item for item in entity.representations if item.placement == activity.placement), None)


def _candidates(state: DecisionState, activity: Activity, at: datetime, counters: Counters) -> Iterator[Candidate]:
    for key in state.selected[activity.filter or ""]:
        offer = state.offers[key]
        content = _content(offer, activity)
        if content is None or removed_before(state, activity, offer, at) is not None:
            continue
        facts = offer_facts(offer)
        yield Candidate(
            key,
            offer,
            offer.priority,
            content,
            state.rule_of(offer),
            facts,
            canonical_json(facts),
            key.encode(),
            _capped(offer, counters),
        )


def offer_facts(offer: Offer) -> Mapping[str, Any]:
    """What a rule sees of its candidate under ``offer``."""
    return {
        "name": offer.name,
        "status": offer.status,
        "characteristics": dict(offer.characteristics),
        "rank": {"priority": offer.priority},
    }


def _capped(offer: Offer, counters: Counters) -> Cause | None:
    for name, cap, counts in (
        ("profile", offer.caps.profile, counters.profile),
        ("global", offer.caps.global_, counters.everybody),
    ):
        count = counts.get(offer.key, 0)
        if cap is not None and count >= cap:
            return Cause(Step.CAP, f"{name} cap {cap:,} reached: {count:,}", {f"caps.{name}": cap, "proposed": count})
    return None


def _fallback(state: DecisionState, activity: Activity) -> tuple[Fallback | None, Representation | None, str]:
    fallback = state.fallbacks.get(activity.fallback or "")
    if fallback is None:
        return None, None, f"there is no fallback `{activity.fallback}`"
    if fallback.external is not None:
        return fallback, None, f"the fallback `{fallback.key}` is managed elsewhere"
    content = _content(fallback, activity)
    return fallback, content, "" if content is not None else "fallback lacks placement"
