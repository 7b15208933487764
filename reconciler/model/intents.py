"""What ``catalog.yaml`` says about instances: which keys have moved, which are handed back, which fields are left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase

from reconciler.model.kinds import EntityKey, Kind
from reconciler.model.settings import IgnoreRule, Settings

CATALOG_PREFIX = "catalog:"
_KINDS = {kind.value: kind for kind in Kind}


def parse_key(text: str) -> EntityKey | None:
    """The key that ``KIND/KEY`` spells; None when it spells none."""
    kind, slash, name = text.partition("/")
    return EntityKey(_KINDS[kind], name) if slash and name and kind in _KINDS else None


def read_stamped(text: str, kind: Kind) -> tuple[str, EntityKey] | None:
    """The owner and the key that ``CATALOG/KIND/KEY`` spells; None when it spells none of this kind."""
    owner, slash, rest = text.partition("/")
    key = parse_key(rest)
    return (owner, key) if slash and owner and key is not None and key.kind is kind else None


def moves(settings: Settings) -> Mapping[EntityKey, EntityKey]:
    """Each key that was, and the key that it is now, at the end of all moves."""
    pairs = ((parse_key(move.from_), parse_key(move.to or "")) for move in settings.moved)
    direct = {old: new for old, new in pairs if old is not None and new is not None and old.kind is new.kind}
    return {old: _end(old, direct) for old in direct}


def _end(key: EntityKey, direct: Mapping[EntityKey, EntityKey]) -> EntityKey:
    seen = {key}
    while key in direct and direct[key] not in seen:
        key = direct[key]
        seen.add(key)
    return key


def former_names(settings: Settings) -> frozenset[str]:
    """The names that the catalogue had."""
    return frozenset(
        move.from_.removeprefix(CATALOG_PREFIX) for move in settings.moved if move.from_.startswith(CATALOG_PREFIX)
    )


def forgotten(settings: Settings) -> frozenset[EntityKey]:
    """The keys that are handed back."""
    return frozenset(key for entry in settings.forget if (key := parse_key(entry.key)) is not None)


@dataclass(frozen=True, slots=True)
class Ignored:
    """The fields that are left to the live side on one day. expired: rules that no longer hide anything."""

    rules: tuple[IgnoreRule, ...] = ()
    expired: tuple[IgnoreRule, ...] = ()

    @classmethod
    def on(cls, day: date, settings: Settings) -> Ignored:
        """The rules of that day; a rule's last day is its ``until``."""
        over = tuple(
            rule for rule in settings.ignore if rule.until is not None and date.fromisoformat(rule.until) < day
        )
        return cls(tuple(rule for rule in settings.ignore if rule not in over), over)

    def fields(self, key: EntityKey) -> tuple[str, ...]:
        """The fields of an entity that are left alone, as the rules spell them."""
        if not self.rules:
            return ()
        return tuple(rule.field for rule in self.rules if fnmatchcase(str(key), rule.select))


def hides(fields: tuple[str, ...], name: str) -> bool:
    """Whether one of these covers the field of this name: itself, or the map or list that it is in."""
    return any(name == field or name.startswith((f"{field}.", f"{field}[")) for field in fields)
