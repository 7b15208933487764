"""The SQLite file itself: opened or made, refused when it is not ours, and transactions on it."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, TypeAlias

from reconciler.emulator.migrations import migrate, run_script
from reconciler.model.errors import ReconcilerError

Begin: TypeAlias = Literal["BEGIN", "BEGIN IMMEDIATE"]
FORMAT = 4
_APPLICATION_ID = 0x5245434E  # "RECN"
_BUSY_TIMEOUT_S = 10.0
# Ids are random, so a write touches a page in each of several indexes: small pages.
_PAGE_BYTES = 2048
_CACHE_KIB = 4 * 1024  # at most, a connection; a commit may look at every page in it
_LOG_PAGES = 4096  # of the log of a file before it is folded in: a page written many times is then folded in once


class Busy(Exception):
    """Another process held the file for longer than the busy timeout."""


class Database:
    """One connection with its transactions."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self._patience_s = _BUSY_TIMEOUT_S
        self._together = False
        self._is_alone = False
        self._undone_by: sqlite3.Error | None = None

    @classmethod
    def open(cls, path: str | Path) -> Database:
        """Open the file, making it when it is not there; ``:memory:`` makes one that is never written.

        Raises ``ReconcilerError`` for what is not a database of ours, or one of a newer format.
        """
        try:
            connection = sqlite3.connect(
                path, isolation_level=None, check_same_thread=False, timeout=_BUSY_TIMEOUT_S, cached_statements=256
            )
        except sqlite3.OperationalError as error:
            raise ReconcilerError(f"cannot open the database {path}: {error}") from error
        try:
            _prepare(connection, str(path))
        except sqlite3.Error as error:
            connection.close()
            raise ReconcilerError(f"cannot use the database {path}: {error}") from error
        except ReconcilerError:
            connection.close()
            raise
        return cls(connection)

    @classmethod
    def copy_of(cls, path: str | Path) -> Database:
        """The content of a file, in memory; the file is only read. An empty file is an empty database.

        Raises ``ReconcilerError`` for what cannot be read, or is not a database of ours.
        """
        memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False, cached_statements=256)
        try:
            if Path(path).stat().st_size:
                _copy(Path(path), memory)
            _prepare(memory, str(path))
        except (sqlite3.Error, OSError) as error:
            memory.close()
            raise ReconcilerError(f"cannot read the database {path}: {error}") from error
        except ReconcilerError:
            memory.close()
            raise
        return cls(memory)

    def close(self) -> None:
        """Close the file; the last to close it folds the write-ahead log in."""
        self.connection.close()

    def second(self) -> Database | None:
        """Another connection to the same file, that only reads and sees what is committed; None where there is no file.

        Raises ``ReconcilerError`` as ``open`` does.
        """
        path = self.connection.execute("PRAGMA database_list").fetchone()[2]
        if not path:
            return None
        database = Database.open(path)
        database.connection.execute("PRAGMA query_only = ON")
        return database

    @contextmanager
    def together(self, *, alone: bool = False, wait: bool = True) -> Iterator[None]:
        """One commit for all transactions inside; each is still undone alone when anything is raised in it.

        alone: there is only one request.   wait: until the lock is to be had, or for the busy timeout.
        Raises ``Busy`` or ``sqlite3.Error`` when nothing of them holds.
        """
        with self.transaction("BEGIN IMMEDIATE", wait=wait):
            self._together, self._is_alone = True, alone
            try:
                yield
                self._require_whole()
            finally:
                self._together, self._is_alone, self._undone_by = False, False, None

    @contextmanager
    def _part(self) -> Iterator[None]:
        self._require_whole()
        is_alone, self._is_alone = self._is_alone, False  # a request may have a second one
        try:
            if not is_alone:
                self.connection.execute("SAVEPOINT part")
            yield
            if not is_alone:
                self.connection.execute("RELEASE part")
        except BaseException as error:
            if self.connection.in_transaction:
                self._undo_part(is_alone=is_alone)
            elif isinstance(error, sqlite3.Error):
                self._undone_by = error
            raise

    def _undo_part(self, *, is_alone: bool) -> None:
        if is_alone:  # what is committed in the end is empty
            self.connection.execute("ROLLBACK")
            self.connection.execute("BEGIN")
        else:
            self.connection.execute("ROLLBACK TO part")
            self.connection.execute("RELEASE part")

    def _require_whole(self) -> None:
        """A failing disk undoes the transaction with all its parts; what comes now would stand by itself."""
        if not self.connection.in_transaction:
            raise self._undone_by or sqlite3.OperationalError("the transaction was undone")

    @contextmanager
    def transaction(self, begin: Begin, *, wait: bool = True) -> Iterator[None]:
        """Committed at the end, rolled back when anything is raised. Raises ``Busy`` when the lock is not to be had."""
        if self._together:
            with self._part():
                yield
            return
        self._begin(begin, wait=wait)
        try:
            yield
            self.connection.execute("COMMIT")
        finally:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")

    def _begin(self, begin: Begin, *, wait: bool) -> None:
        patience_s = _BUSY_TIMEOUT_S if wait else 0
        if patience_s != self._patience_s:
            self.connection.execute(f"PRAGMA busy_timeout = {patience_s * 1000:.0f}")
            self._patience_s = patience_s
        try:
            self.connection.execute(begin)
        except sqlite3.OperationalError as error:
            if _is_busy(error):
                raise Busy from error
            raise


