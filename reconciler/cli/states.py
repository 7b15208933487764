"""Which catalogue a decision is made with: the files, a Git revision, what is live, or what a plan would leave."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli.loading import Request, load_checked
from reconciler.cli.screen import Screen
from reconciler.model.errors import ReconcilerError

if TYPE_CHECKING:
    from reconciler.cli.comparing import Compared
    from reconciler.live.snapshot import LiveState
    from reconciler.model.catalogue import Catalogue
    from reconciler.plan.steps import Plan

FILES, LIVE, GIT = "files", "live", "git:"


@dataclass(frozen=True, slots=True)
class State:
    """A catalogue and how reports name it."""

    label: str
    catalogue: Catalogue


@dataclass(slots=True)
class States:
    """Reads the states that a command asks for; what is live is read once."""

    request: Request
    screen: Screen
    _compared: Compared | None = field(default=None, init=False)

    def read(self, name: str, *, before: bool = False) -> State:
        """The state of a name: ``files``, ``live``, a plan file, or else a Git revision (``git:`` forces that).

        before: of a plan, what was live when it was made, instead of what it would leave.
        Raises ``PlanStale`` when live no longer fits a plan.
        """
        if name == FILES:
            catalogue, _warnings = load_checked(self.request, self.screen)
            root = self.request.catalogue
            return State("files" if root == Path() else f"files of {root}", catalogue)
        if name == LIVE:
            compared = self._live()
            return self._living(f"live, {compared.catalogue.environment}", compared.live)
        if not name.startswith(GIT) and Path(name).is_file():
            return self._planned(Path(name), before=before)
        return self._revision(name)

    def _revision(self, asked: str) -> State:
        from reconciler.catalogue.reading import read_catalogue
        from reconciler.catalogue.revision import Revision, find_commit, read_files_at
        from reconciler.model.problem import CatalogueInvalid, Severity

        root = self.request.catalogue
        name = asked.removeprefix(GIT)
        commit = find_commit(root, name)
        if commit is None:
            raise ReconcilerError(
                f"{asked!r} is no state: neither `files`, `live`, a plan file nor a Git revision",
                remedy="Check its spelling; in a shallow clone, fetch more history (`fetch-depth: 0` for"
                " actions/checkout).",
            )
        loaded = read_catalogue(root, self.request.env, read_files_at(root, commit), Revision(commit))
        if any(problem.severity is Severity.ERROR for problem in loaded.problems):
            raise CatalogueInvalid(loaded.problems)
        return State(f"{name} ({commit[:12]})" if not commit.startswith(name) else commit[:12], loaded.catalogue)

    def _planned(self, file: Path, *, before: bool) -> State:
        from reconciler.apply.afterwards import live_after, live_before
        from reconciler.apply.resuming import refuse_other_target
        from reconciler.plan.planfile import read_plan

        plan: Plan = read_plan(file)
        if plan.environment and self.request.env is None:
            self.request = replace(self.request, env=plan.environment)
        compared = self._live()
        refuse_other_target(plan, compared.catalogue, compared.live.container, datetime.now(UTC))
        live = live_before(plan, compared.live) if before else live_after(plan, compared.live)
        return self._living(f"{'before' if before else 'after'} the plan {file}", live)

    def _live(self) -> Compared:
        from reconciler.cli.comparing import compare_live

        if self._compared is None:
            self._compared = compare_live(self.request, self.screen)
        return self._compared

    def _living(self, label: str, live: LiveState) -> State:
        from reconciler.diff.living import live_catalogue
        from reconciler.live.identity import identify
        from reconciler.report.words import visible

        catalogue = self._live().catalogue
        living = live_catalogue(catalogue, live, identify(catalogue, live))
        for item in living.left_out:
            self.screen.say(f"Left out, because no file could spell it: {visible(item)}")
        return State(label, living.catalogue)
