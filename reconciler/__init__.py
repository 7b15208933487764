"""Keeps an offer catalogue in Git and makes the live repository match it.

What other programs may use is imported from here, and loaded when it is asked for::

    from reconciler import Situation, compile_rule

    rule = compile_rule('membership.status = "elite"')
    rule.holds({"membership": {"status": "elite"}}, Situation(datetime.now(UTC)))
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reconciler.decision.decide import Decision, decide
    from reconciler.model.errors import ReconcilerError
    from reconciler.pql.errors import RuleError
    from reconciler.pql.rule import Rule, Situation, compile_rule

__all__ = ["Decision", "ReconcilerError", "Rule", "RuleError", "Situation", "compile_rule", "decide"]

_HOMES = {
    "Decision": "reconciler.decision.decide",
    "ReconcilerError": "reconciler.model.errors",
    "Rule": "reconciler.pql.rule",
    "RuleError": "reconciler.pql.errors",
    "Situation": "reconciler.pql.rule",
    "compile_rule": "reconciler.pql.rule",
    "decide": "reconciler.decision.decide",
}


def __getattr__(name: str) -> Any:
    """A public name, from the module where it lives."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
