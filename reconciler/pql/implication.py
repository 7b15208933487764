"""What a rule says, cut into conditions, so that one can be seen to hold whenever another does."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

from reconciler.pql.constancy import settled
from reconciler.pql.errors import RuleError
from reconciler.pql.parser import parse_rule
from reconciler.pql.render import render_rule
from reconciler.pql.syntax import Combined, Logic, Node, Offer, children

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What can be told of a rule from its text alone.

    settled: what it is for everybody, None where that differs or cannot be told.
    conditions: those that all have to hold, each in its canonical spelling; empty where the text is no rule.
    uses_offer: whether it looks at the offer that is judged.
    """

    settled: bool | None = None
    conditions: frozenset[str] = frozenset()
    uses_offer: bool = False


def implies(one: str | None, other: str | None) -> bool:
    """Whether the other rule holds whenever the one does, by conditions that both name; False: that is not known.

    one, other: their texts; None stands for a rule that admits everybody. Both are asked about the same profile and
    instant, but may be asked about different offers.
    """
    if other is None:
        return True
    if one is None or not _says_no_more(one, other):
        return _may_be_settled(other) and meaning_of(other).settled is True
    mine, others = meaning_of(one), meaning_of(other)
    if others.settled is True:
        return True
    return bool(others.conditions) and others.conditions <= mine.conditions and not others.uses_offer


class Rules:
    """Many rules, of which those that hold whenever another does are found by their words, without asking of each."""

    def __init__(self, texts: Iterable[str | None]) -> None:
        self._for_all: list[str | None] = []
        self._by_word: defaultdict[str, list[str]] = defaultdict(list)  # each rule under its rarest word
        words = {text: _words(text or "") for text in texts}
        uses = Counter(chain.from_iterable(words.values()))
        for text, found in words.items():
            if text is None or not found or (_may_be_settled(text) and meaning_of(text).settled is True):
                self._for_all.append(text)
            else:
                self._by_word[min(found, key=lambda word: (uses[word], word))].append(text)

    def near(self, one: str | None) -> Iterator[str | None]:
        """Those that may hold whenever the one does; of all others ``implies`` does not know it."""
        yield from self._for_all
        for word in _words(one or ""):
            yield from self._by_word.get(word, ())


def _says_no_more(one: str, other: str) -> bool:
    """Whether the other rule uses no word that the one lacks: far cheaper than to read both."""
    return one == other or _words(other) <= _words(one)


@lru_cache(maxsize=20_000)
def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text))


def _may_be_settled(text: str) -> bool:
    return "true" in _words(text)


@lru_cache(maxsize=20_000)
def meaning_of(text: str) -> Meaning:
    """What can be told of a rule; nothing of a text that is no rule."""
    try:
        tree = parse_rule(text)
        conditions = frozenset(render_rule(part) for part in _parts(tree))
    except (RuleError, RecursionError):
        return Meaning()
    return Meaning(settled(tree), conditions, _uses_offer(tree))


def _parts(tree: Node) -> tuple[Node, ...]:
    """The conditions of an ``and``, those within it too; a rule of another form is one condition."""
    if not isinstance(tree, Combined) or tree.logic is not Logic.AND:
        return (tree,)
    return tuple(found for part in tree.parts for found in _parts(part))


def _uses_offer(tree: Node) -> bool:
    return isinstance(tree, Offer) or any(map(_uses_offer, children(tree)))
