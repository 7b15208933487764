"""The main job: a directory becomes the live catalogue."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import Served, Workplace

pytestmark = pytest.mark.e2e

NO_CHANGES = "No changes. The live catalogue matches Git."
UPGRADE = "offers/upgrades/elite-upgrade.yaml"


def test_an_empty_repository_becomes_the_catalogue_and_then_matches_it(example: Workplace, server: Served) -> None:
    applied = example.run("apply", "cat", "--yes")
    assert applied.code == 0, applied.err
    assert applied.out.endswith("Apply complete: 86 created, 0 patched, 0 deleted.\n")
    planned = example.run("plan", "cat", "--detailed-exitcode")
    assert (planned.code, planned.out.splitlines()[-1]) == (0, NO_CHANGES)
    assert server.writes.count("POST") == 86 + 1  # the anchor


def test_an_edit_is_planned_as_exactly_that_edit_and_patched(example: Workplace, server: Served) -> None:
    example.run("apply", "cat", "--yes")
    example.replace(UPGRADE, "priority: 10", "priority: 20")
    planned = example.run("plan", "cat", "--format", "json").json
    [step] = planned["steps"]
    assert [change["path"] for change in step["changes"]] == ["priority"]
    assert step["patch"][0] == {"op": "add", "path": "/_instance/xdm:rank/xdm:priority", "value": 20}
    assert "priority: 10 -> 20" in example.run("plan", "cat").out
    applied = example.run("apply", "cat", "--yes")
    assert applied.out.endswith("Apply complete: 0 created, 1 patched, 0 deleted.\n")
    assert example.run("plan", "cat").out.endswith(NO_CHANGES + "\n")
    assert server.writes.count("PATCH") == 1 + 3  # the lease: released, taken and released again


def test_a_new_name_is_a_patch_of_the_same_instance(example: Workplace, server: Served) -> None:
    example.run("apply", "cat", "--yes")
    before = {item["instanceId"] for item in server.live("personalized-offer")}
    example.replace(UPGRADE, "name: Free flight upgrade", "name: Complimentary upgrade")
    assert example.run("apply", "cat", "--yes").out.endswith("0 created, 1 patched, 0 deleted.\n")
    after = server.live("personalized-offer")
    assert {item["instanceId"] for item in after} == before
    assert "Complimentary upgrade" in {item["_instance"]["xdm:name"] for item in after}


def test_a_new_key_for_the_same_name_hands_the_name_over(example: Workplace, server: Served) -> None:
    example.run("apply", "cat", "--yes")
    path = example.root / UPGRADE
    text = path.read_text().replace("key: elite-upgrade", "key: elite-upgrade-2")
    path.write_text(text)
    for user in (example.root / "filters").glob("*.yaml"):
        user.write_text(user.read_text().replace("elite-upgrade", "elite-upgrade-2"))
    applied = example.run("apply", "cat", "--yes")
    assert applied.code == 0, applied.out + applied.err
    names = [item["_instance"]["xdm:name"] for item in server.live("personalized-offer")]
    assert names.count("Free flight upgrade") == 1
    assert example.run("plan", "cat").out.endswith(NO_CHANGES + "\n")


def test_a_removed_file_archives_and_deletes_its_instance(example: Workplace, server: Served) -> None:
    example.run("apply", "cat", "--yes")
    (example.root / "activities" / "web-home.yaml").unlink()
    planned = example.run("plan", "cat", "--format", "json").json
    actions = [step["action"] for step in planned["steps"] if step["key"] == "activity/web-home"]
    assert actions == ["archive", "delete"]
    assert example.run("apply", "cat", "--yes").code == 0
    assert "Home page destinations" not in {item["_instance"]["xdm:name"] for item in server.live("offer-activity")}


def test_a_fallback_without_the_placement_is_refused_before_any_request(example: Workplace, server: Served) -> None:
    example.replace("activities/call-center.yaml", "placement: ivr-prompt", "placement: kiosk-hero")
    refused = example.run("apply", "cat", "--yes")
    assert refused.code == 1
    assert "RC024" in refused.err
    assert "cat/activities/call-center.yaml:" in refused.err
    assert server.requests == []


def test_a_broken_reference_is_refused_with_its_line(example: Workplace, server: Served) -> None:
    lines = (example.root / UPGRADE).read_text().splitlines()
    number = next(index for index, line in enumerate(lines, 1) if line.startswith("rule:"))
    example.replace(UPGRADE, "rule: elite-flyers", "rule: elite-flyer")
    refused = example.run("plan", "cat")
    assert refused.code == 1
    assert f"cat/{UPGRADE}:{number}:7: error RC020\n    there is no rule `elite-flyer`\n" in refused.err
    assert "-> Did you mean `elite-flyers`?" in refused.err
    assert server.requests == []


def test_an_edit_made_live_is_live_ahead_and_its_undoing_is_shown_first(example: Workplace, server: Served) -> None:
    example.run("apply", "cat", "--yes")
    offers = server.live("personalized-offer")
    upgrade = next(item for item in offers if item["_instance"]["xdm:name"] == "Free flight upgrade")
    server.edit(upgrade, [{"op": "replace", "path": "/_instance/xdm:rank/xdm:priority", "value": 99}])
    drifted = example.run("drift", "cat", "--format", "json")
    assert drifted.code == 2
    [entity] = drifted.json["entities"]
    assert [(field["path"], field["ahead"], field["git"], field["live"]) for field in entity["fields"]] == [
        ("priority", "live", 10, 99)
    ]
    planned = example.run("plan", "cat").out.split("\n\n")
    assert planned[1].splitlines() == ["Undoes edits made live:", "  ! offer/elite-upgrade priority: 99 -> 10"]


def test_git_ahead_and_live_ahead_together_are_both(example: Workplace, server: Served) -> None:
    example.run("apply", "cat", "--yes")
    example.replace(UPGRADE, "priority: 10", "priority: 20")
    assert example.run("drift", "cat").code == 3
    tag = server.live("tag")[0]
    server.edit(tag, [{"op": "replace", "path": "/_instance/xdm:name", "value": "renamed by hand"}])
    assert example.run("drift", "cat").code == 4


def test_properties_of_others_survive_every_patch(example: Workplace, server: Served) -> None:
    example.run("apply", "cat", "--yes")
    offers = server.live("personalized-offer")
    upgrade = next(item for item in offers if item["_instance"]["xdm:name"] == "Free flight upgrade")
    server.edit(
        upgrade,
        [
            {"op": "add", "path": "/_instance/acme:note", "value": {"by": "somebody"}},
            {"op": "add", "path": "/_instance/xdm:representations/0/acme:deep", "value": [1]},
        ],
    )
    assert example.run("plan", "cat").out.endswith(NO_CHANGES + "\n")
    example.replace(UPGRADE, "priority: 10", "priority: 20")
    assert example.run("apply", "cat", "--yes").code == 0
    after = next(item for item in server.live("personalized-offer") if item["instanceId"] == upgrade["instanceId"])
    assert after["_instance"]["acme:note"] == {"by": "somebody"}
    assert after["_instance"]["xdm:representations"][0]["acme:deep"] == [1]


def test_the_embedded_repository_needs_nothing_but_the_catalogue(embedded: Workplace) -> None:
    assert embedded.run("plan", "cat").code == 0
    assert not (embedded.root / ".reconciler").exists()
    assert embedded.run("apply", "cat", "--yes").code == 0
    assert embedded.run("plan", "cat").out.endswith(NO_CHANGES + "\n")
    state = embedded.root / ".reconciler"
    assert (state.stat().st_mode & 0o777, (state / ".gitignore").read_text()) == (0o700, "*\n")
