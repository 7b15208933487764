"""Who refers to an instance right before it is taken out of service to be deleted."""

from __future__ import annotations

from reconciler.model.kinds import KINDS, Kind, Shape
from reconciler.model.spelling import live_references
from reconciler.repository.port import Instance, Writer

_PATHS: dict[Kind, list[tuple[Kind, str]]] = {kind: [] for kind in Kind}
for _kind, _info in KINDS.items():
    for _field in _info.fields:
        if _field.target is not None:
            _path = ".".join(_field.xdm) + (".xdm:placement" if _field.shape is Shape.REPRESENTATIONS else "")
            if (_kind, _path) not in _PATHS[_field.target]:
                _PATHS[_field.target].append((_kind, _path))


async def find_referrers(writer: Writer, kind: Kind, uri: str) -> list[Instance]:
    """The instances that refer to this one now: one listing for each property that can hold its URI."""
    found: list[Instance] = []
    for referring, path in _PATHS[kind]:
        async for page in writer.pages(KINDS[referring].schema, properties=(f"_instance.{path}=={uri}",)):
            found += [item for item in page.items if uri in _named(referring, item)]
    return found


def _named(kind: Kind, item: Instance) -> set[str]:
    return {uri for _path, uri in live_references(kind, item.properties)}
