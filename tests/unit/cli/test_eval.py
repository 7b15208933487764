"""``eval`` as a user meets it."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.unit.cli.conftest import Run

AT = ("--at", "2026-06-17T10:30:00Z")
RULE = 'membership.status = "elite" and loyalty.points >= 25000'


@pytest.fixture
def person(tmp_path: Path) -> Path:
    file = tmp_path / "person.json"
    file.write_text('{"membership": {"status": "silver"}, "loyalty": {"points": 3}, "name": "a\\u202eb\\ud800\\n"}')
    return file


def _typed(monkeypatch: pytest.MonkeyPatch, text: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(text), isatty=lambda: False))


def test_the_value_is_printed_as_json(run: Run, person: Path) -> None:
    assert run("eval", "loyalty.points + 1", "--profile", person).out == "4\n"
    assert run("eval", "membership.status", "--profile", person).out == '"silver"\n'
    assert run("eval", "loyalty.nothing", "--profile", person).out == "null\n"
    assert run("eval", "today", *AT, "--timezone", "Europe/Oslo").out == '"2026-06-16T22:00:00Z"\n'
    document = json.loads(run("eval", "now", *AT, "--format", "json").out)
    assert document == {"value": "2026-06-17T10:30:00Z", "exit": {"code": 0, "meaning": "success"}}


def test_what_could_hide_is_made_visible(run: Run, person: Path) -> None:
    assert run("eval", "name", "--profile", person).out == '"a\\u202eb\\ud800\\n"\n'
    assert json.loads(run("eval", "name", "--profile", person, "--format", "json").out)["value"] == "a\u202eb\ud800\n"


def test_explain_tells_which_conditions_decided(run: Run, person: Path) -> None:
    ended = run("eval", f"({RULE}) or not (3 > 2)", "--profile", person, "--explain")
    assert ended.out == (
        "false\n\n"
        '  fails  membership.status = "elite"\n'
        '         membership.status = "silver"\n'
        "  fails  loyalty.points >= 25000\n"
        "         loyalty.points = 3\n"
        "  holds  3 > 2\n"
    )
    document = json.loads(run("eval", "loyalty.points > 1", "--profile", person, "--explain", "--format", "json").out)
    assert document["explanation"] == [
        {"condition": "loyalty.points > 1", "operands": "loyalty.points = 3", "holds": True}
    ]


def test_explain_leaves_out_what_is_not_reached(run: Run, tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text('{"a": 2, "p": "("}')
    ended = run("eval", '(a = 2) or "x".matches(p)', "--profile", tmp_path / "p.json", "--explain")
    assert (ended.code, ended.out) == (0, "true\n\n  holds  a = 2\n         a = 2\n")
    ended = run("eval", 'b.contains("x".regexGroup(p, 1))', "--profile", tmp_path / "p.json", "--explain")
    assert ended.out.splitlines()[-1] == '         b = null, "x".regexGroup(p, 1) not reached'


def test_an_error_has_its_place(run: Run) -> None:
    ended = run("eval", "a.contains(\n  5 +)")
    assert (ended.code, ended.out) == (1, "")
    assert "2:6: " in ended.err
    assert ended.err.endswith("reconciler: exit 1: the rule has no value\n")
    assert "      5 +)\n         ^" in ended.err
    document = json.loads(run("eval", 'a.matches("(")', "--format", "json").out)
    assert document["error"]["message"] == "this regular expression cannot be run: missing ): ("
    assert (document["error"]["line"], document["error"]["column"]) == (1, 11)
    assert document["exit"]["code"] == 1


def test_a_rule_comes_from_a_file_or_from_stdin(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "rule.pql").write_text("1 + // one\n 1\n")
    assert run("eval", "--file", tmp_path / "rule.pql").out == "2\n"
    _typed(monkeypatch, b"2 * 3\n")
    assert run("eval", "-").out == "6\n"


def test_context_comes_from_a_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "context.json").write_text('{"weather": "hot"}')
    assert run("eval", "@{a}.weather", "--context", tmp_path / "context.json").out == '"hot"\n'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[1]", "p.json holds no profile"),
        ("{", "p.json is not JSON: Expecting property name"),
        ('{"a": NaN}', "NaN is no number"),
        ('{"a": ' + "[" * 100_000, "it is nested too deeply"),
        ("\udcff", "it is not in UTF-8"),
    ],
)
def test_a_profile_that_is_none_is_an_error(run: Run, tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "p.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    ended = run("eval", "1", "--profile", tmp_path / "p.json")
    assert ended.code == 1
    assert told in " ".join(ended.err.split())


def test_a_value_that_is_nested_too_deeply_is_an_error(run: Run, tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text('{"a": ' + "[" * 700 + "]" * 700 + "}")
    ended = run("eval", "a", "--profile", tmp_path / "p.json")
    assert (ended.code, ended.out) == (1, "")
    assert "the value is nested too deeply" in ended.err


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("1", "--file", "x"),
        ("1", "--at", "today"),
        ("1", "--timezone", "Mars/Base"),
        ("1", "--timezone", "../etc/passwd"),
        ("1", "--batch"),
        ("--batch", "--explain"),
    ],
)
def test_wrong_usage_is_told(run: Run, arguments: tuple[str, ...]) -> None:
    assert run("eval", *arguments).code == 64


def test_a_batch_answers_every_line_in_order(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [
        b'{"id": 1, "rule": "a = 1", "profile": {"a": 1}}',
        b"",
        b'{"id": "two", "rule": "a ="}',
        b"nope",
        b"\xff",
        b'{"rule": "a", "profile": {"a": "\\ud800"}}',
        b'{"id": null, "rule": "[now, today]", "at": "2026-01-01T01:00:00+02:00"}',
        b'{"rule": "@{x}.w", "context": {"w": 3}}',
        b'{"rule": 1}',
        b'{"rule": "1", "profile": [1]}',
        b'{"rule": "1", "at": "soon"}',
        b'{"rule": "1", "profil": {}}',
        b"[" * 100_000,
        b'{"rule": "a.matches(b)", "profile": {"a": "x", "b": "("}}',
        b'{"rule": "2 % 0"}',
        b'{"rule": "tomorrow", "at": "9999-12-31T12:00:00Z"}',
        b'{"rule": "yesterday", "at": "0001-01-01T00:00:00Z"}',
        b'{"rule": "a", "profile": {"a": ' + b"[" * 700 + b"]" * 700 + b"}}",
        b'{"rule": "a", "profile": {"a": ' + b"1" * 5000 + b"}}",
        b'{"rule": "a = ' + b"1" * 5000 + b'"}',
    ]
    _typed(monkeypatch, b"\n".join(lines))
    ended = run("eval", "--batch", "--format", "json")
    answers = [json.loads(line) for line in ended.out.splitlines()]
    assert (ended.code, ended.err) == (0, "")
    assert [answer.get("id", "-") for answer in answers] == [1, "two", "-", "-", "-", None, *["-"] * 13]
    told = [answer.get("error", {}).get("message", answer.get("value")) for answer in answers]
    assert told == [
        True,
        "expected a value, found the end of the rule",
        "the line is no JSON: Expecting value (line 1, column 1)",
        "the line is not in UTF-8",
        "\ud800",
        ["2025-12-31T23:00:00Z", "2025-12-31T00:00:00Z"],
        3,
        "a line needs a `rule`, as a string",
        "`profile` is no object",
        "`at` is no date-time with an offset, such as 2027-01-31T09:00:00Z",
        "unknown key `profil`; a line has at, context, id, profile, rule",
        "the line is nested too deeply",
        "this regular expression cannot be run: missing ): (",
        None,
        "9999-12-31T23:59:59.999999Z",
        "0001-01-01T00:00:00Z",
        "the value is nested too deeply",
        "the line is no JSON: the number is too long (line 1, column 32)",
        "this number is too large",
    ]
    assert (answers[1]["error"]["line"], answers[1]["error"]["column"]) == (1, 4)


def test_a_batch_is_read_from_a_file_and_written_to_one(run: Run, tmp_path: Path) -> None:
    (tmp_path / "in").write_text('{"rule": "1"}\n{"rule": "2"}\n')
    assert run("eval", "--batch", tmp_path / "in", "--output", tmp_path / "out").out == ""
    assert (tmp_path / "out").read_text() == '{"value": 1}\n{"value": 2}\n'


def test_a_batch_that_cannot_be_opened_is_told_as_one_document(run: Run) -> None:
    ended = run("eval", "--batch", "gone", "--format", "json")
    assert (ended.code, json.loads(ended.out)["error"]["message"]) == (
        1,
        "gone cannot be read: No such file or directory",
    )


@pytest.mark.parametrize("option", ["--profile", "--context", "--file"])
def test_what_has_no_end_is_not_read_to_it(run: Run, option: str) -> None:
    ended = run("eval", *([] if option == "--file" else ["1"]), option, "/dev/zero")
    assert ended.code == 1
    assert "/dev/zero is larger than 64 MiB\n  -> Name a smaller file." in ended.err
