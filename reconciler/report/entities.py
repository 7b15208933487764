"""One entity in words: its fields in three columns, file, base and live; and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from textwrap import wrap
from typing import Any

from reconciler.diff.changes import Ahead
from reconciler.diff.showing import Base, Row, Shown
from reconciler.model.canonical import Json
from reconciler.report.words import WIDTH, Paint, no_paint, place, spell_value, visible

_ANSWERS = {Ahead.GIT: ("Git ahead", "cyan"), Ahead.LIVE: ("live ahead", "yellow"), Ahead.BOTH: ("both", "red")}
_FIELD = 17  # columns for the names of fields
_UNKNOWN = "(another value)"


def entity_text(shown: Shown, paint: Paint = no_paint, width: int = WIDTH) -> str:
    """Where it stands and who wrote it last, then every field: on one line where all agree, else in three columns."""
    lines = [f"{visible(str(shown.key))}  {spell_value(shown.name)}", *_about(shown), ""]
    column = (width - _FIELD - 6) // 3
    lines.append(paint(_cells(("FIELD", "FILE", "BASE", "LIVE"), column), "dim"))
    for row in shown.rows:
        lines += _row(row, column, width)
        if row.ahead is not None:
            answer, colour = _ANSWERS[row.ahead]
            lines.append(f"    {paint(answer, colour)}")
    return "\n".join(lines)


def _about(shown: Shown) -> Iterator[str]:
    yield f"    file  {place(shown.source) or 'none: the next apply deletes it'}"
    if shown.live is None:
        yield "    live  nothing"
        return
    instance = shown.live.instance
    by = f" by {visible(instance.modified_by)}" if instance.modified_by else ""
    yield f"    live  {visible(instance.uri)}"
    yield f"          last written {visible(instance.modified)}{by}"
    stamp = shown.live.stamp
    if stamp is None:
        yield "    base  none: it carries no stamp"
    else:
        at = f", at the commit {visible(stamp.commit[:12])}" if stamp.commit else ""
        yield f"    base  what this catalogue last wrote{at}"


def _row(row: Row, column: int, width: int) -> Iterator[str]:
    base = spell_value(row.base.value) if row.base.known else _UNKNOWN
    cells = (spell_value(row.file), base, spell_value(row.live))
    name = visible(row.field)
    if len(set(cells)) == 1 and len(cells[0]) > column:
        if max(len(name), _FIELD) + 2 + len(cells[0]) <= width:
            yield f"{name.ljust(_FIELD)}  {cells[0]}"
            return
        yield name
        yield from (f"    {line}" for line in _wrapped(cells[0], width - 4))
        return
    first = wrap(name, _FIELD) if len(name) > _FIELD else [name]
    if len(name) > _FIELD:
        yield name
        first = [""]
    columns = [first, *(_wrapped(cell, column) for cell in cells)]
    for parts in zip_longest(*columns, fillvalue=""):
        yield _cells(parts, column)


def _cells(parts: tuple[str, ...], column: int) -> str:
    name, *rest = parts
    return "  ".join([name.ljust(_FIELD), *(part.ljust(column) for part in rest)]).rstrip()


def _wrapped(text: str, width: int) -> list[str]:
    return wrap(text, width, break_on_hyphens=False) or [""]


def entity_document(shown: Shown) -> dict[str, Any]:
    """The same as JSON."""
    live = shown.live
    return {
        "key": str(shown.key),
        "source": place(shown.source) or None,
        "uri": None if live is None else live.uri,
        "modified": None if live is None else live.instance.modified,
        "modified_by": None if live is None else live.instance.modified_by,
        "commit": None if live is None or live.stamp is None else live.stamp.commit,
        "fields": [
            {
                "field": row.field,
                "file": row.file,
                "base": _base(row.base),
                "live": row.live,
                "ahead": None if row.ahead is None else row.ahead.value,
            }
            for row in shown.rows
        ],
    }


def _base(base: Base) -> dict[str, Json]:
    return {"known": base.known, "value": base.value}
