"""Profiles from files: lines of JSON, CSV or Parquet, in pieces, so that no file is too long."""

from __future__ import annotations

import csv
import gzip
import io
import os
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from json import JSONDecodeError, JSONDecoder
from pathlib import Path
from typing import IO, Any, cast

from reconciler.decision.columns import Column, ColumnsUnusable, nest, read_cell, to_columns
from reconciler.decision.impact import Batch
from reconciler.decision.parquet import GroupReader, group_sizes
from reconciler.decision.profile import Profile
from reconciler.model.errors import ReconcilerError

PIECE_BYTES = 1 << 20  # of text that goes to one process at once
PIECE_ROWS = 10_000  # of Parquet, the same; a group of rows may be as large as the file
BATCH = 250  # profiles that are decided together: few enough to stay in the processor's cache
LINE_BYTES = 4 << 20  # the longest profile
_BOM = b"\xef\xbb\xbf"
_WHITE = " \t\r"
_CONVERT = "Write one JSON object a line; of a JSON array `jq -c '.[]' FILE` makes that."


class ProfilesUnreadable(ReconcilerError):
    """Profiles that cannot be read, and where."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Some whole lines of JSON. done: how much of the file is read with them, 0..1."""

    file: str
    first: int
    data: bytes
    done: float


@dataclass(frozen=True, slots=True)
class Rows:
    """Some whole records of CSV, and the columns that their file begins with."""

    file: str
    first: int
    data: bytes
    done: float
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class GroupRows:
    """Some rows of one of the groups that a Parquet file stores them in. rows: counted in the group, from 0."""

    file: str
    first: int
    group: int
    rows: range
    done: float


Piece = Lines | Rows | GroupRows


def read_pieces(path: Path, piece_bytes: int = PIECE_BYTES) -> Iterator[Piece]:
    """The pieces of a file of profiles, ready to be decoded, in another process too. ``-`` is stdin.

    Parquet and CSV by the name (``.parquet``, ``.csv``), else lines of JSON; ``.gz`` is unpacked.
    Raises ``ProfilesUnreadable``.
    """
    kind, packed = _kind(path)
    if is_parquet(path):
        yield from _group_rows(path)
        return
    with _opened(path) as raw:
        file = cast(IO[bytes], gzip.GzipFile(fileobj=raw)) if packed else raw
        blocks = _blocks(path, file, piece_bytes, _done(path, raw))
        if kind == ".csv":
            yield from _rows(path, blocks)
        else:
            for first, data, done in _whole(path, blocks, _end_of_lines):
                yield Lines(str(path), first, data, done)


def is_parquet(path: Path) -> bool:
    """Whether a file of this name is read as Parquet."""
    return path.suffix.lower() == ".parquet"


def how_to_fill(path: Path) -> str:
    """What to do where a file holds no profiles."""
    match _kind(path):
        case (".csv", _):
            return "Write a line for each profile, below the names of the columns."
        case (".parquet", False):
            return "Write a row for each profile."
        case _:
            return "Write one JSON object a line."


def _kind(path: Path) -> tuple[str, bool]:
    """What the name of a file says of it: how its profiles are written, and whether it is packed."""
    names = [suffix.lower() for suffix in path.suffixes]
    packed = names[-1:] == [".gz"]
    return (names[-2] if len(names) > 1 else "") if packed else (names[-1] if names else ""), packed


class Decoder:
    """Decodes one piece after the other; a group of rows stays open for the pieces of it that follow."""

    def __init__(self) -> None:
        self._groups = GroupReader()

    def decode(self, piece: Piece) -> Iterator[Batch]:
        """The profiles of a piece. Raises ``ProfilesUnreadable`` with file and line, ``ParquetUnreadable``."""
        match piece:
            case Lines():
                yield from _decode_lines(piece)
            case Rows():
                yield from _decode_rows(piece)
            case GroupRows():
                yield from self._groups.decode(piece.file, piece.group, piece.rows, piece.first)


