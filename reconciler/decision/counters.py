"""How often offers were proposed before: an input of a decision, never advanced by it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.catalogue.complaints import did_you_mean
from reconciler.model.errors import ReconcilerError

_REMEDY = 'Write {"global": {"OFFER": 12}, "profile": {"OFFER": 1}}.'


class CountersUnreadable(ReconcilerError):
    """Counters that are not two maps from offer to a count."""


@dataclass(frozen=True, slots=True)
class Counters:
    """Propositions by key of the offer: to everybody, and to the profile that is asked about. Missing is 0."""

    everybody: Mapping[str, int] = field(default_factory=dict)
    profile: Mapping[str, int] = field(default_factory=dict)


NOTHING_PROPOSED = Counters()


def refuse_unknown_offers(counters: Counters, known: Collection[str]) -> None:
    """Raises ``CountersUnreadable`` for an offer that nobody could have proposed. known: the keys of all offers."""
    for key in (*counters.everybody, *counters.profile):
        if key not in known:
            remedy = did_you_mean(key, known) or "Name offers of what decides, or leave it out."
            raise CountersUnreadable(f"there is no offer `{key}`", remedy=remedy)


def to_counters(value: Any) -> Counters:
    """Counters from ``{global: {KEY: n}, profile: {KEY: n}}``. Raises ``CountersUnreadable``."""
    if not isinstance(value, dict):
        raise CountersUnreadable("the counters are no mapping", remedy=_REMEDY)
    for name, counts in value.items():
        if name not in {"global", "profile"}:
            raise CountersUnreadable(f"{name!r} is no counter: there are `global` and `profile`", remedy=_REMEDY)
        for key, count in counts.items() if isinstance(counts, dict) else [(None, None)]:
            if not isinstance(count, int) or isinstance(count, bool) or count < 0:
                what = f"the count of {key!r}" if key is not None else "it"
                raise CountersUnreadable(f"`{name}`: {what} is no whole number of 0 or more", remedy=_REMEDY)
    return Counters(value.get("global", {}), value.get("profile", {}))
