"""How runs end: exit codes, guards, JSON on every exit, interruption."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import CREDENTIALS, PATIENCE_S, PROGRAM, Serve, Served, Workplace

pytestmark = pytest.mark.e2e


def test_deleting_too_much_is_refused_with_the_command_that_allows_it(example: Workplace, server: Served) -> None:
    example.run("apply", "cat", "--yes")
    shutil.rmtree(example.root / "activities")
    refused = example.run("apply", "cat", "--yes")
    assert refused.code == 10
    assert "-> If that is meant: reconciler apply cat --yes --allow-deletes 11" in refused.out
    assert "DELETE" not in server.writes
    assert refused.err.splitlines()[-1] == "reconciler: exit 10: a guard refuses this plan"
    allowed = example.run("apply", "cat", "--yes", "--allow-deletes", "11")
    assert allowed.out.endswith("0 created, 0 patched, 11 deleted.\n"), allowed.out + allowed.err


def test_the_permission_to_delete_is_never_read_from_the_environment(example: Workplace) -> None:
    example.run("apply", "cat", "--yes")
    shutil.rmtree(example.root / "activities")
    assert example.run("plan", "cat", RECONCILER_PLAN_ALLOW_DELETES="99").code == 10


def test_without_pruning_what_is_gone_from_git_stays(example: Workplace) -> None:
    example.run("apply", "cat", "--yes")
    shutil.rmtree(example.root / "activities")
    kept = example.run("plan", "cat", "--no-prune", "--format", "json")
    assert (kept.code, kept.json["steps"], len(kept.json["unpruned"])) == (0, [], 11)


def test_apply_asks_and_without_a_terminal_wants_yes(example: Workplace, server: Served) -> None:
    refused = example.run("apply", "cat")
    assert (refused.code, refused.out) == (64, "")
    assert "Say --yes" in refused.err
    assert server.requests == []


def test_refused_credentials_end_77(serve: Serve, example: Workplace) -> None:
    example.point_to(serve("--token", "another"))
    refused = example.run("plan", "cat")
    assert refused.code == 77
    assert "a-token" not in refused.out + refused.err


def test_missing_credentials_are_named_all_at_once(example: Workplace) -> None:
    refused = example.run("plan", "cat", RECONCILER_ACCESS_TOKEN="", RECONCILER_API_KEY="", RECONCILER_ORG_ID="")
    assert refused.code == 77
    assert all(name in refused.err for name in CREDENTIALS)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("plan", "cat"), 0),
        (("plan", "cat", "--detailed-exitcode"), 2),
        (("plan", "nowhere"), 1),
        (("validate", "cat"), 0),
        (("drift", "cat"), 3),
        (("graph", "cat"), 0),
        (("apply", "cat", "--yes"), 0),
    ],
)
def test_json_is_one_document_on_every_exit(example: Workplace, arguments: tuple[str, ...], code: int) -> None:
    ran = example.run(*arguments, "--format", "json")
    assert ran.code == code, ran.err
    assert ran.json["exit"]["code"] == code


def test_a_repository_that_does_not_answer_is_an_error_in_words(example: Workplace, server: Served) -> None:
    server.process.terminate()
    server.process.wait(PATIENCE_S)
    refused = example.run("plan", "cat", "--format", "json")
    assert refused.code == 1
    assert refused.json["error"]["type"] == "Unreachable"
    assert "Traceback" not in refused.err


def test_an_interrupted_apply_ends_130_and_the_next_one_finishes(tmp_path: Path, server: Served) -> None:
    from tests.generate import write_generated

    workplace = Workplace(tmp_path)
    write_generated(workplace.root, 2000)
    workplace.point_to(server)
    with (tmp_path / "out").open("w") as out:
        process = subprocess.Popen(
            [PROGRAM, "apply", "cat", "--yes"], cwd=tmp_path, env={**os.environ, **CREDENTIALS}, stdout=out, stderr=out
        )
        while server.writes.count("POST") < 20:
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 130
    assert "Apply incomplete" in (tmp_path / "out").read_text()
    assert workplace.run("apply", "cat", "--yes").code == 0
    assert workplace.run("plan", "cat", "--detailed-exitcode").code == 0
    names = [item["_instance"]["xdm:name"] for item in server.live("personalized-offer")]
    assert len(names) == len(set(names))


def test_two_thousand_entities_are_applied_and_then_match(tmp_path: Path, server: Served) -> None:
    from tests.generate import write_generated

    workplace = Workplace(tmp_path)
    write_generated(workplace.root, 2000)
    workplace.point_to(server)
    applied = workplace.run("apply", "cat", "--yes", "--format", "json")
    assert applied.code == 0, applied.err
    assert applied.json["summary"]["created"] == 2000
    assert workplace.run("plan", "cat", "--format", "json").json["steps"] == []


def test_edits_made_live_are_not_undone_unseen(example: Workplace, server: Served) -> None:
    example.run("apply", "cat", "--yes")
    tag = server.live("tag")[0]
    server.edit(tag, [{"op": "replace", "path": "/_instance/xdm:name", "value": "renamed by hand"}])
    assert example.run("plan", "cat").code == 0
    refused = example.run("apply", "cat", "--yes")
    assert refused.code == 10
    assert "1 edit made live would be undone" in refused.out
    assert "-> If that is meant: reconciler apply cat --yes --allow-reverts 1" in refused.out
    assert server.live("tag")[0]["_instance"]["xdm:name"] == "renamed by hand"
    assert example.run("apply", "cat", "--yes", RECONCILER_APPLY_ALLOW_REVERTS="1").code == 10
    assert example.run("apply", "cat", "--yes", "--allow-reverts", "1").code == 0
