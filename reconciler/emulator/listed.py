"""Lists that an index holds in order, as the parts of a query. Reads nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Column = Literal["instance_id", "created", "modified", "label"]
INDEXES = {
    "instance_id": "instance_in_order",
    "created": "instance_by_created",
    "modified": "instance_by_modified",
    "label": "instance_by_label",
    "status": "instance_by_status",
}


@dataclass(frozen=True, slots=True)
class Position:
    """A place in an indexed list: behind an item, or behind all items of one value (``instance_id`` None)."""

    value: str
    instance_id: str | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A list that an index holds in order: the instances of one type by one column, or with one label or status by id.

    equal: column and value; only together with the order by ``instance_id``.
    """

    scope: str
    schema: str
    column: Column = "instance_id"
    descending: bool = False
    equal: tuple[Literal["label", "status"], str] | None = None

    def source(self) -> tuple[str, tuple[str, ...]]:
        """The table with its index, and what all items have in common."""
        index = INDEXES[self.equal[0] if self.equal else self.column]
        common = f" INDEXED BY {index} WHERE scope = ? AND schema = ?"
        if self.equal is None:
            return common, (self.scope, self.schema)
        return f"{common} AND {self.equal[0]} = ?", (self.scope, self.schema, self.equal[1])

    def beyond(self, position: Position | None) -> tuple[str, tuple[str, ...]]:
        """The condition that an item comes after a position."""
        if position is None:
            return "", ()
        column, sign = self.column, "<" if self.descending else ">"
        if column == "instance_id" or position.instance_id is None:
            return f" AND {column} {sign} ?", (position.value,)
        if not self.descending:
            return f" AND ({column}, instance_id) > (?, ?)", (position.value, position.instance_id)
        both = (position.value, position.value, position.instance_id)
        return f" AND {column} <= ? AND ({column} < ? OR instance_id > ?)", both

    def order(self) -> str:
        """How the items follow each other."""
        direction = " DESC" if self.descending else ""
        tie = "" if self.column == "instance_id" else ", instance_id"
        return f" ORDER BY {self.column}{direction}{tie}"

    def precedes(self, one: Position, other: Position) -> bool:
        """Whether everything beyond the second position is also beyond the first."""
        if one.value != other.value:
            return (one.value < other.value) is not self.descending
        return one.instance_id is not None and (other.instance_id is None or one.instance_id <= other.instance_id)
