"""A pull in words, as a patch, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reconciler.diff.pull import NotPulled, Pull
from reconciler.model.edits import FileText
from reconciler.report.words import WIDTH, Paint, columns, no_paint, paragraph, place, plural, visible

NOTHING = "Nothing to pull. The live catalogue holds no edits that the files lack."


def pull_text(pull: Pull, paint: Paint = no_paint, width: int = WIDTH, *, written: bool = True) -> str:
    """What was taken into which files, what was not and why, and the patch when nothing was written."""
    if not pull.taken and pull.complete:
        return NOTHING
    parts = ["\n".join(_taken(pull, paint, width))]
    parts += ["\n".join(_refused(item, paint, width)) for item in pull.refused]
    parts.append("\n".join(_both(pull, paint, width)))
    parts.append("\n".join(_deleted(pull, width)))
    parts.append("" if written else _shown("".join(unified(text) for text in pull.texts)).rstrip("\n"))
    parts.append(_summary(pull, written=written))
    return "\n\n".join(part for part in parts if part)


def _taken(pull: Pull, paint: Paint, width: int) -> Iterator[str]:
    for item in pull.taken:
        symbol = paint("-", "red") if item.fields is None else paint("~", "yellow")
        yield columns(f"{symbol} {visible(str(item.key))}", visible(", ".join(item.files)), width)
        for name in item.fields or ():
            yield f"    {visible(name)}"


def _refused(item: NotPulled, paint: Paint, width: int) -> Iterator[str]:
    name = f": {visible(item.field)}" if item.field else ""
    yield columns(f"{paint('not pulled', 'red')} {visible(str(item.key))}{name}", place(item.span), width)
    yield from paragraph(visible(item.why), "    ", width)
    yield from paragraph(f"-> {visible(item.remedy)}", "    ", width)


def _both(pull: Pull, paint: Paint, width: int) -> Iterator[str]:
    if not pull.both:
        return
    yield from paragraph("Both Git and live have moved; decide these by hand:", "", width)
    for key, name, span in pull.both:
        yield columns(f"    {paint('both', 'red')} {visible(str(key))}: {visible(name)}", place(span), width)


def _deleted(pull: Pull, width: int) -> Iterator[str]:
    if not pull.left_deleted:
        return
    count = len(pull.left_deleted)
    yield f"Deleted live, kept in the files ({plural(count, 'entity', 'entities')}):"
    for key in pull.left_deleted:
        yield f"    {visible(str(key))}"
    yield from paragraph(f"-> Take them out with `--deletes {count}`, or apply to make them again.", "", width)


def _summary(pull: Pull, *, written: bool) -> str:
    fields = sum(len(item.fields or ()) for item in pull.taken)
    gone = sum(item.fields is None for item in pull.taken)
    verb = "Pulled" if written else "Would pull"
    took = f"{verb} {plural(fields, 'field')} into {plural(len(pull.texts), 'file')}"
    more = f", {plural(gone, 'entity', 'entities')} taken out" if gone else ""
    left = len(pull.refused) + len(pull.both) + len(pull.left_deleted)
    return f"{took}{more}{f'; {left} left' if left else ''}."


def unified(text: FileText) -> str:
    """The change of one file as a patch that ``git apply`` takes."""
    from difflib import unified_diff

    before, after = _lines(text.before), _lines(text.after)
    old = f"a/{text.path}" if text.before is not None else "/dev/null"
    new = f"b/{text.path}" if text.after is not None else "/dev/null"
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
        for line in unified_diff(before, after, old, new)
    )


def _lines(text: bytes | None) -> list[str]:
    *lines, last = (text or b"").decode("utf-8", "replace").split("\n")
    return [f"{line}\n" for line in lines] + ([last] if last else [])


def _shown(patch: str) -> str:
    """A patch for a terminal: nothing in it can steer one."""
    return "\n".join(visible(line.removesuffix("\r").replace("\t", "    ")) for line in patch.split("\n"))


def pull_document(pull: Pull) -> dict[str, Any]:
    """The pull as JSON."""
    return {
        "taken": [
            {
                "key": str(item.key),
                "fields": None if item.fields is None else list(item.fields),
                "files": list(item.files),
            }
            for item in pull.taken
        ],
        "not_pulled": [
            {
                "key": str(item.key),
                "field": item.field,
                "source": {"file": item.span.file, "line": item.span.line},
                "why": item.why,
                "remedy": item.remedy,
            }
            for item in pull.refused
        ],
        "both": [
            {"key": str(key), "field": name, "source": {"file": span.file, "line": span.line}}
            for key, name, span in pull.both
        ],
        "deleted_live": [str(key) for key in pull.left_deleted],
        "files": [text.path for text in pull.texts],
        "patch": "".join(unified(text) for text in pull.texts),
    }
