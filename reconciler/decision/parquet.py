"""Profiles from Parquet files, through pyarrow, which is installed only where somebody wants it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from reconciler.decision.columns import ColumnsUnusable, nest, to_columns
from reconciler.decision.impact import Batch
from reconciler.model.errors import ReconcilerError
from reconciler.model.instant import spell_instant

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetFile

_ROWS = 2_000  # decoded at once


class ParquetUnreadable(ReconcilerError):
    """A Parquet file that cannot be read, or nothing here that reads it."""


def group_sizes(file: str) -> list[int]:
    """How many rows each group of the file has."""
    with _opened(file) as opened:
        return [opened.metadata.row_group(number).num_rows for number in range(opened.metadata.num_row_groups)]


def decode_group(file: str, group: int, first: int) -> Iterator[Batch]:
    """The profiles of one group; their positions are rows, from 1. first: that of the group."""
    from pyarrow import ArrowException

    with _opened(file) as opened:
        try:
            columns = to_columns(opened.schema_arrow.names)
            for rows in opened.iter_batches(batch_size=_ROWS, row_groups=[group], use_threads=False):
                table = [_plain_column(column.to_pylist(maps_as_pydicts="lossy")) for column in rows.columns]
                profiles = [nest(columns, row) for row in zip(*table, strict=True)]
                yield Batch(profiles, range(first, first + len(profiles)))
                first += len(profiles)
        except ColumnsUnusable as error:
            raise ParquetUnreadable(f"{file}: {error}", remedy=error.remedy) from None
        except (ArrowException, OSError, ValueError) as error:
            raise ParquetUnreadable(
                f"{file}: row group {group + 1} cannot be read: {error}", remedy="Write the file again."
            ) from error


def _opened(file: str) -> ParquetFile:
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ImportError:
        raise ParquetUnreadable(
            f"{file}: nothing is installed that reads Parquet", remedy="pip install 'reconciler[parquet]'"
        ) from None
    try:
        return ParquetFile(file)
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