def _copy(path: Path, memory: sqlite3.Connection) -> None:
    """Copy a file; where SQLite may not make its lock files beside it, as it stands on the disk."""
    address = path.absolute().as_uri()
    for mode in ("mode=ro", "mode=ro&immutable=1"):
        source = sqlite3.connect(f"{address}?{mode}", uri=True, timeout=_BUSY_TIMEOUT_S)
        try:
            source.backup(memory)
        except sqlite3.OperationalError:
            if "immutable" in mode:
                raise
        else:
            return
        finally:
            source.close()


def _prepare(connection: sqlite3.Connection, path: str) -> None:
    """Make the file ours, or refuse it before anything in it is touched."""
    version = _format_of(connection, path)
    connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")  # of a file that is still empty
    _use_write_ahead_log(connection)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    connection.execute(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")
    if version < FORMAT:
        connection.execute("BEGIN IMMEDIATE")
        # Another process may have done it in the meantime. Closing the connection undoes what was begun.
        version = _format_of(connection, path)
        if version < FORMAT:
            _bring_up_to_date(connection, version, path)
        connection.execute("COMMIT")


def _format_of(connection: sqlite3.Connection, path: str) -> int:
    """The format number of the file, 0 for an empty one."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if tables and application != _APPLICATION_ID:
        raise ReconcilerError(f"{path} is a database of another program", remedy="Name another file.")
    if version > FORMAT:
        raise ReconcilerError(
            f"{path} has format {version}; this version reads formats up to {FORMAT}",
            remedy="Use the newer version that wrote it.",
        )
    return int(version)


def _use_write_ahead_log(connection: sqlite3.Connection) -> None:
    # The switch does not wait for a process that is switching too: it is tried until one of them has done it.
    deadline = time.monotonic() + _BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if not _is_busy(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _is_busy(error: sqlite3.OperationalError) -> bool:
    return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY  # the extended codes too


def _bring_up_to_date(connection: sqlite3.Connection, version: int, path: str) -> None:
    if version == 0:
        run_script(connection, "tables.sql")
        connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
    else:
        try:
            migrate(connection, version, FORMAT)
        except ValueError as error:
            raise ReconcilerError(
                f"{path} cannot be brought from format {version} to {FORMAT}: {error}",
                remedy="Use the version that wrote it.",
            ) from error
    connection.execute(f"PRAGMA user_version = {FORMAT}")
