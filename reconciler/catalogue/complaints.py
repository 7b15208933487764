"""What pydantic finds wrong, as problems with a place, a sentence and a remedy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

from reconciler.model.entities import ENTITY_TYPES
from reconciler.model.problem import Code, Path, Problem, Source

_KNOWN_SOMEWHERE: Mapping[str, tuple[str, ...]] = {
    name: tuple(entity.KIND.value for entity in ENTITY_TYPES if name in entity.model_fields)
    for name in sorted({name for entity in ENTITY_TYPES for name in entity.model_fields})
}


def problems_of(
    error: ValidationError, document: Any, source: Source, model: type[BaseModel] | None
) -> Iterable[Problem]:
    """One problem for each thing that does not fit; two tries at one value (a union) count once."""
    seen: set[tuple[Path, str]] = set()
    for detail in error.errors(include_url=False, include_context=True):
        path, found = _path_in(detail["loc"], document)
        problem = _problem(detail, path, found, source, model, document)
        if (path, problem.code) not in seen:
            seen.add((path, problem.code))
            yield problem


def _path_in(location: tuple[int | str, ...], document: Any) -> tuple[Path, Any]:
    """The part of pydantic's location that is a path of the document (it also names union members)."""
    value = document
    path: list[str | int] = []
    for position, step in enumerate(location):
        if isinstance(value, dict) and isinstance(step, str):
            if step in value:
                value = value[step]
                path.append(step)
            elif position == len(location) - 1:
                path.append(step)
                value = None
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
            path.append(step)
    return tuple(path), value


def _problem(
    detail: Any, path: Path, found: Any, source: Source, model: type[BaseModel] | None, document: Any
) -> Problem:
    name = spell_path(path)
    span = source.span(*path)
    match detail["type"]:
        case "extra_forbidden":
            return _unknown_field(path, source, model, document)
        case "missing":
            return Problem(
                Code.MISSING_FIELD, source.span(*path[:-1]), f"`{name}` is missing", f"Add `{path[-1]}: …` here."
            )
        case "string_pattern_mismatch":
            return Problem(
                Code.KEY,
                span,
                f"`{name}` is {_show(found)}, which is no valid name here",
                "Use lower-case letters, digits, `-`, `.` and `_`, beginning with a letter or digit."
                if "._-" in str(detail.get("ctx", {}).get("pattern"))
                else "Use lower-case letters, digits and `-`, beginning with a letter or digit.",
            )
        case "literal_error":
            expected = str(detail["ctx"]["expected"]).replace("'", "`")
            return Problem(
                Code.VALUE, span, f"`{name}` is {_show(found)}, not one of {expected}", _nearest_value(found, expected)
            )
        case "string_type":
            return Problem(
                Code.VALUE, span, f"`{name}` is {_show(found)} where text belongs", "Put it in quotes if it is text."
            )
        case "instant":
            return Problem(
                Code.VALUE,
                span,
                f"`{name}` is {_show(found)}, not a date-time with an offset",
                "Write it like 2026-01-31T09:00:00Z or 2026-01-31T10:00:00+01:00.",
            )
        case _:
            return Problem(Code.VALUE, span, f"`{name}` is {_show(found)}: {_lower(detail['msg'])}", _remedy(detail))


def _unknown_field(path: Path, source: Source, model: type[BaseModel] | None, document: Any) -> Problem:
    field, parent = str(path[-1]), path[:-1]
    known = _fields_at(model, parent)
    near = get_close_matches(field, known, n=1)
    message = f"`{spell_path(path)}` is not a field"
    if not parent and isinstance(document, dict) and "kind" in document:
        message += f" of {_article(str(document['kind']))}"
        kinds = [kind for kind in _KNOWN_SOMEWHERE.get(field, ()) if kind != document["kind"]]
        if kinds and not near:
            message += f" (it is one of {' and '.join(kinds)})"
    remedy = f"Did you mean `{near[0]}`?" if near else f"The fields here are {', '.join(known)}."
    if field == "<<":
        remedy = "YAML 1.2 has no merge keys: write the fields out."
    return Problem(Code.UNKNOWN_FIELD, source.key_span(*path), message, remedy)


def _fields_at(model: type[BaseModel] | None, path: Path) -> list[str]:
    """The names of the fields that a mapping at this path may have."""
    current: Any = model
    for step in path:
        if isinstance(step, int) or current is None:
            continue
        field = next((info for name, info in current.model_fields.items() if step in (name, info.alias)), None)
        nested = _model_in(field.annotation if field else None)
        current = nested if nested is not None else (None if field else current)
    return [info.alias or name for name, info in current.model_fields.items()] if current else []


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in getattr(annotation, "__args__", ()):
        found = _model_in(part)
        if found is not None:
            return found
    return None


def _nearest_value(found: Any, expected: str) -> str:
    choices = expected.replace("`", "").replace(" or ", ", ").split(", ")
    near = get_close_matches(str(found), choices, n=1)
    return f"Did you mean `{near[0]}`?" if near else "Choose one of these."


def _remedy(detail: Any) -> str:
    match detail["type"]:
        case "int_type" | "float_type" | "int_parsing":
            return "Write a number without quotes."
        case "bool_type":
            return "Write true or false."
        case "tuple_type":
            return "Write a list: one item a line behind `- `, or `[a, b]`."
        case "dict_type" | "model_type" | "model_attributes_type":
            return "Write `name: value` pairs, indented below."
        case "string_too_short":
            return "Fill it in, or leave the field out."
        case "uri" | "repository":
            return "Write an address such as https://example.com/…, or one of the short names."
        case _:
            return "Correct the value."


def _lower(text: str) -> str:
    text = text.replace("Input should be", "should be").replace("tuple", "list").replace("dictionary", "mapping")
    return text[:1].lower() + text[1:]


def _article(noun: str) -> str:
    return f"{'an' if noun[:1] in 'aeiou' else 'a'} {noun}"


def _show(value: Any) -> str:
    match value:
        case None:
            return "empty"
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case bool():
            return f"`{str(value).lower()}`"
        case _:
            text = str(value)
            return f"`{text if len(text) <= 40 else text[:39] + '…'}`"


def spell_path(path: Path) -> str:
    """A path as reports write it, e.g. ``representations[0].placement``."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else (f".{step}" if text else step)
    return text
