"""What comparing makes: one value for each entity that is not as Git says."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from reconciler.live.snapshot import LiveInstance
from reconciler.model.canonical import Json
from reconciler.model.entities import Entity
from reconciler.model.kinds import EntityKey
from reconciler.model.problem import Path
from reconciler.model.stamp import PendingBase

Operation = dict[str, Any]  # of a JSON Patch; ``Pending`` may stand in ``value`` for a URI


class Ahead(Enum):
    """Whose value is newer than the base that was last written."""

    GIT = "git"
    LIVE = "live"
    BOTH = "both"  # both differ from the base, or there is none


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One leaf that differs. path: as reports write it; document: where it stands in the file, as near as can be.

    before: the live value; after: the file's; None where there is none. Both in YAML's spelling.
    field: the field that it is part of, as stamps call it.
    """

    path: str
    document: Path
    before: Json
    after: Json
    ahead: Ahead
    field: str = ""

    @property
    def reverts(self) -> bool:
        """Whether writing the file's value undoes an edit made live."""
        return self.ahead is not Ahead.GIT


@dataclass(frozen=True, slots=True)
class Create:
    """In Git, not live."""

    key: EntityKey
    entity: Entity


@dataclass(frozen=True, slots=True)
class Patch:
    """In both, and not alike. operations: make live equal to Git, without the stamp.

    first: what has to be a patch of its own before them; the operations count on it.   between: bases of the fields
    that it touches, as they then stand.
    """

    key: EntityKey
    entity: Entity
    live: LiveInstance
    changes: tuple[FieldChange, ...]
    operations: tuple[Operation, ...]
    bases: Mapping[str, str | PendingBase]
    first: tuple[Operation, ...] = ()
    between: Mapping[str, str | PendingBase] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Restamp:
    """In both and alike; only the stamp is not what we would write today."""

    key: EntityKey
    entity: Entity
    live: LiveInstance
    bases: Mapping[str, str | PendingBase]


@dataclass(frozen=True, slots=True)
class Delete:
    """Live and ours, not in Git."""

    key: EntityKey
    live: LiveInstance


@dataclass(frozen=True, slots=True)
class Forget:
    """Ours until now; handed back without its stamp."""

    key: EntityKey
    live: LiveInstance


@dataclass(frozen=True, slots=True)
class Changes:
    """Every entity that is not as Git says, sorted by key.

    hidden: fields that differ and are left to the live side, with the entity that has them.
    """

    creates: tuple[Create, ...] = ()
    patches: tuple[Patch, ...] = ()
    restamps: tuple[Restamp, ...] = ()
    deletes: tuple[Delete, ...] = ()
    forgets: tuple[Forget, ...] = ()
    hidden: tuple[tuple[EntityKey, str], ...] = ()

    def without(self, keys: Collection[EntityKey]) -> Changes:
        """The same, but for the creates, patches and deletes of these entities."""
        return replace(
            self,
            creates=tuple(change for change in self.creates if change.key not in keys),
            patches=tuple(change for change in self.patches if change.key not in keys),
            deletes=tuple(change for change in self.deletes if change.key not in keys),
        )

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do at all, not even a stamp."""
        return not (self.creates or self.patches or self.restamps or self.deletes or self.forgets)
