"""What drift, pull, list and show begin with: a catalogue, what is live, and how they differ."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.cli.loading import Request, load_live, parse_at, place_of, run_async
from reconciler.cli.screen import Screen

if TYPE_CHECKING:
    from reconciler.catalogue.applied import Applied
    from reconciler.diff.changes import Changes
    from reconciler.live.identity import Identity
    from reconciler.live.ownership import Ownership
    from reconciler.live.snapshot import LiveState
    from reconciler.model.catalogue import Catalogue
    from reconciler.model.intents import Ignored
    from reconciler.model.problem import Problem


@dataclass(frozen=True, slots=True)
class Compared:
    """A catalogue beside its environment."""

    catalogue: Catalogue
    warnings: tuple[Problem, ...]
    live: LiveState
    identity: Identity
    ignored: Ignored
    changes: Changes

    @property
    def ownership(self) -> Ownership:
        """The instances that are ours."""
        return self.identity.ownership

    @property
    def line(self) -> str:
        """The target, as the first line of what is printed."""
        from reconciler.report.plans import target_line

        target = self.catalogue.target
        return target_line(
            self.catalogue.name,
            self.catalogue.environment,
            target.repository,
            self.live.container,
            target.sandbox,
        )

    @property
    def document(self) -> dict[str, Any]:
        """The target as JSON."""
        target = self.catalogue.target
        return {
            "catalog": self.catalogue.name,
            "environment": self.catalogue.environment,
            "target": {
                "repository": target.repository,
                "container": self.live.container,
                "sandbox": target.sandbox,
            },
        }


def compare_live(request: Request, screen: Screen) -> Compared:
    """Read the catalogue and what is live.

    Raises as ``load_live``; ``ReconcilerError`` when the reading of the repository is incomplete.
    """
    from reconciler.diff.compare import compare
    from reconciler.live.identity import identify
    from reconciler.model.intents import Ignored
    from reconciler.plan.build import refuse_incomplete

    catalogue, warnings = load_live(request, screen)
    live = run_async(_read(screen, request, catalogue))
    refuse_incomplete(live)
    identity = identify(catalogue, live)
    ignored = Ignored.on(parse_at(request.at).date(), catalogue.settings)
    return Compared(catalogue, warnings, live, identity, ignored, compare(catalogue, identity, ignored))


async def _read(screen: Screen, request: Request, catalogue: Catalogue) -> LiveState:
    from reconciler.connect import open_for_reading
    from reconciler.live.snapshot import read_live_async

    screen.say_on_terminal("Reading the live catalogue …")
    async with open_for_reading(place_of(request, catalogue, screen)) as reader:
        return await read_live_async(reader)


def last_applied(compared: Compared) -> Applied:
    """The entities of the last applied commit, read from Git only when something in Git is not live."""
    from reconciler.catalogue.applied import NO_COMMIT, NOTHING_APPLIED, read_applied

    catalogue = compared.catalogue
    anchor = compared.live.anchor(catalogue.name)
    if anchor is None and not compared.identity.ownership.owned:
        return NOTHING_APPLIED
    if anchor is None or anchor.state.commit is None or not compared.changes.creates:
        return NO_COMMIT
    return read_applied(Path(catalogue.root), catalogue.environment, anchor.state.commit)
