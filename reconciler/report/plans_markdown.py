"""A plan as Markdown, for a pull request: what costs most to overlook first, the details folded."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from reconciler.model.kinds import KIND_ORDER, EntityKey
from reconciler.plan.reach import Reach
from reconciler.plan.steps import Action, Plan
from reconciler.report.plans import allowing_command, becomes, plan_target_line, plan_text, summary_lines
from reconciler.report.words import plural, spell_value, visible

LIMIT = 60_000  # characters; a comment on GitHub may have 65,536
_LISTED = 50  # lines of one list
_COLUMNS = {
    Action.DELETE: "delete",
    Action.FORGET: "forget",
    Action.ADOPT: "adopt",
    Action.MOVE: "move",
    Action.PATCH: "patch",
    Action.CREATE: "create",
}
_SPECIAL = re.compile(r"[^\w\s.,/-]|_", re.ASCII)


def code(text: str) -> str:
    """Text of others as code: nothing in it is Markdown, HTML, a mention or a link."""
    return f"<code>{plain(text)}</code>"


def plain(text: str) -> str:
    """Text with nothing in it that Markdown or HTML reads."""
    return _SPECIAL.sub(lambda match: f"&#{ord(match[0])};", visible(text))


def plan_markdown(plan: Plan, command: str = "reconciler plan") -> str:
    """A plan for a comment on a pull request; of long ones the details are cut, never the summary."""
    parts = [
        f"**{code(plan_target_line(plan))}**",
        "\n".join(line if number else f"**{line}**" for number, line in enumerate(summary_lines(plan))),
        "\n".join(_counts(plan)),
        "\n".join(_refusals(plan, command)),
        "\n".join(_reverts(plan)),
        "\n".join(_deletes(plan)),
        "\n".join(_renames(plan)),
        "\n".join(_reach(plan)),
        "\n".join(_notes(plan)),
    ]
    text = "\n\n".join(part for part in parts if part)
    return f"{text}\n\n{_details(plan, command, LIMIT - len(text))}"


def _counts(plan: Plan) -> Iterator[str]:
    """How many entities of each kind."""
    found: Counter[tuple[str, Action]] = Counter()
    for steps in plan.by_entity():
        found[steps[0].key.kind.value, becomes(steps)] += 1
    actions = [action for action in _COLUMNS if any(key[1] is action for key in found)]
    if not actions:
        return
    yield "| | " + " | ".join(_COLUMNS[action] for action in actions) + " |"
    yield "| --- |" + " ---: |" * len(actions)
    for kind in KIND_ORDER:
        numbers = [found[kind.value, action] for action in actions]
        if any(numbers):
            yield f"| {kind.value} | " + " | ".join(str(number) for number in numbers) + " |"


def _refusals(plan: Plan, command: str) -> Iterator[str]:
    for refusal in plan.refusals:
        yield f"> [!CAUTION]\n> **Refused by a guard:** {plain(refusal.message)}."
        yield f"> {_few([code(str(key)) for key in refusal.keys])}"
        if refusal.remedy:
            yield f"> {plain(refusal.remedy)}"
        yield ""
    allowing = allowing_command(plan, command)
    if allowing:
        yield f"If that is meant: {code(allowing)}"


def _reverts(plan: Plan) -> Iterator[str]:
    undone = [(step.key, planned.change) for step in plan.steps for planned in step.changes if planned.change.reverts]
    if undone:
        yield "### Undoes edits made live\n"
        yield from _lines(
            [
                f"- {code(str(key))} {code(change.path)}: {code(spell_value(change.before))}"
                f" → {code(spell_value(change.after))}"
                for key, change in undone
            ]
        )


def _deletes(plan: Plan) -> Iterator[str]:
    gone = [step for step in plan.steps if step.action is Action.DELETE]
    if gone:
        yield "### Deletes\n"
        yield from _lines([f"- {code(str(step.key))} {code(step.name)}" for step in gone])


def _renames(plan: Plan) -> Iterator[str]:
    if plan.renames:
        yield "### Likely renames\n"
        yield "To keep the instances, add to `catalog.yaml`:\n"
        yield "```yaml\nmoved:"
        yield from (f"  - {{from: {rename.old}, to: {rename.new}}}" for rename in plan.renames[:_LISTED])
        yield "```"
        if len(plan.renames) > _LISTED:
            yield f"\n… and {len(plan.renames) - _LISTED:,} more, in the details and in the plan as JSON."


def _reach(plan: Plan) -> Iterator[str]:
    if plan.reach:
        yield "### What this reaches\n"
        yield "| change | activities | outside this catalogue |"
        yield "| --- | --- | --- |"
        yield from _lines([_reach_row(key, plan.reach[key]) for key in sorted(plan.reach)])


def _reach_row(key: EntityKey, reach: Reach) -> str:
    activities = _few([code(str(each)) for each in reach.activities], reach.activity_count)
    outside = _few([code(each) for each in reach.outside], reach.outside_count)
    return f"| {code(str(key))} | {activities} | {outside} |"


def _notes(plan: Plan) -> Iterator[str]:
    errors = [f"- error: {code(str(item.key))} is left out: {code(item.message)}" for item in plan.problems]
    warnings = [f"- warning: {code(str(item.key))} {code(item.message)}" for item in plan.warnings]
    if errors or warnings:
        yield "### Notes\n"
        yield from _lines([*errors, *warnings])


def _few(texts: Sequence[str], count: int | None = None, shown: int = 5) -> str:
    more = (len(texts) if count is None else count) - len(texts[:shown])
    return ", ".join(texts[:shown]) + (f" and {more:,} more" if more else "")


def _lines(lines: Sequence[str]) -> Iterator[str]:
    yield from lines[:_LISTED]
    if len(lines) > _LISTED:
        yield f"\n… and {len(lines) - _LISTED:,} more, in the details and in the plan as JSON."


def _details(plan: Plan, command: str, room: int) -> str:
    """The plan as text, in a fence that nothing in it can close."""
    lines = plan_text(plan, command=command).split("\n")
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    kept, size = 0, 2 * len(fence) + 200
    while kept < len(lines) and size + len(lines[kept]) + 1 <= room:
        size += len(lines[kept]) + 1
        kept += 1
    cut = len(lines) - kept
    shown = "\n".join([*lines[:kept], *([f"… {plural(cut, 'line')} more"] if cut else [])])
    return f"<details><summary>Details</summary>\n\n{fence}text\n{shown}\n{fence}\n\n</details>"
