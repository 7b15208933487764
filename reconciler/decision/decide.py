"""The nine steps of a decision, for one profile and any number of activities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from typing import Any

from reconciler.decision.counters import NOTHING_PROPOSED, Counters
from reconciler.decision.eligibility import Verdicts
from reconciler.decision.prepare import Candidate, Cause, Prepared, prepare
from reconciler.decision.profile import Profile, profile_id
from reconciler.decision.ranking import DEFAULT_SEED, Draw
from reconciler.decision.state import DecisionState, Unjudged, build_state
from reconciler.decision.trace import trace_offers
from reconciler.model.catalogue import Catalogue
from reconciler.model.entities import Representation
from reconciler.pql.rule import Situation


class Shown(StrEnum):
    """What a customer is shown."""

    OFFER = "offer"
    FALLBACK = "fallback"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Decision:
    """What one activity shows one profile, and why.

    key, name: of the offer or fallback, None for nothing.
    content: its representation, None where there is none to show.
    reason: why it is the fallback, or why nothing is shown; ``""`` for an offer.
    trace: for every offer of the catalogue what took it out, or that it won; those that came furthest first.
    warnings: what makes this decision doubtful, as sentences.
    """

    activity: str
    placement: str | None
    profile_id: str
    shown: Shown
    key: str | None
    name: str | None
    content: Representation | None
    characteristics: Mapping[str, str]
    reason: str
    trace: tuple[tuple[str, Cause], ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Setting:
    """What all decisions of a run have in common. at: aware; zone: for the calendar words of rules.

    id_field: the dotted path of the profile's id.
    """

    at: datetime
    zone: tzinfo = UTC
    counters: Counters = NOTHING_PROPOSED
    seed: str = DEFAULT_SEED
    id_field: str | None = None


@dataclass(slots=True)
class _Asked:
    """One request while it is answered: what was shown so far, and what rules said."""

    state: DecisionState
    setting: Setting
    verdicts: Verdicts
    profile_id: str
    shown: set[str] = field(default_factory=set)

    def decide(self, key: str) -> Decision:
        prepared = prepare(self.state, key, self.setting.at, self.setting.counters)
        draw = Draw.of(self.setting.seed, key)
        winner = None if prepared.closed else _winner(prepared, self.verdicts, draw, self.profile_id, self.shown)
        trace = trace_offers(self.state, prepared, self.verdicts, self.shown, winner, draw, self.profile_id)
        return _told(prepared, winner, self.profile_id, trace)


def decide(
    state: DecisionState | Catalogue,
    activities: Sequence[str],
    profile: Profile,
    *,
    at: datetime,
    context: Mapping[str, Any] | None = None,
    zone: tzinfo = UTC,
    counters: Counters = NOTHING_PROPOSED,
    seed: str = DEFAULT_SEED,
    id_field: str | None = None,
    allow_duplicates: bool = False,
) -> tuple[Decision, ...]:
    """What each activity of one request shows a profile; no offer twice, unless that is allowed.

    at: aware; ``now`` of the rules.   zone: where their days begin.   id_field: the dotted path of the profile's id.
    Raises ``UnknownActivity``. The same arguments give the same decisions, on every machine.
    """
    setting = Setting(at, zone, counters, seed, id_field)
    return decide_in(setting, state, activities, profile, context or {}, allow_duplicates=allow_duplicates)


def decide_in(
    setting: Setting,
    state: DecisionState | Catalogue,
    activities: Sequence[str],
    profile: Profile,
    context: Mapping[str, Any],
    *,
    allow_duplicates: bool = False,
) -> tuple[Decision, ...]:
    """The same under a setting."""
    state = build_state(state) if isinstance(state, Catalogue) else state
    situation = Situation(setting.at, setting.zone, context)
    asked = _Asked(state, setting, Verdicts([profile], situation), profile_id(profile, setting.id_field))
    decisions: list[Decision] = []
    for key in activities:
        decision = asked.decide(key)
        decisions.append(decision)
        if decision.shown is Shown.OFFER and decision.key is not None and not allow_duplicates:
            asked.shown.add(decision.key)
    return tuple(decisions)


def _winner(prepared: Prepared, verdicts: Verdicts, draw: Draw, profile_id: str, shown: Set[str]) -> Candidate | None:
    for level in prepared.levels:
        free = [candidate for candidate in level if candidate.key not in shown]
        tied = [candidate for candidate in free if verdicts.admitted(candidate, (0,))]
        if tied:
            return draw.best(profile_id, tied)
    return None


def _told(
    prepared: Prepared, winner: Candidate | None, profile_id: str, trace: tuple[tuple[str, Cause], ...]
) -> Decision:
    activity, fallback = prepared.activity, prepared.fallback
    warnings = tuple(_warnings(prepared, fallback=winner is None))
    nothing = Decision(
        activity.key, activity.placement, profile_id, Shown.NOTHING, None, None, None, {}, prepared.closed
    )
    if prepared.closed:
        return nothing
    if winner is not None:
        shown = replace(nothing, shown=Shown.OFFER, key=winner.key, name=winner.offer.name)
        offer = winner.offer
        return replace(
            shown, content=winner.representation, characteristics=offer.characteristics, trace=trace, warnings=warnings
        )
    reason = prepared.fallback_why or "no offer is left"
    if fallback is None:
        return replace(nothing, reason=reason, trace=trace, warnings=warnings)
    shown = replace(nothing, shown=Shown.FALLBACK, key=fallback.key, name=fallback.name, reason=reason)
    return replace(
        shown,
        content=prepared.content,
        characteristics=fallback.characteristics,
        trace=trace,
        warnings=warnings,
    )


def _warnings(prepared: Prepared, *, fallback: bool) -> list[str]:
    told = [
        f"offer/{candidate.key} cannot be judged: rule/{candidate.offer.rule}: {candidate.rule.why}"
        for candidate in prepared.candidates
        if isinstance(candidate.rule, Unjudged)
    ]
    if fallback and prepared.fallback is not None and prepared.fallback.external is None:
        status = prepared.fallback.status
        told += [f"the fallback `{prepared.fallback.key}` is {status}"] if status != "approved" else []
    return told
