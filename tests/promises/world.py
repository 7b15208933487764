"""What the repository holds, as it says itself: learnt from it after every exchange, never from the client."""

from __future__ import annotations

import json
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.emulator.app import Emulator
from reconciler.model.kinds import KINDS, EntityKey, Kind
from reconciler.model.stamp import Stamp, read_stamp
from tests import starving
from tests.emulator_support import Caller, json_of
from tests.promises.line import Exchange

_KINDS = {info.type_name: kind for kind, info in KINDS.items()}


@dataclass(frozen=True, slots=True)
class Held:
    """One instance."""

    kind: Kind
    id: str
    uri: str
    etag: int
    properties: Mapping[str, Any]
    links: Mapping[str, Any]

    @property
    def stamp(self) -> Stamp | None:
        return read_stamp(self.links)

    @property
    def name(self) -> str:
        return str(self.properties["xdm:name"])

    @property
    def is_anchor(self) -> bool:
        return self.kind is Kind.TAG and self.name.startswith("reconciler:")


@dataclass(frozen=True, slots=True)
class Turn:
    """What one exchange did to one instance."""

    exchange: Exchange
    before: Held | None
    after: Held | None


@dataclass
class World:
    """Every instance, by its id. foreign: URIs of what no run may write, until a plan adopts one of them.

    planned: ids of what the last plan writes.
    """

    emulator: Emulator
    held: dict[str, Held] = field(default_factory=dict)
    foreign: set[str] = field(default_factory=set)
    copies: set[str] = field(default_factory=set)
    planned: set[str] = field(default_factory=set)
    asked_to_go: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.caller = Caller(self.emulator)

    def learn(self, exchange: Exchange) -> list[Turn]:
        """Look at everything that an exchange may have changed."""
        if exchange.is_write and exchange.succeeded:
            return [self._turn(exchange, _id_of(exchange))]
        return [turn for name in sorted(self.asked_to_go) if (turn := self._turn(exchange, name)).after is None]

    def _turn(self, exchange: Exchange, name: str) -> Turn:
        before = self.held.get(name)
        self.look_at(name)
        if exchange.method == "DELETE" and name in self.held:
            self.asked_to_go.add(name)
        return Turn(exchange, before, self.held.get(name))

    def look_at(self, name: str) -> None:
        """Learn what an instance is now."""
        response = self.caller.send("GET", f"{self.caller.container}/instances/{name}")
        if response.status == 404:
            self.held.pop(name, None)
            self.asked_to_go.discard(name)
            return
        found = json_of(response)
        own = found["_instance"]
        links = {link: value for link, value in found["_links"].items() if link != "self"}
        kind = _KINDS[own["@id"].split(":")[1]]
        self.held[name] = Held(kind, name, own["@id"], found["repo:etag"], own, links)

    def only_copies_are_left(self, gone: Held, seen: Container[str] = ()) -> None:
        """A copy whose stamp names no instance is the entity now, as far as anybody can tell. seen: not these."""
        for item in self:
            if item.id in seen:
                continue
            alike = item.stamp is not None and gone.stamp is not None and item.stamp.key == gone.stamp.key
            if alike and item.stamp is not None and item.stamp.instance_id is None:
                self.copies.discard(item.uri)

    # ------------------------------------------------------------ what is seen

    def __iter__(self) -> Iterator[Held]:
        yield from self.held.values()

    def entities(self) -> list[Held]:
        return [item for item in self if not item.is_anchor]

    def stamped(self, catalog: str, key: EntityKey) -> list[Held]:
        """Who carries a stamp, copies that somebody made aside."""
        named = [item for item in self if item.stamp is not None and item.uri not in self.copies]
        return [item for item in named if item.stamp and (item.stamp.catalog, item.stamp.key) == (catalog, key)]

    def shown(self) -> starving.World:
        """The world as ``starving`` judges it."""
        return {item.uri: (item.kind.value, dict(item.properties)) for item in self.entities()}

    def dangling(self) -> set[str]:
        """URIs that are referred to and not there."""
        shown = self.shown()
        named = [uri for _kind, properties in shown.values() for uri in starving.targets(properties)]
        return set(named) - shown.keys()


def _id_of(exchange: Exchange) -> str:
    if exchange.method == "POST":
        name: str = json.loads(exchange.answer)["instanceId"]
        return name
    return exchange.path.rpartition("/")[2]
