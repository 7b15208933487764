"""A plan in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from reconciler.diff.changes import Ahead
from reconciler.plan.guards import FLAGS, NUMBERS, ROLLBACK, TAKEOVER
from reconciler.plan.reach import Reach
from reconciler.plan.steps import Action, Plan, PlannedChange, PlanProblem, PlanWarning, Step
from reconciler.report.words import (
    WIDTH,
    Paint,
    change_lines,
    columns,
    no_paint,
    paragraph,
    place,
    plural,
    spell_value,
    visible,
)

NO_CHANGES = "No changes. The live catalogue matches Git."
_SYMBOLS = {
    Action.DELETE: ("-", "red"),
    Action.FORGET: (".", "red"),
    Action.ADOPT: (">", "yellow"),
    Action.MOVE: (">", "yellow"),
    Action.PATCH: ("~", "yellow"),
    Action.CREATE: ("+", "green"),
}
_DOES = {Action.ADOPT: "taken over;", Action.MOVE: "", Action.FORGET: ""}
_REACH_SHOWN = 3
_KEYS_SHOWN = 20
_TURN = {action: turn for turn, action in enumerate(_SYMBOLS)}
_SHORT_ID = 12  # characters of a container's id that are shown whole


def target_line(catalog: str, environment: str, repository: str, container: str | None, sandbox: str) -> str:
    """What the run is about; the first line of every command that reads or writes a repository.

    container: None while nobody has found out which it is.
    """
    container = container or ""
    short = container if len(container) <= _SHORT_ID else f"{container[:8]}…"
    where = f"{repository}, sandbox {sandbox}" + (f", container {short}" if short else "")
    return visible(f"Target: {catalog} -> {environment} ({where})")


def plan_target_line(plan: Plan) -> str:
    """The target line of a plan."""
    target = plan.target
    return target_line(plan.catalog, plan.environment, target.repository, target.container, target.sandbox)


def plan_text(plan: Plan, paint: Paint = no_paint, width: int = WIDTH, command: str = "plan") -> str:
    """A plan for a reviewer: undone edits first, then deletes, patches, creates, what is left out, and the summary.

    command: the command line so far, for the remedies that repeat it.
    """
    parts = [
        "\n".join(_reverts(plan, paint, width)),
        _spaced([list(_entity(steps, plan.reach.get(steps[0].key), paint, width)) for steps in _entities(plan)]),
        *("\n".join(_problem(problem, paint, width)) for problem in plan.problems),
        *("\n".join(_warning(warning, paint, width)) for warning in plan.warnings),
        "\n".join(_renames(plan, width)),
        "\n".join(_left_out(plan, width)),
        "\n".join(_refusals(plan, paint, width, command)),
        "\n".join(summary_lines(plan)),
    ]
    return "\n\n".join(part for part in parts if part)


def _spaced(entities: list[list[str]]) -> str:
    """Entities of one line one below the other, those of several set apart by empty lines."""
    lines: list[str] = []
    for index, block in enumerate(entities):
        if index and (len(block) > 1 or len(entities[index - 1]) > 1):
            lines.append("")
        lines += block
    return "\n".join(lines)


def _entities(plan: Plan) -> list[Sequence[Step]]:
    """The steps of each entity, by what becomes of it: deletes, patches, creates; within them by key."""
    shown = [chain for chain in plan.by_entity() if becomes(chain) in _TURN]
    return sorted(shown, key=lambda chain: (_TURN[becomes(chain)], chain[-1].key))


def becomes(steps: Sequence[Step]) -> Action:
    """What becomes of an entity in all: an adoption or a move is told, whatever else is patched with it."""
    first = steps[0].action
    return first if first in {Action.ADOPT, Action.MOVE} else steps[-1].action


def _entity(steps: Sequence[Step], reach: Reach | None, paint: Paint, width: int) -> Iterator[str]:
    last = steps[-1]
    symbol, colour = _SYMBOLS[becomes(steps)]
    before = ["archived first" if step.action is Action.ARCHIVE else step.reason for step in steps[:-1]]
    if last.action in {Action.ADOPT, Action.MOVE, Action.FORGET}:
        before.append(f"{_DOES[last.action]} {last.reason}".rstrip())
    left = f"{symbol} {visible(str(last.key))}  {spell_value(last.name)}" + (
        f"  ({'; '.join(before)})" if before else ""
    )
    yield columns(left, place(last.source), width).replace(left, paint(left, colour), 1)
    for planned in last.changes:
        yield from _change(planned, paint, width)
    if reach is not None:
        yield from (paint(line, "dim") for line in paragraph(f"reaches {reach_words(reach)}", "    ", width))


def reach_words(reach: Reach) -> str:
    """The blast radius of one change, in short."""
    activities = _and_more([visible(str(key)) for key in reach.activities], reach.activity_count)
    outside = _and_more([visible(text) for text in reach.outside], reach.outside_count)
    return "; ".join(
        [*([activities] if activities else []), *([f"outside this catalogue {outside}"] if outside else [])]
    )


def _and_more(names: Sequence[str], count: int, shown: int = _REACH_SHOWN) -> str:
    """The first of some names, and how many more there are."""
    more = count - len(names[:shown])
    return ", ".join(names[:shown]) + (f" and {more:,} more" if more else "")


def _change(planned: PlannedChange, paint: Paint, width: int) -> Iterator[str]:
    change = planned.change
    if change.reverts:
        yield f"    ! {visible(change.path)}: undoes an edit made live, shown above"
        return
    line = f"line {planned.source.line}" if planned.source is not None else ""
    lines = list(change_lines(change.before, change.after, paint, "    ", width, visible(change.path)))
    bare = f"    {visible(change.path)}: {spell_value(change.before)} -> {spell_value(change.after)}"
    if len(lines) == 1 and len(bare) + len(line) + 2 <= width:
        yield lines[0] + " " * (width - len(bare) - len(line)) + paint(line, "dim")
        return
    if len(lines) == 1:
        lines = [lines[0], paint(line.rjust(width), "dim")]
    else:
        lines[0] += " " * max(2, width - len(lines[0]) - len(line)) + paint(line, "dim")
    yield from lines


def _reverts(plan: Plan, paint: Paint, width: int) -> Iterator[str]:
    found = [(step, planned) for step in plan.steps for planned in step.changes if planned.change.reverts]
    if not found:
        return
    yield paint("Undoes edits made live:", "magenta")
    for step, planned in found:
        label = f"! {visible(str(step.key))} {visible(planned.change.path)}"
        label += " (Git changed it too)" if planned.change.ahead is Ahead.BOTH else ""
        yield from change_lines(planned.change.before, planned.change.after, paint, "  ", width, label)


def _problem(problem: PlanProblem, paint: Paint, width: int) -> Iterator[str]:
    head = f"error: {visible(str(problem.key))} is left out"
    yield columns(head, place(problem.source), width).replace("error", paint("error", "red"), 1)
    yield from paragraph(visible(problem.message), "    ", width)
    yield from paragraph(f"-> {visible(problem.remedy)}", "    ", width)


def _warning(warning: PlanWarning, paint: Paint, width: int) -> Iterator[str]:
    yield f"{paint('warning', 'yellow')}: {visible(str(warning.key))}"
    yield from paragraph(visible(warning.message), "    ", width)
    yield from paragraph(f"-> {visible(warning.remedy)}", "    ", width)


def _renames(plan: Plan, width: int) -> Iterator[str]:
    if plan.renames:
        yield from paragraph("These look like renamed keys. To keep the instances, add to catalog.yaml:", "", width)
        yield "moved:"
        for rename in plan.renames:
            yield visible(f"  - {{from: {rename.old}, to: {rename.new}}}")


def _left_out(plan: Plan, width: int) -> Iterator[str]:
    if plan.left_out:
        names = ", ".join(str(key) for key in plan.left_out)
        yield from paragraph(f"Left out with them, because they need what is left out: {names}", "", width)
    if plan.unpruned:
        names = ", ".join(str(key) for key in plan.unpruned)
        text = f"Kept although gone from Git, because pruning is off ({len(plan.unpruned)}): {names}"
        yield from paragraph(text, "", width)
    if plan.deselected:
        names = _and_more([str(key) for key in plan.deselected], len(plan.deselected), _KEYS_SHOWN)
        count = plural(len(plan.deselected), "entity", "entities")
        yield from paragraph(f"Not in this plan, as --target and --exclude say, {count}: {names}", "", width)


def _refusals(plan: Plan, paint: Paint, width: int, command: str) -> Iterator[str]:
    """What guards refuse, and the one command that overrules them all, where numbers do."""
    for refusal in plan.refusals:
        yield paint("Refused by a guard:", "red")
        yield from paragraph(visible(refusal.message), "    ", width)
        if refusal.keys:
            yield from paragraph(visible(", ".join(str(key) for key in refusal.keys)), "    ", width)
        if refusal.remedy:
            yield from paragraph(f"-> {visible(refusal.remedy)}", "    ", width)
    allowing = allowing_command(plan, command)
    if allowing:
        yield f"    -> If that is meant: {visible(allowing)}"


def allowing_command(plan: Plan, command: str) -> str | None:
    """The command with all that this plan needs to be allowed; None where that overrules no guard."""
    flags = {ROLLBACK: "--allow-rollback", TAKEOVER: f"--allow-takeover {plan.catalog}"}
    given = {name: number for name, number in plan.allowed.items() if name in NUMBERS}
    needed = {refusal.guard: refusal.allow for refusal in plan.refusals if refusal.allow}
    said = [flags[refusal.guard] for refusal in plan.refusals if refusal.guard in flags]
    if not needed and not said:
        return None
    return " ".join(
        [command, *(f"--allow-{name} {number}" for name, number in sorted({**given, **needed}.items())), *said]
    )


def with_remedies(plan: Plan, command: str) -> Plan:
    """The plan for a program that reads it: each refusal that can be overruled carries the command that does."""
    allowing = allowing_command(plan, command)
    if allowing is None:
        return plan
    meant = f"If that is meant: {allowing}"
    told = (
        replace(refusal, remedy=f"{refusal.remedy} {meant}".lstrip())
        if refusal.allow or refusal.guard in FLAGS
        else refusal
        for refusal in plan.refusals
    )
    return replace(plan, refusals=tuple(told))


def summary_lines(plan: Plan) -> Iterator[str]:
    """The sentence that says it all, and what else is to be known."""
    summary = plan.summary
    if summary.changes or plan.problems:
        yield summary.sentence()
    elif plan.unpruned:
        yield f"No changes to make; {plural(len(plan.unpruned), 'entity', 'entities')} gone from Git kept."
    elif plan.deselected:
        yield "No changes to make in what was selected."
    else:
        yield NO_CHANGES
    if plan.blocked:
        yield f"{plural(len(plan.blocked), 'entity is', 'entities are')} left out."
    if plan.hidden:
        yield f"{plural(len(plan.hidden), 'difference')} left to the live side (`ignore`)."
    if summary.stamp:
        yield f"{plural(summary.stamp, 'stamp')} to refresh."
