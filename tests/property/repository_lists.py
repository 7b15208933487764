"""The specification of lists and searches, over envelopes in memory: filtered, sorted and cut anew each time (E, F)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

Envelope: TypeAlias = dict[str, Any]

ONLY_TEXT = ("instanceId", "_instance.xdm:name", "_instance.xdm:status")  # also where it looks like a date


@dataclass(frozen=True)
class Condition:
    """One ``property``. operator: empty when the property only has to exist."""

    path: str
    operator: str = ""
    value: str = ""

    def __str__(self) -> str:
        return self.path + self.operator + self.value


@dataclass(frozen=True)
class Term:
    """Words in a row, or a text that must stand as it is, with characters that are escaped in ``q``."""

    words: tuple[str, ...] = ()
    literal: str = ""

    def __str__(self) -> str:
        if self.literal:
            return re.sub(r"([^\w])", r"\\\1", self.literal)
        return self.words[0] if len(self.words) == 1 else f'"{" ".join(self.words)}"'


@dataclass(frozen=True)
class Query:
    """What a list or a search asks for. order: paths, and whether they descend.   terms: None for a list."""

    kind: str
    order: tuple[tuple[str, bool], ...] = ()
    start: str | None = None
    limit: int = 100
    conditions: tuple[Condition, ...] = ()
    uris: tuple[str, ...] = ()
    terms: tuple[Term, ...] | None = None
    joined: str = "or"
    fields: tuple[str, ...] = ()

    @property
    def parameters(self) -> dict[str, Any]:
        """As a request spells it."""
        order = ",".join(("-" if descending else "") + path for path, descending in self.order)
        given = {
            "orderBy": order or None,
            "start": self.start,
            "limit": self.limit,
            "property": [str(each) for each in self.conditions] or None,
            "id": list(self.uris) or None,
        }
        if self.terms is not None:
            given |= {"q": " ".join(map(str, self.terms)), "qop": self.joined, "field": list(self.fields) or None}
        return {name: value for name, value in given.items() if value is not None}

    @property
    def first(self) -> tuple[str, bool]:
        return self.order[0] if self.order else ("instanceId", False)

    @property
    def by_score(self) -> bool:
        return bool(self.terms) and not self.order


# --- values


def values_at(value: Any, path: str) -> Iterator[Any]:
    """What stands at a path; of arrays on the way, and at its end, every element."""
    return (each for found in stand_at(value, split(path)) for each in elements(found))


def split(path: str) -> list[str]:
    return [part.replace("\\.", ".") for part in re.split(r"(?<!\\)\.", path)]


def stand_at(value: Any, parts: list[str]) -> Iterator[Any]:
    if not parts:
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from stand_at(each, parts)
    elif isinstance(value, dict) and parts[0] in value:
        yield from stand_at(value[parts[0]], parts[1:])


def elements(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for each in value:
            yield from elements(each)
    else:
        yield value


def comparable(path: str, stored: Any) -> tuple[str, Any] | None:
    """A value behind its type, as it compares; None for what has no order. Types sort by name (ours)."""
    match stored:
        case int() | float():
            return "number", stored
        case str():
            moment = None if path in ONLY_TEXT else moment_of(stored)
            return ("text", stored) if moment is None else ("point in time", moment)
        case _:
            return None


def moment_of(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if re.match(r"\d{4}-\d\d-\d\dT", text) else None


def read_like(of_type: str, text: str) -> tuple[str, Any] | None:
    """The text of a request as a value of the type that is stored; None when it is none."""
    read: dict[str, Callable[[str], Any]] = {"number": float, "point in time": moment_of, "text": str}
    try:
        value = read[of_type](text)
    except ValueError:
        return None
    return None if value is None else (of_type, value)


# --- filters


def holds(condition: Condition, envelope: Envelope) -> bool:
    """E8."""
    if not condition.operator:
        return any(True for _ in stand_at(envelope, split(condition.path)))
    return any(compares(condition, stored) for stored in values_at(envelope, condition.path))


def compares(condition: Condition, stored: Any) -> bool:
    if condition.operator == "~":
        return isinstance(stored, str) and re.fullmatch(condition.value, stored, re.IGNORECASE) is not None
    have = comparable(condition.path, stored)
    wanted = None if have is None else read_like(have[0], condition.value)
    if have is None or wanted is None:
        return False
    return bool(
        {
            "==": have == wanted,
            "!=": have != wanted,
            "<": have < wanted,
            "<=": have <= wanted,
            ">": have > wanted,
            ">=": have >= wanted,
        }[condition.operator]
    )


# --- order and pages


def sorts_by(path: str, envelope: Envelope) -> tuple[str, Any] | None:
    """Its first value that has an order."""
    found = (comparable(path, stored) for stored in values_at(envelope, path))
    return next((each for each in found if each is not None), None)


def in_order(query: Query, envelopes: Sequence[Envelope]) -> list[Envelope]:
    """E2: what lacks a property comes behind what has it."""
    found = sorted(envelopes, key=lambda each: str(each["instanceId"]))
    for path, descending in reversed(query.order):
        having = [each for each in found if sorts_by(path, each) is not None]
        having.sort(key=lambda each, path=path: sorts_by(path, each), reverse=descending)  # type: ignore[misc]
        found = having + [each for each in found if sorts_by(path, each) is None]
    return found


def meets(query: Query, envelope: Envelope) -> bool:
    """E8, E9, F1 to F3."""
    if query.uris and envelope["_instance"]["@id"] not in query.uris:
        return False
    return all(holds(each, envelope) for each in query.conditions) and is_found(query, envelope)


def list_from_start(query: Query, envelopes: Sequence[Envelope]) -> list[Envelope]:
    """All that the first page and those behind it hold (E3)."""
    found = in_order(query, [each for each in envelopes if meets(query, each)])
    if query.start is None:
        return found
    path, descending = query.first

    def is_beyond(envelope: Envelope) -> bool:
        have = sorts_by(path, envelope)
        if have is None:
            return True
        start = read_like(have[0], str(query.start))
        return bool(start and (have < start if descending else have > start))

    return [each for each in found if is_beyond(each)]


def is_told(query: Query, envelopes: Sequence[Envelope]) -> bool:
    """Whether E3 tells what ``start`` means: among values of several types, or of another one, it does not."""
    if query.start is None:
        return True
    found = [sorts_by(query.first[0], each) for each in envelopes if meets(query, each)]
    types = {each[0] for each in found if each is not None}
    return len(types) < 2 and all(read_like(each, query.start) for each in types)


def list_behind(query: Query, envelopes: Sequence[Envelope], last: Envelope) -> list[Envelope]:
    """All that comes behind an item as it stood when its page was read (E5)."""
    ghost = {**last}
    found = in_order(query, [*(each for each in envelopes if meets(query, each)), ghost])
    return found[next(place for place, each in enumerate(found) if each is ghost) + 1 :]


def first_page(query: Query, found: list[Envelope]) -> list[Envelope]:
    """E4: it ends at a change of the first property: the last one within the limit, else the first one."""
    path, _ = query.first
    ends = [
        end
        for end in range(1, len(found) + 1)
        if end == len(found) or sorts_by(path, found[end - 1]) != sorts_by(path, found[end])
    ]
    within = [end for end in ends if end <= query.limit]
    return found[: (within or ends or [0])[-1 if within else 0]]


# --- search


def is_found(query: Query, envelope: Envelope) -> bool:
    if not query.terms:
        return True
    places = query.fields or ("_instance",)
    texts = [each for path in places for found in stand_at(envelope, split(path)) for each in strings_in(found)]
    hits = [any(stands_in(term, each) for each in texts) for term in query.terms]
    return all(hits) if query.joined.lower() == "and" else any(hits)


def strings_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from strings_in(each)


def stands_in(term: Term, text: str) -> bool:
    """Whole words, in a row; a literal as it is, between whole words."""
    if term.literal:
        return re.search(rf"(?<!\w){re.escape(plain(term.literal))}(?!\w)", plain(text)) is not None
    wanted, words = [plain(word) for word in term.words], re.findall(r"\w+", plain(text))
    return any(words[place : place + len(wanted)] == wanted for place in range(len(words)))


def plain(text: str) -> str:
    """Without letter case and accents."""
    return "".join(each for each in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(each))
