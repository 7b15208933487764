"""What is kept: instances, their references, requests to delete. Knows no rules of the API.

Every change happens inside ``writing()``, which takes the write lock first (``BEGIN IMMEDIATE``), so that what was read
there still holds at the commit, with any number of processes on one file. A commit is on the disk when it returns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reconciler.emulator.database import Database
from reconciler.emulator.instances import Instance
from reconciler.emulator.instants import format_instant
from reconciler.emulator.jsontext import dump

_SELECT = (
    "SELECT row, scope, schema, instance_id, uri, etag, created, modified, created_by, modified_by,"
    " created_client, modified_client, text, links FROM instance "
)
BEFORE_ALL = ""  # sorts before every id and every date
AFTER_ALL = "\U0010ffff"  # sorts after every id


@dataclass(frozen=True, slots=True)
class NewInstance:
    """A row to be: everything but its dates, which the transaction gives."""

    scope: str
    schema: str
    instance_id: str
    uri: str | None
    account: str
    client: str
    text: str
    links: str
    name: tuple[str, str] | None = None  # group, name
    references: frozenset[tuple[str, str]] = frozenset()  # property, URI


@dataclass(frozen=True, slots=True)
class Revision:
    """What an update puts in the place of a stored revision."""

    account: str
    client: str
    text: str
    links: str
    name: tuple[str, str] | None
    references: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True, order=True)
class Referrer:
    """An instance that holds the URI of another one, and the property that holds it."""

    uri: str
    schema: str
    property: str


@dataclass(frozen=True, slots=True)
class Deletion:
    """A request to delete. receipt, outcome: JSON text; outcome is None while undecided."""

    token: str
    scope: str
    instance_id: str
    polls_left: int
    receipt: str
    outcome: str | None


@dataclass(frozen=True, slots=True)
class Listed:
    """Which instances a list is about: those of one type, in the order of their ids.

    uris: only these, when given.   needles: texts that must stand in the JSON of the instance; they only narrow down
    what is read, the caller judges.
    """

    scope: str
    schema: str
    descending: bool = False
    uris: tuple[str, ...] | None = None
    needles: tuple[str, ...] = ()

    def clause(self) -> str:
        """What follows the selected columns."""
        # A plus keeps SQLite from walking the whole list in order when a few URIs are wanted.
        column = "instance_id" if self.uris is None else "+instance_id"
        return "".join(
            (
                "WHERE scope = ? AND schema = ?" if self.uris is None else "WHERE scope = ? AND +schema = ?",
                f" AND {column} < ?" if self.descending else f" AND {column} > ?",
                "" if self.uris is None else " AND uri IN (SELECT value FROM json_each(?))",
                " AND instr(text, ?) > 0" * len(self.needles),
                f" ORDER BY {column} DESC" if self.descending else f" ORDER BY {column}",
                " LIMIT ?",
            )
        )

    def arguments(self, start: str | None, limit: int) -> tuple[object, ...]:
        """The values for the question marks; ``start`` None: from the beginning."""
        beginning = AFTER_ALL if self.descending else BEFORE_ALL
        uris = () if self.uris is None else (dump(list(self.uris)),)
        return (self.scope, self.schema, beginning if start is None else start, *uris, *self.needles, limit)


class Store:
    """One open database. Not safe for concurrent calls: its owner takes turns."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection = database.connection

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def reading(self) -> AbstractContextManager[None]:
        """All reads inside see one state of the database."""
        return self._database.transaction("BEGIN")

    def writing(self) -> AbstractContextManager[None]:
        """All or nothing: committed durably at the end, undone when anything is raised."""
        return self._database.transaction("BEGIN IMMEDIATE")

    # --- dates

    def next_date(self, now: datetime) -> str:
        """The date of a write made now: never before one given earlier, whatever the clock says."""
        (latest,) = self._one("SELECT latest FROM calendar") or (BEFORE_ALL,)
        date: str = max(format_instant(now), latest)
        if date != latest:
            self._connection.execute("UPDATE calendar SET latest = ?", (date,))
        return date

    # --- instances

    def add(self, new: NewInstance, date: str) -> Instance:
        """Store a new instance at revision 1."""
        group, name = new.name or (None, None)
        cursor = self._connection.execute(
            "INSERT INTO instance (scope, schema, instance_id, uri, etag, created, modified, created_by, modified_by,"
            " created_client, modified_client, text, links, name_group, name)"
            " VALUES (?1, ?2, ?3, ?4, 1, ?5, ?5, ?6, ?6, ?7, ?7, ?8, ?9, ?10, ?11)",
            (
                *(new.scope, new.schema, new.instance_id, new.uri, date, new.account, new.client),
                *(new.text, new.links, group, name),
            ),
        )
        row = cursor.lastrowid or 0
        self._add_references(new.scope, row, new.references)
        who = (new.account, new.account, new.client, new.client)
        return Instance(row, new.scope, new.schema, new.instance_id, new.uri, 1, date, date, *who, new.text, new.links)

    def replace(self, stored: Instance, revision: Revision, date: str) -> Instance:
        """Store the next revision of an instance."""
        group, name = revision.name or (None, None)
        self._connection.execute(
            "UPDATE instance SET etag = etag + 1, modified = ?, modified_by = ?, modified_client = ?, text = ?,"
            " links = ?, name_group = ?, name = ? WHERE row = ?",
            (date, revision.account, revision.client, revision.text, revision.links, group, name, stored.row),
        )
        self._connection.execute("DELETE FROM reference WHERE source = ?", (stored.row,))
        self._add_references(stored.scope, stored.row, revision.references)
        return Instance(*self._connection.execute(_SELECT + "WHERE row = ?", (stored.row,)).fetchone())

    def remove(self, stored: Instance) -> None:
        """Delete an instance and what it referenced."""
        self._connection.execute("DELETE FROM reference WHERE source = ?", (stored.row,))
        self._connection.execute("DELETE FROM instance WHERE row = ?", (stored.row,))

    def find(self, scope: str, instance_id: str) -> Instance | None:
        """The instance of that id in that container, or None."""
        row = self._one(_SELECT + "WHERE instance_id = ? AND scope = ?", instance_id, scope)
        return None if row is None else Instance(*row)

    def find_uri(self, scope: str, uri: str) -> Instance | None:
        """The instance of that ``@id`` in that container, or None."""
        row = self._one(_SELECT + "WHERE scope = ? AND uri = ?", scope, uri)
        return None if row is None else Instance(*row)

    def exists(self, scope: str, schema: str, instance_id: str) -> bool:
        """Whether that instance of that schema is there."""
        known = "SELECT 1 FROM instance WHERE instance_id = ? AND scope = ? AND schema = ?"
        return self._one(known, instance_id, scope, schema) is not None

    def of_scope(self, scope: str) -> list[Instance]:
        """All instances of a scope, oldest first."""
        query = _SELECT + "WHERE scope = ? ORDER BY row"
        return [Instance(*row) for row in self._connection.execute(query, (scope,))]

    def scope_of(self, instance_id: str) -> str | None:
        """Where the instance of that id lives, whatever its type."""
        row = self._one("SELECT scope FROM instance WHERE instance_id = ?", instance_id)
        return None if row is None else str(row[0])

    def knows_scope(self, scope: str) -> bool:
        """Whether anything lives there."""
        return self._one("SELECT 1 FROM instance WHERE scope = ? LIMIT 1", scope) is not None

    def schemas_of(self, scope: str, uris: Iterable[str]) -> dict[str, str]:
        """The schema of each of these URIs that names an instance of the container."""
        wanted = dump(sorted(set(uris)))
        query = "SELECT uri, schema FROM instance WHERE scope = ? AND uri IN (SELECT value FROM json_each(?))"
        return dict(self._connection.execute(query, (scope, wanted)))

    def name_holder(self, scope: str, group: str, name: str) -> Instance | None:
        """The instance that has a unique name, or None."""
        query = _SELECT + "WHERE scope = ? AND name_group = ? AND name = ?"
        row = self._one(query, scope, group, name)
        return None if row is None else Instance(*row)

    # --- references

    def referrers(self, target: Instance) -> list[Referrer]:
        """Who else in the container holds the URI of this instance, in a stable order."""
        query = (
            "SELECT i.uri, i.schema, r.property FROM reference r JOIN instance i ON i.row = r.source"
            " WHERE r.scope = ? AND r.target = ? AND r.source <> ?"
        )
        return sorted(Referrer(*row) for row in self._connection.execute(query, (target.scope, target.uri, target.row)))

    def _add_references(self, scope: str, source: int, references: Iterable[tuple[str, str]]) -> None:
        rows = [(scope, target, source, property_) for property_, target in references]
        if rows:
            self._connection.executemany("INSERT INTO reference VALUES (?, ?, ?, ?)", rows)

    # --- lists

    def after(self, listed: Listed, start: str | None, limit: int = -1) -> Iterator[Instance]:
        """The instances of a list whose ids lie beyond ``start``, in the order of the list; -1: all of them."""
        rows = self._connection.execute(_SELECT + listed.clause(), listed.arguments(start, limit))
        return (Instance(*row) for row in rows)

    def count_after(self, scope: str, schema: str, start: str) -> int:
        """How many instances of a type have an id greater than ``start``, without counting them one by one."""
        others, bound = self._connection.execute(
            "SELECT coalesce(sum(size), 0), min(bucket) FROM population WHERE scope = ? AND schema = ? AND bucket > ?",
            (scope, schema, start[:2]),
        ).fetchone()
        (near,) = self._connection.execute(
            "SELECT count(*) FROM instance WHERE scope = ? AND schema = ? AND instance_id > ? AND instance_id < ?",
            (scope, schema, start, AFTER_ALL if bound is None else bound),
        ).fetchone()
        return int(others) + int(near)

    # --- requests to delete

    def add_deletion(self, deletion: Deletion) -> None:
        """Remember a request to delete."""
        self._connection.execute(
            "INSERT INTO deletion VALUES (?, ?, ?, ?, ?, ?)",
            (
                *(deletion.token, deletion.scope, deletion.instance_id),
                *(deletion.polls_left, deletion.receipt, deletion.outcome),
            ),
        )

    def find_deletion(self, scope: str, token: str) -> Deletion | None:
        """The request of that token, or None."""
        row = self._one(
            "SELECT token, scope, instance_id, polls_left, receipt, outcome FROM deletion"
            " WHERE token = ? AND scope = ?",
            token,
            scope,
        )
        return None if row is None else Deletion(*row)

    def count_poll(self, token: str) -> None:
        """One poll fewer until the decision."""
        self._connection.execute("UPDATE deletion SET polls_left = polls_left - 1 WHERE token = ?", (token,))

    def settle_deletion(self, token: str, outcome: str) -> None:
        """Write down what became of the request."""
        self._connection.execute("UPDATE deletion SET outcome = ? WHERE token = ?", (outcome, token))

    # --- rows

    def _one(self, query: str, *arguments: object) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = self._connection.execute(query, arguments).fetchone()
        return row
