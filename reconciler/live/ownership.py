"""Which live instance is which entity: by the stamp, and nothing else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.live.snapshot import LiveInstance, LiveState
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


def find_owned(live: LiveState, catalog: str) -> Ownership:
    """The instances that carry the stamp of this catalogue, each told apart from its copies."""
    by_key: defaultdict[EntityKey, list[LiveInstance]] = defaultdict(list)
    for item in live:
        if item.stamp is not None and item.stamp.catalog == catalog and item.stamp.key.kind is item.kind:
            by_key[item.stamp.key].append(item)
    owned: dict[EntityKey, LiveInstance] = {}
    copies: list[Copies] = []
    for key in sorted(by_key):
        items = by_key[key]
        original = _original(items)
        if original is not None:
            owned[key] = original
        rest = tuple(item for item in items if item is not original)
        if rest:
            copies.append(Copies(key, original, rest))
    return Ownership(owned, tuple(copies), {item.uri: key for key, item in owned.items()})


def _original(items: list[LiveInstance]) -> LiveInstance | None:
    """The instance that the stamp names, else the earliest created of those whose stamp names none.

    None when two are alike in that, and when every stamp names an instance that is gone: then all are copies.
    """
    named = [item for item in items if item.stamp and item.stamp.instance_id == item.instance.instance_id]
    if named:
        return named[0] if len(named) == 1 else None
    by_age = sorted((item for item in items if item.stamp and item.stamp.instance_id is None), key=_age)
    if len(by_age) > 1 and _age(by_age[0]) == _age(by_age[1]):
        return None
    return by_age[0] if by_age else None


def _age(item: LiveInstance) -> tuple[str, str]:
    return instant_sort_key(canonical_instant(item.instance.created) or item.instance.created)