# ---------------------------------------------------------------- pieces


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    if path == Path("-"):
        yield sys.stdin.buffer
        return
    try:
        file = path.open("rb")
    except OSError as error:
        raise ProfilesUnreadable(
            f"{path} cannot be read: {error.strerror}", remedy="Name a file of profiles: .ndjson, .csv or .parquet."
        ) from error
    with file:
        yield file


def _done(path: Path, raw: IO[bytes]) -> Callable[[], float]:
    """How much of a file is read; 0 where that is unknown."""
    size = 0 if path == Path("-") else os.fstat(raw.fileno()).st_size
    return lambda: min(raw.tell() / size, 1.0) if size else 0.0


_Blocks = Iterator[tuple[bytes, float]]


def _blocks(path: Path, file: IO[bytes], size: int, done: Callable[[], float]) -> _Blocks:
    """The bytes of a file, without a byte order mark."""
    first = True
    try:
        while block := file.read(size):
            yield block.removeprefix(_BOM) if first else block, done()
            first = False
    except (OSError, EOFError) as error:
        raise ProfilesUnreadable(f"{path} cannot be read: {error}", remedy="Write the file again.") from error
    except zlib.error as error:
        raise ProfilesUnreadable(f"{path} is no gzip that can be unpacked: {error}", remedy="Pack it again.") from error


def _whole(
    path: Path, blocks: _Blocks, end_of: Callable[[bytes], int], line: int = 1
) -> Iterator[tuple[int, bytes, float]]:
    """Blocks cut where a record ends, each with the number of its first line."""
    rest, done = b"", 1.0
    for block, done in blocks:
        data = rest + block if rest else block
        end = end_of(data)
        if end == 0 and len(data) > LINE_BYTES:
            raise _too_long(str(path), line)
        if end:
            yield line, data[:end], done
            line += data.count(b"\n", 0, end)
        rest = data[end:]
    if rest:
        yield line, rest, done


def _end_of_lines(data: bytes) -> int:
    return data.rfind(b"\n") + 1


def _end_of_records(data: bytes) -> int:
    """Behind the last line end that is not inside quotes. A quote inside a cell is doubled, so they come in pairs."""
    end = len(data)
    after = data.count(b'"')
    while True:
        line_end = data.rfind(b"\n", 0, end)
        if line_end < 0:
            return 0
        after -= data.count(b'"', line_end, end)
        if after % 2 == 0:
            return line_end + 1
        end = line_end


def _too_long(file: str, line: int) -> ProfilesUnreadable:
    return ProfilesUnreadable(f"{file}:{line}: this line is longer than {LINE_BYTES >> 20} MiB", remedy=_CONVERT)


