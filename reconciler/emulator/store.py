"""What is kept: instances, their references, requests to delete. Knows no rules of the API.

Every change happens inside ``writing()``, which takes the write lock first (``BEGIN IMMEDIATE``), so that what was read
there still holds at the commit, with any number of processes on one file. A commit is on the disk when it returns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from reconciler.emulator.database import Database
from reconciler.emulator.derived import label_and_status, place_of, search_text
from reconciler.emulator.instances import COLUMNS, Instance
from reconciler.emulator.instants import format_instant, instant_after
from reconciler.emulator.jsontext import JsonObject, dump, load_object
from reconciler.emulator.listed import INDEXES, Listed, Position

_SELECT = f"SELECT {COLUMNS} FROM instance "  # noqa: S608  (our own names, here and below)
BEFORE_ALL = ""  # sorts before every id and every date
_MOST_COUNTED = 64
TAKEN_IN_TOGETHER = 64  # instances; so many are read besides the sums and the full-text index, at most
_LONG = 4096  # characters of an instance that does not wait: those that do are read quickly
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
    values: JsonObject | None = None  # what the text says, when the caller has it at hand


@dataclass(frozen=True, slots=True)
class Revision:
    """What an update puts in the place of a stored revision."""

    account: str
    client: str
    text: str
    links: str
    name: tuple[str, str] | None
    references: frozenset[tuple[str, str]]
    values: JsonObject | None = None


@dataclass(frozen=True, slots=True, order=True)
class Referrer:
    """An instance that holds the URI of another one, and the property that holds it."""

    uri: str
    schema: str
    property: str


MOST_AT_ONCE = 10  # requests to delete that one look finds


@dataclass(frozen=True, slots=True)
class Deletion:
    """A request to delete. receipt, outcome: JSON text; outcome is None while undecided.

    receipt: as it stood when the deletion was asked for, with the condition that was given.   asked: when that was.
    """

    token: str
    scope: str
    instance_id: str
    polls_left: int
    receipt: str
    outcome: str | None
    asked: str


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What is certain of the instances that a list is made of; it only narrows down what is read."""

    uris: tuple[str, ...] | None = None
    equal: tuple[Literal["label", "status"], str] | None = None
    needles: tuple[str, ...] = ()  # texts that stand in the JSON of the instance
    match: str | None = None  # an expression of the full-text index


@dataclass(frozen=True, slots=True)
class Horizon:
    """Up to where changes are known: the date of the last write, the number of the last removal."""

    date: str
    removal: int


