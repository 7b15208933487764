"""What a change does to customers, in words and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reconciler.decision.decide import Shown
from reconciler.decision.impact import ActivityImpact, Example, Impact, Moved, OfferChange, Outcome, OverCap
from reconciler.model.instant import spell_instant
from reconciler.report.words import WIDTH, Paint, no_paint, paragraph, plural, visible

LISTED = 12  # moves, and offers, of one activity; JSON has all
_TOLD = 3  # examples in words
_COLUMNS = 24  # of numbers, before the words of a table
_NARROW = 60  # below this width words stand under their numbers


@dataclass(frozen=True, slots=True)
class Compared:
    """What was compared, as the user knows it. fail_over: a share of 0..1 that was not to be passed."""

    profiles: str
    before: str
    after: str
    at: datetime
    seed: str
    timezone: str
    fail_over: float | None = None

    @property
    def conditions(self) -> str:
        """When and how it was decided."""
        zone = "" if self.timezone == "UTC" else f", days of {self.timezone}"
        return f"Decided as at {spell_instant(self.at)}{zone}, seed {self.seed}."


def share_text(count: int, total: int) -> str:
    """A share of all as percents; something is never 0%, and not all is never 100%."""
    if count == 0 or total == 0:
        return "0%"
    if count == total:
        return "100%"
    percents = f"{count * 100 / total:.1f}%"
    return {"0.0%": "<0.1%", "100.0%": ">99.9%"}.get(percents, percents)


def outcome_text(outcome: Outcome) -> str:
    """``offer/KEY``, ``fallback/KEY`` or nothing."""
    return "nothing" if outcome.shown is Shown.NOTHING else f"{outcome.shown.value}/{outcome.key}"


def headline(impact: Impact) -> str:
    """The change in one sentence."""
    if not impact.moved:
        return f"Nothing changes for {plural(impact.profiles, 'profile')}."
    people = f"{impact.moved:,} of {plural(impact.profiles, 'profile')}"
    return f"{share_text(impact.moved, impact.profiles)} would be shown something else: {people}."


def changed(impact: Impact) -> tuple[ActivityImpact, ...]:
    """The activities that show anybody something else."""
    return tuple(activity for activity in impact.activities if activity.moved)


def quiet_lines(impact: Impact) -> Iterator[str]:
    """What is to be said of the activities that change nothing."""
    same = [activity.activity for activity in impact.activities if not activity.moved and activity.decides]
    if same:
        yield f"Unchanged: {', '.join(sorted(same))}."
    silent = [activity for activity in impact.activities if not activity.decides]
    if silent:
        yield f"Decide nothing, before or after: {', '.join(sorted(each.activity for each in silent))}."


def verdict(compared: Compared, impact: Impact) -> str:
    """How the change stands against ``--fail-over``; ``""`` where none was given."""
    if compared.fail_over is None:
        return ""
    bound = f"{compared.fail_over * 100:g}%"
    over = impact.over(compared.fail_over)
    if not over:
        return f"No activity changes for more than {bound} of the profiles."
    return f"More than {bound} of the profiles change in {', '.join(activity.activity for activity in over)}."


# ---------------------------------------------------------------- words


def impact_text(compared: Compared, impact: Impact, paint: Paint = no_paint, width: int = WIDTH) -> str:
    """The change in words: the whole, then every activity that changes, most changed first."""
    lines = []
    for what, named in (("Profiles", compared.profiles), ("Before", compared.before), ("After", compared.after)):
        first, *more = paragraph(visible(named), " " * 10, width)
        lines += [f"{what:<10}{first[10:]}", *more]
    lines += [*paragraph(visible(compared.conditions), "", width), ""]
    lines += [paint(line, "yellow" if impact.moved else "green") for line in paragraph(headline(impact), "", width)]
    for activity in changed(impact):
        lines += ["", *_activity(activity, paint, width)]
    closing = [*quiet_lines(impact), *map(cap_text, impact.over_caps)]
    if compared.fail_over is not None:
        closing.append(verdict(compared, impact))
    for sentence in closing:
        lines += ["", *paragraph(visible(sentence), "", width)]
    return "\n".join(lines)


def _activity(activity: ActivityImpact, paint: Paint, width: int) -> Iterator[str]:
    total = activity.profiles
    what = f"{share_text(activity.moved, total)} change, {activity.moved:,} of {total:,}"
    yield from paragraph(f"{visible(activity.activity)}: {what}", "", width)
    for when, why in (("before", activity.why_before), ("after", activity.why_after)):
        if why:
            yield from paragraph(visible(f"{when}: decides nothing, because {why}"), "  ", width)
    for shown, what in ((Shown.FALLBACK, "fall to the fallback"), (Shown.NOTHING, "shown nothing")):
        before, after = activity.shown_before(shown), activity.shown_after(shown)
        if before or after:
            shares = f"{what}: {share_text(before, total)} -> {share_text(after, total)}"
            for line in _beside(f"  {shares}", f"({before:,} -> {after:,})", width):
                yield paint(line, "red") if after > before else line
    yield ""
    yield paint(f"  {'PROFILES':>12}  {'SHARE':>6}  FROM -> TO", "dim")
    for move in activity.moves[:LISTED]:
        yield from _move(move, total, paint, width)
    if len(activity.moves) > LISTED:
        rest = sum(move.count for move in activity.moves[LISTED:])
        yield f"  {rest:>12,}  {share_text(rest, total):>6}  {len(activity.moves) - LISTED:,} other moves"
    yield from _offers(activity, paint, width)


def _move(move: Moved, total: int, paint: Paint, width: int) -> Iterator[str]:
    margin = _margin(width)
    words = visible(f"{outcome_text(move.before)} -> {outcome_text(move.after)}")
    starved = move.before.shown is Shown.OFFER and move.after.shown is not Shown.OFFER
    first, *more = _under(f"  {move.count:>12,}  {share_text(move.count, total):>6}", words, width)
    yield paint(first, "red") if starved else first
    yield from more
    told = ", ".join(map(example_text, move.examples[:_TOLD]))
    yield from (paint(line, "dim") for line in paragraph(visible(f"e.g. {told}"), margin, width))


def _margin(width: int) -> str:
    return " " * (_COLUMNS if width >= _NARROW else 4)


def _under(numbers: str, words: str, width: int) -> list[str]:
    """Words beside their numbers, or below them where there is no room."""
    lines = paragraph(words, _margin(width), width)
    return [numbers, *lines] if width < _NARROW else [f"{numbers}  {lines[0].strip()}", *lines[1:]]


def _beside(first: str, second: str, width: int) -> tuple[str, ...]:
    """Two parts of a line, or two lines where there is no room."""
    whole = f"{first}  {second}"
    return (whole,) if len(whole) <= width else (first, f"    {second}")


def example_text(example: Example) -> str:
    """A profile and where it stands in its file."""
    return f"{example.profile_id} ({example.position})"


def _offers(activity: ActivityImpact, paint: Paint, width: int) -> Iterator[str]:
    offers = activity.offers
    if not offers:
        return
    yield ""
    for line in _beside(f"  {'BEFORE':>12}  {'AFTER':>10}  {'CHANGE':>11}", "OFFER", width):
        yield paint(line, "dim")
    for change in few_offers(offers):
        numbers, name = f"  {change.before:>12,}  {change.after:>10,}  {change.gained:>+11,}", visible(change.key)
        colour = "red" if change.gained < 0 else "green"
        fits = len(numbers) + 2 + len(name) <= width
        for line in (f"{numbers}  {name}",) if fits else (numbers, *paragraph(name, _margin(width), width)):
            yield paint(line, colour) if change.gained else line
    if len(offers) > LISTED:
        yield f"  and {len(offers) - LISTED:,} more"


def few_offers(offers: tuple[OfferChange, ...]) -> tuple[OfferChange, ...]:
    """Those that lose and gain most, where there are too many."""
    if len(offers) <= LISTED:
        return offers
    return (*offers[: LISTED // 2], *offers[-LISTED // 2 :])


def cap_text(item: OverCap) -> str:
    """An offer that wins more often than it may be proposed."""
    return (
        f"offer/{item.offer} wins beyond the global cap of {item.cap:,}: {item.before:,} before, {item.after:,} after."
    )


# ---------------------------------------------------------------- JSON


def impact_document(compared: Compared, impact: Impact) -> dict[str, Any]:
    """The same as JSON, complete. share: 0..1, of all profiles."""
    fail_over = {} if compared.fail_over is None else {"fail_over": compared.fail_over}
    return {
        "profiles": {"file": compared.profiles, "count": impact.profiles, "moved": impact.moved, "share": impact.share},
        "before": compared.before,
        "after": compared.after,
        "at": spell_instant(compared.at),
        "seed": compared.seed,
        "timezone": compared.timezone,
        **fail_over,
        "over": [] if compared.fail_over is None else [item.activity for item in impact.over(compared.fail_over)],
        "activities": [_activity_document(activity) for activity in impact.activities],
        "over_global_caps": [
            {"offer": item.offer, "cap": item.cap, "before": item.before, "after": item.after}
            for item in impact.over_caps
        ],
    }


def _activity_document(activity: ActivityImpact) -> dict[str, Any]:
    counts = {
        shown.value: {"before": activity.shown_before(shown), "after": activity.shown_after(shown)} for shown in Shown
    }
    return {
        "activity": activity.activity,
        "moved": activity.moved,
        "share": activity.share,
        "kept": activity.profiles - activity.moved,
        "decides_nothing": {"before": activity.why_before or None, "after": activity.why_after or None},
        "shown": counts,
        "keep": [{**_outcome(outcome), "count": count} for outcome, count in activity.kept.items()],
        "moves": [_move_document(move) for move in activity.moves],
        "offers": [
            {"offer": change.key, "before": change.before, "after": change.after, "gained": change.gained}
            for change in activity.offers
        ],
    }


def _move_document(move: Moved) -> dict[str, Any]:
    examples = [{"profile": each.profile_id, "position": each.position} for each in move.examples]
    return {"from": _outcome(move.before), "to": _outcome(move.after), "count": move.count, "examples": examples}


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {"shown": outcome.shown.value, "key": outcome.key or None}
