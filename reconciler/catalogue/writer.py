"""Edits and new documents -> texts -> disk. Nothing is written over what somebody changed meanwhile."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from reconciler.catalogue.documents import parse_documents
from reconciler.catalogue.editing import edit_text
from reconciler.catalogue.files import ENVIRONMENTS, Files, TextFile
from reconciler.catalogue.places import SourceText
from reconciler.catalogue.spelling import spell_document, spell_flow
from reconciler.model.canonical import Json
from reconciler.model.edits import FileText
from reconciler.model.errors import ReconcilerError


class FilesChanged(ReconcilerError):
    """A file is not what it was when it was read."""


def new_text(documents: Sequence[Mapping[str, Json]], *, flow: bool = False) -> str:
    """Documents as the text of a new file, in the canonical layout. flow: each on one line."""
    return "---\n".join(f"{spell_flow(document)}\n" if flow else spell_document(document) for document in documents)


def appended(text: bytes, documents: Sequence[Mapping[str, Json]]) -> bytes:
    """A text with documents, each on one line, behind its own."""
    newline = "\r\n" if b"\r\n" in text else "\n"
    told = new_text(documents, flow=True).replace("\n", newline).encode()
    ended = text if not text or text.endswith(b"\n") else text + newline.encode()
    separator = f"---{newline}".encode() if parse_documents(text)[0] else b""
    return ended + separator + told


def edited_file(path: str, text: bytes, wanted: Mapping[int, Json]) -> FileText:
    """One file after its edits, by the place of the document; without any document left it is taken away.

    Raises ``Unwritable`` where an edit cannot be made.
    """
    documents, _ = parse_documents(text)
    left = [document for document in documents if wanted.get(document.index, 0) is not None]
    return FileText(path, text, edit_text(text, wanted) if left else None)


def with_texts(files: Files, texts: Iterable[FileText], prefix: str) -> Files:
    """The files of a catalogue as they will be, without writing them. prefix: how reports begin their names."""
    found = {file.path: file for file in (*files.entities, *files.overlays)}
    for text in texts:
        found.pop(text.path, None)
        if text.after is not None:
            found[text.path] = TextFile(text.path, f"{prefix}{text.path}", SourceText(text.after))
    ordered = [found[path] for path in sorted(found)]
    return replace(
        files,
        entities=tuple(file for file in ordered if not file.path.startswith(f"{ENVIRONMENTS}/")),
        overlays=tuple(file for file in ordered if file.path.startswith(f"{ENVIRONMENTS}/")),
    )


# ---------------------------------------------------------------- disk


def write_texts(root: Path, texts: Sequence[FileText]) -> None:
    """Write files below a folder, each in one go, with the modes they have.

    Raises ``FilesChanged``, before anything is written, when a file is not as it was read; ``ReconcilerError`` when
    one cannot be written, naming those that were.
    """
    for text in texts:
        _refuse_if_changed(root / text.path, text)
    done: list[str] = []
    for text in texts:
        try:
            _write(root / text.path, text)
        except OSError as error:
            told = f" (written before it: {', '.join(done)})" if done else ""
            raise ReconcilerError(
                f"{root / text.path} cannot be written: {error.strerror}{told}",
                remedy="Check permissions and room; `git diff` shows what was written.",
            ) from error
        done.append(text.path)


def _refuse_if_changed(path: Path, text: FileText) -> None:
    try:
        now = path.read_bytes() if os.path.lexists(path) else None
    except OSError:
        now = b""
    if now == text.before:
        return
    if text.before is None:
        raise FilesChanged(f"{path} is there already", remedy="Move it away, then run the command again.")
    raise FilesChanged(f"{path} was changed while it was read", remedy="Run the command again.")


def _write(path: Path, text: FileText) -> None:
    if text.after is None:
        path.unlink()
        return
    real = Path(os.path.realpath(path))  # a link stays, what it points to is written
    real.parent.mkdir(parents=True, exist_ok=True)
    number, name = tempfile.mkstemp(prefix=".reconciler-", dir=real.parent)
    temporary = Path(name)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(text.after)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(_mode(real))
        if text.before is None:
            os.link(temporary, real)  # unlike a rename, it never takes the place of another file
        else:
            temporary.replace(real)
    finally:
        temporary.unlink(missing_ok=True)


def _mode(path: Path) -> int:
    """The mode of a file; of a new one, what the umask leaves."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask
