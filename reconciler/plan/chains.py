"""One change -> the steps of one entity, one after the other."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from reconciler.diff.changes import Changes, Create, Delete, Forget, Patch, Restamp
from reconciler.diff.parts import Part, part_of, split_patch
from reconciler.live.identity import Identity
from reconciler.live.snapshot import LiveInstance
from reconciler.model.catalogue import Catalogue
from reconciler.model.kinds import KINDS, EntityKey, Kind
from reconciler.model.spelling import Resolve, flatten
from reconciler.model.stamp import bases_of
from reconciler.plan.payloads import STAMP_PATH, create_body
from reconciler.plan.revisions import Revision, current_revision
from reconciler.plan.steps import Action, After, PlannedChange, Step
from reconciler.plan.touched import touched_by, touched_by_delete
from reconciler.repository.port import Instance


@dataclass(frozen=True, slots=True)
class Chain:
    """The steps of one entity.

    position: of the first that brings what Git says.   grown: of the one after which nothing is missing.
    shrinks: of the one before which nothing is taken away. All three: of a delete's first, be it the archiving.
    """

    steps: list[Step]
    position: int = 0
    grown: int = -1
    shrinks: int = 0

    @property
    def main(self) -> Step:
        """The first step that brings what Git says."""
        return self.steps[self.position]

    @property
    def deletes(self) -> bool:
        """Whether the entity is gone at the end."""
        return self.last.action is Action.DELETE

    @property
    def last(self) -> Step:
        """The step after which the entity is as Git says."""
        return self.steps[-1]


@dataclass(frozen=True, slots=True)
class _Write:
    reason: str
    revision: Revision


@dataclass(frozen=True, slots=True)
class ChainWriter:
    """Writes each entity's steps. rename_first: who gives up a name early.   split: whose patch comes in two parts."""

    catalogue: Catalogue
    identity: Identity
    resolve: Resolve
    rename_first: Collection[EntityKey]
    split: Collection[EntityKey]

    def chains(self, changes: Changes) -> dict[EntityKey, Chain]:
        """The chain of every entity that is not as Git says."""
        chains: dict[EntityKey, Chain] = {}
        for create in changes.creates:
            chains[create.key] = Chain([self._create(create)])
        for patch in changes.patches:
            chains[patch.key] = self._patches(patch)
        for restamp in changes.restamps:
            chains[restamp.key] = self._restamp(restamp)
        for delete in changes.deletes:
            chains[delete.key] = self._deletes(delete)
        for forget in changes.forgets:
            chains[forget.key] = Chain([self._forget(forget)])
        return chains

    def _forget(self, forget: Forget) -> Step:
        instance = forget.live.instance
        unstamp = {"op": "remove", "path": STAMP_PATH}
        return Step(
            f"forget:{forget.key}",
            Action.FORGET,
            forget.key,
            "handed back",
            instance.instance_id,
            instance.etag,
            patch=(unstamp,),
            touched=touched_by([unstamp], instance),
            name=str(instance.properties.get("xdm:name", "")),
            uri=instance.uri,
            address=instance.address,
        )

    def _revision(self, key: EntityKey, live: LiveInstance, *, protected: bool) -> Revision:
        return current_revision(live, self.catalogue.name, key, protected=protected)

    def _first_action(self, key: EntityKey, otherwise: Action) -> tuple[Action, str]:
        """What the first write to an instance is, and why: it may make the instance ours, or give it its new key."""
        if key in self.identity.adopted:
            return Action.ADOPT, "has no stamp yet"
        if key in self.identity.moved:
            return Action.MOVE, f"was {self.identity.moved[key]}"
        return otherwise, ""

    def _create(self, create: Create) -> Step:
        entity = create.entity
        bases = bases_of(entity.KIND, flatten(entity), self.resolve)
        body = create_body(entity, self.catalogue.name, bases, self.resolve)
        return Step(
            f"create:{create.key}",
            Action.CREATE,
            create.key,
            "in Git, not live",
            payload=body.value,
            refs=tuple(replace(ref, path=f"/payload{ref.path}") for ref in body.refs),
            pending=body.pending,
            name=entity.name or "",
            source=self.catalogue.span(create.key),
        )

    # ------------------------------------------------------------ patches

    def _patches(self, patch: Patch) -> Chain:
        """The patches of one entity: a temporary name, new assets, then all that differs, in one part or in two."""
        revision = self._revision(patch.key, patch.live, protected=patch.entity.protect)
        writes: list[_Write] = []
        if patch.key in self.rename_first:
            revision = revision.renamed_away()
            writes.append(_Write("renamed first to free its name", revision))
        if patch.first:
            revision = revision.patched(patch.first, {**revision.bases, **patch.between})
            writes.append(_Write("gets its new components before the old ones go", revision))
        main = len(writes)
        if patch.key in self.split:
            parts = split_patch(patch, self.identity.ownership.name_uri, self.resolve)
            growing = _moving(revision.patched(parts.growing, parts.between), _way(patch, Part.GROWS))
            writes += _told(growing, "what is new, before what is old goes")
            revision, grown = growing[-1][1], len(writes) - 1
            shrinks = len(writes)
            shrinking = _moving(revision.patched(parts.shrinking, patch.bases), _way(patch, Part.SHRINKS))
            writes += _told(shrinking, "differs from Git")
        else:
            writes += _told(_moving(revision.patched(patch.operations, patch.bases), _way(patch)), "differs from Git")
            # An activity lets go of what it showed with its first write.
            grown, shrinks = main if patch.key.kind is Kind.ACTIVITY else len(writes) - 1, main
        return Chain(self._steps(patch, writes), main, grown, shrinks)

    def _steps(self, patch: Patch, writes: Sequence[_Write]) -> list[Step]:
        first_action, why = self._first_action(patch.key, Action.PATCH)
        steps = [
            self._write(
                Action.PATCH if number > 1 else first_action,
                patch.key,
                write.revision,
                write.reason if number > 1 or not why else f"{why}; {write.reason}",
                number if len(writes) > 1 else None,
            )
            for number, write in enumerate(writes, 1)
        ]
        changes = tuple(
            PlannedChange(change, self.catalogue.span(patch.key, *change.document)) for change in patch.changes
        )
        last = replace(steps[-1], changes=changes, name=patch.entity.name or "", source=self.catalogue.span(patch.key))
        return _chained([*steps[:-1], last], patch.live.instance)

    def _restamp(self, restamp: Restamp) -> Chain:
        revision = self._revision(restamp.key, restamp.live, protected=restamp.entity.protect)
        action, why = self._first_action(restamp.key, Action.STAMP)
        step = self._write(
            action, restamp.key, revision.patched((), restamp.bases), why or "the stamp is not current", None
        )
        return Chain([replace(step, source=self.catalogue.span(restamp.key))])

    def _deletes(self, delete: Delete) -> Chain:
        steps: list[Step] = []
        protected = bool(delete.live.stamp and delete.live.stamp.protected)
        revision = self._revision(delete.key, delete.live, protected=protected)
        if delete.key in self.rename_first:
            revision = revision.renamed_away()
            steps.append(self._write(Action.PATCH, delete.key, revision, "renamed first to free its name", None))
        shrinks = len(steps)
        lifecycle = KINDS[delete.key.kind].lifecycle
        status = delete.live.instance.properties.get("xdm:status")
        if lifecycle is not None and status == lifecycle.in_service:
            revision = revision.moved_to(lifecycle.retired)
            steps.append(self._write(Action.ARCHIVE, delete.key, revision, f"is {status}", None))
        steps.append(
            Step(
                f"delete:{delete.key}",
                Action.DELETE,
                delete.key,
                "live, gone from Git",
                delete.live.instance.instance_id,
                delete.live.instance.etag,
                name=str(delete.live.instance.properties.get("xdm:name", "")),
                uri=delete.live.uri,
                address=delete.live.instance.address,
            )
        )
        return Chain(_chained(steps, delete.live.instance), shrinks, shrinks, shrinks)

    def _write(self, action: Action, key: EntityKey, revision: Revision, reason: str, number: int | None) -> Step:
        live, body = revision.live, revision.body
        return Step(
            f"{action.value}:{key}" + (f":{number}" if number else ""),
            action,
            key,
            reason,
            live.instance.instance_id,
            live.instance.etag,
            patch=tuple(body.value),
            touched=touched_by(body.value, live.instance),
            refs=tuple(replace(ref, path=f"/patch{ref.path}") for ref in body.refs),
            pending=body.pending,
            name=str(live.instance.properties.get("xdm:name", "")),
            uri=live.uri,
            address=live.instance.address,
        )


