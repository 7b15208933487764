"""The cases in ``tests/cases/decision``: entities, who asks, and every decision with its trace."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from reconciler.decision.counters import to_counters
from reconciler.decision.decide import Decision, decide
from reconciler.decision.state import DecisionState, state_of
from reconciler.model.entities import Entity
from tests import builders

FOLDER = Path(__file__).parent / "cases" / "decision"
AT = "2026-06-01T12:00:00Z"

_MAKE: Mapping[str, Callable[..., Entity]] = {
    "tag": builders.make_tag,
    "placement": builders.make_placement,
    "rule": builders.make_rule,
    "offer": lambda **changes: builders.make_offer(
        **{"status": "approved", "representations": [{"placement": "hero"}], **changes}
    ),
    "fallback": lambda **changes: builders.make_fallback(
        **{"status": "approved", "representations": [{"placement": "hero"}], **changes}
    ),
    "filter": builders.make_filter,
    "activity": lambda **changes: builders.make_activity(**{"status": "live", **changes}),
}


@dataclass(frozen=True)
class Case:
    """entities: by ``KIND/KEY``, with what differs from a sound one; the usual activity, filter and fallback are there.

    decided: for each decision what is shown, why, and its warnings; below it each offer's step and reason.
    """

    claim: str
    entities: dict[str, dict[str, Any]]
    decided: dict[str, list[str]]
    profile: dict[str, Any] = field(default_factory=dict)
    context: dict[str, Any] = field(default_factory=dict)
    counters: dict[str, Any] = field(default_factory=dict)
    at: str = AT
    activities: tuple[str, ...] = ("home",)
    seed: str = "0"
    id_field: str | None = None
    allow_duplicates: bool = False

    def lines(self) -> dict[str, list[str]]:
        """What was decided, as the case writes it."""
        decisions = decide(
            build(self.entities),
            self.activities,
            self.profile,
            at=datetime.fromisoformat(self.at),
            context=self.context,
            counters=to_counters(self.counters),
            seed=self.seed,
            id_field=self.id_field,
            allow_duplicates=self.allow_duplicates,
        )
        return {decision.activity: decision_lines(decision) for decision in decisions}


def make_entity(name: str, changes: Mapping[str, Any] | None = None) -> Entity:
    """``offer/seat`` and what differs from a sound one."""
    kind, _, key = name.partition("/")
    return _MAKE[kind](**{"key": key, "name": key, **(changes or {})})


def build(entities: Mapping[str, Mapping[str, Any] | None]) -> DecisionState:
    """A state of these entities, and of the usual activity ``home``, its filter ``all`` and fallback ``nothing``."""
    offers = [name.partition("/")[2] for name in entities if name.startswith("offer/")]
    usual: dict[str, Mapping[str, Any] | None] = {
        "activity/home": {},
        "filter/all": {"offers": offers},
        "fallback/nothing": {},
    }
    return state(make_entity(name, changes) for name, changes in {**usual, **entities}.items())


def state(entities: Iterable[Entity]) -> DecisionState:
    """A state of exactly these entities."""
    return state_of({entity.entity_key: entity for entity in entities})


def decision_lines(decision: Decision) -> list[str]:
    """What is shown, why, its warnings, and the trace."""
    shown = decision.shown.value if decision.key is None else f"{decision.shown.value}/{decision.key}"
    head = f"{shown}{f': {decision.reason}' if decision.reason else ''}"
    warnings = [f"! {warning}" for warning in decision.warnings]
    return [head, *warnings, *(f"{key} {cause.step.value}: {cause.why}" for key, cause in decision.trace)]


def read_cases() -> dict[str, Case]:
    """All cases, by the name of their file."""
    reader = YAML(typ="safe", pure=True)
    found = {path.stem: Case(**reader.load(path)) for path in sorted(FOLDER.glob("*.yaml"))}
    assert found
    return found


NOON = datetime.fromisoformat(AT).astimezone(UTC)
