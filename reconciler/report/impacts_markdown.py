"""What a change does to customers as Markdown, for a pull request: who is hit first, the details folded."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.decision.decide import Shown
from reconciler.decision.impact import ActivityImpact, Impact, OfferChange
from reconciler.report.impacts import (
    Compared,
    cap_text,
    changed,
    example_text,
    few_offers,
    headline,
    outcome_text,
    quiet_lines,
    share_text,
    verdict,
)
from reconciler.report.plans_markdown import LIMIT, code, plain
from reconciler.report.words import visible

_ROWS = 20  # activities above the fold
_NAMED = 3  # offers that lose, in a row
_MOVES = 12


def impact_markdown(compared: Compared, impact: Impact) -> str:
    """The change for a comment on a pull request; of long ones details are left out, never the summary."""
    parts = [
        f"**{_escaped(headline(impact))}**",
        "\n".join(_alert(compared, impact)),
        "\n".join(_table(impact)),
        "\n".join(f"- {code(cap_text(item))}" for item in impact.over_caps[:_ROWS]),
        "\n\n".join(plain(line) for line in quiet_lines(impact)),
        _origin(compared),
    ]
    text = "\n\n".join(part for part in parts if part)
    left_out = 0
    for activity in changed(impact):
        details = "\n".join(_details(activity))
        if left_out or len(text) + len(details) > LIMIT - 200:
            left_out += 1
            continue
        text += f"\n\n{details}"
    return text + (f"\n\n… and {left_out:,} more, in the report as JSON." if left_out else "")


def _origin(compared: Compared) -> str:
    states = f"{code(compared.before)} → {code(compared.after)}"
    return f"<sub>{states}, {code(compared.profiles)}. {plain(compared.conditions)}</sub>"


def _share(count: int, total: int) -> str:
    return _escaped(share_text(count, total))


def _escaped(text: str) -> str:
    """Our own words, where ``<0.1%`` is no tag."""
    return text.replace("<", "&lt;").replace(">", "&gt;")


def _alert(compared: Compared, impact: Impact) -> Iterator[str]:
    """What nobody should overlook: more than was allowed, or people who lose their offers."""
    if compared.fail_over is not None:
        over = impact.over(compared.fail_over)
        yield f"> [!{'CAUTION' if over else 'NOTE'}]"
        yield f"> {plain(verdict(compared, impact))}"
        yield ""
    starving = [item for item in changed(impact) if item.shown_after(Shown.OFFER) < item.shown_before(Shown.OFFER)]
    if starving:
        yield "> [!WARNING]"
    for activity in starving[:_ROWS]:
        lost = activity.shown_before(Shown.OFFER) - activity.shown_after(Shown.OFFER)
        share = _share(lost, activity.profiles)
        yield f"> **{code(activity.activity)}: {lost:,} profiles ({share}) no longer get any offer.**<br>"


def _table(impact: Impact) -> Iterator[str]:
    rows = changed(impact)
    if not rows:
        return
    yield "| activity | change | fall to the fallback | lose | gain |"
    yield "| --- | ---: | ---: | --- | --- |"
    yield from (_row(activity) for activity in rows[:_ROWS])
    if len(rows) > _ROWS:
        yield f"\n… and {len(rows) - _ROWS:,} more activities that change."


def _row(activity: ActivityImpact) -> str:
    total = activity.profiles
    fallback = " → ".join(
        _share(count, total) for count in (activity.shown_before(Shown.FALLBACK), activity.shown_after(Shown.FALLBACK))
    )
    lose = _named([change for change in activity.offers if change.gained < 0])
    gain = _named([change for change in reversed(activity.offers) if change.gained > 0])
    share = _share(activity.moved, total)
    return f"| {code(activity.activity)} | **{share}** ({activity.moved:,}) | {fallback} | {lose} | {gain} |"


def _named(changes: list[OfferChange]) -> str:
    texts = [f"{code(change.key)} {_signed(change.gained)}" for change in changes[:_NAMED]]
    more = len(changes) - _NAMED
    return ", ".join(texts) + (f" and {more:,} more" if more > 0 else "")


def _signed(number: int) -> str:
    return f"−{-number:,}" if number < 0 else f"+{number:,}"


def _details(activity: ActivityImpact) -> Iterator[str]:
    share = _share(activity.moved, activity.profiles)
    yield f"<details><summary>{code(activity.activity)}: who moves where ({share})</summary>"
    yield ""
    for when, why in (("Before", activity.why_before), ("After", activity.why_after)):
        if why:
            yield f"{when}, it decides nothing: {plain(why)}.\n"
    yield "| profiles | share | from | to | for example |"
    yield "| ---: | ---: | --- | --- | --- |"
    for move in activity.moves[:_MOVES]:
        few = ", ".join(code(visible(example_text(example))) for example in move.examples[:_NAMED])
        row = (_share(move.count, activity.profiles), code(outcome_text(move.before)))
        yield f"| {move.count:,} | {row[0]} | {row[1]} | {code(outcome_text(move.after))} | {few} |"
    if len(activity.moves) > _MOVES:
        rest = sum(move.count for move in activity.moves[_MOVES:])
        yield f"| {rest:,} | {_share(rest, activity.profiles)} | others | | |"
    if activity.offers:
        yield ""
        yield "| offer | before | after | change |"
        yield "| --- | ---: | ---: | ---: |"
        for change in few_offers(activity.offers):
            yield f"| {code(change.key)} | {change.before:,} | {change.after:,} | {_signed(change.gained)} |"
    yield ""
    yield "The number behind an example is its line in the file of profiles."
    yield ""
    yield "</details>"
