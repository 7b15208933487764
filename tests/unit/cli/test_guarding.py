"""What is left out, refused and reached, as the commands say it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.page import Page
from tests.unit.cli.conftest import Run
from tests.unit.cli.test_commands import edit

ACTIVITY = "kind: activity\nname: Call\nplacement: box\nfilter: summer-offers\nfallback: none\n"
FALLBACK = "kind: fallback\nname: None\nrepresentations: [{placement: box}]\n"


def test_a_target_is_planned_with_what_it_needs_and_the_rest_is_named(tiny: Path, run: Run) -> None:
    assert run("plan", "--target", "offer/beach").out.splitlines()[2:] == [
        '+ tag/summer  "Summer"                                             summer.yaml:1',
        '+ offer/beach  "Beach"                                              beach.yaml:1',
        "",
        "Not in this plan, as --target and --exclude say, 1 entity: filter/summer-offers",
        "",
        "Plan: 2 to create, 0 to patch, 0 to delete.",
    ]


def test_what_is_excluded_stays_out_of_an_apply(tiny: Path, run: Run) -> None:
    assert run("apply", "--yes", "--exclude", "filter/summer-offers").code == 0
    assert '+ filter/summer-offers  "Summer offers"' in run("plan").out
    assert "No changes to make in what was selected." in run("plan", "--target", "tag/summer").out


def test_an_unknown_target_is_answered_with_the_nearest(tiny: Path, run: Run) -> None:
    ended = run("plan", "--target", "offer/baech")
    assert ended.code == 1
    assert ended.err.splitlines()[:2] == [
        "Error: offer/baech is neither in Git nor live",
        "  -> Did you mean offer/beach?",
    ]


def test_what_is_no_key_is_wrong_usage(tiny: Path, run: Run) -> None:
    ended = run("plan", "--exclude", "beach")
    assert ended.code == 64
    assert "'beach' is no KIND/KEY, such as offer/summer-10" in ended.err


def test_destroying_is_planned_and_refused_without_its_number(tiny: Path, run: Run) -> None:
    run("apply", "--yes")
    refused = run("plan", "--destroy")
    assert refused.code == 10
    assert "    -> If that is meant: reconciler plan --destroy --allow-deletes 3" in refused.out.splitlines()
    assert run("plan", "--destroy", "--allow-deletes", "3").code == 0


def test_several_guards_are_overruled_by_one_command(tiny: Path, run: Run) -> None:
    for number in range(45):
        (tiny / f"t{number}.yaml").write_text(f"kind: tag\nname: T{number}\n")
    run("apply", "--yes")
    for number in range(30):
        edit(tiny / f"t{number}.yaml", "name: T", "name: U")
    for number in range(30, 45):
        (tiny / f"t{number}.yaml").unlink()
    refused = run("plan", "--allow-updates", "2", "--no-color")
    assert refused.code == 10
    again = "reconciler plan --no-color --allow-deletes 15 --allow-updates 30"
    assert f"    -> If that is meant: {again}" in refused.out.splitlines()
    assert run("plan", "--allow-deletes", "15", "--allow-updates", "30").code == 0


def test_a_change_says_which_activities_it_reaches(tiny: Path, run: Run) -> None:
    (tiny / "call.yaml").write_text(ACTIVITY)
    (tiny / "none.yaml").write_text(FALLBACK)
    (tiny / "box.yaml").write_text("kind: placement\nname: Box\n")
    run("apply", "--yes")
    edit(tiny / "beach.yaml", "priority: 1", "priority: 2")
    assert run("plan").out.splitlines()[2:5] == [
        '~ offer/beach  "Beach"                                              beach.yaml:1',
        "    priority: 1 -> 2                                                      line 5",
        "    reaches activity/call",
    ]
    assert json.loads(run("plan", "--format", "json").out)["reach"] == {
        "offer/beach": {
            "activities": {"count": 1, "keys": ["activity/call"]},
            "outside": {"count": 0, "instances": []},
        }
    }


def test_every_format_of_a_plan_and_of_a_saved_one_says_what_is_reached(tiny: Path, run: Run) -> None:
    (tiny / "call.yaml").write_text(ACTIVITY)
    (tiny / "none.yaml").write_text(FALLBACK)
    (tiny / "box.yaml").write_text("kind: placement\nname: Box\n")
    run("apply", "--yes")
    page = Page(tiny)
    page.create("filter", xdm_name="Out", xdm_filterType="offers", ids=[page.find("offer", "Beach").uri])
    edit(tiny / "beach.yaml", "priority: 1", "priority: 2")
    planned = run("plan", "--out", "saved.plan").out
    markdown = run("plan", "--format", "markdown").out
    assert "    reaches activity/call; outside this catalogue filter `Out`" in planned
    assert planned.splitlines()[2:] == run("show", "saved.plan").out.splitlines()[3:]
    assert "| <code>offer/beach</code> | <code>activity/call</code> | <code>filter &#96;Out&#96;" in markdown
    reach = json.loads(run("plan", "--format", "json").out)["reach"]
    assert (reach["offer/beach"]["activities"]["count"], reach["offer/beach"]["outside"]["count"]) == (1, 1)
    assert json.loads(run("show", "saved.plan", "--format", "json").out)["reach"] == reach
    assert json.loads(run("apply", "--plan", "saved.plan", "--format", "json").out)["plan"]["reach"] == reach


def test_a_plan_for_a_pull_request_has_its_summary_first_and_its_details_folded(tiny: Path, run: Run) -> None:
    run("apply", "--yes")
    edit(tiny / "beach.yaml", "priority: 1", "priority: 2")
    (tiny / "summer-offers.yaml").unlink()
    lines = run("plan", "--format", "markdown").out.splitlines()
    assert lines[2:8] == [
        "**Plan: 0 to create, 1 to patch, 1 to delete.**",
        "",
        "| | delete | patch |",
        "| --- | ---: | ---: |",
        "| offer | 0 | 1 |",
        "| filter | 1 | 0 |",
    ]
    assert "- <code>filter/summer-offers</code> <code>Summer offers</code>" in lines
    assert lines[-1] == "</details>"


def test_a_key_that_seems_to_have_changed_is_told_to_a_pull_request_ready_to_paste(tiny: Path, run: Run) -> None:
    run("apply", "--yes")
    text = (tiny / "beach.yaml").read_text()
    (tiny / "beach.yaml").unlink()
    (tiny / "sand.yaml").write_text(text.replace("key: beach", "key: sand"))
    shown = run("plan", "--format", "markdown").out
    assert "```yaml\nmoved:\n  - {from: offer/beach, to: offer/sand}\n```" in shown[: shown.index("<details>")]


def test_a_hostile_name_is_no_markdown(tiny: Path, run: Run) -> None:
    run("apply", "--yes")
    edit(tiny / "beach.yaml", "name: Beach", 'name: "](http://x) <img src=x> @all ```` |"')
    run("apply", "--yes")
    (tiny / "beach.yaml").unlink()
    (tiny / "summer-offers.yaml").unlink()
    shown = run("plan", "--allow-deletes", "2", "--format", "markdown").out
    outside = shown[: shown.index("<details>")]
    assert "<img" not in outside
    assert "@all" not in outside
    assert "](" not in outside
    assert "`````text" in shown
