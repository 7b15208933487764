"""The stamp: the HAL link by which an instance says whose it is, and the per-field base of the last write.

``"reconciler:managed": {"href": "urn:reconciler:<catalog>/<kind>/<key>#<instanceId>",
"title": "b1;protected;<field>=<hash>;…", "name": "<commit>"}``. The hash is the first 48 bits of SHA-256 over the
canonical JSON of the field's value as the repository spells it, with equal values spelled alike. A representation's
placement is in its field's name, so its hash is over its components; they are put in an order that is their own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from reconciler.model.canonical import Json, canonical_json, short_hash
from reconciler.model.kinds import COMPONENT_FIELDS, KINDS, EntityKey, Field, Kind, Shape
from reconciler.model.spelling import Flat, Opaque, Pending, Resolve, reference_to_xdm

LINK = "reconciler:managed"
FORMAT = "b1"
TITLE_LIMIT = 4096  # bytes; a longer title lets the representations share one base
SHARED = "representations"

_HREF = re.compile(r"urn:reconciler:([a-z0-9][a-z0-9-]{0,62})/([a-z]+)/([a-z0-9][a-z0-9._-]{0,99})(?:#(.+))?")
_ESCAPED = re.compile(r"[%;=\x00-\x1f\x7f-\x9f]")
KIND_NAMES = frozenset(kind.value for kind in Kind)


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who owns an instance, and what was last written to it.

    instance_id: the instance that the stamp was written to; None on a create, where it is not known yet.
    bases: field name -> hash; None when the stamp holds none that can be read.
    """

    catalog: str
    key: EntityKey
    instance_id: str | None = None
    bases: Mapping[str, str] | None = field(default_factory=dict, hash=False)
    protected: bool = False
    commit: str | None = None

    def link(self) -> dict[str, str]:
        """The stamp as a HAL link."""
        anchor = f"#{self.instance_id}" if self.instance_id else ""
        link = {"href": f"urn:reconciler:{self.catalog}/{self.key}{anchor}", "title": self.title}
        if self.commit:
            link["name"] = self.commit
        return link

    @property
    def title(self) -> str:
        """The format, the protection mark and the bases, in the order of field names."""
        parts = [FORMAT, *(["protected"] if self.protected else [])]
        parts += [f"{escape(name)}={value}" for name, value in sorted((self.bases or {}).items())]
        return ";".join(parts)


def read_stamp(links: Mapping[str, Json]) -> Stamp | None:
    """The stamp among an instance's links; None when it has none that we can read."""
    link = links.get(LINK)
    if not isinstance(link, dict) or not isinstance(link.get("href"), str):
        return None
    match = _HREF.fullmatch(link["href"])
    if match is None or match[2] not in KIND_NAMES:
        return None
    protected, bases = _read_title(link.get("title"))
    key = EntityKey(Kind(match[2]), match[3])
    commit = link.get("name")
    return Stamp(match[1], key, match[4], bases, protected, commit if isinstance(commit, str) else None)


def _read_title(title: Json) -> tuple[bool, Mapping[str, str] | None]:
    parts = title.split(";") if isinstance(title, str) else [""]
    if parts[0] != FORMAT:
        return False, None
    protected = "protected" in parts[1:]
    pairs = (part.partition("=") for part in parts[1:] if "=" in part)
    return protected, {unescape(name): value for name, _, value in pairs}


def escape(name: str) -> str:
    """A text as titles carry it: what means something there, and what cannot be shown, percent-encoded."""
    return _ESCAPED.sub(lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode()), name)


def unescape(name: str) -> str:
    """The text that ``escape`` was given."""
    if "%" not in name:
        return name
    from urllib.parse import unquote

    return unquote(name)


# ---------------------------------------------------------------- bases


@dataclass(frozen=True, slots=True)
class PendingBase:
    """A base that can be told only when URIs are known.

    references: URIs, and keys of the kind where the URI is still to come, sorted.   single: not a set.
    """

    field: str
    kind: Kind
    references: tuple[str, ...]
    single: bool

    def value(self, resolve: Resolve) -> str | None:
        """The hash, once every URI is known."""
        uris = _uris(self.kind, self.references, resolve)
        if any(isinstance(uri, Pending) for uri in uris):
            return None
        return short_hash(uris[0] if self.single else sorted(uris, key=str))


