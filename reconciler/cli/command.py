"""What every command does alike: its output options, its errors in words, one JSON document on every exit."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.ending import Ending, Exit, Product
from reconciler.cli.interrupts import held_back
from reconciler.cli.loading import Request
from reconciler.cli.screen import Screen
from reconciler.model.errors import ReconcilerError
from reconciler.version import __version__

if TYPE_CHECKING:
    from reconciler.model.kinds import EntityKey
    from reconciler.model.problem import Problem
    from reconciler.plan.build import Options as PlanOptions

Body = Callable[..., Product]


class EnvironmentOption(click.Option):
    """``--env``: also ``RECONCILER_ENV``, for all commands at once."""

    def resolve_envvar_value(self, ctx: click.Context) -> str | None:
        """The command's own variable first."""
        return super().resolve_envvar_value(ctx) or os.environ.get("RECONCILER_ENV") or None


Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

folder_option = click.option(
    "-C",
    "folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default=Path(),
    metavar="DIR",
    help="Work as if started in DIR.",
)
environment_option = click.option(
    "--env", cls=EnvironmentOption, metavar="NAME", help="The environment; also RECONCILER_ENV."
)
strict_option = click.option("--strict", is_flag=True, help="Treat warnings as errors.")
at_option = click.option("--at", metavar="TIME", help="Judge calendars at this instant, e.g. 2027-01-31T09:00:00Z.")


