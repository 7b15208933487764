"""All checks over one catalogue, in one run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from reconciler.checks import fields, intents, limits, meaning, names, references, rules, selection
from reconciler.graph.build import Graph
from reconciler.model.catalogue import Catalogue
from reconciler.model.instant import spell_instant
from reconciler.model.problem import Problem

Check = Callable[[Catalogue, Graph], Iterator[Problem]]

_CHECKS: tuple[Check, ...] = (
    fields.check_fields,
    references.check_references,
    references.check_components,
    names.check_names,
    limits.check_limits,
    intents.check_intents,
    meaning.check_meaning,
    rules.check_rules,
)


def check_catalogue(catalogue: Catalogue, graph: Graph, *, at: datetime) -> tuple[Problem, ...]:
    """Every error and warning of a catalogue, sorted by place. at: the instant for which calendars are judged."""
    problems: list[Problem] = []
    for check in _CHECKS:
        problems.extend(check(catalogue, graph))
    problems.extend(selection.check_selection(catalogue, graph, spell_instant(at)))
    return sort_problems(problems)


def sort_problems(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Problems by file, line, column, code."""
    return tuple(sorted(problems, key=lambda problem: problem.order))
