"""Text from the repository cannot steer a terminal, a comment on a pull request or a program's log."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.live.anchor import AnchorState, Lease
from reconciler.plan.guards import ROLLBACK
from reconciler.plan.steps import Refusal
from reconciler.report.plans import plan_text
from reconciler.report.plans_markdown import plan_markdown
from reconciler.report.words import as_json
from tests.page import Page
from tests.plan_builders import live_after, make_plan
from tests.unit.cli.conftest import Run

HOSTILE = "anna\u202e\x1b[2J\u009b\u200b"
SEEN = "anna\\u202e\\x1b[2J\\x9b\\u200b"


@pytest.fixture
def held(tiny: Path) -> Path:
    """A lease of somebody with a hostile name."""
    state = AnchorState("tiny", None, frozenset(), Lease("run-a", HOSTILE, "elsewhere 1 1", 600.0))
    Page(tiny).create("tag", state.links(), xdm_name=state.name)
    return tiny


def test_the_note_of_a_plan_shows_what_a_holder_hides(held: Path, run: Run) -> None:
    ended = run("plan")
    assert f"Note: {SEEN} is applying to this catalogue (run run-a)" in ended.err
    assert HOSTILE not in ended.err


def test_the_lease_that_is_freed_shows_what_its_holder_hides(held: Path, run: Run) -> None:
    assert run("unlock", "--run", "run-a").out == f"Freed the lease of {SEEN} (run run-a).\n"


def test_a_document_escapes_what_its_text_hides(held: Path, run: Run) -> None:
    printed = run("unlock", "--run", "run-a", "--format", "json").out
    assert '"holder": "anna\\u202e\\u001b[2J\\u009b\\u200b"' in printed
    assert json.loads(printed)["holder"] == HOSTILE


@pytest.mark.parametrize("text", ["\x7f\x85\u00ad\u2028\u2066\ufeff", "\ud800", 'käse 🧀 \\u202e "quoted"\n'])
def test_a_document_means_what_it_was_made_from(text: str) -> None:
    printed = as_json({text: [text]})
    assert json.loads(printed) == {text: [text]}
    assert printed.replace("\n", "").isprintable()


def test_what_a_guard_says_steers_nothing() -> None:
    refusal = Refusal(ROLLBACK, f"<img src=x> @all {HOSTILE}", (), 0, 0, "[go](http://x)")
    plan = replace(make_plan({}, live_after({})), refusals=(refusal,))
    outside, _, details = plan_markdown(plan).partition("<details>")
    assert not any(text in outside for text in ("<img", "@all", "](", "\u202e"))
    assert f"<img src=x> @all {SEEN}" in details
    assert SEEN in plan_text(plan)
