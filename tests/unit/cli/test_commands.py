"""What the commands print and how they end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Run


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_a_plan_of_creates_has_one_line_for_each(tiny: Path, run: Run) -> None:
    planned = run("plan")
    assert planned.code == 0
    assert planned.out.splitlines()[1:] == [
        "",
        '+ tag/summer  "Summer"                                             summer.yaml:1',
        '+ offer/beach  "Beach"                                              beach.yaml:1',
        '+ filter/summer-offers  "Summer offers"                     summer-offers.yaml:1',
        "",
        "Plan: 3 to create, 0 to patch, 0 to delete.",
    ]


def test_a_plan_says_its_target_first_and_the_same_on_every_run(tiny: Path, run: Run) -> None:
    first, second = run("plan"), run("plan")
    assert first.out == second.out
    assert first.out.startswith("Target: tiny -> local (embedded, sandbox prod, container ")


def test_a_patch_shows_old_new_and_line(tiny: Path, run: Run) -> None:
    run("apply", "--yes")
    edit(tiny / "beach.yaml", "priority: 1", "priority: 2")
    assert run("plan").out.splitlines()[2:] == [
        '~ offer/beach  "Beach"                                              beach.yaml:1',
        "    priority: 1 -> 2                                                      line 5",
        "",
        "Plan: 0 to create, 1 to patch, 0 to delete.",
    ]


def test_a_long_value_has_lines_of_its_own(tiny: Path, run: Run) -> None:
    run("apply", "--yes")
    edit(tiny / "beach.yaml", "name: Beach", "name: A very long name " + "that does not fit " * 3)
    shown = run("plan").out.splitlines()
    assert shown[4].startswith("    name:")
    assert shown[5:7] == [
        '      - "Beach"',
        '      + "A very long name that does not fit that does not fit that does not fit"',
    ]


def test_an_archived_offer_is_said_to_be_archived_before_its_delete(tiny: Path, run: Run) -> None:
    run("apply", "--yes")
    for name in ("beach.yaml", "summer-offers.yaml"):
        (tiny / name).unlink()
    shown = run("plan", "--allow-deletes", "2").out.splitlines()
    assert shown[2:] == [
        '- offer/beach  "Beach"  (archived first)',
        '- filter/summer-offers  "Summer offers"',
        "",
        "Plan: 0 to create, 0 to patch, 2 to delete.",
    ]


def test_a_guard_names_what_goes_and_the_command_that_lets_it(tiny: Path, run: Run) -> None:
    run("apply", "--yes")
    for name in ("beach.yaml", "summer-offers.yaml"):
        (tiny / name).unlink()
    refused = run("apply", "--yes")
    assert refused.code == 10
    assert refused.out.splitlines()[-6:] == [
        "Refused by a guard:",
        "    2 of 3 entities would be deleted or taken out of service; the guard allows 1",
        "    offer/beach, filter/summer-offers",
        "    -> If that is meant: reconciler apply --yes --allow-deletes 2",
        "",
        "Plan: 0 to create, 0 to patch, 2 to delete.",
    ]


def test_an_apply_ends_with_what_was_done(tiny: Path, run: Run) -> None:
    applied = run("apply", "--yes")
    assert (applied.code, applied.err) == (0, "")
    assert applied.out.endswith("\n\nApply complete: 3 created, 0 patched, 0 deleted.\n")


def test_an_apply_without_changes_says_so_once(tiny: Path, run: Run) -> None:
    run("apply", "--yes")
    assert run("apply", "--yes").out.splitlines()[1:] == ["", "No changes. The live catalogue matches Git."]


def test_drift_shows_both_values_and_who_is_ahead(tiny: Path, run: Run) -> None:
    run("apply", "--yes")
    edit(tiny / "beach.yaml", "priority: 1", "priority: 2")
    drifted = run("drift")
    assert drifted.code == 3
    lines = drifted.out.splitlines()
    assert lines[2].split() == ["offer/beach", "beach.yaml:1"]
    assert lines[4:] == [
        "    Git ahead: priority (line 5)",
        "        Git:  2",
        "        live: 1",
        "",
        "Drift: 1 of 3 entities differs; by field: 1 Git ahead, 0 live ahead, 0 both.",
    ]


def test_what_was_never_applied_is_new_in_git(tiny: Path, run: Run) -> None:
    drifted = run("drift")
    assert drifted.code == 3
    assert drifted.out.count("Git ahead: new, not applied yet") == 3


def test_no_drift_is_said_in_one_line(tiny: Path, run: Run) -> None:
    run("apply", "--yes")
    ended = run("drift")
    assert (ended.code, ended.out.splitlines()[2:]) == (0, ["No drift. The live catalogue matches Git."])


def test_warnings_fail_only_when_strict(tiny: Path, run: Run) -> None:
    (tiny / "unused.yaml").write_text("kind: tag\nname: Unused\n")
    assert run("validate").code == 0
    strict = run("validate", "--strict")
    assert strict.code == 1
    assert "unused.yaml:1:1: warning RC107\n    nothing uses this tag\n    -> Use it, or remove it.\n" in strict.out
    assert run("plan", "--strict").code == 1


def test_at_moves_the_calendar(tiny: Path, run: Run) -> None:
    edit(tiny / "beach.yaml", "priority: 1", "end: 2027-01-01T00:00:00Z")
    before, after = run("validate", "--at", "2026-12-31T23:59:59Z"), run("validate", "--at", "2027-01-01T00:00:00Z")
    assert ("RC105" in before.out, "RC105" in after.out) == (False, True)


def test_files_name_their_catalogue_and_never_narrow_the_checks(tiny: Path, run: Run) -> None:
    edit(tiny / "beach.yaml", "tags: [summer]", "tags: [sumer]")
    checked = run("validate", "summer.yaml")
    assert checked.code == 1
    assert "beach.yaml:4:8: error RC020" in checked.out


def test_a_file_outside_every_catalogue_is_passed_over(
    tiny: Path, run: Run, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "other.yaml"
    outside.write_text("a: 1\n")
    checked = run("validate", outside, "summer.yaml")
    assert (checked.code, checked.out) == (0, "3 entities, no problems.\n")
    assert "lies in no catalogue" in checked.err
    assert run("validate", outside).code == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("plan", "--nonsense"),
        ("plan", "--at", "yesterday"),
        ("plan", "--env", "mars"),
        ("apply",),
        ("apply", "--format", "json"),
        ("plan", "-C", "nowhere"),
        ("plan", "--parallelism", "0"),
        ("plan", "-o", "no/such/folder/file"),
    ],
)
def test_wrong_usage_ends_64(tiny: Path, run: Run, arguments: tuple[str, ...]) -> None:
    ended = run(*arguments)
    assert (ended.code, ended.out) == (64, "")
    assert ended.err.splitlines()[-1] == "reconciler: exit 64: wrong usage"


def test_a_path_that_is_not_there_is_an_error(tiny: Path, run: Run) -> None:
    ended = run("validate", "nowhere", "--format", "json")
    assert (ended.code, json.loads(ended.out)["error"]["message"]) == (1, "nowhere does not exist")


def test_the_command_of_a_guard_is_the_one_that_was_run(tiny: Path, run: Run) -> None:
    run("apply", "--yes")
    for name in ("beach.yaml", "summer-offers.yaml"):
        (tiny / name).unlink()
    refused = run("plan", "--env", "local", "--allow-deletes", "1", "--at", "2026-01-01T00:00:00Z", "--no-color")
    again = "reconciler plan --env local --at 2026-01-01T00:00:00Z --no-color --allow-deletes 2"
    assert f"    -> If that is meant: {again}" in refused.out.splitlines()


def test_what_is_kept_for_want_of_pruning_is_no_match(tiny: Path, run: Run) -> None:
    run("apply", "--yes")
    (tiny / "summer-offers.yaml").unlink()
    assert run("plan", "--no-prune").out.splitlines()[2:] == [
        "Kept although gone from Git, because pruning is off (1): filter/summer-offers",
        "",
        "No changes to make; 1 entity gone from Git kept.",
    ]


def test_warnings_alone_end_a_strict_run_and_say_so(tiny: Path, run: Run) -> None:
    (tiny / "unused.yaml").write_text("kind: tag\nname: Unused\n")
    document = json.loads(run("plan", "--strict", "--format", "json").out)
    assert document["error"]["message"] == "the catalogue has 1 warning"
    assert document["exit"]["meaning"] == "with --strict, warnings count as errors"


def test_several_environments_must_be_told_apart(tiny: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    (tiny / "catalog.yaml").write_text(
        "catalog: tiny\nenvironments: {a: {repository: embedded}, b: {repository: embedded, sandbox: b}}\n"
    )
    ended = run("plan")
    assert ended.code == 64
    assert "--env a | --env b" in ended.err
    assert run("plan", "--env", "b").out.startswith("Target: tiny -> b (embedded, sandbox b")
    monkeypatch.setenv("RECONCILER_ENV", "a")
    assert run("plan").out.startswith("Target: tiny -> a ")


def test_options_are_also_environment_variables(tiny: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECONCILER_PLAN_FORMAT", "json")
    assert json.loads(run("plan").out)["summary"]["create"] == 3


def test_output_goes_to_a_file_and_replaces_it(tiny: Path, run: Run) -> None:
    for _ in range(2):
        ended = run("plan", "--format", "json", "-o", "plan.json")
        assert (ended.code, ended.out) == (0, "")
    assert json.loads((tiny / "plan.json").read_text())["catalog"] == "tiny"


def test_the_folder_to_work_in_can_be_said(tiny: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    assert run("validate", "-C", tiny).out == "3 entities, no problems.\n"
    assert run("plan", "-C", tiny).code == 0


def test_quiet_leaves_the_product_alone(tiny: Path, run: Run) -> None:
    assert run("plan", "-q").err == ""


def test_colours_only_where_they_are_wanted(tiny: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[" not in run("plan").out
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[32m+ tag/summer" in run("plan").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in run("plan").out


def test_the_same_state_has_the_same_digest_on_any_day(tiny: Path, run: Run) -> None:
    first, second = (json.loads(run("plan", "--format", "json").out) for _ in range(2))
    assert first["digest"] == second["digest"]
    edit(tiny / "beach.yaml", "priority: 1", "priority: 2")
    assert json.loads(run("plan", "--format", "json").out)["digest"] != first["digest"]


def test_problems_are_json_too(tiny: Path, run: Run) -> None:
    edit(tiny / "beach.yaml", "tags: [summer]", "tags: [sumer]")
    document = json.loads(run("plan", "--format", "json").out)
    assert document["exit"] == {"code": 1, "meaning": "the catalogue has errors"}
    places = [(found["code"], found["file"], found["line"], found["column"]) for found in document["problems"]]
    assert ("RC020", "beach.yaml", 4, 8) in places


def test_a_graph_can_be_focused(tiny: Path, run: Run) -> None:
    document = json.loads(run("graph", "--format", "json", "--focus", "offer/beach").out)
    assert [node["key"] for node in document["nodes"]] == ["tag/summer", "offer/beach"]
    assert document["edges"] == [{"from": "offer/beach", "to": "tag/summer", "paths": ["tags.0"]}]
    assert document["order"] == ["tag/summer", "offer/beach"]


def test_graphs_are_drawn_for_markdown_and_graphviz(tiny: Path, run: Run) -> None:
    assert run("graph").out.splitlines() == [
        "flowchart LR",
        '  n0(["tag/summer<br/>Summer"])',
        '  n1("offer/beach<br/>Beach")',
        '  n2[/"filter/summer-offers<br/>Summer offers"/]',
        "  n1 --> n0",
        "  n2 --> n0",
    ]
    assert '  "offer/beach" -> "tag/summer";' in run("graph", "--format", "dot").out.splitlines()


def test_an_unknown_focus_has_a_suggestion(tiny: Path, run: Run) -> None:
    ended = run("graph", "--focus", "offer/beech")
    assert ended.code == 1
    assert ended.err.splitlines()[-3:-1] == [
        "Error: there is no entity `offer/beech`",
        "  -> Did you mean `offer/beach`?",
    ]


def test_text_from_files_cannot_steer_the_terminal(tiny: Path, run: Run) -> None:
    edit(tiny / "summer.yaml", "name: Summer", 'name: "\\e[31m\\u202eevil\\n"')
    assert '+ tag/summer  "\\x1b[31m\\u202eevil\\n"' in run("plan").out