def _way(patch: Patch, part: Part = Part.GROWS | Part.SHRINKS) -> tuple[str, ...]:
    """The statuses that one part of a patch writes one after the other."""
    lifecycle = KINDS[patch.key.kind].lifecycle
    change = next((change for change in patch.changes if change.path == "status"), None)
    if lifecycle is None or change is None or not part & part_of(patch.key.kind, change):
        return ()
    return lifecycle.way(str(change.before), str(change.after))


def _moving(revision: Revision, way: Sequence[str]) -> list[tuple[str, Revision]]:
    """A revision over the way of its status.

    All that differs is written with the first status, so that every later write is of what Git says.
    """
    *on_the_way, end = way or ("",)
    found: list[tuple[str, Revision]] = []
    for number, status in enumerate(on_the_way):
        revision = revision.moved_to(status) if number else revision.stopping_at(status)
        found.append((status, revision))
    return [*found, ("", revision.moved_to(end) if on_the_way else revision)]


def _told(moving: Sequence[tuple[str, Revision]], reason: str) -> Iterator[_Write]:
    return (_Write(f"by way of {status}" if status else reason, revision) for status, revision in moving)


def _chained(steps: Sequence[Step], instance: Instance) -> list[Step]:
    """Steps on one instance, each after the one before it and with the etag that it leaves behind."""
    chained: list[Step] = []
    for step in steps:
        if step.action is Action.DELETE:
            touched = touched_by_delete(instance, chained)
        else:
            touched = touched_by(step.patch, instance, chained)
        if chained:
            before = chained[-1].id
            step = replace(step, requires=(*step.requires, before), if_match=After(before))  # noqa: PLW2901
        chained.append(replace(step, touched=touched))
    return chained
