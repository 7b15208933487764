"""What became of a plan, in words and as JSON."""

from __future__ import annotations

from reconciler.apply.outcomes import AlreadyDone, Done, Failed, NotAttempted, Outcome, Report, Skipped, Unknown
from reconciler.model.kinds import EntityKey, Kind
from reconciler.plan.steps import Action, Plan, Step, Target
from reconciler.report.outcomes import report_document, report_text


def step(action: Action, name: str) -> Step:
    key = EntityKey(Kind.TAG, name)
    return Step(f"{action.value}:{key}", action, key, "a reason")


def report(**outcomes: tuple[Action, Outcome]) -> Report:
    steps = tuple(step(action, name) for name, (action, _) in outcomes.items())
    plan = Plan("cat", "local", Target("embedded", "c", "prod"), "", "", "", None, False, steps)
    return Report(plan, {made.id: outcome for made, (_, outcome) in zip(steps, outcomes.values(), strict=True)})


def test_everything_done_is_one_line_and_what_was_so_already_another() -> None:
    made = report(a=(Action.CREATE, Done()), b=(Action.PATCH, AlreadyDone()), c=(Action.DELETE, Done()))
    assert report_text(made) == "Apply complete: 1 created, 0 patched, 1 deleted.\n1 entity was as planned already."


def test_what_is_not_done_is_told_with_its_reason_and_counted() -> None:
    made = report(
        a=(Action.CREATE, Failed("its name is taken", "Choose another.")),
        b=(Action.CREATE, Skipped("create:tag/a")),
        c=(Action.CREATE, Unknown("the answer was lost")),
        d=(Action.DELETE, NotAttempted()),
        e=(Action.CREATE, Done()),
    )
    assert report_text(made).splitlines() == [
        "failed create:tag/a",
        "    its name is taken",
        "    -> Choose another.",
        "skipped create:tag/b (needs create:tag/a)",
        "unknown create:tag/c",
        "    the answer was lost",
        "    -> Plan again: it shows whether this was carried out.",
        "not attempted delete:tag/d",
        "",
        "Apply incomplete: 1 created, 0 patched, 0 deleted; 1 failed, 1 skipped, 1 not attempted, 1 unknown.",
    ]


def test_only_stamps_are_no_changes() -> None:
    made = report(a=(Action.STAMP, Done()), b=(Action.STAMP, Done()))
    assert report_text(made) == "No changes. The live catalogue matches Git.\n2 stamps refreshed."


def test_the_document_has_every_step_and_the_counts() -> None:
    document = report_document(report(a=(Action.CREATE, Done()), b=(Action.CREATE, Skipped("create:tag/x"))))
    assert document["outcomes"] == [
        {"step": "create:tag/a", "outcome": "done"},
        {"step": "create:tag/b", "outcome": "skipped", "because": "create:tag/x"},
    ]
    assert (document["summary"]["created"], document["summary"]["skipped"]) == (1, 1)
