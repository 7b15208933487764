"""Lists that no index holds in order: sorted once, kept up to date by what changed, forgotten when unused.

An answer depends on the database and the request alone: a view is never older than the transaction that reads it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cmp_to_key
from typing import Any, NamedTuple, TypeAlias

from reconciler.emulator.instances import Instance
from reconciler.emulator.order import Order
from reconciler.emulator.store import Horizon, Store
from reconciler.emulator.values import Key

MOST_VIEWS = 16
MOST_KEYS = 600_000  # of all views together; the view in use may hold more. By one property an item has two


class Entry(NamedTuple):
    """One item of a view: how it sorts, and where it is stored."""

    keys: tuple[Key, ...]
    instance_id: str
    row: int
    score: float | None = None


# Takes an instance and what the full-text index holds of it, where that is known.
Judge: TypeAlias = Callable[[Instance, str | None], Entry | None]


class View:
    """The items that a judge lets in, in order."""

    def __init__(
        self, order: Order, judge: Judge, found: Iterable[tuple[Instance, str | None]], horizon: Horizon
    ) -> None:
        self._order = order
        self._judge = judge
        self.horizon = horizon
        self.entries = [entry for instance, words in found if (entry := judge(instance, words)) is not None]
        for place, sorting in reversed(list(enumerate(order.sortings))):
            self.entries.sort(key=lambda entry, place=place: entry.keys[place], reverse=sorting.descending)  # type: ignore[misc]  # mypy cannot type a lambda with a default
        self._by_id = {entry.instance_id: entry for entry in self.entries}
        self._kinds = [{entry.keys[place][0] for entry in self.entries} for place in range(len(order.sortings))]
        self._sortable: Callable[[Sequence[Key]], Any] = cmp_to_key(order.compare)

    @property
    def size(self) -> int:
        """How many keys it holds, which is what it costs to keep."""
        return len(self.entries) * len(self._kinds)

    def update(self, removed: Iterable[str], changed: Iterable[Instance], horizon: Horizon) -> None:
        """Take in what happened since."""
        for instance_id in removed:
            self._drop(instance_id)
        for instance in changed:
            self._drop(instance.instance_id)
            entry = self._judge(instance, None)
            if entry is not None:
                self._insert(entry)
        self.horizon = horizon

    def _drop(self, instance_id: str) -> None:
        entry = self._by_id.pop(instance_id, None)
        if entry is not None:
            del self.entries[self._left(entry.keys)]

    def _insert(self, entry: Entry) -> None:
        self.entries.insert(self._left(entry.keys), entry)
        self._by_id[entry.instance_id] = entry
        for kinds, key in zip(self._kinds, entry.keys, strict=True):
            kinds.add(key[0])

    def _left(self, keys: Sequence[Key]) -> int:
        return bisect_left(self.entries, self._sortable(keys), key=lambda entry: self._sortable(entry.keys))

    def keys_of(self, instance_id: str) -> tuple[Key, ...] | None:
        """How the item of that id sorts, if it is in the view."""
        entry = self._by_id.get(instance_id)
        return None if entry is None else entry.keys

    def behind(self, keys: Sequence[Key]) -> int:
        """The place of the first item strictly beyond these keys, which may be fewer than the order has."""
        return bisect_right(self.entries, self._sortable(keys), key=lambda entry: self._sortable(entry.keys))

    def meant(self, place: int, readings: Sequence[Key]) -> Key:
        """Which reading of a value fits: one that an item has, else one of a kind that items have, else the text."""
        for key in readings if place == 0 else ():
            if self._left([key]) < self.behind([key]):
                return key
        return next((key for key in readings if key[0] in self._kinds[place]), readings[-1])


@dataclass(slots=True)
class Views:
    """The views used last."""

    _views: OrderedDict[Hashable, View] = field(default_factory=OrderedDict)

    def current(self, store: Store, place: tuple[str, str], key: Hashable, make: Callable[[Horizon], View]) -> View:
        """The view of that key, as the database stands; made when it is not known, or too much has happened since.

        place: scope and schema.
        """
        horizon = store.horizon()
        view = self._views.get(key)
        removed = None if view is None else store.removed_since(*place, view.horizon)
        if view is None or removed is None:
            self._views.pop(key, None)
            view = make(horizon)
        elif view.horizon != horizon:
            view.update(removed, store.changed_since(*place, view.horizon), horizon)
        return view

    def keep(self, key: Hashable, view: View) -> None:
        """Keep a view that will be asked for again; those not used for long make room."""
        self._views[key] = view
        self._views.move_to_end(key)
        while len(self._views) > 1 and (len(self._views) > MOST_VIEWS or self.size > MOST_KEYS):
            self._views.popitem(last=False)

    @property
    def size(self) -> int:
        """How many keys all of them hold."""
        return sum(view.size for view in self._views.values())
