"""``trees``: any tree that the text of a rule can mean, places apart; ``near_rules``: texts that look like rules."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st

from reconciler.pql.syntax import (
    Aggregate,
    Array,
    Beside,
    Between,
    Call,
    Combined,
    Compared,
    Comparison,
    Computed,
    ContextData,
    Exists,
    Filter,
    ForAll,
    Implicit,
    Lambda,
    Let,
    Literal,
    Logic,
    Moment,
    Negative,
    Node,
    Not,
    Offer,
    On,
    Parameter,
    Period,
    Property,
    Range,
    Select,
    Side,
    Sum,
    TimeWord,
    Unit,
    Variable,
    Which,
    Within,
)

Trees = st.SearchStrategy[Node]
Scope = tuple[str, ...]

_WORDS = ["a", "b", "sum", "last", "month", "where", "now", "Select", "offer", "profile", "xdm", "é", "_acme", "before"]
_NAMES = ["v", "w", "last", "sum", "on", "days", "a", "f"]
_SIGNS_OF_TIME = [Comparison.EQUAL, Comparison.LESS, Comparison.AT_MOST, Comparison.MORE, Comparison.AT_LEAST]

# ---------------------------------------------------------------- any tree

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)
numbers = st.integers(0, 10**20) | st.floats(0, allow_nan=False, allow_infinity=False)
literals = st.builds(Literal, st.booleans() | numbers | texts)
words = st.sampled_from(_WORDS)
functions = st.sampled_from(["count", "if", "sum", "f", "date", "map"])
schemas = st.sampled_from(["_xdm.context", "https://ns.example/a", "SCHEMA_ID"])
units, sides = st.sampled_from(Unit), st.sampled_from(Side)
periods = st.builds(Period, st.sampled_from(Which), units)


def trees(depth: int = 4, scope: Scope = ()) -> Trees:
    """Any tree; variables are those in scope."""
    leaves = _leaves(scope)
    if depth == 0:
        return leaves
    inner = st.deferred(lambda: trees(depth - 1, scope))
    return st.one_of(leaves, _paths(inner), _operations(inner), _times(inner), _named(depth - 1, scope, trees))


def _leaves(scope: Scope) -> Trees:
    bare = st.builds(Property, st.just(Implicit()), words)
    leaves = [
        literals,
        bare,
        st.builds(TimeWord, st.sampled_from(Moment)),
        st.builds(Implicit, st.integers(1, 3)),
        st.builds(Parameter, st.integers(1, 3)),
        st.builds(ContextData, schemas),
        st.just(Offer()),
        st.just(Array(())),
    ]
    if scope:
        leaves.append(st.builds(Variable, st.sampled_from(scope)))
    return st.one_of(leaves)


def _paths(inner: Trees) -> Trees:
    arguments = st.lists(inner, max_size=2).map(tuple)
    return st.one_of(
        st.builds(Property, inner, words),
        st.builds(Filter, inner, inner),
        st.builds(Call, st.none() | inner, functions, arguments),
        st.builds(Array, arguments),
    )


def _operations(inner: Trees) -> Trees:
    parts = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.one_of(
        st.builds(Combined, st.sampled_from(Logic), parts),
        st.builds(Not, inner),
        st.builds(Negative, inner),
        st.builds(Compared, inner, st.sampled_from(Comparison), inner),
        st.builds(Computed, inner, st.sampled_from(Sum), inner),
    )


def _times(inner: Trees) -> Trees:
    return st.one_of(
        st.builds(Within, inner, st.sampled_from(_SIGNS_OF_TIME), inner, units, sides, inner),
        st.builds(Beside, inner, st.sampled_from([Side.BEFORE, Side.AFTER]), inner),
        st.builds(On, inner, inner | periods),
        st.builds(Between, inner, inner, inner),
    )


def _named(depth: int, scope: Scope, draw_tree: Callable[[int, Scope], Trees]) -> Trees:
    @st.composite
    def named(draw: st.DrawFn) -> Node:
        name = draw(st.sampled_from(_NAMES))
        match draw(st.integers(0, 5)):
            case 0:
                return Let(name, draw(draw_tree(depth, scope)), draw(draw_tree(depth, (*scope, name))))
            case 1:
                parameters = tuple(draw(st.lists(st.sampled_from(_NAMES), min_size=1, max_size=2)))
                return Lambda(parameters, draw(draw_tree(depth, (*scope, *parameters))))
        inside, ranges = scope, []
        for number in range(draw(st.integers(1, 2)), 0, -1):
            source = draw(draw_tree(depth, inside))
            inside = (*inside, name)
            must = st.booleans().map(bool) if number > 1 else st.just(value=True)
            ranges.append(Range(name, source, draw(draw_tree(depth, inside)) if draw(must) else None))
            name = draw(st.sampled_from(_NAMES))
        kind = draw(st.sampled_from([Exists, ForAll, Select, Aggregate]))
        if kind is Aggregate:
            function = draw(st.sampled_from(["sum", "average", "min", "max", "count"]))
            return Aggregate(function, draw(draw_tree(depth, inside)), tuple(ranges))
        return kind(tuple(ranges))

    return named()


# ---------------------------------------------------------------- texts

pieces = st.sampled_from(
    [
        *(
            " ",
            "\n",
            "a",
            "b.c",
            "xEvent",
            "1",
            "2.5",
            '"x"',
            '"\\',
            "[",
            "]",
            "(",
            ")",
            ",",
            ".",
            "^",
            "^^.",
            "$1",
            "@{s}",
        ),
        *(
            "and",
            "OR",
            "not",
            "!",
            "=",
            "!=",
            "<",
            ">=",
            "like",
            "in",
            "notIn",
            "occurs",
            "+",
            "-",
            "*",
            "/",
            "%",
            "=>",
            ":",
        ),
        *(
            "exists",
            "forall",
            "select",
            "from",
            "where",
            "let",
            "sum",
            "over",
            "before",
            "after",
            "between",
            "on",
            "now",
        ),
        *("last", "week", "months", "xdm:", "//", "/*", "*/", "'", "==", "\u00e9", "\0", "{", "}", ".count()", "if"),
    ]
)
near_rules = st.lists(pieces, max_size=20).map(" ".join) | st.lists(pieces, max_size=20).map("".join)
