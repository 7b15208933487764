"""Somebody at the web page: edits, creates and deletes in the embedded repository of a catalogue's folder."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any, TypeVar

from reconciler.connect import Place, open_for_writing
from reconciler.live.snapshot import LiveInstance, LiveState, read_live_async
from reconciler.model.kinds import KINDS, Kind
from reconciler.model.settings import Environment
from reconciler.repository.port import Writer

Made = TypeVar("Made")


class Page:
    """The page over one catalogue's environment that lives beside its files."""

    def __init__(self, root: Path) -> None:
        self.place = Place(Environment(repository="embedded"), root)

    def _do(self, work: Callable[[Writer], Coroutine[Any, Any, Made]]) -> Made:
        async def opened() -> Made:
            async with open_for_writing(self.place) as writer:
                return await work(writer)

        return asyncio.run(opened())

    def live(self) -> LiveState:
        return self._do(read_live_async)

    def find(self, kind: str, name: str) -> LiveInstance:
        """The instance of this name."""
        found = [item for item in self.live().instances[Kind(kind)] if item.instance.properties["xdm:name"] == name]
        assert len(found) == 1, f"{len(found)} of {kind} {name}"
        return found[0]

    def create(self, kind: str, links: Mapping[str, Any] | None = None, **properties: Any) -> str:
        """Make an instance; gives its URI. Properties by their ``xdm:`` names; ``xdm_name`` is one."""
        spelled = {name.replace("xdm_", "xdm:", 1): value for name, value in properties.items()}
        return self._do(lambda writer: writer.create(KINDS[Kind(kind)].schema, spelled, links or {})).uri

    def edit(self, kind: str, name: str, *operations: Mapping[str, Any]) -> None:
        """Patch the instance of this name."""
        item = self.find(kind, name).instance
        self._do(lambda writer: writer.patch(item.address, KINDS[Kind(kind)].schema, operations, if_match=item.etag))

    def delete(self, kind: str, name: str) -> None:
        item = self.find(kind, name).instance
        self._do(lambda writer: writer.delete(item.address, if_match=None))


def put(name: str, value: Any) -> dict[str, Any]:
    """Set a property. name: below ``_instance``, e.g. ``xdm:name``."""
    return {"op": "add", "path": f"/_instance/{name}", "value": value}


def drop(name: str) -> dict[str, Any]:
    return {"op": "remove", "path": f"/_instance/{name}"}
