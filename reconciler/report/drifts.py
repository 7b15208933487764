"""Drift in words, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reconciler.diff.changes import Ahead
from reconciler.diff.drift import Drift, DriftedEntity, Whole
from reconciler.live.snapshot import LiveInstance
from reconciler.report.words import WIDTH, Paint, columns, no_paint, place, plural, spell_value, visible

_ANSWERS = {Ahead.GIT: "Git ahead", Ahead.LIVE: "live ahead", Ahead.BOTH: "both"}
_COLOURS = {Ahead.GIT: "cyan", Ahead.LIVE: "yellow", Ahead.BOTH: "red"}
NO_DRIFT = "No drift. The live catalogue matches Git."


def drift_text(drift: Drift, paint: Paint = no_paint, width: int = WIDTH) -> str:
    """Every entity that differs: who wrote it last and when, and for each field who is ahead."""
    left = f"{plural(len(drift.hidden), 'difference')} left to the live side (`ignore`)." if drift.hidden else ""
    if not drift.entities:
        return f"{NO_DRIFT}\n{left}".rstrip()
    blocks = ["\n".join(_entity(entity, paint, width)) for entity in drift.entities]
    counts = [f"{drift.count(ahead)} {name}" for ahead, name in _ANSWERS.items()]
    verb = "differs" if len(drift.entities) == 1 else "differ"
    of = f"{len(drift.entities)} of {plural(drift.checked, 'entity', 'entities')} {verb}"
    return "\n\n".join([*blocks, f"Drift: {of}; by field: {', '.join(counts)}.\n{left}".rstrip()])


def _entity(entity: DriftedEntity, paint: Paint, width: int) -> Iterator[str]:
    yield columns(visible(str(entity.key)), place(entity.source), width)
    if entity.live is not None:
        yield f"    last modified live {_who(entity.live)}"
    match entity.whole:
        case Whole.MISSING:
            yield f"    {paint('both', _COLOURS[Ahead.BOTH])}: in Git, not live: deleted there, or not applied yet"
        case Whole.DELETED:
            yield f"    {paint('live ahead', _COLOURS[Ahead.LIVE])}: deleted live, the last applied commit has it"
        case Whole.NEW:
            yield f"    {paint('Git ahead', _COLOURS[Ahead.GIT])}: new, not applied yet"
        case Whole.UNDECIDED:
            yield f"    {paint('both', _COLOURS[Ahead.BOTH])}: several instances carry its stamp; `plan` names them"
        case Whole.TO_DELETE:
            yield f"    {paint('Git ahead', _COLOURS[Ahead.GIT])}: to be deleted, its file is gone"
        case None:
            pass
    for field in entity.fields:
        change = field.change
        answer = paint(_ANSWERS[change.ahead], _COLOURS[change.ahead])
        yield f"    {answer}: {visible(change.path)} (line {field.source.line})"
        yield f"        Git:  {spell_value(change.after)}"
        yield f"        live: {spell_value(change.before)}"


def _who(live: LiveInstance) -> str:
    by = f" by {visible(live.instance.modified_by)}" if live.instance.modified_by else ""
    return f"{visible(live.instance.modified)}{by}"


def drift_document(drift: Drift) -> dict[str, Any]:
    """The drift as JSON."""
    return {
        "answer": None if drift.answer is None else drift.answer.value,
        "checked": drift.checked,
        "hidden": [{"key": str(key), "field": field} for key, field in drift.hidden],
        "entities": [_entity_document(entity) for entity in drift.entities],
    }


def _entity_document(entity: DriftedEntity) -> dict[str, Any]:
    live = entity.live
    return {
        "key": str(entity.key),
        "state": "differs" if entity.whole is None else entity.whole.value,
        "answers": sorted(answer.value for answer in entity.answers),
        "uri": None if live is None else live.uri,
        "modified": None if live is None else live.instance.modified,
        "modified_by": None if live is None else live.instance.modified_by,
        "fields": [
            {
                "path": field.change.path,
                "ahead": field.change.ahead.value,
                "git": field.change.after,
                "live": field.change.before,
                "source": {"file": field.source.file, "line": field.source.line},
            }
            for field in entity.fields
        ],
    }
