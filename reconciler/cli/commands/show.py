"""``show``: a saved plan; or one entity as its file, its last write and its instance have it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.command import environment_option, folder_option, makes_product, output_options
from reconciler.cli.comparing import compare_live
from reconciler.cli.ending import Product
from reconciler.cli.loading import Request
from reconciler.cli.screen import Screen
from reconciler.model.errors import ReconcilerError

if TYPE_CHECKING:
    from reconciler.cli.comparing import Compared
    from reconciler.model.entities import Entity
    from reconciler.model.kinds import EntityKey


@click.command()
@click.argument("what", metavar="FILE | KIND/KEY")
@folder_option
@environment_option
@output_options("text", "json")
@makes_product
def show(screen: Screen, what: str, env: str | None) -> Product:
    """Show a saved plan, or one entity: file, base and live.

    FILE: a saved plan, as ``plan`` showed it. KIND/KEY: what the file says, what this catalogue last wrote (the base)
    and what is live, side by side. A base is known where it is still the value of the file, of the live instance, or of
    a commit that Git has.
    """
    from reconciler.model.intents import parse_key

    key = parse_key(what)
    if key is None or Path(what).is_file():
        return _saved_plan(screen, Path(what))
    return _entity(screen, Request(Path(), env), key)


def _saved_plan(screen: Screen, file: Path) -> Product:
    from reconciler.plan.document import plan_digest, plan_document
    from reconciler.plan.planfile import read_plan
    from reconciler.report.plans import plan_target_line, plan_text
    from reconciler.report.words import visible

    plan = read_plan(file)
    about = f"Made {plan.created} by {plan.made_by}, good until {plan.expires}; digest {plan_digest(plan)}"
    text = f"{plan_target_line(plan)}\n{visible(about)}\n\n{plan_text(plan, screen.paint, screen.width)}"
    return Product(text, plan_document(plan))


def _entity(screen: Screen, request: Request, key: EntityKey) -> Product:
    from reconciler.diff.showing import show_entity
    from reconciler.report.entities import entity_document, entity_text

    compared = compare_live(request, screen)
    shown = show_entity(compared.catalogue, compared.identity, key, _earlier(request, compared, key))
    if shown is None:
        raise ReconcilerError(
            f"this catalogue has no {key}, neither as a file nor live", remedy="`reconciler list` shows what it has."
        )
    text = entity_text(shown, screen.paint, screen.width)
    return Product(f"{compared.line}\n\n{text}", {**compared.document, **entity_document(shown)})


def _earlier(request: Request, compared: Compared, key: EntityKey) -> list[Entity]:
    """The entity as it was when its instance was last written, and as it is committed now, where Git tells."""
    from reconciler.catalogue.applied import read_at

    live = compared.ownership.owned.get(key)
    stamped = live.stamp.commit if live is not None and live.stamp is not None else None
    found = []
    for commit in dict.fromkeys((stamped, compared.catalogue.commit)):
        try:
            then = read_at(request.catalogue, compared.catalogue.environment, commit) if commit else None
        except ReconcilerError:
            continue
        if then is not None and key in then.entities:
            found.append(then.entities[key])
    return found
