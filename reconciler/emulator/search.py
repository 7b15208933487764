r"""What a search looks for: the terms of ``q``, and how well an instance meets them (clauses F1 to F3).

The full-text index finds words and phrases; what it cannot tell (escaped characters, single properties) is judged here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reconciler.emulator.derived import search_text
from reconciler.emulator.jsontext import JsonObject
from reconciler.emulator.patterns import BadPattern, literal, own_pattern
from reconciler.emulator.problems import bad_request
from reconciler.emulator.values import Path, values_at
from reconciler.emulator.words import fold, index_text, strings_in, words_of

MOST_TERMS = 256  # ours
MOST_WORDS = 1000  # ours, of all terms together
LONGEST_QUERY = 20_000  # ours
_PIECE = re.compile(
    r'"(?P<phrase>(?:[^"\\]|\\.)*)"|(?P<term>(?:[^\s"+\-=&|><!(){}\[\]^~*?:\\/]|&(?!&)|\|(?!\|)|\\.)+)', re.DOTALL
)
_CHARACTER = re.compile(r"(\\?)(.)", re.DOTALL)
_NO_WORD = r"[^\pL\pN]"


@dataclass(frozen=True, slots=True)
class Term:
    """A word, or words that stand next to each other in one property.

    words: folded.   pattern: matches a folded text that holds the term.   literal: whether it holds escaped characters
    that separate words, which only the pattern knows of.
    """

    words: tuple[str, ...]
    pattern: str
    literal: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """A search. fields: paths of the only properties that count; empty: all."""

    terms: tuple[Term, ...]
    all_terms: bool
    fields: tuple[Path, ...] = ()

    @property
    def by_words(self) -> bool:
        """Whether the words of an instance say all: no single properties, no escaped characters."""
        return not self.fields and not any(term.literal for term in self.terms)

    def score(self, values: JsonObject) -> float | None:
        """How well an instance fits, higher is better; None when it does not.

        Terms found, and of two with as many the one with less other text. It depends on nothing but the instance and
        the query (ours), so that pages fit together whatever is written between them.
        """
        if self.by_words:
            return self.score_of_words(search_text(values))
        if not any(term.literal for term in self.terms):
            return self.score_of_words(index_text(self._texts(values)))
        folded = [fold(text) for text in self._texts(values)]
        found = sum(1 for term in self.terms if _holds(term, folded))
        return self._score(found, sum(len(words_of(text)) for text in folded))

    def score_of_words(self, words: str) -> float | None:
        """The same, from what the full-text index holds of an instance; only when the words say all."""
        padded = f" {words} "
        found = sum(1 for term in self.terms if f" {' '.join(term.words)} " in padded)
        return self._score(found, words.count(" ") + 1)

    def _score(self, found: int, size: int) -> float | None:
        if found < (len(self.terms) if self.all_terms else 1):
            return None
        return round(found + 1 / (1 + size), 9)

    def _texts(self, values: JsonObject) -> Iterator[str]:
        if not self.fields:
            yield from strings_in(values)
        for path in self.fields:
            for value in values_at({"_instance": values}, path):
                yield from strings_in(value)

    @property
    def match(self) -> str | None:
        """An expression of the full-text index that finds at least what fits; None when the index cannot help."""
        indexed = [_phrase(term) for term in self.terms if term.words]
        if self.all_terms:
            return " AND ".join(indexed) or None
        return " OR ".join(indexed) if len(indexed) == len(self.terms) else None


def _phrase(term: Term) -> str:
    return '"' + " ".join(term.words) + '"'  # words hold letters and digits only


def _holds(term: Term, texts: Sequence[str]) -> bool:
    pattern = own_pattern(term.pattern)
    return any(pattern.search(text) is not None for text in texts)


def read_query(q: str, qop: str | None, fields: Sequence[Path]) -> Query | None:
    """The search that the parameters ask for; None when ``q`` holds no term: then all is found."""
    if (qop or "or").lower() not in {"and", "or"}:
        raise bad_request(f"qop={str(qop)[:50]}: terms are joined by and, or by or")
    if len(q) > LONGEST_QUERY:
        raise bad_request(f"q has at most {LONGEST_QUERY} characters")
    read = (_read_term(match["term"] if match["phrase"] is None else match["phrase"]) for match in _PIECE.finditer(q))
    terms = tuple(dict.fromkeys(term for term in read if term is not None))
    if len(terms) > MOST_TERMS or sum(len(term.words) for term in terms) > MOST_WORDS:
        raise bad_request(f"a search has at most {MOST_TERMS} terms of {MOST_WORDS} words together")
    for term in terms:
        _require_size(term)
    return Query(terms, (qop or "or").lower() == "and", tuple(fields)) if terms else None


def _require_size(term: Term) -> None:
    try:
        own_pattern(term.pattern)
    except BadPattern as bad:
        raise bad_request("a term of the search is too long") from bad


def _read_term(text: str) -> Term | None:
    """A term from its spelling: words, what lies between them, and escaped characters that must be there."""
    pieces: list[tuple[str, bool]] = []  # text, whether it is a word
    gaps: list[bool] = []  # whether something that is not told lies before the piece
    gap = False
    # One character may fold to several, a half to ``1⁄2``.
    spelled = ((escape, letter) for escape, character in _CHARACTER.findall(text) for letter in fold(character))
    for escape, folded in spelled:
        if folded.isalnum():
            if pieces and pieces[-1][1] and not gap:
                pieces[-1] = (pieces[-1][0] + folded, True)
            else:
                pieces.append((folded, True))
                gaps.append(gap)
            gap = False
        elif escape:
            pieces.append((folded, False))
            gaps.append(gap)
            gap = False
        else:
            gap = True
    if not pieces:
        return None
    words = tuple(piece for piece, is_word in pieces if is_word)
    return Term(words, _pattern(pieces, gaps), not all(is_word for _, is_word in pieces))


def _pattern(pieces: Sequence[tuple[str, bool]], gaps: Sequence[bool]) -> str:
    """A pattern for the pieces in order: with gaps between them, whole words at the ends."""
    spelled = [f"(?:^|{_NO_WORD})" if pieces[0][1] else ""]
    for index, (piece, is_word) in enumerate(pieces):
        if index and gaps[index]:
            spelled.append(_NO_WORD + ("+" if is_word and pieces[index - 1][1] else "*"))
        spelled.append(literal(piece))
    spelled.append(f"(?:$|{_NO_WORD})" if pieces[-1][1] else "")
    return "".join(spelled)
