"""Changes -> the three answers of drift: Git ahead, live ahead, both."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from reconciler.catalogue.applied import NO_COMMIT, Applied
from reconciler.diff.changes import Ahead, Changes, FieldChange
from reconciler.live.ownership import Ownership
from reconciler.live.snapshot import LiveInstance
from reconciler.model.catalogue import Catalogue
from reconciler.model.kinds import EntityKey
from reconciler.model.problem import SourceSpan
from reconciler.model.settings import IgnoreRule


class Whole(Enum):
    """What it means that only one side has an entity."""

    DELETED = "deleted"  # a file without an instance, which the last applied commit has too: deleted live
    NEW = "new"  # a file without an instance, which the last applied commit lacks: not applied yet
    MISSING = "missing"  # a file without an instance, and that commit cannot be read
    TO_DELETE = "to delete"  # our stamp without a file
    UNDECIDED = "undecided"  # several instances carry its stamp, and which is the original cannot be told


@dataclass(frozen=True, slots=True)
class DriftedField:
    """One field of which Git and live differ, and where the file has it."""

    change: FieldChange
    source: SourceSpan


@dataclass(frozen=True, slots=True)
class DriftedEntity:
    """One entity that is not as Git says. live: None when there is no instance.

    whole: set when only one side has the entity; fields: what differs when both have it.
    """

    key: EntityKey
    live: LiveInstance | None
    source: SourceSpan | None
    whole: Whole | None = None
    fields: tuple[DriftedField, ...] = ()

    @property
    def answers(self) -> frozenset[Ahead]:
        """Who is ahead, over all that differs."""
        match self.whole:
            case Whole.MISSING | Whole.UNDECIDED:
                return frozenset({Ahead.BOTH})
            case Whole.TO_DELETE | Whole.NEW:
                return frozenset({Ahead.GIT})
            case Whole.DELETED:
                return frozenset({Ahead.LIVE})
            case None:
                return frozenset(field.change.ahead for field in self.fields)


@dataclass(frozen=True, slots=True)
class Drift:
    """Every entity that is not as Git says, sorted by key.

    checked: how many entities were compared.   applied: what was last applied.
    hidden: fields that differ and are left to the live side.   expired: rules that no longer leave anything to it.
    """

    entities: tuple[DriftedEntity, ...]
    checked: int
    applied: Applied = NO_COMMIT
    hidden: tuple[tuple[EntityKey, str], ...] = ()
    expired: tuple[IgnoreRule, ...] = ()

    @property
    def answer(self) -> Ahead | None:
        """Who is ahead, in all; None when nothing differs."""
        answers = frozenset(answer for entity in self.entities for answer in entity.answers)
        if not answers:
            return None
        return next(iter(answers)) if len(answers) == 1 else Ahead.BOTH

    def count(self, ahead: Ahead) -> int:
        """How many fields have this answer; an entity that only one side has counts as one."""
        found = [field.change.ahead for entity in self.entities for field in entity.fields]
        found += [answer for entity in self.entities if entity.whole is not None for answer in entity.answers]
        return found.count(ahead)


def build_drift(
    catalogue: Catalogue,
    changes: Changes,
    ownership: Ownership,
    applied: Applied = NO_COMMIT,
    expired: tuple[IgnoreRule, ...] = (),
) -> Drift:
    """The drift that these changes would undo or carry out."""
    undecided = {copies.key for copies in ownership.copies if copies.original is None}
    found = [
        DriftedEntity(
            create.key,
            None,
            catalogue.span(create.key),
            Whole.UNDECIDED if create.key in undecided else _without_instance(create.key, applied),
        )
        for create in changes.creates
    ]
    for patch in changes.patches:
        fields = tuple(DriftedField(change, catalogue.span(patch.key, *change.document)) for change in patch.changes)
        found.append(DriftedEntity(patch.key, patch.live, catalogue.span(patch.key), None, fields))
    found += [DriftedEntity(delete.key, delete.live, None, Whole.TO_DELETE) for delete in changes.deletes]
    checked = len(ownership.owned) + len(changes.creates)
    return Drift(tuple(sorted(found, key=lambda entity: entity.key)), checked, applied, changes.hidden, expired)


def _without_instance(key: EntityKey, applied: Applied) -> Whole:
    if applied.keys is None:
        return Whole.MISSING
    return Whole.DELETED if key in applied.keys else Whole.NEW
