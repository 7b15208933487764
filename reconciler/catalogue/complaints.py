"""What pydantic finds wrong, as problems with a place, a sentence and a remedy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, ValidationError

from reconciler.model.entities import ENTITY_TYPES, Entity, Offer
from reconciler.model.kinds import Kind
from reconciler.model.problem import Code, Path, Problem, Source

_KNOWN_SOMEWHERE: Mapping[str, tuple[str, ...]] = {
    name: tuple(entity.KIND.value for entity in ENTITY_TYPES if name in entity.model_fields)
    for name in sorted({name for entity in ENTITY_TYPES for name in entity.model_fields})
}


KEY_RULE = "Use lower-case letters, digits, `-`, `.` and `_`, beginning with a letter or digit."
_NAME_RULE = "Use lower-case letters, digits and `-`, beginning with a letter or digit."
_ENVIRONMENT_RULE = "Use letters, digits, `-`, `.` and `_`, beginning with a letter or digit."
_INSTANTS = {"start", "end", "at"}
_FIRST, _LAST = ("kind", "key", "name"), ("extra", "external", "protect", "only")
_POSITIONS = {name: position for position, name in enumerate((*_FIRST, "", *_LAST))}  # the others stand between
_INSTANT_REMEDY = "Write it like 2026-01-31T09:00:00Z or 2026-01-31T10:00:00+01:00."


@dataclass(frozen=True, slots=True)
class _Finding:
    """One thing that pydantic found: what sort of thing, where, and the value that stands there.

    in_key: it is about the key at the end of the path, not about its value.
    """

    type: str
    path: Path
    found: Any
    context: Mapping[str, Any]
    message: str
    in_key: bool = False


def problems_of(
    error: ValidationError, document: Mapping[str, Any], source: Source, model: type[BaseModel]
) -> Iterator[Problem]:
    """One problem for each thing that does not fit."""
    for detail in error.errors(include_url=False, include_context=True):
        finding = _finding(detail, document)
        if finding.type == "extra_forbidden":
            yield _unknown_field(finding.path, source, model)
            continue
        span = source.key_span(*finding.path) if finding.in_key else source.span(*finding.path)
        code, message, remedy = _said(finding)
        yield Problem(code, span, message, remedy)


def _finding(detail: Any, document: Any) -> _Finding:
    """What pydantic says, with its location as a path of the document."""
    value, path = document, list[str | int]()
    steps, in_key = detail["loc"], False
    for step in steps:
        if step in value if isinstance(value, dict) else isinstance(value, list) and step in range(len(value)):
            value = value[step]
        elif step == "[key]":
            value, in_key = path[-1], True
            break
        elif detail["type"] == "missing":
            value = None
        else:  # a list that stands as a single value
            continue
        path.append(step)
    return _Finding(detail["type"], tuple(path), value, detail.get("ctx") or {}, detail["msg"], in_key)


def _said(finding: _Finding) -> tuple[Code, str, str]:
    """Code, message and remedy."""
    name, value = spell_path(finding.path), show(finding.found)
    said = f"`{name}` is {value}" if name else f"this is {value}"
    match finding.type:
        case "missing":
            remedy = f"Add `{finding.path[-1]}: …`."
            if finding.path == ("key",):
                remedy = "Add `key: …`; only a file of one document is named by its file name."
            return Code.MISSING_FIELD, f"`{name}` is missing", remedy
        case "string_pattern_mismatch":
            rule = _pattern_rule(str(finding.context.get("pattern")))
            return Code.KEY, f"{said}, which is no valid name here", rule
        case "string_too_short" | "too_short":
            return Code.VALUE, f"`{name}` is empty", "Fill it in, or leave the field out."
        case "string_type" if finding.path[-1] in _INSTANTS:
            return Code.VALUE, f"{said}, not a date-time with an offset", _INSTANT_REMEDY
        case sort if sort in _BELONGS:
            belongs, remedy = _BELONGS[sort]
            return Code.VALUE, f"{said} where {belongs} belongs", remedy
        case _:
            wrong, remedy = _said_of_value(finding)
            return Code.VALUE, said + wrong, remedy


def _said_of_value(finding: _Finding) -> tuple[str, str]:
    """How the sentence about a value goes on, and the remedy."""
    found, context = str(finding.found), finding.context
    match finding.type:
        case "literal_error":
            expected = str(context["expected"]).replace("'", "`")
            expected = {"True": "`true`", "False": "`false`"}.get(expected, expected)
            choices = expected.replace("`", "").replace(" or ", ", ").split(", ")
            return f", not one of {expected}", did_you_mean(
                found.lower(), choices, cutoff=0.8
            ) or "Choose one of these."
        case "instant":
            return ", not a date-time with an offset", _INSTANT_REMEDY
        case "day":
            return ", not a day", "Write it like 2026-01-31."
        case "uri":
            return ", not a URI", _uri_remedy(found, context["short"])
        case "repository":
            return f", {finding.message}", "Write `embedded`, or an address such as https://…"
        case "greater_than_equal":
            return f", below {context['ge']:g}", f"Use {context['ge']:g} or more."
        case "less_than_equal":
            return f", above {context['le']:g}", f"Use {context['le']:g} or less."
        case _:
            return f": {finding.message}", "Correct the value."


_MAPPING = ("a mapping", "Write `name: value` pairs, indented below.")
_LIST = ("a list", "Write a list: one item a line behind `- `, or `[a, b]`.")
_WHOLE = ("a whole number", "Write a number without quotes and without a fraction.")
_BELONGS: Mapping[str, tuple[str, str]] = {
    "string_type": ("text", "Put it in quotes if it is text."),
    "model_type": _MAPPING,
    "dict_type": _MAPPING,
    "tuple_type": _LIST,
    "int_type": _WHOLE,
    "int_from_float": _WHOLE,
    "float_type": ("a number", "Write a number without quotes."),
    "bool_type": ("true or false", "Write true or false, without quotes."),
}


def _pattern_rule(pattern: str) -> str:
    if "A-Z" in pattern:
        return _ENVIRONMENT_RULE
    return KEY_RULE if "._-" in pattern else _NAME_RULE


def _uri_remedy(found: str, short: list[str]) -> str:
    names = " or ".join(f"`{name}`" for name in short)
    return did_you_mean(found.lower(), short) or f"Write {names}, or an address such as https://…"


def did_you_mean(name: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """The remedy for a name that may be mistyped; None when no known name is near."""
    near = _nearest(name, tuple(known), cutoff)
    return f"Did you mean `{near}`?" if near else None


@lru_cache(maxsize=4096)
def _nearest(name: str, known: tuple[str, ...], cutoff: float) -> str | None:
    near = get_close_matches(name, known, n=1, cutoff=cutoff)
    return near[0] if near else None


def _unknown_field(path: Path, source: Source, model: type[BaseModel]) -> Problem:
    field, parent = str(path[-1]), path[:-1]
    known = _fields_at(model, parent)
    message = f"`{spell_path(path)}` is not a field"
    remedy = did_you_mean(field, known) or f"The fields here are {', '.join(known)}."
    if field == "<<":
        remedy = "YAML 1.2 has no merge keys: write the fields out."
    elif not parent and issubclass(model, Entity):
        message += f" of {article(model.KIND.value)}"
        elsewhere = _KNOWN_SOMEWHERE.get(field, ())
        if field == "id":
            remedy = "A pin (`kind`, `key` and `id`) belongs in a file below environments/NAME/."
        elif model.KIND is Kind.FALLBACK and field in Offer.model_fields:
            remedy = "Remove it: a fallback has no rule, dates, priority or caps, so that it can always be shown."
        elif elsewhere:
            message += f" (it is one of {' and '.join(article(kind) for kind in elsewhere)})"
            remedy = f"Remove it, or correct `kind`. The fields here are {', '.join(known)}."
    return Problem(Code.UNKNOWN_FIELD, source.key_span(*path), message, remedy)


def _fields_at(model: type[BaseModel], path: Path) -> list[str]:
    """The names of the fields that a mapping at this path may have."""
    current: Any = model
    for step in path:
        if isinstance(step, int) or current is None:
            continue
        field = next((info for name, info in current.model_fields.items() if step in (name, info.alias)), None)
        nested = _model_in(field.annotation if field else None)
        current = nested if nested is not None else (None if field else current)
    names = [info.alias or name for name, info in current.model_fields.items()] if current else []
    return sorted(names, key=lambda name: _POSITIONS.get(name, len(_FIRST)))


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in getattr(annotation, "__args__", ()):
        found = _model_in(part)
        if found is not None:
            return found
    return None


def article(noun: str) -> str:
    """The noun with its article."""
    return f"{'an' if noun[:1] in 'aeiou' else 'a'} {noun}"


def show(value: Any) -> str:
    """A value as messages quote it."""
    match value:
        case None | "":
            return "empty"
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case bool():
            return f"`{str(value).lower()}`"
        case _:
            text, *more = str(value).strip("\n").split("\n", 1)
            text += "…" if more else ""
            return f"`{text if len(text) <= 40 else text[:39] + '…'}`"


def spell_path(path: Path) -> str:
    """A path as reports write it, e.g. ``representations[0].placement``."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else (f".{step}" if text else step)
    return text
