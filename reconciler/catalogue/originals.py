"""The documents behind an entity, as they are written: its own, and the overlay of one environment."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.catalogue.documents import parse_documents
from reconciler.catalogue.files import Files, TextFile
from reconciler.model.kinds import EntityKey, Kind

_KINDS = {kind.value: kind for kind in Kind}


@dataclass(frozen=True, slots=True)
class Original:
    """One document of a file, and the entity that it writes, or overlays in an environment."""

    key: EntityKey
    path: str
    file: str
    document: int
    value: Mapping[str, Any]
    environment: str | None = None

    @property
    def pin(self) -> bool:
        """Whether it only says which instance the entity is."""
        return self.environment is not None and set(self.value) <= {"kind", "key", "id"}


def find_originals(files: Files, named: Collection[str] | None = None) -> Iterator[Original]:
    """Every document that writes or overlays an entity.

    named: how reports name the files to look at, of those with entities; all overlays are looked at.
    """
    for file in files.entities:
        if named is None or file.name in named:
            yield from _in_file(file, None)
    for file in files.overlays:
        yield from _in_file(file, file.path.split("/")[1])


def _in_file(file: TextFile, environment: str | None) -> Iterator[Original]:
    documents, _ = parse_documents(file.source.text)
    for document in documents:
        value = document.value
        if not isinstance(value, dict):
            continue
        key = value.get("key", file.stem if len(documents) == 1 else None)
        kind = _KINDS.get(value.get("kind", "")) if isinstance(value.get("kind"), str) else None
        if kind is not None and isinstance(key, str):
            yield Original(EntityKey(kind, key), file.path, file.name, document.index, value, environment)


@dataclass(frozen=True, slots=True)
class Written:
    """All documents of one entity that count in one environment. others: overlays of other environments."""

    base: Original
    overlay: Original | None = None
    others: tuple[Original, ...] = ()


def written_entities(originals: Iterable[Original], environment: str) -> dict[EntityKey, Written]:
    """The documents of each entity, by key."""
    bases: dict[EntityKey, Original] = {}
    overlays: dict[EntityKey, list[Original]] = {}
    for original in originals:
        if original.environment is None:
            bases[original.key] = original
        else:
            overlays.setdefault(original.key, []).append(original)
    return {key: _written(base, overlays.get(key, []), environment) for key, base in bases.items()}


def _written(base: Original, found: list[Original], environment: str) -> Written:
    own = [item for item in found if item.environment == environment and not item.pin]
    overlay = own[0] if own else None
    return Written(base, overlay, tuple(item for item in found if item is not overlay))
