"""``drift``: who is ahead, Git or live."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.cli.command import live_options, makes_product, output_options
from reconciler.cli.ending import FINE, Ending, Exit, Product
from reconciler.cli.loading import Request, load_live, parse_at, place_of, run_async
from reconciler.cli.screen import Screen

if TYPE_CHECKING:
    from reconciler.diff.changes import Ahead
    from reconciler.live.snapshot import LiveState
    from reconciler.model.catalogue import Catalogue


@click.command()
@live_options
@output_options("text", "json")
@makes_product
def drift(
    screen: Screen,
    request: Request,
) -> Product:
    """Tell who is ahead, Git or live, field by field.

    Compares the files, the live values and what was last written. Writes nothing.

    Exits 2 when live is ahead, 3 when Git is, 4 when both are.
    """
    from reconciler.diff.compare import compare
    from reconciler.diff.drift import build_drift
    from reconciler.live.identity import identify
    from reconciler.model.intents import Ignored
    from reconciler.plan.build import refuse_incomplete
    from reconciler.report.drifts import drift_document, drift_text
    from reconciler.report.plans import target_line
    from reconciler.report.problems import problems_document

    loaded, warnings = load_live(request, screen)
    screen.say_on_terminal("Reading the live catalogue …")
    live = run_async(_read(screen, request, loaded))
    refuse_incomplete(live)
    identity = identify(loaded, live)
    ignored = Ignored.on(parse_at(request.at).date(), loaded.settings)
    found = build_drift(loaded, compare(loaded, identity, ignored), identity.ownership)
    target = loaded.target
    line = target_line(loaded.name, loaded.environment, target.repository, live.container, target.sandbox)
    document = {
        "catalog": loaded.name,
        "environment": loaded.environment,
        "target": {"repository": target.repository, "container": live.container, "sandbox": target.sandbox},
        **drift_document(found),
        "validation": problems_document(warnings),
    }
    return Product(f"{line}\n\n{drift_text(found, screen.paint, screen.width)}", document, _ending(found.answer))


async def _read(screen: Screen, request: Request, catalogue: Catalogue) -> LiveState:
    from reconciler.connect import open_for_reading
    from reconciler.live.snapshot import read_live_async

    async with open_for_reading(place_of(request, catalogue, screen)) as reader:
        return await read_live_async(reader)


def _ending(answer: Ahead | None) -> Ending:
    if answer is None:
        return FINE
    return {
        "live": Ending(Exit.LIVE_AHEAD, "live is ahead of Git"),
        "git": Ending(Exit.GIT_AHEAD, "Git is ahead of live"),
        "both": Ending(Exit.BOTH_AHEAD, "Git and live have both moved"),
    }[answer.value]
