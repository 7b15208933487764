"""What every command does alike: its output options, its errors in words, one JSON document on every exit."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from reconciler.cli.ending import Ending, Exit, Product
from reconciler.cli.screen import Screen
from reconciler.model.errors import ReconcilerError

Body = Callable[..., Product]


class EnvironmentOption(click.Option):
    """``--env``: also ``RECONCILER_ENV``, for all commands at once."""

    def resolve_envvar_value(self, ctx: click.Context) -> str | None:
        """The command's own variable first."""
        return super().resolve_envvar_value(ctx) or os.environ.get("RECONCILER_ENV") or None


catalogue_argument = click.argument("catalogue", type=click.Path(path_type=Path), default=Path(), metavar="[CATALOG]")
folder_option = click.option(
    "-C", "folder", type=click.Path(path_type=Path), default=Path(), metavar="DIR", help="Work as if started in DIR."
)
environment_option = click.option(
    "--env", cls=EnvironmentOption, metavar="NAME", help="The environment; also RECONCILER_ENV."
)
strict_option = click.option("--strict", is_flag=True, help="Treat warnings as errors.")
at_option = click.option("--at", metavar="TIME", help="Judge calendars at this instant, e.g. 2027-01-31T09:00:00Z.")
parallelism_option = click.option(
    "--parallelism", type=click.IntRange(1, 256), default=10, show_default=True, help="Requests at once."
)
allow_deletes_option = click.option(
    "--allow-deletes",
    type=click.IntRange(0),
    metavar="N",
    allow_from_autoenv=False,
    help="Let up to N entities be deleted or taken out of service.",
)
no_prune_option = click.option("--no-prune", is_flag=True, help="Keep what is gone from Git.")


def output_options(*formats: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """``--format`` with these choices, the first by default, and the other options about output."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for option in (
            click.option("--no-color", is_flag=True, help="No colours; also NO_COLOR."),
            click.option("--quiet", "-q", is_flag=True, help="Print only the product and errors."),
            click.option(
                "--output", "-o", type=click.Path(path_type=Path, dir_okay=False), help="Write the product to a file."
            ),
            click.option("--format", type=click.Choice(formats), default=formats[0], show_default=True),
        ):
            function = option(function)
        return function

    return decorate


def makes_product(body: Body) -> Callable[..., Ending]:
    """Turn a command's body into a click callback: prints its product, or its error, and says how it ended."""

    @wraps(body)
    def callback(**arguments: Any) -> Ending:
        screen = Screen(**{name: arguments.pop(name) for name in ("format", "output", "quiet", "no_color")})
        screen.begin()
        try:
            product = body(screen, **arguments)
        except ReconcilerError as error:
            product = _told(error)
        return _print(screen, product)

    return callback


def _print(screen: Screen, product: Product) -> Ending:
    ending = product.ending
    if screen.json:
        from reconciler.report.words import as_json

        leave = {"exit": {"code": int(ending.code), "meaning": ending.meaning}}
        screen.show(as_json({**product.document, **leave}))
    else:
        screen.show(product.text)
    return ending


# ---------------------------------------------------------------- errors


def _told(error: ReconcilerError) -> Product:
    """An error in words on stderr, and as a document."""
    from reconciler.model.problem import CatalogueInvalid
    from reconciler.report.problems import problems_document, problems_text

    document: dict[str, Any] = {"error": {"type": type(error).__name__, "message": error.message}}
    if error.remedy:
        document["error"]["remedy"] = error.remedy
    ending = _ending(error)
    if ending.code == Exit.USAGE:
        raise click.UsageError(sentence(error).removeprefix("Error: "))
    if isinstance(error, CatalogueInvalid):
        document["problems"] = problems_document(error.problems)
        click.echo(problems_text(error.problems), err=True)
    else:
        click.echo(sentence(error), err=True)
    return Product("", document, ending)


def sentence(error: ReconcilerError) -> str:
    """An error and its remedy, in lines of 80 columns."""
    from reconciler.report.words import WIDTH, paragraph, visible

    lines = paragraph(f"Error: {visible(error.message)}", "", WIDTH)
    if error.remedy:
        lines += paragraph(f"-> {visible(error.remedy)}", "  ", WIDTH)
    return "\n".join(lines)


def _ending(error: ReconcilerError) -> Ending:
    """Which exit code an error has; a test keeps this list complete."""
    from reconciler.catalogue.reading import WrongEnvironment
    from reconciler.model.problem import CatalogueInvalid
    from reconciler.plan.steps import PlanRefused
    from reconciler.repository.errors import Unauthorised

    match error:
        case WrongEnvironment():
            return Ending(Exit.USAGE, "wrong usage")
        case CatalogueInvalid():
            return Ending(Exit.ERROR, "the catalogue has problems")
        case PlanRefused():
            return Ending(Exit.GUARD, "a guard refuses this plan")
        case Unauthorised():
            return Ending(Exit.AUTHENTICATION, "the repository does not accept these credentials")
        case _:
            return Ending(Exit.ERROR, "an error, told above")
