"""A catalogue, made ready for decisions: filters resolved, every distinct rule compiled once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from reconciler.decision.selection import select_offers
from reconciler.model.catalogue import Catalogue
from reconciler.model.entities import Activity, Entity, Fallback, Offer, Rule
from reconciler.model.kinds import EntityKey
from reconciler.pql.errors import RuleError
from reconciler.pql.rule import Rule as CompiledRule
from reconciler.pql.rule import compile_rule

Compile = Callable[[str], CompiledRule]


@dataclass(frozen=True, slots=True)
class Unjudged:
    """A rule that cannot be evaluated here, and why: it counts as false."""

    why: str


Judged = CompiledRule | Unjudged


@dataclass(slots=True)
class RuleBook:
    """Compiled rules by their text; states that share a book share the rules that they have in common."""

    compile: Compile = compile_rule
    _known: dict[str, Judged] = field(default_factory=dict)

    def rule(self, text: str) -> Judged:
        """The rule of a text, compiled when it is first asked for."""
        if text not in self._known:
            try:
                self._known[text] = self.compile(text)
            except RuleError as error:
                self._known[text] = Unjudged(f"its condition cannot be used: {error}")
        return self._known[text]


@dataclass(frozen=True, slots=True)
class DecisionState:
    """What a catalogue decides with, whoever asks and whenever. All by key.

    selected: the offers of each filter that is known; one that somebody else manages is not.
    rules: of each rule what evaluates it, or why nothing can.
    """

    activities: Mapping[str, Activity]
    offers: Mapping[str, Offer]
    fallbacks: Mapping[str, Fallback]
    selected: Mapping[str, frozenset[str]]
    rules: Mapping[str, Judged]

    def rule_of(self, offer: Offer) -> Judged | None:
        """What has to hold for this offer; None where everybody may have it."""
        if offer.rule is None:
            return None
        return self.rules.get(offer.rule) or Unjudged("it does not exist")


def build_state(catalogue: Catalogue, book: RuleBook | None = None) -> DecisionState:
    """The decisions of a catalogue. book: of another state, to compile the rules that both have only once."""
    return state_of(catalogue.entities, book)


def state_of(entities: Mapping[EntityKey, Entity], book: RuleBook | None = None) -> DecisionState:
    """The decisions of these entities."""
    book = RuleBook() if book is None else book
    found = entities.values()
    return DecisionState(
        {entity.key: entity for entity in found if isinstance(entity, Activity)},
        {entity.key: entity for entity in found if isinstance(entity, Offer)},
        {entity.key: entity for entity in found if isinstance(entity, Fallback)},
        select_offers(entities),
        {entity.key: _judged(entity, book) for entity in found if isinstance(entity, Rule)},
    )


def _judged(rule: Rule, book: RuleBook) -> Judged:
    if rule.external is not None:
        return Unjudged("it is managed elsewhere, so its condition is not known here")
    if rule.condition is None:
        return Unjudged("its condition is not in PQL")
    return book.rule(rule.condition)
