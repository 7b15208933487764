"""What a catalogue manages as a table, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from reconciler.diff.listing import Managed
from reconciler.report.words import WIDTH, Paint, no_paint, place, plural, visible

_STATUS_WIDTH = 8
_SHORTEST_NAME = 12


def listing_text(managed: Sequence[Managed], paint: Paint = no_paint, width: int = WIDTH) -> str:
    """Two lines for each: key, status and name; URI. What only one side has says so."""
    if not managed:
        return "This catalogue manages nothing yet."
    longest = max(len(str(item.key)) for item in managed)
    room = max(min(longest, width - _STATUS_WIDTH - 4 - _SHORTEST_NAME), 3)
    lines = [paint(f"{'KEY'.ljust(room)}  {'STATUS'.ljust(_STATUS_WIDTH)}  NAME", "dim")]
    for item in managed:
        lines += _rows(item, room, paint, width)
    live = sum(item.live is not None for item in managed)
    lines += ["", f"{plural(len(managed), 'entity', 'entities')}, {live} live."]
    return "\n".join(lines)


def _rows(item: Managed, room: int, paint: Paint, width: int) -> Iterator[str]:
    head = f"{str(item.key).ljust(room)}  {visible(item.status or '').ljust(_STATUS_WIDTH)}  "
    name = visible(item.name or "")
    left = max(width - len(head), _SHORTEST_NAME)
    yield (head + (name if len(name) <= left else f"{name[: left - 1]}…")).rstrip()
    if item.live is None:
        yield f"    {paint('not live', 'yellow')}"
    else:
        yield f"    {visible(item.live.uri)}"
    if item.entity is None:
        yield f"    {paint('no file', 'yellow')}: the next apply deletes it"


def listing_document(managed: Sequence[Managed]) -> list[dict[str, Any]]:
    """The same as JSON. source: null without a file; uri: null without an instance."""
    return [
        {
            "key": str(item.key),
            "name": item.name,
            "status": item.status,
            "uri": None if item.live is None else item.live.uri,
            "source": None if item.source is None else place(item.source),
        }
        for item in managed
    ]
