"""A flow diagram: who was shown what, and what they would be shown, as bands from left to right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from reconciler.decision.decide import Shown
from reconciler.decision.impact import ActivityImpact, Outcome
from reconciler.report.impacts import outcome_text, share_text
from reconciler.report.words import visible

MOST = 12  # bars of one side; the smaller ones are one
_WIDTH, _BAR, _LABELS = 960, 14, 280
_TALL, _GAP, _TOP, _LEAST = 340.0, 18.0, 34.0, 1.5
_LONGEST = 34  # characters of a label
OTHERS = "others"


@dataclass(frozen=True, slots=True)
class Bar:
    """An outcome on one side. top, height: in pixels."""

    name: str
    count: int
    top: float
    height: float


@dataclass(frozen=True, slots=True)
class Band:
    """The profiles that go from a bar on the left to one on the right, at these heights, so thick."""

    before: str
    after: str
    count: int
    left: float
    right: float
    thickness: float


@dataclass(frozen=True, slots=True)
class Flow:
    """A diagram, measured in pixels."""

    left: tuple[Bar, ...]
    right: tuple[Bar, ...]
    bands: tuple[Band, ...]
    height: float


def lay_out(activity: ActivityImpact) -> Flow:
    """Where bars and bands stand. Heights are shares; bars begin at the top with the largest."""
    flows = _flows(activity)
    before, after = (Counter[str](), Counter[str]())
    for (first, second), count in flows.items():
        before[first] += count
        after[second] += count
    total = max(1, sum(flows.values()))
    left, right = _bars(before, total), _bars(after, total)
    bands = _bands(flows, {bar.name: bar for bar in left}, {bar.name: bar for bar in right}, total)
    lowest = max((bar.top + bar.height for bar in (*left, *right)), default=_TOP)
    return Flow(left, right, tuple(bands), lowest + _GAP)


def _flows(activity: ActivityImpact) -> Mapping[tuple[str, str], int]:
    pairs = {(outcome, outcome): count for outcome, count in activity.kept.items()}
    pairs |= {(move.before, move.after): move.count for move in activity.moves}
    moved: Counter[Outcome] = Counter()
    for move in activity.moves:
        moved.update({move.before: move.count, move.after: move.count})

    def weight(outcome: Outcome) -> tuple[bool, int, int, Outcome]:
        return outcome.shown is Shown.OFFER, -moved[outcome], -activity.kept.get(outcome, 0), outcome

    ranked = sorted({outcome for pair in pairs for outcome in pair}, key=weight)
    named = ranked if len(ranked) <= MOST else ranked[: MOST - 1]
    names = {outcome: outcome_text(outcome) if outcome in named else OTHERS for outcome in ranked}
    flows: Counter[tuple[str, str]] = Counter()
    for (first, second), count in pairs.items():
        flows[names[first], names[second]] += count
    return flows


def _bars(counts: Mapping[str, int], total: int) -> tuple[Bar, ...]:
    bars: list[Bar] = []
    top = _TOP
    for name in sorted(counts, key=lambda name: (name == OTHERS, -counts[name], name)):
        height = max(_LEAST, counts[name] / total * _TALL)
        bars.append(Bar(name, counts[name], top, height))
        top += height + _GAP
    return tuple(bars)


def _bands(
    flows: Mapping[tuple[str, str], int], left: Mapping[str, Bar], right: Mapping[str, Bar], total: int
) -> Iterator[Band]:
    """Bands in the order of the bars at both ends, so that they cross no more than they must."""
    lefts, rights = ({name: bar.top for name, bar in side.items()} for side in (left, right))
    spots: dict[tuple[str, str], float] = {}
    for pair in sorted(flows, key=lambda pair: (left[pair[0]].top, right[pair[1]].top)):
        spots[pair] = lefts[pair[0]]
        lefts[pair[0]] += flows[pair] / total * _TALL
    for pair in sorted(flows, key=lambda pair: (right[pair[1]].top, left[pair[0]].top)):
        thickness = flows[pair] / total * _TALL
        yield Band(*pair, flows[pair], spots[pair], rights[pair[1]], thickness)
        rights[pair[1]] += thickness


# ---------------------------------------------------------------- SVG


def flow_svg(activity: ActivityImpact) -> str:
    """The diagram as one SVG element that needs nothing else but the page's colours."""
    flow = lay_out(activity)
    total = activity.profiles
    said = f"{activity.activity}: {share_text(activity.moved, total)} of the profiles are shown something else"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {flow.height:.0f}" font-family="sans-serif"',
        f'font-size="12" role="img" aria-label="{_safe(said)}">',
        f'<text class="head" fill="#667085" x="{_LABELS - 8}" y="18" text-anchor="end">before</text>',
        f'<text class="head" fill="#667085" x="{_WIDTH - _LABELS + 8}" y="18">after</text>',
    ]
    kept = [band for band in flow.bands if band.before == band.after]
    moved = [band for band in flow.bands if band.before != band.after]
    lines += [_band(band, total) for band in (*kept, *moved)]
    lines += _bar_lines(flow.left, _LABELS, _LABELS - 8, "end", total)
    lines += _bar_lines(flow.right, _WIDTH - _LABELS - _BAR, _WIDTH - _LABELS + 8, "start", total)
    return "\n".join([*lines, "</svg>"])


def _band(band: Band, total: int) -> str:
    start, end = _LABELS + _BAR, _WIDTH - _LABELS - _BAR
    middle = (start + end) / 2
    thickness = max(band.thickness, 0.5)
    below_left, below_right = band.left + thickness, band.right + thickness
    path = (
        f"M{start} {band.left:.1f}C{middle:.0f} {band.left:.1f} {middle:.0f} {band.right:.1f} {end} {band.right:.1f}"
        f"V{below_right:.1f}C{middle:.0f} {below_right:.1f} {middle:.0f} {below_left:.1f} {start} {below_left:.1f}Z"
    )
    colour, name = _look(band)
    told = f"{band.before} → {band.after}: {band.count:,} ({share_text(band.count, total)})"
    return f'<path class="{name}" fill="{colour}" fill-opacity="0.45" d="{path}"><title>{_safe(told)}</title></path>'


def _look(band: Band) -> tuple[str, str]:
    if band.before == band.after:
        return "#98a2b3", "kept"
    if not band.after.startswith("offer/") and band.after != OTHERS:
        return "#d92d20", "lost"
    return "#1570ef", "moved"


def _bar_lines(bars: Sequence[Bar], x: int, label: int, anchor: str, total: int) -> Iterator[str]:
    for bar in bars:
        colour = "#475467" if bar.name.startswith("offer/") or bar.name == OTHERS else "#d92d20"
        yield f'<rect x="{x}" y="{bar.top:.1f}" width="{_BAR}" height="{bar.height:.1f}" fill="{colour}"/>'
        name = bar.name.removeprefix("offer/")
        short = name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
        where = f'x="{label}" y="{bar.top + bar.height / 2 + 4:.1f}" text-anchor="{anchor}"'
        told = f"{_safe(short)} {_safe(share_text(bar.count, total))}"
        yield f'<text class="label" fill="#344054" {where}>{told}<title>{_safe(bar.name)}</title></text>'


def _safe(text: str) -> str:
    return escape(visible(text))
