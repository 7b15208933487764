"""Small readers: conditions, instants, depths, faults."""

from __future__ import annotations

import pytest

from reconciler.emulator.faults import Faults, parse_faults
from reconciler.emulator.filters import Condition, read_condition
from reconciler.emulator.instants import parse_instant
from reconciler.emulator.jsontext import Json, depth
from reconciler.model.errors import ReconcilerError


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        ("a", ("a",), None),
        ("a.b==c", ("a", "b"), "c"),
        ("a\\.b.c==", ("a.b", "c"), ""),
        ("a\\\\.b", ("a\\", "b"), None),
        ("a==b==c.d", ("a",), "b==c.d"),
        ("a==b\nc", ("a",), "b\nc"),
    ],
)
def test_a_condition_is_split_at_dots_and_at_its_operator(text: str, path: tuple[str, ...], value: str | None) -> None:
    """E8."""
    assert read_condition(text) == Condition(path, None if value is None else "==", value)


@pytest.mark.parametrize("value", ["true", "10", "1e3", "2026-01-01T00:00:00Z"])
def test_text_that_may_be_more_than_text_is_not_searched_for(value: str) -> None:
    """E8. A number may be written in another way in the stored instance."""
    assert Condition(("_instance", "a"), "==", value).needle == '"a"'
    assert Condition(("_instance", "a"), "==", "x").needle == '"x"'


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2026-01-01T00:00:00Z", "2026-01-01T01:00:00.000+01:00"),
        ("2026-01-01t00:00:00.120z", "2026-01-01T00:00:00.12-00:00"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"),
    ],
)
def test_equal_instants_read_equal(one: str, other: str) -> None:
    """E2."""
    assert parse_instant(one) == parse_instant(other) is not None


def test_instants_compare_in_time_to_any_fraction() -> None:
    """E2."""
    texts = ["2026-01-01T00:00:00.05Z", "2026-01-01T00:00:00.123456789Z", "2026-01-01T00:00:00.1234567891Z"]
    read = [parse_instant(text) for text in texts]
    assert read == sorted(value for value in read if value is not None)


@pytest.mark.parametrize(
    "text", ["", "2026-01-01", "2026-02-30T00:00:00Z", "2026-01-01T00:00:00", "0001-01-01T00:00:00+14:00"]
)
def test_other_texts_are_no_instants(text: str) -> None:
    assert parse_instant(text) is None


@pytest.mark.parametrize(("value", "levels"), [(1, 0), ([], 1), ([[]], 2), ({"a": [{}]}, 3), ([1, {"a": 1}], 2)])
def test_depth_counts_arrays_and_objects_inside_each_other(value: Json, levels: int) -> None:
    """J3."""
    assert depth(value) == levels


def test_faults_are_read_by_name() -> None:
    """J4. The later of two replaces the earlier."""
    assert parse_faults(["slow-delete=1", "slow-delete=3"]) == Faults(slow_delete=3)
    assert parse_faults(["500=1;ops=GET", "500=.5"]) == Faults(server_error=0.5)


@pytest.mark.parametrize(
    ("spec", "faults"),
    [
        ("latency=50ms", Faults(latency_s=0.05)),
        ("429=0.1", Faults(too_many_requests=0.1)),
        ("500=0.1", Faults(server_error=0.1)),
        ("drop-before=0.05", Faults(drop_before=0.05)),
        ("drop-after=0.05", Faults(drop_after=0.05)),
        ("truncate-list=0.1", Faults(truncate_list=0.1)),
        ("slow-delete=3", Faults(slow_delete=3)),
        ("stale-list=2s", Faults(stale_list_s=2)),
        ("seed=7", Faults(seed=7)),
        (" 500 = 1 ; ops = post , PUT", Faults(server_error=1, ops={"500": frozenset({"POST", "PUT"})})),
    ],
)
def test_every_fault_has_its_spec(spec: str, faults: Faults) -> None:
    """J4."""
    assert parse_faults([spec]) == faults


@pytest.mark.parametrize(
    "spec",
    [
        *("slow-delete", "slow-delete=-1", "slow-delete=x", "fast-delete=1", ""),
        *("500=2", "500=-1", "500=nan", "500=1e-3", "latency=50", "latency=ms", "latency=-1s", "stale-list=2 s"),
        *("500=1;", "500=1;ops=", "500=1;ops=GOT", "500=1;after=2", "seed=x", "seed=1;ops=GET"),
    ],
)
def test_a_fault_that_is_none_is_refused(spec: str) -> None:
    """J4."""
    with pytest.raises(ReconcilerError):
        parse_faults([spec])
