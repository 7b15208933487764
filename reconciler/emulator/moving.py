"""Snapshots between files: of the disk, or ``-`` for the standard streams."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from reconciler.emulator.database import Busy, Database
from reconciler.emulator.registry import built_in_registry, read_documents
from reconciler.emulator.snapshot import Moved, read_snapshot, write_snapshot
from reconciler.model.errors import ReconcilerError

_STANDARD = Path("-")


def dump_file(path: Path, out: Path) -> Moved:
    """Write the content of a database; the database is only read, and ``out`` is there whole or not at all.

    Raises ``ReconcilerError`` when one of the files cannot be used, or both are the same.
    """
    if out.resolve() == path.resolve():
        raise ReconcilerError(f"{out} is the database itself", remedy="Name another file.")
    database = Database.copy_of(path)
    try:
        if out == _STANDARD:
            return write_snapshot(database, sys.stdout)
        beside = out.with_name(f".{out.name}.{os.getpid()}")
        try:
            with beside.open("w", encoding="utf-8", newline="\n") as file:
                moved = write_snapshot(database, file)
            beside.replace(out)
        finally:
            beside.unlink(missing_ok=True)
    except (OSError, sqlite3.Error) as error:
        raise ReconcilerError(f"the snapshot {out} cannot be written: {error}") from error
    else:
        return moved
    finally:
        database.close()


def load_file(path: Path, source: Path, schemas: Sequence[Path] = ()) -> Moved:
    """Fill a database, which is made when it is not there.

    Raises ``ReconcilerError`` when one of the files cannot be used, or the snapshot cannot be taken whole.
    """
    registry = built_in_registry().plus(read_documents(schemas))
    try:
        opened = nullcontext(sys.stdin) if source == _STANDARD else source.open(encoding="utf-8")
    except OSError as error:
        raise ReconcilerError(f"the snapshot {source} cannot be read: {error}") from error
    with opened as lines:
        database = Database.open(path)
        try:
            return read_snapshot(database, lines, registry)
        except Busy as busy:
            raise ReconcilerError(f"another process keeps writing to {path}", remedy="Try again later.") from busy
        except (OSError, UnicodeDecodeError) as error:
            raise ReconcilerError(f"the snapshot {source} cannot be read: {error}") from error
        except sqlite3.Error as error:
            raise ReconcilerError(f"cannot use the database {path}: {error}") from error
        finally:
            database.close()
