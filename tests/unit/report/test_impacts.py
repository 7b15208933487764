from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from reconciler.decision.decide import Shown
from reconciler.decision.impact import NOTHING, ActivityImpact, Example, Impact, Moved, Outcome, OverCap
from reconciler.model.instant import read_instant
from reconciler.report.flows import MOST, OTHERS, Flow, flow_svg, lay_out
from reconciler.report.impacts import Compared, impact_document, impact_text, share_text
from reconciler.report.impacts_html import impact_html
from reconciler.report.impacts_markdown import impact_markdown
from reconciler.report.plans_markdown import LIMIT

AT = read_instant("2026-06-01T12:00:00Z")
assert AT is not None
COMPARED = Compared("customers.ndjson", "main (0123456789ab)", "files of cat", AT, "0", "UTC", 0.05)
FALLBACK = Outcome(Shown.FALLBACK, "plain")
NASTY = '<script>alert(1)</script>|`@me`\u202e"\n# x'


def offer(key: str) -> Outcome:
    return Outcome(Shown.OFFER, key)


def moved(before: Outcome, after: Outcome, count: int, profile: str = "c-1") -> Moved:
    return Moved(before, after, count, (Example(7, profile),))


HOME = ActivityImpact(
    "home",
    1000,
    {offer("bag"): 700, FALLBACK: 12},
    (moved(offer("seat"), FALLBACK, 250), moved(offer("seat"), offer("bag"), 38)),
    "",
    "",
)
CALM = ActivityImpact("calm", 1000, {offer("bag"): 1000}, (), "", "")
SILENT = ActivityImpact("silent", 1000, {NOTHING: 1000}, (), "the activity is draft", "the activity is draft")
IMPACT = Impact(1000, 288, (HOME, CALM, SILENT), (OverCap("bag", 10, 690, 728),))


def crowded(offers: int) -> ActivityImpact:
    moves = tuple(
        moved(offer(f"offer-{number}-{'x' * 36}"), offer(f"offer-{number + 1}"), 10_000 - 199 * number)
        for number in range(offers)
    )
    return ActivityImpact("crowded", sum(move.count for move in moves) + 5, {FALLBACK: 5}, moves, "", "")


def test_words() -> None:
    assert impact_text(COMPARED, IMPACT).split("\n") == [
        "Profiles  customers.ndjson",
        "Before    main (0123456789ab)",
        "After     files of cat",
        "Decided as at 2026-06-01T12:00:00Z, seed 0.",
        "",
        "28.8% would be shown something else: 288 of 1,000 profiles.",
        "",
        "home: 28.8% change, 288 of 1,000",
        "  fall to the fallback: 1.2% -> 26.2%  (12 -> 262)",
        "",
        "      PROFILES   SHARE  FROM -> TO",
        "           250   25.0%  offer/seat -> fallback/plain",
        "                        e.g. c-1 (7)",
        "            38    3.8%  offer/seat -> offer/bag",
        "                        e.g. c-1 (7)",
        "",
        "        BEFORE       AFTER       CHANGE  OFFER",
        "           288           0         -288  seat",
        "           700         738          +38  bag",
        "",
        "Unchanged: calm.",
        "",
        "Decide nothing, before or after: silent.",
        "",
        "offer/bag wins beyond the global cap of 10: 690 before, 728 after.",
        "",
        "More than 5% of the profiles change in home.",
    ]


def test_nothing_that_changes_is_said_in_a_sentence() -> None:
    text = impact_text(replace(COMPARED, fail_over=None), Impact(1000, 0, (CALM,), ()))
    assert text.split("\n")[-3:] == ["Nothing changes for 1,000 profiles.", "", "Unchanged: calm."]


@pytest.mark.parametrize(
    ("count", "total", "text"),
    [(0, 9, "0%"), (9, 9, "100%"), (1, 9999, "<0.1%"), (9998, 9999, ">99.9%"), (1, 3, "33.3%"), (0, 0, "0%")],
)
def test_something_is_never_nothing_and_not_all_is_never_all(count: int, total: int, text: str) -> None:
    assert share_text(count, total) == text


def test_long_reports_fit_eighty_columns_and_say_what_they_leave_out() -> None:
    activity = crowded(30)
    text = impact_text(COMPARED, Impact(activity.profiles, activity.moved, (activity,), ()))
    assert max(map(len, text.split("\n"))) <= 80
    assert "18 other moves" in text
    assert "and 48 more" in text


def test_a_narrow_terminal_has_room_for_all_of_it() -> None:
    keys = {"seat": offer("premium-economy-seat-upgrade"), "bag": offer("extra-bag-with-lounge-day-pass")}
    moves = (moved(keys["seat"], FALLBACK, 250_000, "customer-1234"), moved(keys["seat"], keys["bag"], 38))
    wide = replace(HOME, profiles=1_000_000, kept={keys["bag"]: 749_962}, moves=moves)
    compared = replace(COMPARED, profiles="of/may/customers.ndjson", before="the plan last/weeks/stage.plan")
    text = impact_text(compared, Impact(1_000_000, 250_038, (wide, CALM, SILENT), IMPACT.over_caps), width=40)
    assert [line for line in text.split("\n") if len(line) > 40] == []
    assert "      250,000   25.0%\n    offer/premium-economy-seat-upgrade" in text


