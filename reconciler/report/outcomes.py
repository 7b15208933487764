"""What became of a plan, in words and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reconciler.apply.outcomes import (
    AlreadyDone,
    Done,
    Failed,
    NotAttempted,
    Outcome,
    Report,
    Skipped,
    Unknown,
    outcome_fields,
)
from reconciler.report.plans import NO_CHANGES
from reconciler.report.words import WIDTH, Paint, no_paint, paragraph, plural, visible


def report_text(report: Report, paint: Paint = no_paint, width: int = WIDTH) -> str:
    """Everything that is not done, with its reason, and the summary."""
    lines: list[str] = []
    for step in report.plan.steps:
        lines += _not_done(step.id, report.outcomes[step.id], paint, width)
    return "\n".join([*lines, *([""] if lines else []), *_summary(report)])


def _not_done(name: str, outcome: Outcome, paint: Paint, width: int) -> Iterator[str]:
    head = visible(name)
    match outcome:
        case Failed(message, remedy):
            yield f"{paint('failed', 'red')} {head}"
            yield from paragraph(visible(message), "    ", width)
            if remedy:
                yield from paragraph(f"-> {visible(remedy)}", "    ", width)
        case Unknown(message, _):
            yield f"{paint('unknown', 'red')} {head}"
            yield from paragraph(visible(message), "    ", width)
            yield from paragraph("-> Plan again: it shows whether this was carried out.", "    ", width)
        case Skipped(because):
            yield f"{paint('skipped', 'yellow')} {head} (needs {visible(because)})"
        case NotAttempted():
            yield f"{paint('not attempted', 'yellow')} {head}"
        case Done() | AlreadyDone():
            pass


def _summary(report: Report) -> Iterator[str]:
    tally = report.tally
    nothing_but_stamps = tally.complete and not (report.plan.problems or tally.changed or tally.already_done)
    yield NO_CHANGES if nothing_but_stamps else tally.sentence()
    if tally.stamped:
        yield f"{plural(tally.stamped, 'stamp')} refreshed."
    if tally.already_done:
        yield f"{plural(tally.already_done, 'entity was', 'entities were')} as planned already."
    if tally.archived:
        yield f"{plural(tally.archived, 'entity was', 'entities were')} archived and not deleted."
    if report.plan.blocked:
        yield f"{plural(len(report.plan.blocked), 'entity was', 'entities were')} left out, as the plan says."


def report_document(report: Report) -> dict[str, Any]:
    """The outcomes and the summary as JSON."""
    tally = report.tally
    return {
        "outcomes": [{"step": step.id, **outcome_fields(report.outcomes[step.id])} for step in report.plan.steps],
        "summary": {
            "created": tally.created,
            "patched": tally.patched,
            "deleted": tally.deleted,
            "stamped": tally.stamped,
            "adopted": tally.adopted,
            "moved": tally.moved,
            "forgotten": tally.forgotten,
            "already_done": tally.already_done,
            "archived": tally.archived,
            "failed": tally.failed,
            "skipped": tally.skipped,
            "not_attempted": tally.not_attempted,
            "unknown": tally.unknown,
        },
        "interrupted": report.interrupted,
    }
