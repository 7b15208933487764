"""What somebody probably meant who wrote something else."""

from __future__ import annotations

from reconciler.pql.tokens import Sort, Token

_FUNCTIONS = {
    name.lower(): name
    for name in (
        *("startsWith", "doesNotStartWith", "endsWith", "doesNotEndWith", "contains", "doesNotContain", "equals"),
        *("notEqualTo", "matches", "regexGroup", "intersects", "subsetOf", "supersetOf", "includes"),
    )
}
_PAIRS = {
    ("not", "in"): "write `notIn`",
    ("not", "like"): "write `not (x like …)`",
    ("not", "occurs"): "write `not (x occurs …)`",
    ("is", "not"): "write `x.isNotNull()`",
}
_SQL = "this is no SQL: see `filter`, `groupBy` and `topN`"
_CONDITION = "a condition follows `exists`, `forall`, `select` or `sum … over`"
_WORDS = {
    ")": "remove it, or open a bracket before it",
    "]": "remove it, or open a bracket before it",
    "=>": "`at least` is written `>=`, a lambda `(x) => …`",
    "is": "write `x.isNull()`, or `=` for a comparison",
    "between": "write `x >= low and x <= high`, for times `x occurs between a and b`",
    "!": "write `!=`, or `and not …`",
    "before": "write `x occurs before …`",
    "after": "write `x occurs after …`",
    "select": "join two selects in one: `select a from X, b from Y where …`",
    "where": _CONDITION,
    ":": _CONDITION,
    ",": "put the list in brackets: `[a, b]`",
    "having": _SQL,
    "group": _SQL,
    "order": _SQL,
    "limit": _SQL,
}
_BEGINS_A_VALUE = frozenset({Sort.WORD, Sort.STRING, Sort.NUMBER, Sort.CONTEXT, Sort.PARAMETER})


def hint_for_leftover(token: Token, following: Token) -> str:
    """What to write where an operator is missing or unknown before this token; empty if nobody can tell."""
    known = _PAIRS.get((token.word, following.word)) or _WORDS.get(token.word)
    if known is not None:
        return known
    if token.word in _FUNCTIONS:
        return f"write `x.{_FUNCTIONS[token.word]}(…)`"
    if token.sort in _BEGINS_A_VALUE or token.word == "(":
        return "join two conditions with `and` or `or`"
    return ""
