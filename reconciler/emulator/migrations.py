"""Older formats of the database file, brought up to date inside the transaction that opens it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from importlib.resources import files

from reconciler.emulator.derived import label_and_status, place_of, search_text
from reconciler.emulator.jsontext import load_object


def run_script(connection: sqlite3.Connection, name: str) -> None:
    """Carry out the statements of a file of this package, inside the transaction that is open."""
    for statement in _statements((files("reconciler.emulator") / name).read_text(encoding="utf-8")):
        connection.execute(statement)


def _statements(script: str) -> Iterator[str]:
    """The statements of a script, a trigger with its body being one."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _to_format_2(connection: sqlite3.Connection) -> None:
    """Columns and indexes to list by, removals, the full-text index."""
    run_script(connection, "to_format_2.sql")
    for row, scope, schema, text in connection.execute("SELECT row, scope, schema, text FROM instance").fetchall():
        values = load_object(text)
        connection.execute("UPDATE instance SET label = ?, status = ? WHERE row = ?", (*label_and_status(values), row))
        connection.execute(
            "INSERT INTO search (rowid, place, words) VALUES (?, ?, ?)",
            (row, place_of(scope, schema), search_text(values)),
        )


def migrate(connection: sqlite3.Connection, version: int, to: int) -> None:
    """From one format to a later one; raises ``ValueError`` when what is stored cannot be read."""
    for older in range(version, to):
        _STEPS[older](connection)


def _to_format_3(connection: sqlite3.Connection) -> None:
    """When requests to delete were asked, and the order in which they were decided."""
    run_script(connection, "to_format_3.sql")


def _to_format_4(connection: sqlite3.Connection) -> None:
    """Sums and full-text index without the newest instances."""
    run_script(connection, "to_format_4.sql")


# By the format that each starts from.
_STEPS: Mapping[int, Callable[[sqlite3.Connection], None]] = {1: _to_format_2, 2: _to_format_3, 3: _to_format_4}
