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
    """Reads the states that a command asks for, all of one environment; what is live is read once."""

    request: Request
    screen: Screen
    _plans: dict[str, Plan] = field(default_factory=dict, init=False)
    _compared: Compared | None = field(default=None, init=False)

    @classmethod
    def named(cls, request: Request, screen: Screen, *names: str) -> States:
        """Ready to read the states of these names, in the environment that the plan files among them were made for.

        Raises ``PlanStale`` for a plan file of another environment than the one asked for, or than another of them.
        """
        from reconciler.plan.planfile import read_plan

        states = cls(request, screen)
        states._plans = {name: read_plan(Path(name)) for name in names if _is_file(name)}
        for name, plan in states._plans.items():
            states._work_where(name, plan.environment)
        return states

    def _work_where(self, name: str, made_for: str) -> None:
        from reconciler.apply.resuming import PlanStale

        if made_for and self.request.env is None:
            self.request = replace(self.request, env=made_for)
        elif made_for and made_for != self.request.env:
            others = [other for other, plan in self._plans.items() if plan.environment == self.request.env]
            what = f"the plan {name} was made for {made_for}, not {self.request.env}"
            if others:
                raise PlanStale(f"{what}, as {others[0]} was", remedy="Name plans of one environment.")
            raise PlanStale(what, remedy=f"Give --env {made_for}.")

    def read(self, name: str, *, before: bool = False) -> State:
        """The state of one of the names: ``files``, ``live``, a plan file, else a Git revision (``git:`` forces that).

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
        if name in self._plans:
            return self._planned(name, before=before)
        return self._revision(name)

    def _revision(self, asked: str) -> State:
        from reconciler.catalogue.reading import read_catalogue
        from reconciler.catalogue.revision import Revision, find_commit, has_git, read_files_at
        from reconciler.model.problem import CatalogueInvalid, Severity

        root = self.request.catalogue
        name = asked.removeprefix(GIT)
        commit = find_commit(root, name)
        if commit is None and not has_git():
            raise ReconcilerError(
                f"{asked!r} is neither `files`, `live` nor a plan file, and Git is not installed to ask for a revision",
                remedy="Check its spelling, or install Git.",
            )
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

    def _planned(self, name: str, *, before: bool) -> State:
        from reconciler.apply.afterwards import live_after, live_before
        from reconciler.apply.resuming import refuse_other_target

        plan = self._plans[name]
        compared = self._live()
        refuse_other_target(plan, compared.catalogue, compared.live.container, datetime.now(UTC))
        live = live_before(plan, compared.live) if before else live_after(plan, compared.live)
        return self._living(f"{'before' if before else 'after'} the plan {name}", live)

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


def _is_file(name: str) -> bool:
    return name not in {FILES, LIVE} and not name.startswith(GIT) and Path(name).is_file()
