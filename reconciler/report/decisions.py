"""Decisions in words and as JSON: the winner, its content, and what became of every other offer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from textwrap import wrap
from typing import Any

from reconciler.decision.decide import Decision, Shown
from reconciler.decision.prepare import Cause, Step
from reconciler.model.entities import Component, Representation
from reconciler.model.instant import spell_instant
from reconciler.report.words import WIDTH, Paint, no_paint, paragraph, spell_value, visible

_STEP_WIDTH = 9
_WIDEST_KEY = 28
_COLOURS = {Step.WON: "green", Step.RANK: "yellow"}


@dataclass(frozen=True, slots=True)
class Asked:
    """How the decisions were asked for. state: as the user knows it."""

    state: str
    at: datetime
    seed: str
    timezone: str

    @property
    def lines(self) -> list[str]:
        """The same in words."""
        zone = "" if self.timezone == "UTC" else f", days of {self.timezone}"
        return paragraph(
            visible(f"Decided from {self.state} as at {spell_instant(self.at)}{zone}, seed {self.seed}."), "", WIDTH
        )

    @property
    def document(self) -> dict[str, Any]:
        """The same as JSON."""
        return {"state": self.state, "at": spell_instant(self.at), "seed": self.seed, "timezone": self.timezone}


def decisions_text(asked: Asked, decisions: Sequence[Decision], paint: Paint = no_paint, width: int = WIDTH) -> str:
    """Every decision with its content and its trace."""
    lines = list(asked.lines)
    for decision in decisions[:1]:
        lines += paragraph(visible(f"Profile {decision.profile_id}."), "", width)
    for decision in decisions:
        lines += ["", *headline(decision, paint, width), *_content(decision, paint, width)]
        lines += _trace(decision.trace, paint, width)
    return "\n".join(lines)


def headline(decision: Decision, paint: Paint, width: int) -> Iterator[str]:
    """What is shown, and why it is no offer."""
    colour = "green" if decision.shown is Shown.OFFER else "yellow"
    yield f"{visible(decision.activity)}: {paint(shown_text(decision), colour)}"
    if decision.name is not None:
        yield from paragraph(visible(decision.name), "  ", width)
    if decision.reason:
        yield from paragraph(f"because {visible(decision.reason)}", "  ", width)
    for warning in decision.warnings:
        lines = paragraph(f"warning: {visible(warning)}", "  ", width)
        yield from (paint(line, "yellow") for line in lines)


def shown_text(decision: Decision) -> str:
    """The offer or fallback that is shown, as ``offer/KEY``; or that nothing is."""
    return "nothing" if decision.key is None else visible(f"{decision.shown.value}/{decision.key}")


def _content(decision: Decision, paint: Paint, width: int) -> Iterator[str]:
    if decision.content is None:
        return
    yield paint(f"  in {visible(decision.content.placement)}", "dim")
    for component in decision.content.components:
        about = " ".join(filter(None, (component.type, component.format, *component.language)))
        yield f"    {visible(about) or 'component'}"
        for name, value in component_values(component).items():
            if name not in {"type", "format", "language"}:
                yield from paragraph(f"{visible(name)}: {spell_value(value)}", "      ", width)
    if not decision.content.components:
        yield "    no components"
    for name, text in decision.characteristics.items():
        yield from paragraph(f"{visible(name)} = {spell_value(text)}", "  ", width)


def component_values(component: Component) -> dict[str, Any]:
    """The fields of a component that are there."""
    values: dict[str, Any] = component.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return values


def _trace(trace: Sequence[tuple[str, Cause]], paint: Paint, width: int) -> Iterator[str]:
    if not trace:
        return
    room = min(max(len(key) for key, _cause in trace), _WIDEST_KEY)
    yield ""
    yield paint(f"  {'OFFER'.ljust(room)}  {'OUT AT'.ljust(_STEP_WIDTH)}  WHY", "dim")
    for key, cause in trace:
        yield from _row(key, cause, room, paint, width)


def _row(key: str, cause: Cause, room: int, paint: Paint, width: int) -> Iterator[str]:
    name = visible(key)
    if len(name) > room:
        yield f"  {name}"
        name = ""
    margin = " " * (2 + room + 2 + _STEP_WIDTH + 2)
    lines = wrap(visible(cause.why), width, initial_indent=margin, subsequent_indent=margin)
    step = cause.step.value.ljust(_STEP_WIDTH)
    colour = _COLOURS.get(cause.step)
    yield f"  {name.ljust(room)}  {paint(step, colour) if colour else step}  {lines[0].removeprefix(margin)}"
    yield from lines[1:]


# ---------------------------------------------------------------- JSON


def decisions_document(asked: Asked, decisions: Sequence[Decision]) -> dict[str, Any]:
    """The same as JSON."""
    return {**asked.document, "decisions": [decision_document(decision) for decision in decisions]}


def decision_document(decision: Decision) -> dict[str, Any]:
    """One decision as JSON. key, name, content: null where nothing is shown."""
    return {
        "activity": decision.activity,
        "placement": decision.placement,
        "profile": decision.profile_id,
        "shown": decision.shown.value,
        "key": decision.key,
        "name": decision.name,
        "content": _content_document(decision.content),
        "characteristics": dict(decision.characteristics),
        "reason": decision.reason,
        "warnings": list(decision.warnings),
        "trace": trace_document(decision.trace),
    }


def _content_document(content: Representation | None) -> Mapping[str, Any] | None:
    if content is None:
        return None
    return {
        "placement": content.placement,
        "components": [component_values(component) for component in content.components],
    }


def trace_document(trace: Sequence[tuple[str, Cause]]) -> list[dict[str, Any]]:
    """What became of offers as JSON."""
    return [
        {"offer": key, "step": cause.step.value, "why": cause.why, "values": dict(cause.values)} for key, cause in trace
    ]
