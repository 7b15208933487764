"""What a run of decision cases never showed: offers, fallbacks, and answers of rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from reconciler.decision.decide import Decision, Shown
from reconciler.decision.prepare import Step
from reconciler.decision.state import DecisionState

_ADMITTED = {Step.CAP, Step.REPEATED, Step.RANK, Step.WON}


@dataclass(frozen=True, slots=True)
class Coverage:
    """Keys, sorted. offers, fallbacks, rules: how many there are that could be covered.

    Offers count when approved, fallbacks when an activity that is not archived uses them, rules when an approved offer
    does.
    """

    offers: int
    fallbacks: int
    rules: int
    never_won: tuple[str, ...]
    never_true: tuple[str, ...]
    never_false: tuple[str, ...]
    never_shown: tuple[str, ...]


def cover(state: DecisionState, decisions: Iterable[Decision]) -> Coverage:
    """What these decisions left out."""
    won: set[str | None] = set()
    shown: set[str | None] = set()
    answers: defaultdict[str, set[bool]] = defaultdict(set)
    for decision in decisions:
        if decision.shown is Shown.OFFER:
            won.add(decision.key)
        elif decision.shown is Shown.FALLBACK:
            shown.add(decision.key)
        for key, cause in decision.trace:
            rule = state.offers[key].rule
            if rule is not None and (cause.step is Step.RULE or cause.step in _ADMITTED):
                answers[rule].add(cause.step in _ADMITTED)
    offers = {offer.key: offer for offer in state.offers.values() if offer.status == "approved" and not offer.external}
    rules = {offer.rule for offer in offers.values() if offer.rule is not None}
    fallbacks = {
        activity.fallback
        for activity in state.activities.values()
        if activity.status != "archived" and activity.fallback in state.fallbacks
    }
    return Coverage(
        len(offers),
        len(fallbacks),
        len(rules),
        tuple(sorted(key for key in offers if key not in won)),
        tuple(sorted(rule for rule in rules if True not in answers[rule])),
        tuple(sorted(rule for rule in rules if False not in answers[rule])),
        tuple(sorted(key for key in fallbacks if key is not None and key not in shown)),
    )
