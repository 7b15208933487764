"""Who a profile is: the text that ties are broken with, and that reports name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from reconciler.model.canonical import canonical_json, digest

Profile = Mapping[str, Any]
HASH_LENGTH = 16  # characters of a hash that stands for an id


def profile_id(profile: Profile, field: str | None = None) -> str:
    """The value of a field (dotted path), else the first ``identityMap`` id, else a hash of the canonical JSON."""
    if field is not None:
        value: Any = profile
        for name in field.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            return str(value)
    return _identity(profile.get("identityMap")) or digest(canonical_json(profile))[:HASH_LENGTH]


def reader_of_ids(field: str | None) -> Callable[[Profile], str]:
    """The same as a function of the profile alone."""
    return lambda profile: profile_id(profile, field)


def _identity(identities: Any) -> str | None:
    """The first id of an identity map: namespace -> list of ``{"id": …}``, in the order in which they are written."""
    for listed in identities.values() if isinstance(identities, Mapping) else ():
        for item in listed if isinstance(listed, list) else ():
            found = item.get("id") if isinstance(item, Mapping) else None
            if isinstance(found, str) and found:
                return found
    return None
