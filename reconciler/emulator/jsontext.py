"""JSON in and out: what comes from outside is read with limits, so that nothing can stall or break the server (J3)."""

from __future__ import annotations

import json
import math
from typing import NoReturn, TypeAlias

from reconciler.emulator.problems import bad_request

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
JsonObject: TypeAlias = "dict[str, Json]"

MAX_BODY = 1 << 20
MAX_DEPTH = 100  # ours: levels of nesting in a body and in a patched instance
_LONGEST_INTEGER = 300  # digits; above it a number would not fit a double


class JsonUnreadable(ValueError):
    """Text that is not JSON, or JSON that is too deep or out of range; says why."""


def dump(value: object) -> str:
    """Compact JSON, as stored and as sent."""
    return _ENCODER.encode(value)


def load_object(text: str) -> JsonObject:
    """An object that we stored ourselves."""
    value: JsonObject = json.loads(text)
    return value


def read_body(body: bytes) -> Json:
    """The JSON value of a body. Refuses with 400 what is not UTF-8, not JSON, too deep or out of range."""
    try:
        return decode(body.decode())
    except JsonUnreadable as error:
        raise bad_request(f"the body is {error}") from error
    except UnicodeDecodeError as error:
        raise bad_request(f"the body is not readable JSON: {str(error)[:200]}") from error


def decode(text: str) -> Json:
    """The JSON value of a text. Raises ``JsonUnreadable``."""
    try:
        value: Json = _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        raise JsonUnreadable(f"not readable JSON: {_reason(error)}") from error
    # Few brackets cannot nest deeply: most texts are spared the walk.
    if text.count("{") + text.count("[") > MAX_DEPTH and depth(value) > MAX_DEPTH:
        raise JsonUnreadable(f"nested deeper than {MAX_DEPTH} levels")
    if "\\u" in text:
        _refuse_lone_surrogates(value)
    return value


def _reason(error: Exception) -> str:
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)[:200]


def _refuse_lone_surrogates(value: Json) -> None:
    try:
        dump(value).encode()
    except UnicodeEncodeError as error:
        raise JsonUnreadable("not readable JSON: it holds half of a surrogate pair") from error


def depth(value: Json) -> int:
    """How many arrays and objects lie inside each other; 0 for a plain value. Not recursive."""
    levels = 0
    inner = [value]
    while outer := [each for each in inner if isinstance(each, dict | list)]:
        levels += 1
        inner = [child for each in outer for child in _children(each)]
    return levels


def _children(value: JsonObject | list[Json]) -> list[Json]:
    return list(value.values()) if isinstance(value, dict) else value


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a JSON number")


def _read_integer(text: str) -> int:
    if len(text) > _LONGEST_INTEGER:
        raise ValueError(f"an integer of {len(text)} digits is out of range")
    return int(text)


def _read_float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{text[:30]} is out of range")
    return number


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))  # ``json.dumps`` would make one for each call
_DECODER = json.JSONDecoder(parse_int=_read_integer, parse_float=_read_float, parse_constant=_refuse_constant)
