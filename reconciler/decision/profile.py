"""Who a profile is: the text that ties are broken with, and that reports name."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from reconciler.model.canonical import canonical_json, digest
from reconciler.model.errors import ReconcilerError

Profile = Mapping[str, Any]


class ProfileUnusable(ReconcilerError):
    """A profile that nothing can be told about."""


HASH_LENGTH = 16  # characters of a hash that stands for an id


def profile_id(profile: Profile, field: str | None = None) -> str:
    """The value of a field (dotted path), else the first ``identityMap`` id, else a hash of the canonical JSON."""
    if field is not None:
        value: Any = profile
        for name in field.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            return str(value)
    return _identity(profile.get("identityMap")) or digest(_canonical(profile))[:HASH_LENGTH]


def reader_of_ids(field: str | None) -> Callable[[Profile], str]:
    """The same as a function of the profile alone."""
    return lambda profile: profile_id(profile, field)


def _canonical(profile: Profile) -> str:
    try:
        return canonical_json(profile)
    except ValueError:  # numbers without bounds, such as 1e999, which canonical JSON refuses
        return json.dumps(profile, sort_keys=True)
    except RecursionError:
        raise ProfileUnusable("a profile without an id is nested too deeply", remedy="Name it by --id-field.") from None


def _identity(identities: Any) -> str | None:
    """The first id of an identity map: namespace -> list of ``{"id": …}``, in the order in which they are written."""
    for listed in identities.values() if isinstance(identities, Mapping) else ():
        for item in listed if isinstance(listed, list) else ():
            found = item.get("id") if isinstance(item, Mapping) else None
            if isinstance(found, str) and found:
                return found
    return None