def _text(file: str, first: int, data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = first + data.count(b"\n", 0, error.start)
        raise ProfilesUnreadable(f"{file}:{line}: this line is not UTF-8", remedy="Save the file as UTF-8.") from None


# ---------------------------------------------------------------- lines of JSON


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


_raw_decode = JSONDecoder(parse_constant=_refuse_constant).raw_decode


def _decode_lines(piece: Lines) -> Iterator[Batch]:
    profiles: list[Profile] = []
    positions: list[int] = []
    number = piece.first - 1
    for line in _text(piece.file, piece.first, piece.data).split("\n"):
        number += 1
        line = line.strip(_WHITE)  # noqa: PLW2901 - one name for one line
        if not line:
            continue
        try:
            profile, end = _raw_decode(line)
        except (ValueError, RecursionError) as error:
            raise _not_json(piece.file, number, error) from None
        if end != len(line) or type(profile) is not dict or end > LINE_BYTES:
            raise _no_profile(piece.file, number, line, end)
        profiles.append(profile)
        positions.append(number)
        if len(profiles) == BATCH:
            yield Batch(profiles, positions)
            profiles, positions = [], []
    yield Batch(profiles, positions)


def _not_json(file: str, number: int, error: Exception) -> ProfilesUnreadable:
    match error:
        case JSONDecodeError():
            what = f"this line is not JSON: {error.msg}, column {error.colno}"
        case RecursionError():
            what = "this line is nested too deeply"
        case _:
            what = f"this line is not JSON that can be used: {error}"
    return ProfilesUnreadable(f"{file}:{number}: {what}", remedy=_CONVERT)


def _no_profile(file: str, number: int, line: str, end: int) -> ProfilesUnreadable:
    if len(line) > LINE_BYTES:
        return _too_long(file, number)
    if end != len(line):
        what = f"there is more after the profile, column {end + 1}"
        return ProfilesUnreadable(f"{file}:{number}: {what}", remedy="Write one profile a line.")
    return ProfilesUnreadable(f"{file}:{number}: this line is no JSON object", remedy=_CONVERT)


# ---------------------------------------------------------------- CSV


def _rows(path: Path, blocks: _Blocks) -> Iterator[Piece]:
    columns: tuple[Column, ...] = ()
    for first, data, done in _whole(path, blocks, _end_of_records):
        rest, line = data, first
        if not columns:
            columns, size = _header(str(path), first, data)
            rest, line = data[size:], first + data.count(b"\n", 0, size)
        if rest:
            yield Rows(str(path), line, rest, done, columns)


def _header(file: str, first: int, data: bytes) -> tuple[tuple[Column, ...], int]:
    """The columns, and how many bytes tell them. Blank lines before them are passed over."""
    size = 0
    for line in io.BytesIO(data):
        size += len(line)
        if line.strip():
            break
    at = first + max(0, data.count(b"\n", 0, size) - 1)
    names = next(csv.reader([_text(file, first, data[:size]).strip("\r\n")]), [])
    try:
        return to_columns(names), size
    except ColumnsUnusable as error:
        raise ProfilesUnreadable(f"{file}:{at}: {error}", remedy=error.remedy) from None


def _decode_rows(piece: Rows) -> Iterator[Batch]:
    csv.field_size_limit(LINE_BYTES)
    reader = csv.reader(io.StringIO(_text(piece.file, piece.first, piece.data), newline=""), strict=True)
    profiles: list[Profile] = []
    positions: list[int] = []
    while True:
        number = piece.first + reader.line_num
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise ProfilesUnreadable(
                f"{piece.file}:{number}: this is not CSV: {error}", remedy='Quote with ", and double it inside.'
            ) from None
        if row is None or len(profiles) == BATCH:
            yield Batch(profiles, positions)
            profiles, positions = [], []
        if row is None:
            return
        if row:
            profiles.append(_profile(piece, number, row))
            positions.append(number)


def _profile(piece: Rows, number: int, row: Sequence[str]) -> Mapping[str, Any]:
    if len(row) != len(piece.columns):
        raise ProfilesUnreadable(
            f"{piece.file}:{number}: {len(row)} cells, but {len(piece.columns)} columns",
            remedy='Separate with commas, and quote with " what holds one.',
        )
    try:
        return nest(piece.columns, [read_cell(cell) for cell in row])
    except ValueError:
        bad = next(column for column, cell in zip(piece.columns, row, strict=True) if _is_bad(cell))
        raise ProfilesUnreadable(
            f"{piece.file}:{number}: column {bad.name}: this is not JSON",
            remedy='Write lists as JSON, and text that begins with [ or { in JSON quotes: """[text]""".',
        ) from None


def _is_bad(cell: str) -> bool:
    try:
        read_cell(cell)
    except ValueError:
        return True
    return False


# ---------------------------------------------------------------- Parquet


def _group_rows(path: Path) -> Iterator[Piece]:
    before = 0
    sizes = group_sizes(str(path))
    for group, size in enumerate(sizes):
        for start in range(0, size, PIECE_ROWS):
            rows = range(start, min(start + PIECE_ROWS, size))
            done = (before + rows.stop) / sum(sizes)
            yield GroupRows(str(path), before + start + 1, group, rows, done)
        before += size
