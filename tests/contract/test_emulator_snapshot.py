"""Content as lines of JSON: written, and read into an empty repository."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest

from reconciler.emulator.app import Emulator
from reconciler.model.errors import ReconcilerError
from tests.emulator_support import Caller, TickingClock, json_of, op, xdm

BOOK = {"$id": "https://example.test/book", "type": "object", "required": ["title"]}


def written(emulator: Emulator) -> list[str]:
    out = StringIO()
    emulator.write_snapshot(out)
    return out.getvalue().removesuffix("\n").split("\n")


def filled() -> list[str]:
    """A snapshot of two tags, of which one was changed, and an offer that references one of them."""
    with Emulator.open(container="mine", clock=TickingClock()) as emulator:
        repo = Caller(emulator)
        repo.made("tag", name='ä \u2028 "quoted"')
        summer = repo.made("tag", name="summer", links={"docs": {"href": "https://x.test/"}})
        repo.made("fallback-offer", name="o", tags=[summer.uri])
        repo.patch(summer, op("add", "/_instance/more", value=[1.0, 2, 1e300, True, None]))
        return written(emulator)


SNAPSHOT = filled()


def test_a_snapshot_says_its_format_first_then_containers_then_instances() -> None:
    header, *rest = map(json.loads, SNAPSHOT)
    assert header == {"format": "reconciler-snapshot", "version": 1}
    assert [next(name for name in ("sandbox", "container") if name in line) for line in rest] == [
        "sandbox",
        "container",
        "container",
        "container",
    ]


def test_what_was_loaded_is_written_the_same() -> None:
    with Emulator.open(snapshot=SNAPSHOT) as emulator:
        assert emulator.container == "mine"
        assert written(emulator) == SNAPSHOT


def test_every_answer_after_loading_is_the_same() -> None:
    with Emulator.open(snapshot=SNAPSHOT, clock=TickingClock()) as emulator:
        repo = Caller(emulator)
        page = repo.list("tag")
        by_name = {each["_instance"]["xdm:name"]: each for each in page["_embedded"]["results"]}
    assert page["_embedded"]["total"] == 2
    assert by_name["summer"]["repo:etag"] == 2
    assert by_name["summer"]["_links"]["docs"] == {"href": "https://x.test/"}
    assert by_name["summer"]["_instance"]["more"] == [1.0, 2, 1e300, True, None]


def test_names_and_references_hold_after_loading() -> None:
    """C6, H3."""
    with Emulator.open(snapshot=SNAPSHOT) as emulator:
        repo = Caller(emulator)
        assert repo.create("tag", xdm(name="summer")).status == 409
        found = repo.list("tag", property="_instance.xdm:name==summer")["_embedded"]["results"][0]
        asked = repo.send("DELETE", found["_links"]["self"]["href"].lstrip("/"))
        assert json_of(repo.send("GET", asked.headers["Location"]))["outcome"] == "rejected"


def test_dates_go_on_after_those_that_were_loaded() -> None:
    """C3. The clock of the second repository stands still, long before."""
    with Emulator.open(snapshot=SNAPSHOT, clock=lambda: TickingClock().now) as emulator:
        repo = Caller(emulator)
        date = repo.read(repo.made("tag", name="new"))["repo:createdDate"]
    assert date >= max(json.loads(line).get("repo:lastModifiedDate", "") for line in SNAPSHOT)


def test_containers_of_every_sandbox_are_moved(tmp_path_factory: pytest.TempPathFactory) -> None:
    """B3."""
    path = tmp_path_factory.mktemp("db") / "x.db"
    with Emulator.open(path, sandbox="stage", container="theirs"), Emulator.open(path) as emulator:
        lines = written(emulator)
    with Emulator.open(snapshot=lines, sandbox="stage") as emulator:
        assert emulator.container == "theirs"


def test_a_type_from_outside_is_moved_with_its_schema() -> None:
    with Emulator.open(schemas=[BOOK]) as emulator:
        body = {"_instance": {"title": "Emma"}, "_links": {}}
        kind = f'application/vnd.adobe.platform.xcore.hal+json; schema="{BOOK["$id"]}"'
        assert Caller(emulator).send("POST", f"{emulator.container}/instances", body, content_type=kind).status == 201
        lines = written(emulator)
    with Emulator.open(schemas=[BOOK], snapshot=lines) as emulator:
        assert written(emulator) == lines
    with pytest.raises(ReconcilerError, match=r"line 3 .*is not registered"):
        Emulator.open(snapshot=lines)


def test_a_repository_that_is_not_empty_is_not_filled(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("db") / "x.db"
    Emulator.open(path).close()
    with pytest.raises(ReconcilerError, match="not empty: it holds 1 containers and 0 instances"):
        Emulator.open(path, snapshot=SNAPSHOT)


def edited(number: int, **members: Any) -> list[str]:
    """The snapshot with members of one line replaced; None takes one out."""
    lines = list(SNAPSHOT)
    changed = {**json.loads(lines[number]), **{name.replace("__", ":"): value for name, value in members.items()}}
    lines[number] = json.dumps({name: value for name, value in changed.items() if value is not None})
    return lines


def spoilt(old: str, new: str) -> list[str]:
    """The snapshot with a text of the line of the changed tag replaced."""
    return [*SNAPSHOT[:3], SNAPSHOT[3].replace(old, new), *SNAPSHOT[4:]]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "no snapshot"),
        (["{}"], "no snapshot"),
        (SNAPSHOT[1:], "no snapshot"),
        (edited(0, version=2), "version 2"),
        ([*SNAPSHOT, "{"], "line 6 .*not readable JSON"),
        ([*SNAPSHOT, "[]"], "line 6 "),
        ([*SNAPSHOT, SNAPSHOT[2]], "line 6 .*twice"),
        ([SNAPSHOT[0], *SNAPSHOT[2:]], "line 2 .*no container mine"),
        ([line for line in SNAPSHOT if '"summer"' not in line], "line 4 .*must name an existing tag"),
        (edited(2, repo__etag=0), "line 3 "),
        (spoilt("summer", r"\ud800"), "line 4 .*surrogate"),
        (spoilt("summer", "\udcff"), "line 4 .*not UTF-8"),
        (spoilt('"more":[1.0', '"more":[NaN'), "line 4 .*NaN is not a JSON number"),
        (spoilt('"more":[1.0', '"more":[1e999'), "line 4 .*out of range"),
        (spoilt('"more":[1.0', '"more":[' + "[" * 300 + "]" * 300), "line 4 .*deeper than 100"),
        (edited(2, repo__createdDate="9999-12-31T23:59:59.999Z"), "line 3 .*createdDate leaves no room"),
        (edited(3, repo__lastModifiedDate="9999-12-31T23:59:59.999Z"), "line 4 .*ModifiedDate leaves no room"),
        (edited(2, repo__createdDate="2026-13-01T00:00:00.000Z"), "line 3 .*no date"),
        (edited(2, container=None, sandbox="prod"), "line 3 .*a container has a sandbox"),
        (edited(2, schema="urn:x"), "line 3 .*not registered"),
        (edited(2, instanceId='"'), "line 3 "),
        (edited(2, _instance={"xdm:name": "x"}), "line 3 .*@id"),
        (edited(2, _instance={"@id": "xcore:tag:1"}), "line 3 .*not valid"),
        (edited(2, _instance={"@id": "xcore:tag:1", "xdm:name": "summer"}), "line 4 .*taken"),
    ],
)
def test_a_snapshot_is_taken_whole_or_not_at_all(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], message: str
) -> None:
    path = tmp_path_factory.mktemp("db") / "x.db"
    with pytest.raises(ReconcilerError, match=message):
        Emulator.open(path, snapshot=lines)
    with Emulator.open(path, snapshot=SNAPSHOT) as emulator:  # it is empty still
        assert written(emulator) == SNAPSHOT