def test_the_document_has_everything() -> None:
    document = impact_document(COMPARED, IMPACT)
    assert json.loads(json.dumps(document)) == document
    assert document["profiles"] == {"file": "customers.ndjson", "count": 1000, "moved": 288, "share": 0.288}
    home = document["activities"][0]
    assert home["moves"][0] == {
        "from": {"shown": "offer", "key": "seat"},
        "to": {"shown": "fallback", "key": "plain"},
        "count": 250,
        "examples": [{"profile": "c-1", "position": 7}],
    }
    assert home["shown"]["fallback"] == {"before": 12, "after": 262}
    assert document["over"] == ["home"]
    assert document["over_global_caps"] == [{"offer": "bag", "cap": 10, "before": 690, "after": 728}]


def test_markdown_says_above_the_fold_who_is_hit() -> None:
    fold = impact_markdown(COMPARED, IMPACT).partition("<details>")[0]
    assert fold.split("\n")[:9] == [
        "**28.8% would be shown something else: 288 of 1,000 profiles.**",
        "",
        "> [!CAUTION]",
        "> More than 5&#37; of the profiles change in home.",
        "",
        "> [!WARNING]",
        "> **<code>home</code>: 250 profiles (25.0%) no longer get any offer.**<br>",
        "",
        "| activity | change | fall to the fallback | lose | gain |",
    ]
    assert (
        "| <code>home</code> | **28.8%** (288) | 1.2% → 26.2% | <code>seat</code> −288 | <code>bag</code> +38 |" in fold
    )


def test_markdown_is_never_too_long_for_a_comment() -> None:
    many = tuple(replace(crowded(30), activity=f"a{number}") for number in range(60))
    text = impact_markdown(COMPARED, Impact(many[0].profiles, many[0].moved, many, ()))
    assert len(text) <= LIMIT
    assert re.search(r"… and \d+ more, in the report as JSON\.$", text)


def test_nothing_of_others_is_markup() -> None:
    activity = replace(HOME, activity=NASTY, moves=(moved(offer(NASTY), FALLBACK, 288, NASTY),), why_after=NASTY)
    found = Impact(1000, 288, (activity,), (OverCap(NASTY, 1, 1, 1),))
    compared = replace(COMPARED, before=NASTY, after=NASTY, profiles=NASTY)
    for text in (impact_markdown(compared, found), impact_html(compared, found)):
        assert "<script" not in text
        assert "\u202e" not in text
    markdown = impact_markdown(compared, found)
    assert not re.search(r"`|@me|^# |\|.*alert\(", markdown, re.MULTILINE)
    ElementTree.fromstring(flow_svg(activity))  # noqa: S314 - our own


def test_the_page_needs_nothing_else() -> None:
    page = impact_html(COMPARED, IMPACT)
    assert page.count("<svg") == 1
    assert not re.search(r"<script|<link|<img|<iframe|url\(|@import|\bsrc=|\bhref=|\son\w+=", page)
    assert set(re.findall(r"https?://[^\"' ]+", page)) == {"http://www.w3.org/2000/svg"}


# ---------------------------------------------------------------- the diagram


@pytest.mark.parametrize("activity", [HOME, crowded(1), crowded(9), crowded(60)], ids=["home", "one", "few", "many"])
def test_bars_and_bands_have_room_and_add_up(activity: ActivityImpact) -> None:
    flow = lay_out(activity)
    for side in (flow.left, flow.right):
        assert 0 < len(side) <= MOST
        assert sum(bar.count for bar in side) == activity.profiles
        for upper, lower in pairwise(side):
            assert lower.top - (upper.top + upper.height) >= 14  # a line of text
        assert all(bar.top >= 0 and bar.top + bar.height <= flow.height for bar in side)
    assert_bands_fill_bars(flow)


def assert_bands_fill_bars(flow: Flow) -> None:
    for at_left in (True, False):
        for bar in flow.left if at_left else flow.right:
            bands = [band for band in flow.bands if (band.before if at_left else band.after) == bar.name]
            tops = sorted((band.left if at_left else band.right, band.thickness) for band in bands)
            assert sum(band.count for band in bands) == bar.count
            assert tops[0][0] == pytest.approx(bar.top)
            for (top, thickness), (below, _) in pairwise(tops):
                assert below == pytest.approx(top + thickness)
            assert tops[-1][0] + tops[-1][1] <= bar.top + bar.height + 0.01


def test_of_many_outcomes_the_small_ones_are_one_bar_and_the_fallback_is_named() -> None:
    names = [bar.name for bar in lay_out(crowded(60)).left]
    assert OTHERS in names
    assert "fallback/plain" in names


def test_the_diagram_is_well_formed_and_names_every_band() -> None:
    svg = ElementTree.fromstring(flow_svg(HOME))  # noqa: S314 - our own
    space = "{http://www.w3.org/2000/svg}"
    titles = [title.text for path in svg.iter(f"{space}path") for title in path]
    assert titles == [
        "offer/bag → offer/bag: 700 (70.0%)",
        "fallback/plain → fallback/plain: 12 (1.2%)",
        "offer/seat → offer/bag: 38 (3.8%)",
        "offer/seat → fallback/plain: 250 (25.0%)",
    ]
    colours = [path.get("class") for path in svg.iter(f"{space}path")]
    assert colours == ["kept", "kept", "moved", "lost"]
