"""All checks over a catalogue as it is written and as each environment has it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime

from reconciler.catalogue.reading import Loaded, LoadedAll
from reconciler.checks.run import check_catalogue, sort_problems
from reconciler.graph.build import build_graph
from reconciler.model.problem import Problem


def check_all(loaded: LoadedAll, *, at: datetime) -> tuple[Problem, ...]:
    """Every problem of every environment, each once, sorted by place; one that not all have says which has it.

    Where entities are meant for some environments only, nobody ever has them all together, so that the catalogue as
    it is written is not judged as a whole.
    """
    whole = loaded.as_written
    judged = {"": whole} if _stands_alone(whole) else {}
    found = {name: _problems(one, at) for name, one in {**judged, **loaded.environments}.items()}
    everywhere = Counter(problem for problems in found.values() for problem in problems)
    told: dict[Problem, None] = dict.fromkeys(found.get("", ()))
    for name, problems in found.items():
        for problem in problems:
            if problem not in told:
                shared = everywhere[problem] == len(found)
                told[problem if shared or problem.environment else replace(problem, environment=name)] = None
    return sort_problems(told)


def _stands_alone(whole: Loaded) -> bool:
    return all(entity.only is None for entity in whole.catalogue.entities.values())


def _problems(loaded: Loaded, at: datetime) -> tuple[Problem, ...]:
    found = check_catalogue(loaded.catalogue, build_graph(loaded.catalogue), at=at)
    return tuple(dict.fromkeys((*loaded.problems, *found)))