class Store:
    """One open database. Not safe for concurrent calls: its owner takes turns."""

    def __init__(self, database: Database, taken_in_together: int = TAKEN_IN_TOGETHER) -> None:
        self._taken_in_together = taken_in_together
        self._database = database
        self._connection = database.connection
        self._counted: dict[Listed, tuple[object, Position | None, int]] = {}

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
        """The date of a write made now: later than all given before, whatever the clock says."""
        date = format_instant(now)
        (latest,) = self._one("SELECT latest FROM calendar") or (BEFORE_ALL,)
        if latest >= date:
            date = instant_after(latest)
        self._connection.execute("UPDATE calendar SET latest = ?", (date,))
        return date

    # --- instances

    def add(self, new: NewInstance, date: str) -> Instance:
        """Store a new instance at revision 1."""
        group, name = new.name or (None, None)
        values = load_object(new.text) if new.values is None else new.values
        cursor = self._connection.execute(
            "INSERT INTO instance (scope, schema, instance_id, uri, etag, created, modified, created_by, modified_by,"
            " created_client, modified_client, text, links, name_group, name, label, status)"
            " VALUES (?1, ?2, ?3, ?4, 1, ?5, ?5, ?6, ?6, ?7, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            (
                *(new.scope, new.schema, new.instance_id, new.uri, date, new.account, new.client),
                *(new.text, new.links, group, name, *label_and_status(values)),
            ),
        )
        row = cursor.lastrowid or 0
        self._add_references(new.scope, row, new.references)
        if row % self._taken_in_together == 0 or len(new.text) > _LONG:
            self._take_in()
        who = (new.account, new.account, new.client, new.client)
        return Instance(row, new.scope, new.schema, new.instance_id, new.uri, 1, date, date, *who, new.text, new.links)

    def replace(self, stored: Instance, revision: Revision, date: str) -> Instance:
        """Store the next revision of an instance."""
        group, name = revision.name or (None, None)
        values = load_object(revision.text) if revision.values is None else revision.values
        self._connection.execute(
            "UPDATE instance SET etag = etag + 1, modified = ?, modified_by = ?, modified_client = ?, text = ?,"
            " links = ?, name_group = ?, name = ?, label = ?, status = ? WHERE row = ?",
            (
                *(date, revision.account, revision.client, revision.text, revision.links, group, name),
                *(*label_and_status(values), stored.row),
            ),
        )
        words = (search_text(values), stored.row)
        self._connection.execute("UPDATE search SET words = ? WHERE rowid = ?", words)
        self._connection.execute("DELETE FROM reference WHERE source = ?", (stored.row,))
        self._add_references(stored.scope, stored.row, revision.references)
        if len(revision.text) > _LONG and stored.row > self._last_taken_in():
            self._take_in()
        return Instance(*self._connection.execute(_SELECT + "WHERE row = ?", (stored.row,)).fetchone())

    def remove(self, stored: Instance) -> None:
        """Delete an instance and what it referenced."""
        self._connection.execute("DELETE FROM reference WHERE source = ?", (stored.row,))
        self._connection.execute("DELETE FROM search WHERE rowid = ?", (stored.row,))
        self._connection.execute("DELETE FROM instance WHERE row = ?", (stored.row,))

    def _take_in(self) -> None:
        """Count the newest instances, and index their words: for many together it costs little."""
        newest = (self._last_taken_in(),)
        rows = self._connection.execute("SELECT row, scope, schema, text FROM instance WHERE row > ?", newest)
        words = [(row, place_of(scope, schema), search_text(load_object(text))) for row, scope, schema, text in rows]
        # A process of an older version that has the file open yet adds its words by itself.
        self._connection.execute("DELETE FROM search WHERE rowid > ?", newest)
        self._connection.executemany("INSERT INTO search (rowid, place, words) VALUES (?, ?, ?)", words)
        self._connection.execute(
            "INSERT INTO population SELECT scope, schema, substr(instance_id, 1, 2), count(*) FROM instance"
            " WHERE row > ? GROUP BY 1, 2, 3 ON CONFLICT DO UPDATE SET size = size + excluded.size",
            newest,
        )
        self._connection.execute("UPDATE taken_in SET row = (SELECT max(row) FROM instance)")

    def _last_taken_in(self) -> int:
        (row,) = self._one("SELECT row FROM taken_in") or (0,)
        return int(row)

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

    # --- lists that an index holds in order

    def after(self, listed: Listed, position: Position | None, limit: int = -1) -> Iterator[tuple[Instance, str]]:
        """The instances of a list beyond a position in its order, with what each is ordered by; -1: all of them."""
        source, common = listed.source()
        beyond, bounds = listed.beyond(position)
        query = f"SELECT {COLUMNS}, {listed.column} FROM instance{source}{beyond}{listed.order()} LIMIT ?"  # noqa: S608
        rows = self._connection.execute(query, (*common, *bounds, limit))
        return ((Instance(*row[:-1]), row[-1]) for row in rows)

    def count_from(self, listed: Listed, position: Position | None) -> int:
        """How many instances of a list lie beyond a position.

        Only what lies between this and the position counted last is counted again while nothing is written.
        """
        if listed.column == "instance_id" and listed.equal is None:
            return self._count_by_id(listed, None if position is None else position.value)
        version = (self._one("PRAGMA data_version"), self._connection.total_changes)
        known = self._counted.get(listed)
        if known is None or known[0] != version:
            known = None
        if known is not None and (known[1] is None or (position is not None and listed.precedes(known[1], position))):
            count = known[2] - (0 if position == known[1] else self._count(listed, known[1], position))
        elif position is None and listed.equal is None:
            count = self.count_after(listed.scope, listed.schema, BEFORE_ALL)
        else:
            count = self._count(listed, position)
        if len(self._counted) > _MOST_COUNTED:
            self._counted.clear()
        self._counted[listed] = (version, position, count)
        return count

    def _count(self, listed: Listed, position: Position | None, until: Position | None = None) -> int:
        source, common = listed.source()
        beyond, bounds = listed.beyond(position)
        further, ends = listed.beyond(until)
        condition = f" AND NOT ({further.removeprefix(' AND ')})" if further else ""
        if until is not None:  # a plain bound, so that the index ends there
            condition += f" AND {listed.column} {'>=' if listed.descending else '<='} ?"
            ends = (*ends, until.value)
        query = f"SELECT count(*) FROM instance{source}{beyond}{condition}"  # noqa: S608
        (count,) = self._connection.execute(query, (*common, *bounds, *ends)).fetchone()
        return int(count)

    def _count_by_id(self, listed: Listed, start: str | None) -> int:
        if not listed.descending:
            return self.count_after(listed.scope, listed.schema, start or BEFORE_ALL)
        everything = self.count_after(listed.scope, listed.schema, BEFORE_ALL)
        beyond = self.count_after(listed.scope, listed.schema, AFTER_ALL if start is None else start)
        on_it = start is not None and self.exists(listed.scope, listed.schema, start)
        return everything - beyond - int(on_it)

    def count_after(self, scope: str, schema: str, start: str) -> int:
        """How many instances of a type have an id greater than ``start``, without counting them one by one."""
        others, bound = self._connection.execute(
            "SELECT coalesce(sum(size), 0), min(bucket) FROM population WHERE scope = ? AND schema = ? AND bucket > ?",
            (scope, schema, start[:2]),
        ).fetchone()
        bound = AFTER_ALL if bound is None else bound
        (near,) = self._connection.execute(
            "SELECT count(*) FROM instance WHERE scope = ? AND schema = ? AND instance_id > ? AND instance_id < ?",
            (scope, schema, start, bound),
        ).fetchone()
        (newest,) = self._connection.execute(
            "SELECT count(*) FROM instance NOT INDEXED WHERE row > ? AND scope = ? AND schema = ? AND instance_id >= ?",
            (self._last_taken_in(), scope, schema, bound),
        ).fetchone()
        return int(others) + int(near) + int(newest)

    def has(self, scope: str, schema: str, column: Literal["label", "status"], value: str | None) -> bool:
        """Whether any instance of the type has that in the column; None, for none, can be asked of labels only."""
        source = f"instance INDEXED BY {INDEXES[column]} WHERE scope = ? AND schema = ?"
        query = f"SELECT 1 FROM {source} AND {column} {'IS' if value is None else '='} ? LIMIT 1"  # noqa: S608
        return self._one(query, scope, schema, value) is not None

    # --- lists sorted in memory

    def of_type(self, scope: str, schema: str, narrowing: Narrowing) -> Iterator[tuple[Instance, str | None]]:
        """The instances of one type, in no order; what the narrowing excludes may be left out.

        With what the full-text index holds of each, when that is what narrows.
        """
        arguments = [scope, schema]
        if narrowing.uris is not None:  # a plus keeps SQLite from using an index that holds more
            source = "instance WHERE scope = ? AND +schema = ? AND uri IN (SELECT value FROM json_each(?))"
            arguments.append(dump(list(narrowing.uris)))
        elif narrowing.match is not None:
            return self._matching(scope, schema, narrowing.match, narrowing.needles)
        elif narrowing.equal is not None:
            column, value = narrowing.equal
            source = f"instance INDEXED BY {INDEXES[column]} WHERE scope = ? AND schema = ? AND {column} = ?"
            arguments.append(value)
        else:
            source = "instance INDEXED BY instance_in_order WHERE scope = ? AND schema = ?"
        return self._found(f"NULL FROM {source}", arguments, narrowing.needles)

    def _matching(
        self, scope: str, schema: str, match: str, needles: Sequence[str]
    ) -> Iterator[tuple[Instance, str | None]]:
        """What the full-text index finds, and the few instances that are not in it yet."""
        last = self._last_taken_in()
        indexed = "words FROM search CROSS JOIN instance ON row = search.rowid"
        wanted = f"place : {place_of(scope, schema)} AND words : ({match})"
        source = f"{indexed} WHERE scope = ? AND schema = ? AND search MATCH ? AND row <= ?"
        yield from self._found(source, (scope, schema, wanted, last), needles)
        source = "NULL FROM instance NOT INDEXED WHERE scope = ? AND schema = ? AND row > ?"
        yield from self._found(source, (scope, schema, last), needles)

    def _found(
        self, source: str, arguments: Sequence[object], needles: Sequence[str]
    ) -> Iterator[tuple[Instance, str | None]]:
        query = f"SELECT {COLUMNS}, {source}{' AND instr(text, ?) > 0' * len(needles)}"
        rows = self._connection.execute(query, (*arguments, *needles))
        return ((Instance(*row[:-1]), row[-1]) for row in rows)

    def of_rows(self, rows: Sequence[int]) -> list[Instance]:
        """The instances of these rows, in this order."""
        query = _SELECT + "WHERE row IN (SELECT value FROM json_each(?))"  # noqa: S608
        found = {row[0]: Instance(*row) for row in self._connection.execute(query, (dump(list(rows)),))}
        return [found[row] for row in rows]

    def horizon(self) -> Horizon:
        """Up to where a reader sees changes now."""
        (date,) = self._one("SELECT latest FROM calendar") or (BEFORE_ALL,)
        (removal,) = self._one("SELECT coalesce(max(number), 0) FROM removed") or (0,)
        return Horizon(date, removal)

    def changed_since(self, scope: str, schema: str, horizon: Horizon) -> Iterator[Instance]:
        """The instances of a type that were written beyond a horizon."""
        query = _SELECT + "INDEXED BY instance_by_modified WHERE scope = ? AND schema = ? AND modified > ?"
        return (Instance(*row) for row in self._connection.execute(query, (scope, schema, horizon.date)))

    def removed_since(self, scope: str, schema: str, horizon: Horizon) -> list[str] | None:
        """The ids of instances removed beyond a horizon; None when that is too long ago to be known."""
        (oldest,) = self._one("SELECT min(number) FROM removed") or (None,)
        if oldest is not None and oldest > horizon.removal + 1:
            return None
        query = "SELECT instance_id FROM removed WHERE number > ? AND scope = ? AND schema = ?"
        return [row[0] for row in self._connection.execute(query, (horizon.removal, scope, schema))]

    # --- requests to delete

    def add_deletion(self, deletion: Deletion) -> None:
        """Remember a request to delete."""
        self._connection.execute(
            "INSERT INTO deletion VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                *(deletion.token, deletion.scope, deletion.instance_id),
                *(deletion.polls_left, deletion.receipt, deletion.outcome, deletion.asked),
            ),
        )

    def find_deletion(self, scope: str, token: str) -> Deletion | None:
        """The request of that token, or None."""
        row = self._one(
            "SELECT token, scope, instance_id, polls_left, receipt, outcome, asked FROM deletion"
            " WHERE token = ? AND scope = ?",
            token,
            scope,
        )
        return None if row is None else Deletion(*row)

    def undecided(self) -> list[Deletion]:
        """The requests that were asked for first, some of those without an outcome."""
        rows = self._connection.execute(
            "SELECT token, scope, instance_id, polls_left, receipt, outcome, asked FROM deletion"
            " WHERE outcome IS NULL ORDER BY asked LIMIT ?",
            (MOST_AT_ONCE,),
        )
        return [Deletion(*row) for row in rows]

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
