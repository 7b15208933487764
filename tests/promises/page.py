"""Somebody at the web page, who edits what is there, strips stamps, copies, deletes and makes new things."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from random import Random
from typing import Any

from reconciler.model.kinds import KINDS, Kind
from reconciler.model.stamp import LINK
from tests.emulator_support import Made, json_of
from tests.promises.world import Held, World

_WHERE_IT_HURTS = 0.7  # the share of edits of what a run is about to write


@dataclass
class Page:
    """Acts on the repository directly. What it does is decided by a seed."""

    world: World

    def edit(self, seed: int) -> None:
        """One thing that somebody may do."""
        dice = Random(seed)  # noqa: S311 - the same every time
        items = sorted(self.world.entities(), key=lambda item: item.id)
        planned = [item for item in items if item.id in self.world.planned]
        if planned and dice.random() < _WHERE_IT_HURTS:
            items = planned
        acts = [self.make] if not items else [*[self.touch] * 4, self.strip, self.copy, self.delete, self.make]
        act = dice.choice(acts)
        act(dice, *([] if not items else [dice.choice(items)]))

    def touch(self, dice: Random, item: Held) -> None:
        """Change a value, as a person would."""
        text = dice.choice(["A", "B", "D", "by hand"])
        values: dict[str, Any] = {"xdm:name": text, "acme:note": text, "xdm:description": text}
        if item.kind is Kind.OFFER:
            values |= {"xdm:rank": {"xdm:priority": dice.randrange(9)}, "xdm:tags": []}
        name = dice.choice(sorted(values))
        self.set(item, name, values[name])

    def set(self, item: Held, name: str, value: Any) -> None:
        """Set one property."""
        self._patch(item, {"op": "add", "path": f"/_instance/{name}", "value": value})

    def strip(self, _dice: Random, item: Held) -> None:
        """Save it as the page does, without links that the page does not know."""
        if LINK in item.links:
            self._patch(item, {"op": "remove", "path": f"/_links/{LINK}"})
            if item.id in self.world.held:  # else somebody had asked for its deletion, which this has decided
                self._is_foreign(item.id)
            self.world.only_copies_are_left(item)

    def copy(self, _dice: Random, item: Held) -> None:
        """Duplicate it with everything that it carries."""
        properties = {name: copy.deepcopy(value) for name, value in item.properties.items() if name != "@id"}
        if KINDS[item.kind].unique_names:
            properties["xdm:name"] = f"Copy of {item.name}"
        made = self._create(item.kind, properties, dict(item.links))
        if made is not None:
            self.world.copies.add(self.world.held[made].uri)

    def delete(self, _dice: Random, item: Held) -> None:
        """Delete it, if nothing refers to it and its status allows that."""
        asked = self.world.caller.delete(self._made(item))
        for _ in range(5):
            if "Location" in asked.headers:
                self.world.caller.send("GET", asked.headers["Location"])
        self.world.look_at(item.id)
        if item.id not in self.world.held:
            self.world.only_copies_are_left(item)

    def make(self, dice: Random, *_items: Held) -> None:
        """Something new without a stamp, or with somebody else's."""
        kind = dice.choice([Kind.TAG, Kind.PLACEMENT, Kind.RULE, Kind.OFFER])
        properties: dict[str, Any] = {"xdm:name": dice.choice(["A", "B", "C", "D", "t0", "p0"])}
        if kind is Kind.RULE:
            properties["xdm:condition"] = {"xdm:type": "PQL", "xdm:format": "pql/text", "xdm:value": "a = 1"}
        other = {LINK: {"href": f"urn:reconciler:others/{kind.value}/x", "title": "b1"}}
        made = self._create(kind, properties, dice.choice([{}, other]))
        if made is not None:
            self._is_foreign(made)

    def _create(self, kind: Kind, properties: dict[str, Any], links: dict[str, Any]) -> str | None:
        response = self.world.caller.create(KINDS[kind].type_name, properties, links)
        if response.status != 201:
            return None
        name: str = json_of(response)["instanceId"]
        self.world.look_at(name)
        return name

    def _patch(self, item: Held, operation: dict[str, Any]) -> None:
        self.world.caller.patch(self._made(item), operation)
        self.world.look_at(item.id)
        if item.id not in self.world.held:
            self.world.only_copies_are_left(item)

    def _is_foreign(self, name: str) -> None:
        self.world.foreign.add(self.world.held[name].uri)

    def _made(self, item: Held) -> Made:
        return Made(item.id, item.uri, f"{self.world.caller.container}/instances/{item.id}")
