from __future__ import annotations

import gzip
import json
import os
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from reconciler.decision.parquet import ParquetUnreadable
from reconciler.decision.profiles import LINE_BYTES, PIECE_ROWS, Decoder, ProfilesUnreadable, read_pieces
from tests.profiles import make_profiles, write_profiles, write_table

HEAD = b"id,membership.status,xEvent,membership.level\n"


def read(path: Path, piece_bytes: int = 64) -> list[tuple[int, Any]]:
    """Positions and profiles, read in small pieces."""
    decoder = Decoder()
    return [
        pair
        for piece in read_pieces(path, piece_bytes)
        for batch in decoder.decode(piece)
        for pair in zip(batch.positions, batch.profiles, strict=True)
    ]


def write(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("piece_bytes", [1, 7, 64, 1 << 20])
def test_lines_are_read_in_pieces_of_any_size(tmp_path: Path, piece_bytes: int) -> None:
    path = write_profiles(tmp_path / "p.ndjson", 20)
    assert [profile for _, profile in read(path, piece_bytes)] == list(make_profiles(20))


@pytest.mark.parametrize("piece_bytes", [1, 100, 1 << 20])
def test_a_table_gives_the_same_profiles(tmp_path: Path, piece_bytes: int) -> None:
    path = write_table(tmp_path / "p.csv", 20)
    assert [profile for _, profile in read(path, piece_bytes)] == list(make_profiles(20))


def test_marks_line_ends_blank_lines_and_an_open_end_are_passed_over(tmp_path: Path) -> None:
    path = write(tmp_path, "p.jsonl", b'\xef\xbb\xbf{"a": 1}\r\n\r\n  \n{"a": "\xe2\x80\xa8"}\r\n{"a": 3}')
    assert read(path) == [(1, {"a": 1}), (4, {"a": "\u2028"}), (5, {"a": 3})]
    table = write(tmp_path, "p.csv", b"\xef\xbb\xbf\r\na,b\r\n\r\n1,2\r\n3,4")
    assert read(table, 5) == [(4, {"a": 1, "b": 2}), (5, {"a": 3, "b": 4})]


@pytest.mark.parametrize("name", ["p.ndjson", "p.csv"])
def test_packed_files_are_unpacked(tmp_path: Path, name: str) -> None:
    make = write_profiles if name == "p.ndjson" else write_table
    packed = write(tmp_path, f"{name}.gz", gzip.compress(make(tmp_path / name, 9).read_bytes()))
    assert read(packed, 1000) == read(tmp_path / name)


def test_how_much_is_done_grows_to_all(tmp_path: Path) -> None:
    done = [piece.done for piece in read_pieces(write_profiles(tmp_path / "p.ndjson", 50), 2000)]
    assert done == sorted(done)
    assert done[-1] == 1.0


def test_cells_are_values(tmp_path: Path) -> None:
    cells = {
        "12": 12,
        "-1.5": -1.5,
        "1e3": 1000.0,
        "007": "007",
        "true": True,
        "True": "True",
        "null": "null",
        "1e999": "1e999",
        '"[1, {""a"": null}]"': [1, {"a": None}],
        '"""007"""': "007",
        '"""hi"" he said"': '"hi" he said',
        '"two\nlines, and ""more"""': 'two\nlines, and "more"',
    }
    for cell, value in cells.items():
        path = write(tmp_path, "p.csv", f"x,id\n{cell},last\n".encode())
        assert read(path, 3) == [(2, {"x": value, "id": "last"})], cell
    assert read(write(tmp_path, "p.csv", b"a.b,a.c,d\n1,,\n")) == [(2, {"a": {"b": 1}})]


NDJSON = {
    b'{"a": 1}\n{"a": }\n': "2: this line is not JSON: Expecting value, column 7",
    b'{"a": 1}\n[{"a": 1}]\n': "2: this line is no JSON object",
    b'[\n  {"a": 1}\n]\n': "1: this line is not JSON: Expecting value, column 2",
    b'{"a": 1} {"a": 2}\n': "1: there is more after the profile, column 9",
    b'{"a": NaN}\n': "1: this line is not JSON that can be used: NaN is no JSON",
    b'{}\n{"a": "\xff"}\n': "2: this line is not UTF-8",
    '{"a": 1}\n'.encode("utf-16"): "1: this line is not UTF-8",
    b'{"a": ' + b"[" * 100_000: "1: this line is nested too deeply",
    b'{}\n\n{"a": "' + b"x" * LINE_BYTES + b'"}\n': "3: this line is longer than 4 MiB",
    b"{}\n" + b"x" * (3 * LINE_BYTES): "2: this line is longer than 4 MiB",
}
CSV = {
    HEAD + b"1,gold,[]\n": "2: 3 cells, but 4 columns",
    HEAD + b"1,gold,[,1\n": "2: column xEvent: this is not JSON",
    HEAD + b'1,gold,"[1]",1\n2,"go"ld,[],1\n': "3: this is not CSV: ',' expected after '\"'",
    HEAD + b'1,gold,"[1]",1\n"2,gold,[],1\n': "3: this is not CSV: unexpected end of data",
    HEAD + b"1,gold," + b"[" * 50_000 + b",1\n": "2: column xEvent: this is not JSON",
    b"a;b\n1;2\n": "1: the columns are not separated by commas",
    b"a,\n1,2\n": "1: column 2 has no name that can be used: ''",
    b"\n\na,b,a\n1,2,3\n": "3: two columns are named a",
    b"a.b,a\n1,2\n": "1: column a cannot hold a.b and a value of its own",
    b"a,b\n1,\xff\n": "2: this line is not UTF-8",
}


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [("p.ndjson", data, told) for data, told in NDJSON.items()] + [("p.csv", data, told) for data, told in CSV.items()],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_what_is_no_profile_is_told_with_its_line_and_what_to_do(
    tmp_path: Path, name: str, data: bytes, told: str
) -> None:
    with pytest.raises(ProfilesUnreadable) as error:
        read(write(tmp_path, name, data), 1 << 16)
    assert error.value.message == f"{tmp_path / name}:{told}"
    assert error.value.remedy


def test_files_that_are_not_there_or_not_packed_are_errors(tmp_path: Path) -> None:
    with pytest.raises(ProfilesUnreadable, match="cannot be read: No such file"):
        read(tmp_path / "gone.ndjson")
    with pytest.raises(ProfilesUnreadable, match="cannot be read: Not a gzipped file"):
        read(write(tmp_path, "p.ndjson.gz", b"{}\n"))
    whole = gzip.compress(b"{}\n" * 1000)
    with pytest.raises(ProfilesUnreadable, match="cannot be read"):
        read(write(tmp_path, "p.ndjson.gz", whole[:-12]))
    with pytest.raises(ProfilesUnreadable, match="no gzip that can be unpacked"):
        read(write(tmp_path, "p.ndjson.gz", whole[:10] + b"\xff" * 40))


def test_parquet_gives_rows_as_profiles(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    at = datetime(2026, 5, 1, 8, tzinfo=UTC)
    table = pyarrow.table(
        {
            "id": ["a", "b", "c"],
            "membership.status": ["elite", None, "gold"],
            "xEvent": [[{"type": "flight", "timestamp": at}], [], None],
            "born": [date(1990, 1, 2), None, None],
            "spent": [Decimal("1.50"), Decimal("2.00"), None],
        }
    )
    parquet.write_table(table, tmp_path / "p.parquet", row_group_size=2)
    assert read(tmp_path / "p.parquet") == [
        (
            1,
            {
                "id": "a",
                "membership": {"status": "elite"},
                "xEvent": [{"type": "flight", "timestamp": "2026-05-01T08:00:00Z"}],
                "born": "1990-01-02",
                "spent": 1.5,
            },
        ),
        (2, {"id": "b", "xEvent": [], "spent": 2}),
        (3, {"id": "c", "membership": {"status": "gold"}}),
    ]


def test_a_long_group_of_rows_is_read_in_pieces_in_any_order_and_by_anyone(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    count = 3 * PIECE_ROWS + 7
    path = tmp_path / "p.parquet"
    parquet.write_table(pyarrow.table({"n": range(count)}), path, row_group_size=count - 1)
    pieces = list(read_pieces(path))
    assert [piece.first for piece in pieces] == [*range(1, count, PIECE_ROWS), count]
    assert [piece.done for piece in pieces][-1] == 1.0
    assert read(path) == [(number + 1, {"n": number}) for number in range(count)]
    decoder = Decoder()
    for number in (1, 3, 0, 4, 2):
        found = [profile["n"] for batch in decoder.decode(pieces[number]) for profile in batch.profiles]
        following = [piece.first - 1 for piece in pieces[number + 1 :]] or [count]
        assert found == list(range(pieces[number].first - 1, following[0]))


def test_parquet_does_not_come_through_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "p.parquet")
    with pytest.raises(ParquetUnreadable, match="is no plain file, and Parquet is read from its end"):
        read(tmp_path / "p.parquet")


def test_what_is_no_parquet_is_an_error(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    with pytest.raises(ParquetUnreadable, match="no Parquet that can be read"):
        read(write(tmp_path, "p.parquet", json.dumps({}).encode()))
