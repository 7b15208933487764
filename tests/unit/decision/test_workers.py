from __future__ import annotations

import os
from pathlib import Path

import pytest

from reconciler.decision.decide import Setting
from reconciler.decision.impact import Comparison, compare_states
from reconciler.decision.profiles import ProfilesUnreadable
from reconciler.decision.workers import Labour, WorkerLost, count_profiles, usual_workers
from tests.decision_cases import NOON, build
from tests.profiles import write_profiles

RULES = {"rule/elite": {"condition": 'membership.status = "elite"'}}
BEFORE = build({**RULES, "offer/lounge": {"rule": "elite"}, "offer/bag": {}, "offer/seat": {}})
AFTER = build({**RULES, "offer/lounge": {"rule": "elite"}, "offer/bag": {}})
TWO = Labour(2, piece_bytes=10_000, alone=1)


class Deadly(dict[str, str]):
    """Context data that end the process that unpacks them."""

    def __reduce__(self) -> tuple[object, tuple[int]]:
        return os._exit, (3,)


def test_two_processes_count_what_one_counts(tmp_path: Path) -> None:
    path = write_profiles(tmp_path / "p.ndjson", 300)
    comparison = compare_states(BEFORE, AFTER, Setting(NOON))
    done: list[float] = []
    alone = count_profiles(path, comparison)
    assert alone.profiles == 300
    assert count_profiles(path, comparison, TWO, done.append) == alone
    assert done == sorted(done)
    assert done[-1] == 1.0


def test_parquet_is_counted_in_one_process_and_by_several_when_they_are_asked_for(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    path = tmp_path / "p.parquet"
    parquet.write_table(pyarrow.Table.from_pylist([{"membership.status": "elite"}] * 25_000), path)
    comparison = compare_states(BEFORE, AFTER, Setting(NOON))
    assert usual_workers(path) == 1
    alone = count_profiles(path, comparison)
    assert alone.profiles == 25_000
    assert count_profiles(path, comparison, TWO) == alone


def test_of_several_bad_lines_the_first_is_told_whoever_reads_it(tmp_path: Path) -> None:
    path = write_profiles(tmp_path / "p.ndjson", 300)
    lines = path.read_text().splitlines()
    lines[200] = lines[280] = "{"
    path.write_text("\n".join(lines))
    with pytest.raises(ProfilesUnreadable, match=r"p\.ndjson:201: this line is not JSON"):
        count_profiles(path, compare_states(BEFORE, AFTER, Setting(NOON)), TWO)


def test_a_worker_that_dies_ends_the_run_with_what_to_do(tmp_path: Path) -> None:
    path = write_profiles(tmp_path / "p.ndjson", 300)
    compared = compare_states(BEFORE, AFTER, Setting(NOON))
    with pytest.raises(WorkerLost) as lost:
        count_profiles(path, Comparison(compared.contests, compared.setting, Deadly()), TWO)
    assert "--workers 1" in (lost.value.remedy or "")