def _uris(kind: Kind, references: tuple[str, ...], resolve: Resolve) -> list[str | Pending]:
    spec = _TARGETS[kind]
    return [reference_to_xdm(spec, name, resolve) for name in references]


_TARGETS = {kind: Field((), (), target=kind) for kind in Kind}


Bases = Mapping[str, "str | PendingBase"]


def bases_of(kind: Kind, flat: Flat, resolve: Resolve) -> dict[str, str | PendingBase]:
    """The base of every field in a flat form; representations share one where the title would grow too long."""
    bases: dict[str, str | PendingBase] = {name: base_of(kind, name, value, resolve) for name, value in flat.items()}
    if sum(map(_share_of_title, bases)) + 16 > TITLE_LIMIT:
        kept = {name: value for name, value in bases.items() if not name.startswith(f"{SHARED}[")}
        return {**kept, SHARED: shared_base(flat)}
    return bases


@lru_cache(maxsize=65536)
def _share_of_title(name: str) -> int:
    return len(escape(name).encode()) + 10


def shared_base(flat: Flat) -> str:
    """The one base of all representations together."""
    return short_hash({name: _components(value) for name, value in _representations(flat)})


def _representations(flat: Flat) -> Iterator[tuple[str, Any]]:
    return ((name, value) for name, value in sorted(flat.items()) if name.startswith(f"{SHARED}["))


def base_of(kind: Kind, name: str, value: Any, resolve: Resolve) -> str | PendingBase:
    """The base of one field's normal value."""
    if isinstance(value, Opaque):
        return _hash_plain(value.json)
    if name.startswith(f"{SHARED}["):
        return short_hash(_components(value))
    spec = _SPECS[kind].get(name)
    if spec is None:  # a raw property, or an entry of a map; raw properties are canonical JSON already
        return _hash_text(value) if name.startswith("extra.") else _hash_plain(value)
    if spec.target is not None and not isinstance(value, str | tuple):
        return _hash_plain(repr(value))
    if spec.target is not None:
        single = spec.shape is Shape.REFERENCE
        uris = _uris(spec.target, (value,) if single else value, resolve)
        known = [uri for uri in uris if isinstance(uri, str)]
        if len(known) == len(uris):
            return _hash_plain(known[0] if single else tuple(sorted(known)))
        names = tuple(sorted(uri.key.name if isinstance(uri, Pending) else uri for uri in uris))
        return PendingBase(name, spec.target, names, single)
    if spec.short:
        return _hash_plain(spec.short.get(value, value))
    return _hash_plain(value if isinstance(value, str | int | float) else _plain(value))


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, tuple) else repr(value)


@lru_cache(maxsize=65536, typed=True)  # 1, 1.0 and True are spelled differently
def _hash_plain(value: Any) -> str:
    return short_hash(list(value) if isinstance(value, tuple) else value)


@lru_cache(maxsize=4096)
def _hash_text(canonical: str) -> str:
    return short_hash(json.loads(canonical))


def _components(value: Any) -> list[Json]:
    """The components as the repository spells them, in an order that does not depend on theirs."""
    spelled = [dict(_spell(name, item) for name, item in flat.items()) for flat in value]
    return sorted(spelled, key=canonical_json) if len(spelled) > 1 else spelled


def _spell(name: str, value: Any) -> tuple[str, Json]:
    if name.startswith("extra."):
        return name.removeprefix("extra."), json.loads(value)
    spec = _COMPONENT_SPECS.get(name)
    if spec is None or not isinstance(value, str | tuple):
        return name, repr(value)
    return spec.xdm[0], list(value) if isinstance(value, tuple) else spec.short.get(value, value)


_COMPONENT_SPECS = {field.name: field for field in COMPONENT_FIELDS}
_SPECS: Mapping[Kind, Mapping[str, Field]] = {
    kind: {field.name: field for field in info.fields} for kind, info in KINDS.items()
}
