"""Decision cases, decided and held against what they expect."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import assert_never

from reconciler.decision.cases import DecisionCase, Expectation, FallbackShown, NothingDecided, NotShown, ShownOffer
from reconciler.decision.counters import Counters
from reconciler.decision.decide import Decision, Setting, Shown, decide_in
from reconciler.decision.prepare import Cause, Step
from reconciler.decision.state import DecisionState


@dataclass(frozen=True, slots=True)
class Trial:
    """One case and what was decided."""

    case: DecisionCase
    decision: Decision
    passed: bool

    @property
    def why(self) -> tuple[tuple[str, Cause], ...]:
        """The trace of the offers that the case names, and of the one that won."""
        expect = self.case.expect
        keys = expect.keys if isinstance(expect, ShownOffer | NotShown) else ()
        return tuple(item for item in self.decision.trace if item[0] in keys or item[1].step is Step.WON)


def run_cases(state: DecisionState, cases: Iterable[DecisionCase], setting: Setting) -> tuple[Trial, ...]:
    """Every case decided, in their order. setting: of all; each case has its own instant, and its counts on top."""
    return tuple(_run(state, case, setting) for case in cases)


def _run(state: DecisionState, case: DecisionCase, setting: Setting) -> Trial:
    counters = Counters(
        {**setting.counters.everybody, **case.counters.everybody}, {**setting.counters.profile, **case.counters.profile}
    )
    own = replace(setting, at=case.at, counters=counters)
    (decision,) = decide_in(own, state, (case.activity,), case.profile, case.context)
    return Trial(case, decision, _is_met(case.expect, decision))


def _is_met(expect: Expectation, decision: Decision) -> bool:
    match expect:
        case ShownOffer(keys=keys):
            return decision.shown is Shown.OFFER and decision.key in keys
        case NotShown(keys=keys):
            return not (decision.shown is Shown.OFFER and decision.key in keys)
        case FallbackShown():
            return decision.shown is Shown.FALLBACK
        case NothingDecided():
            return decision.shown is Shown.NOTHING
        case _:
            assert_never(expect)
