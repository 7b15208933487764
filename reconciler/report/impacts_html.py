"""What a change does to customers as one HTML page: no script, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from reconciler.decision.decide import Shown
from reconciler.decision.impact import ActivityImpact, Impact
from reconciler.report.flows import flow_svg
from reconciler.report.impacts import (
    Compared,
    cap_text,
    changed,
    example_text,
    headline,
    outcome_text,
    quiet_lines,
    share_text,
    verdict,
)
from reconciler.report.words import visible

_MOVES = 200  # rows of one table
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem;
  color: #101828; background: #fff; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.15rem; margin-top: 2.5rem; }
table { border-collapse: collapse; margin: 1rem 0; } td, th { padding: .2rem .7rem; text-align: left;
  border-bottom: 1px solid #eaecf0; vertical-align: top; } .n { text-align: right; font-variant-numeric: tabular-nums; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem; color: #475467; } dd { margin: 0; }
svg { width: 100%; height: auto; } .lost, .bad { color: #b42318; } .note { color: #475467; }
@media (prefers-color-scheme: dark) { body { color: #f2f4f7; background: #101828; } td, th { border-color: #344054; }
  dl, .note { color: #98a2b3; } svg .label { fill: #d0d5dd; } .lost, .bad { color: #fda29b; } }
""".strip()


def impact_html(compared: Compared, impact: Impact) -> str:
    """The whole report as one file."""
    lines = [
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        f"<title>What customers would see</title>\n<style>{_STYLE}</style>\n</head>\n<body>",
        f"<h1>{_safe(headline(impact))}</h1>",
        "<dl>",
        *_facts(compared),
        "</dl>",
    ]
    if compared.fail_over is not None:
        style = ' class="bad"' if impact.over(compared.fail_over) else ""
        lines.append(f"<p{style}>{_safe(verdict(compared, impact))}</p>")
    for activity in changed(impact):
        lines += _section(activity)
    lines += [f'<p class="note">{_safe(line)}</p>' for line in quiet_lines(impact)]
    lines += [f'<p class="bad">{_safe(cap_text(item))}</p>' for item in impact.over_caps]
    return "\n".join([*lines, "</body>\n</html>"])


def _facts(compared: Compared) -> Iterator[str]:
    facts = (("Before", compared.before), ("After", compared.after), ("Profiles", compared.profiles))
    for name, text in (*facts, ("Conditions", compared.conditions)):
        yield f"<dt>{name}</dt><dd>{_safe(text)}</dd>"


def _section(activity: ActivityImpact) -> Iterator[str]:
    total = activity.profiles
    yield f"<h2>{_safe(activity.activity)}: {_safe(share_text(activity.moved, total))} change</h2>"
    for when, why in (("Before", activity.why_before), ("After", activity.why_after)):
        if why:
            yield f"<p>{when}, it decides nothing: {_safe(why)}.</p>"
    for shown, what in ((Shown.FALLBACK, "Fall to the fallback"), (Shown.NOTHING, "Shown nothing")):
        before, after = activity.shown_before(shown), activity.shown_after(shown)
        if before or after:
            style = ' class="bad"' if after > before else ""
            shares = f"{share_text(before, total)} → {share_text(after, total)}"
            yield f"<p{style}>{what}: {_safe(shares)} ({before:,} → {after:,})</p>"
    yield flow_svg(activity)
    moves = [
        (
            f"{move.count:,}",
            share_text(move.count, total),
            outcome_text(move.before),
            outcome_text(move.after),
            ", ".join(map(example_text, move.examples)),
        )
        for move in activity.moves[:_MOVES]
    ]
    yield from _table(("profiles", "share", "from", "to", "for example (line)"), moves, {0, 1})
    if len(activity.moves) > _MOVES:
        yield f'<p class="note">and {len(activity.moves) - _MOVES:,} smaller moves</p>'
    offers = [(item.key, f"{item.before:,}", f"{item.after:,}", f"{item.gained:+,}") for item in activity.offers]
    yield from _table(("offer", "before", "after", "change"), offers, {1, 2, 3})


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], numbers: set[int]) -> Iterator[str]:
    def cells(tag: str, texts: Sequence[str]) -> str:
        return "".join(
            f"<{tag}{' class=n' if position in numbers else ''}>{_safe(text)}</{tag}>"
            for position, text in enumerate(texts)
        )

    if rows:
        yield f"<table>\n<tr>{cells('th', head)}</tr>"
        yield from (f"<tr>{cells('td', row)}</tr>" for row in rows)
        yield "</table>"


def _safe(text: str) -> str:
    return escape(visible(text))
