"""Edits of catalogue files, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.model.canonical import Json


@dataclass(frozen=True, slots=True)
class FileEdit:
    """What one document of a file is to say.

    path: below the catalogue's root, with forward slashes.   document: its position among those of the file.
    value: None takes the document out, and with the last one the file.
    """

    path: str
    document: int
    value: Mapping[str, Json] | None


@dataclass(frozen=True, slots=True)
class FileText:
    """The whole text of a file before and after: None where there is no file."""

    path: str
    before: bytes | None
    after: bytes | None
