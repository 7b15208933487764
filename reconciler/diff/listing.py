"""Everything that a catalogue manages: its files beside their instances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from reconciler.live.ownership import Ownership
from reconciler.live.snapshot import LiveInstance
from reconciler.model.catalogue import Catalogue
from reconciler.model.entities import Entity
from reconciler.model.kinds import KINDS, EntityKey
from reconciler.model.problem import SourceSpan


@dataclass(frozen=True, slots=True)
class Managed:
    """One entity. entity, source: None without a file; live: None without an instance."""

    key: EntityKey
    entity: Entity | None
    source: SourceSpan | None
    live: LiveInstance | None

    @property
    def name(self) -> str | None:
        """The name in the file, else the live one."""
        return self.entity.name if self.entity is not None else _live_value(self.live, "xdm:name")

    @property
    def status(self) -> str | None:
        """The live status, None where the kind has none; of what is not live, that in the file."""
        lifecycle = KINDS[self.key.kind].lifecycle
        if lifecycle is None:
            return None
        if self.live is not None:
            return _live_value(self.live, "xdm:status") or lifecycle.initial
        return getattr(self.entity, "status", None)


def _live_value(live: LiveInstance | None, name: str) -> str | None:
    value: Any = None if live is None else live.instance.properties.get(name)
    return value if isinstance(value, str) else None


def list_managed(catalogue: Catalogue, ownership: Ownership) -> list[Managed]:
    """Every entity of the files, and every instance that is ours, sorted by kind and key."""
    keys = sorted({*catalogue.entities, *ownership.owned}, key=lambda key: key.order)
    return [
        Managed(
            key,
            catalogue.entities.get(key),
            catalogue.span(key) if key in catalogue.entities else None,
            ownership.owned.get(key),
        )
        for key in keys
    ]
