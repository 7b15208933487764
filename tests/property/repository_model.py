"""The specification of single instances, in memory and as plain as can be: create, update, delete (C, D, G, H).

``Refused`` says what the answer is when it is no success.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.property.repository_kinds import NEXT, OFFERS, Own, is_valid, placements, references, status_of

ASSET = ("repo:id", "repo:resolveURL")  # cannot change, and are not for editing


class Refused(Exception):
    """status: of the answer.   about: which of the two conflicts.   holder: of the name."""

    def __init__(self, status: int, about: str = "", holder: str | None = None) -> None:
        super().__init__(status, about)
        self.status, self.about, self.holder = status, about, holder


@dataclass
class Item:
    """One instance. envelope: as lookups give it, with custom links only."""

    kind: str
    envelope: dict[str, Any]

    @property
    def id(self) -> str:
        return str(self.envelope["instanceId"])

    @property
    def own(self) -> Own:
        own: Own = self.envelope["_instance"]
        return own

    @property
    def uri(self) -> str:
        return str(self.own["@id"])

    @property
    def etag(self) -> int:
        return int(self.envelope["repo:etag"])


@dataclass
class Deletion:
    """A request to delete. outcome: None while undecided."""

    address: str
    item: Item
    polls_left: int
    if_match: str | None
    outcome: dict[str, Any] | None = None


@dataclass
class Container:
    """What lives in one container, and what was asked to go."""

    name: str
    items: dict[str, Item] = field(default_factory=dict)  # by instanceId
    gone: list[Item] = field(default_factory=list)
    deletions: list[Deletion] = field(default_factory=list)

    def find(self, uri: str) -> Item | None:
        return next((item for item in self.items.values() if item.uri == uri), None)

    def of_kind(self, kind: str) -> list[Item]:
        return [item for item in self.items.values() if item.kind == kind]

    # --- what may be written

    def check_new(self, kind: str, own: Own, links: Any) -> None:
        """C2 to C7."""
        if "@id" in own or not is_valid(kind, own) or not are_links(links):
            raise Refused(422)
        self._check_neighbours(kind, own, None)

    def check_put(self, item: Item, own: Own, links: Any, if_match: str | None) -> Own:
        """What the instance becomes: what clients cannot edit stays when it is not sent (G1)."""
        require_match(if_match, item)
        if not is_valid(item.kind, own):
            raise Refused(422)
        wanted = copy.deepcopy(own)
        for before, after, names in continued(item.own, wanted):
            after |= {name: before[name] for name in names if name in before and name not in after}
        self._check_update(item, wanted, links)
        return wanted

    def check_patch(self, item: Item, operations: Any, if_match: str | None) -> dict[str, Any]:
        """What the envelope becomes (G2, G3)."""
        if not is_patch(operations):
            raise Refused(400)
        require_match(if_match, item)
        envelope = copy.deepcopy(item.envelope)
        for operation in operations:
            apply(envelope, operation)
        if not isinstance(envelope.get("_instance"), dict):
            raise Refused(422)
        self._check_update(item, envelope["_instance"], envelope.get("_links"))
        return envelope

    def _check_update(self, item: Item, own: Own, links: Any) -> None:
        if not is_valid(item.kind, own) or not are_links(links):
            raise Refused(422)
        for before, after, names in continued(item.own, own):
            if any(before.get(name) != after.get(name) for name in names):
                raise Refused(422)
        if not may_follow(item.kind, item.own, own):
            raise Refused(422)
        self._check_neighbours(item.kind, own, item)

    def _check_neighbours(self, kind: str, own: Own, me: Item | None) -> None:
        """References, representations (C7), names (C6)."""
        for _, target, uri in references(kind, own):
            named = self.find(uri)
            if named is None or named.kind != target:
                raise Refused(422)
        if kind in OFFERS and len(set(placements(own))) < len(placements(own)):
            raise Refused(422)
        if kind == "offer-activity":
            fallback = self.find(own["xdm:fallback"])
            if fallback is None or own["xdm:placement"] not in placements(fallback.own):
                raise Refused(422)
        rivals = OFFERS if kind in OFFERS else ("tag",) if kind == "tag" else ()
        for other in self.items.values():
            if other is not me and other.kind in rivals and other.own["xdm:name"] == own["xdm:name"]:
                raise Refused(409, "name-taken", other.uri)

    # --- deleting

    def referrers(self, item: Item) -> set[tuple[str, str, str]]:
        """The URI, the kind and the property of each reference to an instance."""
        return {
            (other.uri, other.kind, f"_instance.{name}")
            for other in self.items.values()
            for name, _, uri in references(other.kind, other.own)
            if uri == item.uri
        }

    def decide(self, item: Item, if_match: str | None = None) -> dict[str, Any]:
        """The outcome of a deletion that is decided now (H2 to H5). if_match: it must hold now too."""
        if item.id in self.items and if_match is not None and not matches(if_match, item.etag):
            return {"outcome": "rejected", "@id": item.uri, "reason": "etag"}
        if item.id in self.items and status_of(item.kind, item.own) in {"approved", "live"}:
            return {"outcome": "rejected", "@id": item.uri, "reason": "status"}
        if referrers := self.referrers(item):
            return {"outcome": "rejected", "@id": item.uri, "referencedBy": referrers}
        if self.items.pop(item.id, None) is not None:
            self.gone.append(item)
        return {"outcome": "deleted", "@id": item.uri}


# --- conditions, links, lifecycles


def matches(condition: str, etag: int) -> bool:
    """D2: one tag, several, or any; quoted or not, weak or not."""
    tags = [tag.strip().removeprefix("W/").strip('"') for tag in condition.split(",")]
    return "*" in tags or str(etag) in tags


def require_match(condition: str | None, item: Item) -> None:
    if condition is not None and not matches(condition, item.etag):
        raise Refused(409, "etag-mismatch")


def are_links(links: Any) -> bool:
    """C5."""
    return isinstance(links, dict) and all(
        isinstance(link, dict) and isinstance(link.get("href"), str) for link in links.values()
    )


def may_follow(kind: str, before: Own, after: Own) -> bool:
    """The lifecycle; the status is taken away only from a draft."""
    old, new = status_of(kind, before), status_of(kind, after)
    if kind not in NEXT or (old == new == "draft"):
        return True
    return "xdm:status" in after and new in {old, NEXT[kind][str(old)]}


def continued(before: Own, after: Own) -> Iterator[tuple[Own, Own, tuple[str, ...]]]:
    """What of the new instance continues something stored, with the names that cannot change there (G4)."""
    yield before, after, ("@id",)
    stored = {shown["xdm:placement"]: shown for shown in before.get("xdm:representations", ())}
    for shown in after.get("xdm:representations", ()):
        old = stored.get(shown["xdm:placement"], {}).get("xdm:components", [])
        for earlier, later in paired(old, shown.get("xdm:components", [])):
            yield earlier, later, ASSET


def paired(before: list[Own], after: list[Own]) -> Iterator[tuple[Own, Own]]:
    """Components by their asset; the others by place, where as many are left and the type is the same."""
    assets = {each["repo:id"]: each for each in before if "repo:id" in each}
    kept = {each.get("repo:id") for each in after} & assets.keys()
    for index, later in enumerate(after):
        if later.get("repo:id") in assets:
            yield assets[later["repo:id"]], later
        elif len(before) == len(after) and is_replaced(before[index], later, kept):
            yield before[index], later


def is_replaced(earlier: Own, later: Own, kept: set[str]) -> bool:
    return earlier.get("repo:id") not in kept and earlier.get("@type") == later.get("@type")


# --- JSON Patch


def is_patch(body: Any) -> bool:
    """Whether it is an array of well-formed operations."""
    needed = {"add": "value", "replace": "value", "test": "value", "remove": "path", "move": "from", "copy": "from"}
    return isinstance(body, list) and all(
        each.get("op") in needed
        and needed[each["op"]] in each
        and all(each[name].startswith("/") for name in ("path", "from") if name in each)
        for each in body
    )


def apply(envelope: dict[str, Any], operation: dict[str, Any]) -> None:
    """One operation, in place; 422 where it cannot be applied or may not write."""
    name, path = operation["op"], parts_of(operation["path"])
    for place in {"test": [], "move": [path, parts_of(operation.get("from", ""))]}.get(name, [path]):
        if place[0] not in {"_instance", "_links"} or place[:2] == ["_links", "self"]:
            raise Refused(422)
    match name:
        case "test":
            if look_up(envelope, path) != operation["value"]:
                raise Refused(422)
        case "add":
            insert(envelope, path, operation["value"])
        case "remove":
            take(envelope, path)
        case "replace":
            take(envelope, path)
            insert(envelope, path, operation["value"])
        case "move":
            insert(envelope, path, take(envelope, parts_of(operation["from"])))
        case "copy":
            insert(envelope, path, copy.deepcopy(look_up(envelope, parts_of(operation["from"]))))


def parts_of(pointer: str) -> list[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def look_up(value: Any, path: list[str]) -> Any:
    for part in path:
        try:
            value = value[int(part)] if isinstance(value, list) else value[part]
        except (LookupError, TypeError, ValueError):
            raise Refused(422) from None
    return value


def take(envelope: Any, path: list[str]) -> Any:
    value, holder = look_up(envelope, path), look_up(envelope, path[:-1])
    del holder[int(path[-1]) if isinstance(holder, list) else path[-1]]
    return value


def insert(envelope: Any, path: list[str], value: Any) -> None:
    holder, last = look_up(envelope, path[:-1]), path[-1]
    if isinstance(holder, dict):
        holder[last] = copy.deepcopy(value)
    elif isinstance(holder, list) and (last == "-" or (last.isdigit() and int(last) <= len(holder))):
        holder.insert(len(holder) if last == "-" else int(last), copy.deepcopy(value))
    else:
        raise Refused(422)
