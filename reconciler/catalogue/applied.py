"""What was last applied: the catalogue as it was at a commit."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reconciler.catalogue.reading import read_catalogue
from reconciler.catalogue.revision import Revision, read_files_at
from reconciler.model.catalogue import Catalogue
from reconciler.model.errors import ReconcilerError
from reconciler.model.kinds import EntityKey


@dataclass(frozen=True, slots=True)
class Applied:
    """The entities of the last applied commit. keys: None where that cannot be told, and then why.

    remedy: what would let it be told.
    """

    keys: frozenset[EntityKey] | None
    why: str = ""
    remedy: str | None = None


NOTHING_APPLIED = Applied(frozenset())
NO_COMMIT = Applied(None, "no commit is recorded as applied", "Apply from a clean Git working tree once.")


def read_applied(root: Path, environment: str, commit: str) -> Applied:
    """The entities that this environment had at a commit of the catalogue's Git repository."""
    try:
        return Applied(frozenset(read_at(root, environment, commit).entities))
    except ReconcilerError as error:
        return Applied(None, f"the last applied commit cannot be read: {error.message}", error.remedy)


def read_at(root: Path, environment: str, commit: str) -> Catalogue:
    """The catalogue as it was at a commit.

    Raises ``ReconcilerError`` when that commit cannot be read, or held no readable catalogue.
    """
    return read_catalogue(root, environment, read_files_at(root, commit), Revision(commit)).catalogue
