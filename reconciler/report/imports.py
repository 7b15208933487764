"""An import in words, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from reconciler.diff.importing import Import, Imported, LeftOut
from reconciler.model.edits import FileText
from reconciler.report.words import WIDTH, Paint, columns, no_paint, paragraph, plural, spell_value, visible

NOTHING = "Nothing to import. Every live instance that could be ours has a file."


def import_text(
    found: Import, texts: Sequence[FileText], paint: Paint = no_paint, width: int = WIDTH, *, written: bool = True
) -> str:
    """Every file, every instance that is left out with its reason, and what to do next."""
    if not texts and not found.left_out:
        return NOTHING
    parts = ["\n".join(_line(item, paint, width) for item in (*found.entities, *found.externals))]
    parts += ["\n".join(_left_out(item, paint, width)) for item in found.left_out]
    parts.append("\n".join(_summary(found, texts, width, written=written)))
    return "\n\n".join(part for part in parts if part)


def _line(item: Imported, paint: Paint, width: int) -> str:
    name = spell_value(item.live.instance.properties.get("xdm:name"))
    line = columns(f"+ {item.key}  {name}", item.path, width)
    return paint("+", "green") + line[1:]


def _left_out(item: LeftOut, paint: Paint, width: int) -> Iterator[str]:
    name = spell_value(item.live.instance.properties.get("xdm:name"))
    yield f"{paint('left out', 'red')} {item.live.kind.value} {name}"
    yield f"    {visible(item.live.uri)}"
    yield from paragraph(visible(item.why), "    ", width)
    yield from paragraph(f"-> {visible(item.remedy)}", "    ", width)


def _summary(found: Import, texts: Sequence[FileText], width: int, *, written: bool) -> Iterator[str]:
    verb = "Imported" if written else "Would import"
    more = f", {len(found.externals)} declared as external" if found.externals else ""
    left = f"; {len(found.left_out)} left out" if found.left_out else ""
    count = plural(len(found.entities), "entity", "entities")
    yield f"{verb} {count} into {plural(len(texts), 'file')}{more}{left}."
    if written and found.entities:
        yield from paragraph("Next: `reconciler plan` shows them as adopted, without changes.", "", width)


def import_document(found: Import) -> dict[str, Any]:
    """The import as JSON."""
    return {
        "imported": [_item(item) for item in found.entities],
        "external": [_item(item) for item in found.externals],
        "left_out": [
            {
                "kind": item.live.kind.value,
                "name": item.live.instance.properties.get("xdm:name"),
                "uri": item.live.uri,
                "why": item.why,
                "remedy": item.remedy,
            }
            for item in found.left_out
        ],
    }


def _item(item: Imported) -> dict[str, Any]:
    return {"key": str(item.key), "uri": item.live.uri, "file": item.path}
