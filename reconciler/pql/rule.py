"""A compiled rule: made once, then asked for many profiles."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from reconciler.model.problem import Severity
from reconciler.pql.errors import Finding, RuleError
from reconciler.pql.evaluate import compile_whole
from reconciler.pql.explain import Reading, compile_explanation
from reconciler.pql.parser import parse_rule
from reconciler.pql.scope import PROFILE, RUN, Frame, Scope
from reconciler.pql.situation import Run, Situation
from reconciler.pql.syntax import Node
from reconciler.pql.values import Value

__all__ = ["Reading", "Rule", "Situation", "Value", "compile_rule", "compile_tree"]

Profile = Mapping[str, Any]
_T = TypeVar("_T")


class Rule:
    """A rule ready to be evaluated; holds nothing that changes, so threads may share it."""

    def __init__(self, text: str, tree: Node) -> None:
        self.text = text
        self.tree = tree
        self._scope = Scope(text)
        self._value, self._test = _within_the_stack(lambda: compile_whole(tree, self._scope), text, tree)

    def __reduce__(self) -> tuple[Callable[[str], Rule], tuple[str]]:
        return _of_text, (self.text,)

    @property
    def uses_offer(self) -> bool:
        """Whether the rule looks at the offer that is judged; otherwise it is the same for all offers."""
        return self._scope.slots.offer

    def evaluate(self, profile: Profile | None, situation: Situation) -> Value:
        """The value of the rule. Raises ``RuleError`` for a regular expression of the profile's that cannot be run."""
        frame = self._frame(profile, situation)
        value: Value = _within_the_stack(lambda: self._value(frame), self.text, self.tree)
        return value

    def holds(self, profile: Profile | None, situation: Situation) -> bool:
        """Whether the rule is true; null counts as false. Raises as ``evaluate``."""
        frame = self._frame(profile, situation)
        return _within_the_stack(lambda: self._test(frame), self.text, self.tree)

    def hold_over(self, profiles: Sequence[Profile], situation: Situation) -> list[bool]:
        """For each profile whether the rule is true. Raises as ``evaluate``."""
        frame = self._frame(None, situation)
        test = self._test

        def over() -> list[bool]:
            return [test(frame) for frame[PROFILE] in profiles]

        return _within_the_stack(over, self.text, self.tree)

    def explain(self, profile: Profile | None, situation: Situation) -> tuple[Reading, ...]:
        """The conditions that decided, with the values that they saw. Raises as ``evaluate``."""
        scope = Scope(self.text)

        def explained() -> tuple[Reading, ...]:
            explain = compile_explanation(self.tree, scope)
            return explain(self._frame(profile, situation, scope))

        return _within_the_stack(explained, self.text, self.tree)

    def _frame(self, profile: Profile | None, situation: Situation, scope: Scope | None = None) -> Frame:
        frame = (scope or self._scope).frame()
        frame[PROFILE] = profile
        frame[RUN] = Run(situation)
        return frame


def compile_tree(text: str, tree: Node) -> Rule:
    """A rule from its tree. Raises ``RuleError`` for what cannot be evaluated."""
    return Rule(text, tree)


def compile_rule(text: str, *, checked: bool = True) -> Rule:
    """A rule from its text. checked: also by the checker. Raises ``RuleError`` for the first thing wrong."""
    tree = parse_rule(text)
    if checked:
        from reconciler.pql.check import check_rule  # compiles constant parts of rules itself

        for finding in check_rule(tree):
            if finding.severity is Severity.ERROR:
                raise RuleError(finding, text)
    return Rule(text, tree)


def _of_text(text: str) -> Rule:
    """A rule that was compiled before, elsewhere."""
    return Rule(text, parse_rule(text))


def _within_the_stack(work: Callable[[], _T], text: str, tree: Node) -> _T:
    """Whatever the rule and the profile are: too much nesting is an error of the rule."""
    try:
        return work()
    except RecursionError:
        raise RuleError(Finding("this rule or the profile is nested too deeply", tree.place), text) from None
