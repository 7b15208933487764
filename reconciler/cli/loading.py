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
    from reconciler.model.instant import read_instant

    moment = read_instant(text)
    if moment is None:
        raise click.BadParameter(
            f"{text!r} is not a date-time with an offset, such as 2027-01-31T09:00:00Z", param_hint="--at"
        )
    return moment


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
    """The plan, with what Git knows of the last applied commit: whether ours is older, what it protected; and whether
    that was another Git repository's.
    """
    from reconciler.plan.build import build_plan

    now = datetime.now(UTC)
    known = with_history(catalogue, live, options, catalogue.commit)
    plan = build_plan(catalogue, live, now=now, options=known)
    protecting = with_protected(plan, catalogue, live, known)
    return plan if protecting is known else build_plan(catalogue, live, now=now, options=protecting)


def judged_again(plan: Plan, catalogue: Catalogue, live: LiveState, options: Options) -> Plan:
    """A saved plan with what the guards refuse in it now."""
    from reconciler.plan.rejudging import judge_again

    known = with_protected(plan, catalogue, live, with_history(catalogue, live, options, plan.commit))
    return replace(plan, refusals=judge_again(plan, catalogue, live, known))


def with_history(catalogue: Catalogue, live: LiveState, options: Options, commit: str | None) -> Options:
    """With whether the last applied commit is newer than this one, or of another Git repository."""
    from reconciler.catalogue.revision import is_older, read_roots

    anchor = live.anchor(catalogue.name)
    if anchor is None:
        return options
    root, applied = Path(catalogue.root), anchor.state.commit
    if applied is not None and commit is not None and is_older(root, commit, applied):
        options = replace(options, newer=applied)
    foreign = bool(anchor.state.roots) and anchor.state.is_of_another(read_roots(root, catalogue.settings.uid))
    return replace(options, foreign=True) if foreign else options


def with_protected(plan: Plan, catalogue: Catalogue, live: LiveState, options: Options) -> Options:
    """With what the last applied commit protected, where the plan deletes or archives anything; else as they are."""
    from reconciler.plan.guards import ending

    anchor = live.anchor(catalogue.name)
    if anchor is None or anchor.state.commit is None or not ending(plan.steps):
        return options
    protected = _protected_at(Path(catalogue.root), catalogue.environment, anchor.state.commit)
    return replace(options, protected=protected) if protected else options


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

    From here on the screen knows the target, for the first line of a command that ends in an error.

    on_pause: told the status of the answer that does.
    """
    from reconciler.connect import Place
    from reconciler.report.plans import target_line

    to = catalogue.target
    screen.target = target_line(catalogue.name, catalogue.environment, to.repository, to.container, to.sandbox)
    target = {"repository": to.repository, "container": to.container, "sandbox": to.sandbox}
    screen.about = {"catalog": catalogue.name, "environment": catalogue.environment, "target": target}

    def notice(pause: Pause) -> None:
        on_pause(pause.status)
        why = "no answer" if pause.status is None else f"answer {pause.status}"
        screen.say(f"{why} to {pause.method} {pause.path}; asking again in {pause.seconds:.1f} s")

    return Place(to, request.catalogue, parallelism=request.parallelism, notice=notice)


def run_async(work: Coroutine[Any, Any, Made]) -> Made:
    """The result of work that waits; asyncio is imported only by commands that need it."""
    import asyncio

    return asyncio.run(work)
