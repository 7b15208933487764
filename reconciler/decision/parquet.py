"""Profiles from Parquet files, through pyarrow, which is installed only where somebody wants it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.decision.columns import Column, ColumnsUnusable, nest, to_columns
from reconciler.decision.impact import Batch
from reconciler.model.errors import ReconcilerError
from reconciler.model.instant import spell_instant

if TYPE_CHECKING:
    from pyarrow import RecordBatch
    from pyarrow.parquet import ParquetFile

_ROWS = 2_000  # decoded at once
_BUFFER_BYTES = 1 << 16  # read at once of each column; without a buffer, whole columns of a group are in memory


class ParquetUnreadable(ReconcilerError):
    """A Parquet file that cannot be read, or nothing here that reads it."""


def group_sizes(file: str) -> list[int]:
    """How many rows each group of the file has. Raises ``ParquetUnreadable``, for a pipe too."""
    if Path(file).exists() and not Path(file).is_file():
        raise ParquetUnreadable(
            f"{file} is no plain file, and Parquet is read from its end", remedy="Write a file first."
        )
    with _opened(file) as opened:
        return [opened.metadata.row_group(number).num_rows for number in range(opened.metadata.num_row_groups)]


class GroupReader:
    """The rows of one group at a time, forwards: a range behind the last one is found without beginning again."""

    def __init__(self) -> None:
        self._group: tuple[str, int] | None = None
        self._next = 0
        self._batches: Iterator[RecordBatch] = iter(())
        self._rest: RecordBatch | None = None
        self._columns: tuple[Column, ...] = ()

    def decode(self, file: str, group: int, rows: range, first: int) -> Iterator[Batch]:
        """The profiles of some rows of a group; their positions are rows of the file, from 1. first: that of the range.

        Raises ``ParquetUnreadable``.
        """
        from pyarrow import ArrowException

        try:
            for batch in self._read(file, group, rows):
                table = [_plain_column(column.to_pylist(maps_as_pydicts="lossy")) for column in batch.columns]
                profiles = [nest(self._columns, row) for row in zip(*table, strict=True)]
                yield Batch(profiles, range(first, first + len(profiles)))
                first += len(profiles)
        except ColumnsUnusable as error:
            raise ParquetUnreadable(f"{file}: {error}", remedy=error.remedy) from None
        except (ArrowException, OSError, ValueError) as error:
            raise ParquetUnreadable(
                f"{file}: row group {group + 1} cannot be read: {error}", remedy="Write the file again."
            ) from error

    def _read(self, file: str, group: int, rows: range) -> Iterator[RecordBatch]:
        if self._group != (file, group) or rows.start < self._next:
            self._open(file, group)
        while self._next < rows.stop and (batch := self._rest or next(self._batches, None)) is not None:
            before, self._next = self._next, min(self._next + batch.num_rows, rows.stop)
            beyond = before + batch.num_rows - rows.stop
            self._rest = batch.slice(rows.stop - before) if beyond > 0 else None
            if self._next > rows.start:
                skipped = max(0, rows.start - before)
                yield batch.slice(skipped, self._next - before - skipped)

    def _open(self, file: str, group: int) -> None:
        opened = _opened(file)
        self._columns = to_columns(opened.schema_arrow.names)
        self._batches = opened.iter_batches(batch_size=_ROWS, row_groups=[group], use_threads=False)
        self._group, self._next, self._rest = (file, group), 0, None


def _opened(file: str) -> ParquetFile:
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ImportError:
        raise ParquetUnreadable(
            f"{file}: nothing is installed that reads Parquet", remedy="pip install 'reconciler[parquet]'"
        ) from None
    try:
        return ParquetFile(file, buffer_size=_BUFFER_BYTES, pre_buffer=False)
    except (ArrowException, OSError) as error:
        raise ParquetUnreadable(
            f"{file} is no Parquet that can be read: {error}", remedy="Name another file."
        ) from None


def _plain_column(values: list[Any]) -> list[Any]:
    return [value if isinstance(value, str) else plain(value) for value in values]


def plain(value: Any) -> Any:
    """A value as JSON has it: instants as text, decimals as numbers; what JSON has no word for is absent."""
    for kind, convert in _PLAIN:
        if isinstance(value, kind):
            return convert(value)
    return None


def _instant(value: datetime) -> str:
    return spell_instant(value if value.tzinfo else value.replace(tzinfo=UTC))


_PLAIN: tuple[tuple[type | tuple[type, ...], Callable[[Any], Any]], ...] = (
    ((str, bool, int), lambda value: value),
    (float, lambda value: value if abs(value) < float("inf") else None),
    (Mapping, lambda value: {str(name): plain(item) for name, item in value.items()}),
    ((list, tuple), lambda value: [plain(item) for item in value]),
    (datetime, _instant),
    (date, lambda value: value.isoformat()),
    (Decimal, lambda value: int(value) if value == value.to_integral_value() else float(value)),
)
