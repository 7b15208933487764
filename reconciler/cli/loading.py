"""What plan, apply, drift and graph begin with: a catalogue without errors, and the instant they work at."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from reconciler.cli.screen import Screen

if TYPE_CHECKING:
    from reconciler.connect import Place
    from reconciler.live.snapshot import LiveState
    from reconciler.model.catalogue import Catalogue
    from reconciler.model.kinds import EntityKey
    from reconciler.model.problem import Problem
    from reconciler.plan.build import Options
    from reconciler.plan.steps import Plan
    from reconciler.repository.port import Pause

Made = TypeVar("Made")


def parse_at(text: str | None) -> datetime:
    """The instant to work at: the one given, else now."""
    if text is None:
        return datetime.now(UTC)
    from reconciler.model.instant import canonical_instant

    canonical = canonical_instant(text)
    if canonical is None:
        raise click.BadParameter(
            f"{text!r} is not a date-time with an offset, such as 2027-01-31T09:00:00Z", param_hint="--at"
        )
    return datetime.fromisoformat(canonical[:19]).replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Request:
    """Which catalogue, environment and instant a command is about. catalogue: the folder, as the user named it."""

    catalogue: Path
    env: str | None = None
    at: str | None = None
    strict: bool = False
    parallelism: int = 10


def load_checked(request: Request, screen: Screen) -> tuple[Catalogue, tuple[Problem, ...]]:
    """The catalogue and its warnings.

    Raises ``CatalogueInvalid`` with every problem when there is an error, or with ``--strict`` a warning.
    """
    from reconciler.model.problem import CatalogueInvalid, Severity

    catalogue, problems = load(request)
    if any(request.strict or problem.severity is Severity.ERROR for problem in problems):
        raise CatalogueInvalid(problems)
    if problems:
        from reconciler.report.words import plural

        screen.say(f"{plural(len(problems), 'warning')}; `reconciler validate {request.catalogue}` shows them.")
    return catalogue, problems


def load_live(request: Request, screen: Screen) -> tuple[Catalogue, tuple[Problem, ...]]:
    """As ``load_checked``, with the variables of its environment filled in."""
    from reconciler.connect import expand

    catalogue, warnings = load_checked(request, screen)
    return expand(catalogue), warnings


def load(request: Request) -> tuple[Catalogue, tuple[Problem, ...]]:
    """The catalogue and all its problems, errors and warnings."""
    from reconciler.catalogue.reading import read_catalogue
    from reconciler.checks.run import check_catalogue, sort_problems
    from reconciler.graph.build import build_graph

    loaded = read_catalogue(request.catalogue, request.env)
    found = check_catalogue(loaded.catalogue, build_graph(loaded.catalogue), at=parse_at(request.at))
    return loaded.catalogue, sort_problems((*loaded.problems, *found))


def load_all(request: Request) -> tuple[Catalogue, tuple[Problem, ...]]:
    """The catalogue as it is written, and all its problems in every environment, or in the one that is named."""
    from reconciler.catalogue.reading import read_all
    from reconciler.checks.environments import check_all

    loaded = read_all(request.catalogue, request.env)
    return loaded.as_written.catalogue, check_all(loaded, at=parse_at(request.at))


def plan_from(catalogue: Catalogue, live: LiveState, options: Options) -> Plan:
    """The plan, with what Git knows of the commit that was last applied: whether ours is older, what it protected."""
    from reconciler.catalogue.revision import is_older
    from reconciler.plan.build import build_plan
    from reconciler.plan.steps import Action

    now, root = datetime.now(UTC), Path(catalogue.root)
    anchor = live.anchor(catalogue.name)
    applied = anchor.state.commit if anchor is not None else None
    if applied is not None and catalogue.commit is not None and is_older(root, catalogue.commit, applied):
        options = replace(options, newer=applied)
    plan = build_plan(catalogue, live, now=now, options=options)
    if applied is None or all(step.action not in {Action.DELETE, Action.ARCHIVE} for step in plan.steps):
        return plan
    protected = _protected_at(root, catalogue.environment, applied)
    return build_plan(catalogue, live, now=now, options=replace(options, protected=protected)) if protected else plan


def _protected_at(root: Path, environment: str, commit: str) -> frozenset[EntityKey]:
    """What was protected at a commit; nothing where Git cannot tell."""
    from reconciler.catalogue.applied import read_at
    from reconciler.model.errors import ReconcilerError

    try:
        entities = read_at(root, environment, commit).entities
    except ReconcilerError:
        return frozenset()
    return frozenset(key for key, entity in entities.items() if entity.protect)


def place_of(
    request: Request,
    catalogue: Catalogue,
    screen: Screen,
    *,
    on_pause: Callable[[int | None], None] = lambda _status: None,
) -> Place:
    """Where the catalogue's environment is reached; the user is told when the repository makes us wait.

    on_pause: told the status of the answer that does.
    """
    from reconciler.connect import Place

    def notice(pause: Pause) -> None:
        on_pause(pause.status)
        why = "no answer" if pause.status is None else f"answer {pause.status}"
        screen.say(f"{why} to {pause.method} {pause.path}; asking again in {pause.seconds:.1f} s")

    return Place(catalogue.target, request.catalogue, parallelism=request.parallelism, notice=notice)


def run_async(work: Coroutine[Any, Any, Made]) -> Made:
    """The result of work that waits; asyncio is imported only by commands that need it."""
    import asyncio

    return asyncio.run(work)
