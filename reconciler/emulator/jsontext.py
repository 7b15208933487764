"""JSON in and out: bodies are read with limits, so that no input can stall or break the server (J3)."""

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
        value: Json = _DECODER.decode(body.decode())
    except (ValueError, RecursionError) as error:
        raise bad_request(f"the body is not readable JSON: {_reason(error)}") from error
    # Few brackets cannot nest deeply: most bodies are spared the walk.
    if body.count(b"{") + body.count(b"[") > MAX_DEPTH and depth(value) > MAX_DEPTH:
        raise bad_request(f"the body nests deeper than {MAX_DEPTH} levels")
    if b"\\u" in body:
        _refuse_lone_surrogates(value)
    return value


def _reason(error: Exception) -> str:
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)[:200]


def _refuse_lone_surrogates(value: Json) -> None:
    try:
        dump(value).encode()
    except UnicodeEncodeError as error:
        raise bad_request("the body holds half of a surrogate pair") from error


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