def all_of(*options: Decorator) -> Decorator:
    """Several options as one decorator, listed by ``--help`` in this order."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


catalogue_options = all_of(
    click.argument("catalogue", type=click.Path(path_type=Path), default=Path(), metavar="[CATALOG]"),
    folder_option,
    environment_option,
)
live_options = all_of(
    catalogue_options,
    strict_option,
    at_option,
    click.option("--parallelism", type=click.IntRange(1, 256), default=10, show_default=True, help="Requests at once."),
)


_NUMBERS = ("--allow-deletes", "--allow-updates", "--allow-reverts")


def _allow(what: str, told: str) -> Decorator:
    """An option that overrules a guard: a number, never from the environment."""
    return click.option(f"--allow-{what}", type=click.IntRange(0), metavar="N", allow_from_autoenv=False, help=told)


allow_takeover_option = click.option(
    "--allow-takeover",
    metavar="CATALOG",
    allow_from_autoenv=False,
    help="Take over this catalogue from another Git repository.",
)
allow_deletes_option = _allow("deletes", "Let up to N entities go.")
allow_reverts_option = _allow("reverts", "Without a terminal: let up to N edits made live be undone.")
plan_options = all_of(
    live_options,
    click.option("--no-prune", is_flag=True, help="Keep what is gone from Git."),
    click.option(
        "--target",
        multiple=True,
        metavar="KIND/KEY",
        help="Only this entity, with all that it needs; repeatable.",
    ),
    click.option(
        "--exclude",
        multiple=True,
        metavar="KIND/KEY",
        help="All but this entity, and what needs its change; repeatable.",
    ),
    click.option(
        "--allow-rollback", is_flag=True, allow_from_autoenv=False, help="Let an older commit go over a newer one."
    ),
    allow_takeover_option,
    _allow("deletes", "Let up to N entities be deleted or taken out of service."),
    _allow("updates", "Let up to N entities be patched."),
    click.option(
        "--adopt",
        multiple=True,
        metavar="KIND/KEY",
        allow_from_autoenv=False,
        help="Take over the instance without a stamp that may be this entity's; repeatable.",
    ),
    click.option(
        "--adopt-up-to",
        type=click.IntRange(0),
        default=0,
        metavar="N",
        allow_from_autoenv=False,
        help="Take over all such instances, if they are N or fewer.",
    ),
)


def plan_choices(
    catalog: str,
    *,
    no_prune: bool,
    adopt: tuple[str, ...],
    target: tuple[str, ...],
    exclude: tuple[str, ...],
    allow_takeover: str | None,
    **others: Any,
) -> PlanOptions:
    """What the plan options say for this catalogue. others: as ``Options`` has them.

    Raises ``UsageError`` for a key that is none.
    """
    from reconciler.plan.build import Options
    from reconciler.plan.selection import Selection

    return Options(
        prune=False if no_prune else None,
        adopt=_keys(adopt, "--adopt"),
        allow_takeover=allow_takeover == catalog,
        selection=Selection(_keys(target, "--target"), _keys(exclude, "--exclude")),
        **others,
    )


def _keys(texts: tuple[str, ...], option: str) -> frozenset[EntityKey]:
    from reconciler.model.intents import parse_key

    keys: set[EntityKey] = set()
    for text in texts:
        key = parse_key(text)
        if key is None:
            raise click.BadParameter(f"{text!r} is no KIND/KEY, such as offer/summer-10", param_hint=option)
        keys.add(key)
    return frozenset(keys)


def output_options(*formats: str) -> Decorator:
    """``--format`` with these choices, the first by default, and the other options about output."""
    return all_of(
        click.option("--format", type=click.Choice(formats), default=formats[0], show_default=True),
        click.option(
            "--output", "-o", type=click.Path(path_type=Path, dir_okay=False), help="Write the product to a file."
        ),
        click.option("--quiet", "-q", is_flag=True, help="Print only the product and errors."),
        click.option("--no-color", is_flag=True, help="No colours; also NO_COLOR."),
    )


def makes_product(body: Body) -> Callable[..., Ending]:
    """Turn a command's body into a click callback: prints its product, or its error, and says how it ended.

    The body gets the screen; a ``Request`` when the command takes a catalogue; and its other options by name.
    """

    @wraps(body)
    def callback(folder: Path, **arguments: Any) -> Ending:
        os.chdir(folder)
        screen = Screen(**_taken(arguments, Screen))
        screen.begin()
        if "catalogue" in arguments:
            arguments["request"] = Request(**_taken(arguments, Request))
        try:
            product = body(screen, **arguments)
        except ReconcilerError as error:
            product = _told(error, screen)
            product = replace(product, document={**screen.about, **product.document})
        except (click.Abort, KeyboardInterrupt):
            product = _INTERRUPTED
        except click.ClickException:
            raise
        except Exception as error:  # noqa: BLE001 - the last line of defence: no traceback reaches a user
            product = defect(error)
        return _print(screen, product)

    return callback


def _taken(arguments: dict[str, Any], owner: type[Screen | Request]) -> dict[str, Any]:
    """The arguments that are fields of this class, taken out of the others."""
    return {item.name: arguments.pop(item.name) for item in fields(owner) if item.init and item.name in arguments}


def _without_product(kind: str, message: str, ending: Ending) -> Product:
    return Product("", {"error": {"type": kind, "message": message}}, ending)


_INTERRUPTED = _without_product("Interrupted", "interrupted", Ending(Exit.INTERRUPTED, "interrupted"))


def defect(error: Exception) -> Product:
    """What nobody foresaw: its name and place, without anything that it might quote."""
    if os.environ.get("RECONCILER_DEBUG"):
        raise error
    where = error.__traceback__
    while where is not None and where.tb_next is not None:
        where = where.tb_next
    place = f" at {where.tb_frame.f_globals.get('__name__')}:{where.tb_lineno}" if where else ""
    message = f"this is a defect of reconciler {__version__}: {type(error).__name__}{place}"
    click.echo(f"Error: {message}\n  -> Please report it, with what RECONCILER_DEBUG=1 prints.", err=True)
    return _without_product("Defect", message, Ending(Exit.ERROR, "a defect of the program"))


def command_line() -> str:
    """The command as it was called, ready for a shell, without the numbers that overrule guards."""
    words: list[str] = click.get_current_context().find_root().obj
    kept: list[str] = []
    skip = False
    for word in words:
        if skip or word.startswith(tuple(f"{option}=" for option in _NUMBERS)):
            skip = False
        elif word in _NUMBERS:
            skip = True
        else:
            kept.append(word)
    return shlex.join(["reconciler", *kept])


def _print(screen: Screen, product: Product) -> Ending:
    if not screen.json:
        untold = product.ending.code and not product.text and not screen.shown
        screen.show(screen.target if untold else product.text)
        return product.ending
    with held_back() as interrupted:
        text = _as_document(product)
        screen.show(_as_document(_INTERRUPTED) if interrupted() else text)
        return _INTERRUPTED.ending if interrupted() else product.ending


def _as_document(product: Product) -> str:
    from reconciler.report.words import as_json

    leave = {"exit": {"code": int(product.ending.code), "meaning": product.ending.meaning}}
    return as_json({**product.document, **leave})


# ---------------------------------------------------------------- errors


def _told(error: ReconcilerError, screen: Screen) -> Product:
    """An error in words on stderr, and as a document."""
    from reconciler.model.problem import CatalogueInvalid
    from reconciler.report.problems import problems_document

    document: dict[str, Any] = {"error": {"type": type(error).__name__, "message": error.message}}
    if error.remedy:
        document["error"]["remedy"] = error.remedy
    ending = ending_of(error)
    if ending.code == Exit.USAGE:
        raise click.UsageError(sentence(error).removeprefix("Error: "))
    if isinstance(error, CatalogueInvalid):
        document["problems"] = problems_document(error.problems)
        _tell_problems(error.problems, screen)
    else:
        click.echo(sentence(error), err=True)
    return Product("", document, ending)


def _tell_problems(problems: Sequence[Problem], screen: Screen) -> None:
    from reconciler.model.problem import Severity
    from reconciler.report.problems import problems_text, tally

    errors = [problem for problem in problems if problem.severity is Severity.ERROR]
    click.echo(problems_text(errors if screen.quiet and errors else problems), err=True)
    click.echo(f"\n{tally(problems)}.", err=True)


def sentence(error: ReconcilerError) -> str:
    """An error and its remedy, in lines of 80 columns."""
    from reconciler.report.words import WIDTH, paragraph, visible

    lines = paragraph(f"Error: {visible(error.message)}", "", WIDTH)
    if error.remedy:
        lines += paragraph(f"-> {visible(error.remedy)}", "  ", WIDTH)
    return "\n".join(lines)


def ending_of(error: ReconcilerError) -> Ending:
    """Which exit code an error has; a test keeps this list complete."""
    from reconciler.apply.lease import Foreign, Locked
    from reconciler.apply.resuming import PlanStale
    from reconciler.catalogue.reading import WrongEnvironment
    from reconciler.model.problem import CatalogueInvalid
    from reconciler.plan.steps import PlanRefused
    from reconciler.repository.errors import Unauthorised

    match error:
        case WrongEnvironment():
            return Ending(Exit.USAGE, "wrong usage")
        case CatalogueInvalid():
            return Ending(Exit.ERROR, invalid_meaning(error.problems))
        case PlanRefused():
            return Ending(Exit.GUARD, "a guard refuses this plan")
        case Foreign():
            return Ending(Exit.GUARD, "another Git repository's catalogue")
        case PlanStale():
            return Ending(Exit.STALE, "nothing was written: this is not what was planned")
        case Locked():
            return Ending(Exit.LOCKED, "somebody else is applying")
        case Unauthorised():
            return Ending(Exit.AUTHENTICATION, "not authenticated")
        case _:
            return Ending(Exit.ERROR, "an error, told above")


def invalid_meaning(problems: Sequence[Problem]) -> str:
    """Why these problems end a run."""
    from reconciler.model.problem import Severity

    errors = any(problem.severity is Severity.ERROR for problem in problems)
    return "the catalogue has errors" if errors else "with --strict, warnings count as errors"
