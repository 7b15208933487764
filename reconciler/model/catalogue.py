"""The catalogue: everything that Git says should be live, for one environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.model.entities import Entity
from reconciler.model.kinds import EntityKey
from reconciler.model.problem import Source, SourceSpan
from reconciler.model.settings import Environment, Settings


@dataclass(frozen=True, slots=True)
class Pin:
    """The instance that an entity is, said by its URI; consent to take it over."""

    uri: str
    source: SourceSpan


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All entities of a catalogue directory, sorted by key, each with where it is written.

    root: the directory as the user named it.   environment: the name of the environment it was read for.
    commit: the Git commit of the directory, None outside Git.   dirty: whether files differ from that commit.
    unread: entities that are written, but not as they should be; a key whose kind is unclear stands for every kind.
    whole: False where a file could not be read to its end, so that nobody knows what else is written.
    pins: the URI of the instance that an entity is, with where that is said.
    elsewhere: entities that are meant for other environments only.
    """

    root: str
    settings: Settings
    settings_source: Source
    environment: str
    entities: Mapping[EntityKey, Entity]
    sources: Mapping[EntityKey, Source]
    commit: str | None = None
    dirty: bool = False
    unread: frozenset[EntityKey] = frozenset()
    whole: bool = True
    pins: Mapping[EntityKey, Pin] = field(default_factory=dict)
    elsewhere: frozenset[EntityKey] = frozenset()

    @property
    def name(self) -> str:
        """The owner's name that every stamp carries."""
        return self.settings.catalog

    @property
    def target(self) -> Environment:
        """Where the environment lives."""
        return self.settings.environments[self.environment]

    def span(self, key: EntityKey, *path: str | int) -> SourceSpan:
        """Where a value of an entity is written."""
        return self.sources[key].span(*path)
