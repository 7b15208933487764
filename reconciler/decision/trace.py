"""Why not this offer? For every offer the first step that took it out, and the values that decided."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace

from reconciler.decision.eligibility import Verdicts
from reconciler.decision.prepare import Candidate, Cause, Prepared, Step, removed_before
from reconciler.decision.ranking import Draw
from reconciler.decision.state import DecisionState, Unjudged
from reconciler.pql.errors import RuleError

_FURTHEST = {step: position for position, step in enumerate(reversed(Step))}


def trace_offers(
    state: DecisionState,
    prepared: Prepared,
    verdicts: Verdicts,
    shown: Set[str],
    winner: Candidate | None,
    draw: Draw,
    profile_id: str,
) -> tuple[tuple[str, Cause], ...]:
    """Every offer of the catalogue with what became of it; empty where the activity decides nothing.

    verdicts: of a batch that holds this profile alone.   shown: what the request showed before.
    """
    if prepared.closed:
        return ()
    candidates = {candidate.key: candidate for candidate in prepared.candidates}
    tied = {
        candidate.key: draw.number(profile_id, candidate).hex()
        for candidate in prepared.candidates
        if winner is not None and candidate.priority == winner.priority
    }
    found: list[tuple[str, Cause]] = []
    for key, offer in state.offers.items():
        cause = removed_before(state, prepared.activity, offer, prepared.at)
        if cause is None:
            cause = _removed(candidates[key], verdicts, shown) or _ranked(candidates[key], winner, tied)
        found.append((key, cause))
    beside = [key for key, cause in found if cause.step is Step.RANK and key in tied]
    if winner is not None and beside:
        found = [(key, _won_tie(cause, beside, tied[key]) if cause.step is Step.WON else cause) for key, cause in found]
    priority = {key: -candidate.priority for key, candidate in candidates.items()}
    return tuple(sorted(found, key=lambda item: (_FURTHEST[item[1].step], priority.get(item[0], 0), item[0])))


def _removed(candidate: Candidate, verdicts: Verdicts, shown: Set[str]) -> Cause | None:
    if not verdicts.admitted(candidate, (0,)):
        return _refused(candidate, verdicts)
    if candidate.capped is not None:
        return candidate.capped
    if candidate.key in shown:
        return Cause(Step.REPEATED, "shown by another activity of this request")
    return None


def _refused(candidate: Candidate, verdicts: Verdicts) -> Cause:
    rule, name = candidate.rule, candidate.offer.rule
    if rule is None or isinstance(rule, Unjudged):
        why = "" if rule is None else rule.why
        return Cause(Step.RULE, f"rule {name} cannot be judged: {why}", {"rule": name})
    situation = replace(verdicts.situation, offer=candidate.facts)
    try:
        readings = [reading for reading in rule.explain(verdicts.profiles[0], situation) if not reading.holds]
    except RuleError as error:
        return Cause(Step.RULE, f"rule {name} cannot be evaluated for this profile: {error}", {"rule": name})
    said = "; ".join(dict.fromkeys(reading.value for reading in readings))
    values = {reading.text: reading.value for reading in readings}
    return Cause(Step.RULE, f"rule {name} false{f': {said}' if said else ''}", {"rule": name, **values})


def _ranked(candidate: Candidate, winner: Candidate | None, tied: dict[str, str]) -> Cause:
    assert winner is not None  # noqa: S101 - a candidate that nothing removes leaves somebody to win
    values = {"priority": candidate.priority}
    if candidate.key == winner.key:
        return Cause(Step.WON, f"priority {candidate.priority}", values)
    if candidate.priority < winner.priority:
        why = f"priority {candidate.priority} below {winner.priority} of {winner.key}"
        return Cause(Step.RANK, why, {**values, "winner": winner.key, "winner_priority": winner.priority})
    mine, theirs = tied[candidate.key], tied[winner.key]
    why = f"tie at priority {candidate.priority}: {mine[:6]}… below {theirs[:6]}… of {winner.key}"
    return Cause(Step.RANK, why, {**values, "tie": mine, "winner": winner.key, "winner_tie": theirs})


def _won_tie(cause: Cause, beside: list[str], number: str) -> Cause:
    others = ", ".join(sorted(beside))
    return Cause(Step.WON, f"{cause.why}, tie with {others}: {number[:6]}…", {**cause.values, "tie": number})
