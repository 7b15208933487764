"""Many evaluations, one JSON document a line: a rule with its profile in, a value or an error out."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from reconciler.model.errors import ReconcilerError
from reconciler.model.instant import read_instant
from reconciler.pql.errors import RuleError, position
from reconciler.pql.kept import KeptRules
from reconciler.pql.rule import Situation
from reconciler.pql.values import plain

_KEYS = frozenset({"id", "rule", "profile", "context", "at"})
_RULES = KeptRules()
_LONG_NUMBER = re.compile(r'"(?:[^"\\]|\\.)*"|-?(?:[0-9]+[.eE][-+.eE0-9]*|(?P<whole>[0-9]+))', re.DOTALL)


class BadLine(ReconcilerError):
    """A line that asks for nothing that can be evaluated."""


def answer_line(line: bytes, situation: Situation) -> dict[str, Any]:
    """``{"id"?, "value"}`` or ``{"id"?, "error"}`` for ``{"id"?, "rule", "profile"?, "context"?, "at"?}``.

    situation: what holds where the line does not say otherwise. Never raises: a line that fails is an answer.
    """
    answer: dict[str, Any] = {}
    try:
        asked = read_json_map(line, "the line")
        if "id" in asked:
            answer["id"] = _shown_again(asked["id"])
        answer["value"] = _evaluate(asked, situation)
    except RuleError as error:
        answer["error"] = error_document(error)
    except ReconcilerError as error:
        answer["error"] = {"message": error.message}
    return answer


def error_document(error: RuleError) -> dict[str, Any]:
    """What is wrong with a rule: message, line, column and, where there is one, a hint."""
    line, column = error.line_and_column
    document: dict[str, Any] = {"message": error.finding.message, "line": line, "column": column}
    if error.finding.hint:
        document["hint"] = error.finding.hint
    return document


def read_json_map(data: bytes, what: str) -> dict[str, Any]:
    """A JSON object; raises ``BadLine`` for anything else. what: how the message calls it."""
    try:
        found = json.loads(data.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise BadLine(f"{what} is no JSON: {error.msg} (line {error.lineno}, column {error.colno})") from None
    except UnicodeDecodeError:
        raise BadLine(f"{what} is not in UTF-8") from None
    except RecursionError:
        raise BadLine(f"{what} is nested too deeply") from None
    except ValueError as error:
        raise BadLine(f"{what} is no JSON: {_too_long(data.decode('utf-8-sig')) or error}") from None
    if not isinstance(found, dict):
        raise BadLine(f"{what} is no JSON object")
    return found


def _refuse_constant(word: str) -> None:
    raise ValueError(f"{word} is no number")


def _too_long(text: str) -> str | None:
    """Where the first integer stands that has more digits than can be read; None where there is none."""
    most = sys.get_int_max_str_digits()
    for found in _LONG_NUMBER.finditer(text):
        if found["whole"] and len(found["whole"]) > most:
            line, column = position(text, found.start())
            return f"the number is too long (line {line}, column {column})"
    return None


def _shown_again(found: Any) -> Any:
    """What can be written as it was read."""
    try:
        json.dumps([[found]])  # one bracket deeper than the answer
    except RecursionError:
        raise BadLine("the `id` is nested too deeply") from None
    return found


def _evaluate(asked: Mapping[str, Any], situation: Situation) -> Any:
    unknown = sorted(asked.keys() - _KEYS)
    if unknown:
        raise BadLine(f"unknown key `{unknown[0]}`; a line has {', '.join(sorted(_KEYS))}")
    rule, profile, context, at = (asked.get(key) for key in ("rule", "profile", "context", "at"))
    if not isinstance(rule, str):
        raise BadLine("a line needs a `rule`, as a string")
    for name, value in (("profile", profile), ("context", context)):
        if value is not None and not isinstance(value, dict):
            raise BadLine(f"`{name}` is no object")
    if context is not None:
        situation = replace(situation, context=context)
    if at is not None:
        moment = read_instant(at) if isinstance(at, str) else None
        if moment is None:
            raise BadLine("`at` is no date-time with an offset, such as 2027-01-31T09:00:00Z")
        situation = replace(situation, at=moment)
    value = _RULES.compiled(rule).evaluate(profile, situation)
    try:
        return plain(value)
    except RecursionError:
        raise BadLine("the value is nested too deeply") from None
