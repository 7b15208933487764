"""Words of texts, as search compares them: without letter case and accents (clause F1)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from reconciler.emulator.jsontext import Json

_WORD = re.compile(r"[^\W_]+")
# Stands between two values in what is indexed, so that no phrase reaches from one into the next; never part of a word.
_BETWEEN = " \u2063 "


def fold(text: str) -> str:
    """The text in one letter case, compatibility forms resolved, without accents."""
    if text.isascii():
        return text.lower()
    resolved = unicodedata.normalize("NFKD", text.casefold()).casefold()
    return "".join(letter for letter in resolved if not unicodedata.combining(letter))


def words_of(text: str) -> list[str]:
    """The folded words of a text: letters and digits; everything else stands between words."""
    return _WORD.findall(fold(text))


def strings_in(value: Json) -> Iterator[str]:
    """Every string value at any depth, in the order of the document; names of properties are none. Not recursive."""
    pending = [value]
    while pending:
        each = pending.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, list):
            pending.extend(reversed(each))
        elif isinstance(each, dict):
            pending.extend(reversed(each.values()))


def index_text(strings: Iterable[str]) -> str:
    """What the full-text index holds of an instance."""
    return _BETWEEN.join(" ".join(words_of(each)) for each in strings)
