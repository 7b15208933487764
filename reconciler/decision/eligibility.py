"""Whom the rules admit: over a batch of profiles, each rule asked at most once for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from reconciler.decision.prepare import Candidate
from reconciler.decision.profile import Profile
from reconciler.decision.state import Unjudged
from reconciler.pql.errors import RuleError
from reconciler.pql.rule import Rule, Situation

_FALSE, _TRUE = 1, 2  # 0: not asked yet


@dataclass(slots=True)
class Verdicts:
    """What rules say about a batch of profiles; what was asked once is kept, for all activities and states.

    situation: the instant, zone and context that all rules see; the candidate is put into it.
    """

    profiles: Sequence[Profile]
    situation: Situation
    _known: dict[tuple[str, str], bytearray] = field(default_factory=dict)

    def admitted(self, candidate: Candidate, wanted: Sequence[int]) -> Sequence[int]:
        """Those of the wanted profiles, as positions in the batch, that a candidate's rule holds for."""
        rule = candidate.rule
        if rule is None:
            return wanted
        if isinstance(rule, Unjudged):
            return ()
        about = (rule.text, candidate.facts_text if rule.uses_offer else "")
        known = self._known.get(about)
        if known is None:
            known = self._known[about] = bytearray(len(self.profiles))
            asked = wanted
        else:
            asked = [position for position in wanted if not known[position]]
        if asked:
            profiles = self.profiles if len(asked) == len(self.profiles) else [self.profiles[i] for i in asked]
            situation = replace(self.situation, offer=candidate.facts) if rule.uses_offer else self.situation
            held = hold_over(rule, profiles, situation)
            for position, holds in zip(asked, held, strict=True):
                known[position] = _TRUE if holds else _FALSE
            if len(asked) == len(wanted):
                return [position for position, holds in zip(asked, held, strict=True) if holds]
        return [position for position in wanted if known[position] == _TRUE]


def hold_over(rule: Rule, profiles: Sequence[Profile], situation: Situation) -> Sequence[bool]:
    """For each profile whether a rule holds; not where it cannot be evaluated for this one."""
    try:
        return rule.hold_over(profiles, situation)
    except RuleError:  # one profile's; the others have their answers
        return [_holds(rule, profile, situation) for profile in profiles]


def _holds(rule: Rule, profile: Profile, situation: Situation) -> bool:
    try:
        return rule.holds(profile, situation)
    except RuleError:
        return False
