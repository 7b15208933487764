"""The instances that are ours, and how an original is told from its copies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.live.snapshot import LiveInstance
from reconciler.model.instant import canonical_instant, instant_sort_key
from reconciler.model.kinds import EntityKey, Kind


@dataclass(frozen=True, slots=True)
class Copies:
    """Several instances with one stamp. original: None when it cannot be told which one it is."""

    key: EntityKey
    original: LiveInstance | None
    copies: tuple[LiveInstance, ...]


@dataclass(frozen=True, slots=True)
class Ownership:
    """The instances of one catalogue.

    owned: each entity's instance, by key.   copies: stamps that stand on several instances.
    names: the key behind each owned instance's URI.
    """

    owned: Mapping[EntityKey, LiveInstance]
    copies: tuple[Copies, ...]
    names: Mapping[str, EntityKey]

    def name_uri(self, uri: str, kind: Kind) -> str:
        """Our key's name for a URI, or the URI itself where the instance is not ours or of another kind."""
        key = self.names.get(uri)
        return key.name if key is not None and key.kind is kind else uri


def name_instances(owned: Mapping[EntityKey, LiveInstance]) -> Mapping[str, EntityKey]:
    """The key behind each instance's URI."""
    return {item.uri: key for key, item in owned.items()}


def tell_copies(key: EntityKey, items: list[LiveInstance], pinned: str | None = None) -> Copies:
    """The original among the instances of one stamp, and its copies. pinned: the URI that a pin names."""
    original = _original(items, pinned)
    return Copies(key, original, tuple(item for item in items if item is not original))


def names_itself(item: LiveInstance) -> bool:
    """Whether its stamp says that it is the original."""
    return item.stamp is not None and item.stamp.instance_id == item.instance.instance_id


def names_another(item: LiveInstance) -> bool:
    """Whether its stamp says that it is a copy: of an instance that may be gone."""
    return item.stamp is not None and item.stamp.instance_id not in {None, item.instance.instance_id}


def describe(item: LiveInstance) -> str:
    """An instance as a reader can find it: its kind, name and URI."""
    return f"{item.kind.value} `{item.instance.properties.get('xdm:name', '')}` ({item.uri})"


def _original(items: list[LiveInstance], pinned: str | None) -> LiveInstance | None:
    """The instance that the stamp names, else the pinned one, else the earliest of those whose stamp names none.

    None when two are alike in that, and when every stamp names an instance that is gone: then all are copies.
    """
    named = [item for item in items if names_itself(item)]
    if named:
        return named[0] if len(named) == 1 else None
    if any(item.uri == pinned for item in items):
        return next(item for item in items if item.uri == pinned)
    by_age = sorted((item for item in items if item.stamp and item.stamp.instance_id is None), key=_age)
    if len(by_age) > 1 and _age(by_age[0]) == _age(by_age[1]):
        return None
    return by_age[0] if by_age else None


def _age(item: LiveInstance) -> tuple[str, str]:
    return instant_sort_key(canonical_instant(item.instance.created) or item.instance.created)
