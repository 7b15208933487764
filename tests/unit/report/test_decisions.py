"""Decisions and decision cases in words: whole texts, with what people could have written into names and profiles."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

from reconciler.decision.cases import DecisionCase, Expectation, FallbackShown, NothingDecided, NotShown, ShownOffer
from reconciler.decision.counters import NOTHING_PROPOSED
from reconciler.decision.coverage import cover
from reconciler.decision.decide import Setting, decide
from reconciler.decision.trial import run_cases
from reconciler.model.problem import SourceSpan
from reconciler.report.decisions import Asked, decisions_document, decisions_text
from reconciler.report.trials import trials_document, trials_junit, trials_text
from tests.decision_cases import NOON, build

GOLDEN = Path(__file__).parents[2] / "cases" / "decision_reports"
LONG = "a-key-that-is-longer-than-the-room-for-keys-in-the-table"
COMPONENTS = [
    {"type": "text", "format": "text/plain", "language": ["en"], "copyline": "Sit\nwell"},
    {"type": "imagelink", "url": "https://x.example/a.png", "asset": {"id": "a", "url": "https://r"}},
]
STATE = build(
    {
        "rule/elite": {"condition": 'membership.status = "elite" and (age > 17 or guardian.signed = true)'},
        "offer/seat": {
            "priority": 5,
            "name": "Better \u202eseat\x1b[31m",
            "characteristics": {"cabin": "business\u200b"},
            "representations": [{"placement": "hero", "components": COMPONENTS}],
        },
        "offer/elite": {"rule": "elite", "priority": 9},
        f"offer/{LONG}": {"status": "draft"},
        "offer/side": {"representations": [{"placement": "side"}]},
        "activity/closed": {"status": "draft"},
        "activity/empty": {"filter": "none"},
        "filter/none": {"offers": []},
        "fallback/nothing": {"status": "draft"},
    }
)
PROFILE = {"membership": {"status": "sil\u202ever\n" + "long " * 12}, "age": 12, "id": "p\x071"}
ASKED = Asked("files of a\x1bb", NOON, "0", "Europe/Oslo")
DECISIONS = decide(STATE, ["home", "closed", "empty"], PROFILE, at=NOON, id_field="id")


def case(claim: str, expect: Expectation, activity: str = "home") -> DecisionCase:
    return DecisionCase(
        claim, activity, NOON, PROFILE, {}, NOTHING_PROPOSED, expect, SourceSpan("decisions/a\x1b.yaml", 3, 5)
    )


TRIALS = run_cases(
    STATE,
    [
        case("right", ShownOffer(("seat",))),
        case(f'wrong & "odd" \x1b\uffff {"long " * 15}', ShownOffer(("elite",))),
        case("one of two", ShownOffer(("elite", "side"))),
        case("neither", NotShown(("seat", "elite"))),
        case("nothing", NothingDecided(), "empty"),
        case("the fallback", FallbackShown(), "closed"),
    ],
    Setting(NOON, id_field="id"),
)
COVERAGE = cover(STATE, [trial.decision for trial in TRIALS])


def test_a_decision_shows_its_content_and_every_offer_with_what_decided() -> None:
    text = decisions_text(ASKED, DECISIONS)
    assert text == (GOLDEN / "decide.txt").read_text().rstrip("\n")
    assert all(len(line) <= 80 and line.isprintable() for line in text.splitlines())


def test_the_document_of_a_decision_is_json_with_every_offer_of_the_catalogue() -> None:
    document = json.loads(json.dumps(decisions_document(ASKED, DECISIONS), allow_nan=False))
    assert (document["state"], document["at"], document["seed"]) == ("files of a\x1bb", "2026-06-01T12:00:00Z", "0")
    home, closed, _empty = document["decisions"]
    assert (home["key"], home["shown"], home["content"]["placement"]) == ("seat", "offer", "hero")
    assert {item["offer"] for item in home["trace"]} == {"seat", "elite", "side", LONG}
    assert (closed["key"], closed["content"], closed["reason"]) == (None, None, "the activity is draft")


def test_cases_that_failed_show_what_was_expected_and_why_it_was_not() -> None:
    text = trials_text("files", TRIALS, COVERAGE)
    assert text == (GOLDEN / "test.txt").read_text().rstrip("\n")
    assert all(len(line) <= 80 for line in text.splitlines())


def test_junit_is_xml_with_a_suite_for_each_file() -> None:
    xml = trials_junit(TRIALS)
    assert xml == (GOLDEN / "test.junit.xml").read_text().rstrip("\n")
    suites = ElementTree.fromstring(xml)  # noqa: S314 - our own text
    assert [(suite.get("tests"), suite.get("failures")) for suite in suites] == [("6", "5")]


def test_the_document_of_cases_counts_what_failed_and_what_was_never_reached() -> None:
    document = json.loads(json.dumps(trials_document("files", TRIALS, COVERAGE), allow_nan=False))
    assert document["failed"] == 5
    assert document["coverage"] == {
        "offers": 3,
        "fallbacks": 1,
        "rules": 1,
        "never_won": ["elite", "side"],
        "never_true": ["elite"],
        "never_false": [],
        "never_shown": [],
    }
    assert trials_document("files", TRIALS, None).keys() == {"state", "cases", "failed"}
