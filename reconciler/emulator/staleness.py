"""The store as it was a little earlier, for lists that are told late (J4, ``stale-list``)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from reconciler.emulator.database import Begin, Database
from reconciler.emulator.store import Store


class _Undone(Exception):
    """Ends a transaction that was never meant to stay."""


class _InTransaction(Database):
    """The same connection, where a transaction is open already."""

    @contextmanager
    def transaction(self, begin: Begin, *, wait: bool = True) -> Iterator[None]:  # noqa: ARG002  (as the one of Database)
        """What is around it decides."""
        yield


@contextmanager
def without_newest(database: Database, scope: str, date: str) -> Iterator[tuple[Store, int]]:
    """The store without the instances of one scope that were created after a date, and how many those are.

    They are removed in a transaction that is undone at the end: so every index, sum and order there is, leaves them
    out, whatever the question. It takes the write lock, which is what a fault may cost.
    """
    with suppress(_Undone), database.transaction("BEGIN IMMEDIATE"):
        store = Store(_InTransaction(database.connection))
        newest = _newest(database, scope, date)
        for instance_id in newest:
            stored = store.find(scope, instance_id)
            if stored is not None:
                store.remove(stored)
        yield store, len(newest)
        raise _Undone


def _newest(database: Database, scope: str, date: str) -> list[str]:
    """Rows are in the order of their dates: it is enough to read back to the first that is old."""
    found: list[str] = []
    for row_scope, instance_id, created in database.connection.execute(
        "SELECT scope, instance_id, created FROM instance ORDER BY row DESC"
    ):
        if created <= date:
            break
        if row_scope == scope:
            found.append(instance_id)
    return found
