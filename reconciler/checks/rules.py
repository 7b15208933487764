"""The texts of rules: RC035, and RC110 for those that never change. A text is read once, wherever it stands."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from reconciler.graph.build import Graph
from reconciler.model.catalogue import Catalogue
from reconciler.model.entities import Rule
from reconciler.model.problem import Code, Problem, Severity, SourceSpan

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.pql.errors import Finding

_CODES = {Severity.ERROR: Code.RULE, Severity.WARNING: Code.SETTLED_RULE}


def check_rules(catalogue: Catalogue, _graph: Graph) -> Iterator[Problem]:
    """What is wrong with conditions; one in another format than PQL text stands in `extra` and is not read."""
    for key, entity in catalogue.entities.items():
        if isinstance(entity, Rule) and entity.condition:
            for finding in _findings(entity.condition):
                yield _problem(finding, entity.condition, catalogue.sources[key].span_within)


@lru_cache(maxsize=20_000)
def _findings(condition: str) -> tuple[Finding, ...]:
    from reconciler.pql.check import check_condition  # here, since most runs of most commands read no rule
    from reconciler.pql.errors import RuleError
    from reconciler.pql.parser import parse_rule

    try:
        return check_condition(parse_rule(condition))
    except RuleError as error:
        return (error.finding,)


def _problem(finding: Finding, condition: str, span_within: Callable[..., SourceSpan]) -> Problem:
    from reconciler.pql.errors import caret_lines

    hint = finding.hint or "correct the rule"
    message = f"in the rule: {finding.message}" if finding.severity is Severity.ERROR else finding.message
    return Problem(
        _CODES[finding.severity],
        span_within(finding.place.start, "condition"),
        message,
        f"{hint[0].upper()}{hint[1:]}{'' if hint.endswith('?') else '.'}",
        excerpt=caret_lines(condition, finding.place),
    )
