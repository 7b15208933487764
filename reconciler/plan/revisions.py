"""One instance on its way: what each patch of a chain sends, and the bases that its stamp then holds.

A run can be cut off after any of them. The stamp then holds the bases of what was written last, so that the next run
does not take it for somebody's edit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from reconciler.diff.changes import Operation
from reconciler.diff.patch import pointer
from reconciler.live.snapshot import LiveInstance
from reconciler.model.kinds import KINDS, EntityKey
from reconciler.model.spelling import Pending
from reconciler.model.stamp import Bases, Stamp, base_of
from reconciler.plan.payloads import Body, patch_body

_NAME, _STATUS = pointer("xdm:name"), pointer("xdm:status")
_NAME_LIMIT = 200  # characters of a name kept in a temporary one


@dataclass(frozen=True, slots=True)
class Revision:
    """An instance as one patch leaves it. operations: of that patch.   bases: what its stamp then holds."""

    live: LiveInstance
    stamp: Stamp
    bases: Bases
    operations: tuple[Operation, ...] = ()

    @property
    def body(self) -> Body:
        """What is sent."""
        return patch_body(self.stamp, self.operations, self.bases)

    def patched(self, operations: Sequence[Operation], bases: Bases) -> Revision:
        """The next one."""
        return replace(self, operations=tuple(operations), bases=bases)

    def renamed_away(self) -> Revision:
        """The next one, with a temporary name."""
        old = str(self.live.instance.properties.get("xdm:name", ""))
        name = f"{old[:_NAME_LIMIT]} (replaced, {self.live.instance.instance_id[:8]})"
        return self.patched([{"op": "add", "path": _NAME, "value": name}], self._rebased("name", name))

    def moved_to(self, status: str) -> Revision:
        """The next one, with another status."""
        operation: Operation = {"op": "add", "path": _STATUS, "value": status}
        return self.patched([operation], self._rebased("status", self._told(status)))

    def stopping_at(self, status: str) -> Revision:
        """This one, with another status than its operations have."""
        operations = (
            {**operation, "value": status} if operation["path"] == _STATUS else operation
            for operation in self.operations
        )
        return self.patched(tuple(operations), self._rebased("status", self._told(status)))

    def _told(self, status: str) -> str | None:
        lifecycle = KINDS[self.live.kind].lifecycle
        return None if lifecycle is not None and status == lifecycle.initial else status

    def _rebased(self, field: str, value: str | None) -> Bases:
        """The bases after one plain field was written; None: the value means the same as absent."""
        others = {name: base for name, base in self.bases.items() if name != field}
        return others if value is None else {**others, field: base_of(self.live.kind, field, value, Pending)}


def current_revision(live: LiveInstance, catalog: str, key: EntityKey, *, protected: bool) -> Revision:
    """An instance as it was read, under the stamp that the next patch gives it.

    protected: whether its stamp is to forbid deleting it.
    """
    bases = live.stamp.bases if live.stamp is not None else None
    stamp = Stamp(catalog, key, live.instance.instance_id, bases, protected)
    return Revision(live, stamp, bases or {})
