"""Rules and profiles of every legal shape.

``trees``: any tree that text can mean. ``conditions``: rules over the properties that ``profiles`` have, so that their
values differ. Both tell nothing of places.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

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
AT = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)

_WORDS = ["a", "b", "sum", "last", "month", "where", "now", "Select", "offer", "profile", "xdm", "é", "_acme", "before"]
_NAMES = ["v", "w", "last", "sum", "on", "days", "a"]
_SIGNS_OF_TIME = [Comparison.EQUAL, Comparison.LESS, Comparison.AT_MOST, Comparison.MORE, Comparison.AT_LEAST]

# ---------------------------------------------------------------- any tree

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)
numbers = st.integers(0, 10**20) | st.floats(0, allow_nan=False, allow_infinity=False)
literals = st.builds(Literal, st.booleans() | numbers | texts)
words = st.sampled_from(_WORDS)
functions = st.sampled_from(["count", "if", "sum", "f", "date"])
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

# ---------------------------------------------------------------- rules with values

SCHEMA = "https://ns.example/flight"
_LETTERS = st.sampled_from(["a", "b", "ab", "B", "é"])
_TIMES = st.sampled_from(
    [
        *("2026-03-31T12:00:00Z", "2026-03-31T00:00:00+05:30", "2026-03-30T23:59:59.999Z", "2026-02-28T12:00:00Z"),
        *("2026-03-29T00:00:00Z", "2026-03-28T23:00:00Z", "2026-01-31T12:00:00Z", "2025-03-31T12:00:00Z"),
        *("2026-04-01T08:00:00Z", "2026-04-30T12:00:00Z", "2024-02-29T12:00:00Z", "2016-03-31T12:00:00-04:00"),
        *("2026-03-31T11:59:00Z", "2026-03-31T09:00:00Z", "1999-12-31T23:00:00Z", "2036-03-31T12:00:00Z"),
    ]
)
_SMALL = st.integers(-2, 4) | st.sampled_from([0.5, 2.5])


def _some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """An object of which each field may be missing or null, but mostly is there."""
    drawn = st.fixed_dictionaries({name: st.tuples(st.integers(0, 9), value) for name, value in fields.items()})
    return drawn.map(
        lambda found: {name: None if chance == 1 else value for name, (chance, value) in found.items() if chance != 0}
    )


_items = st.lists(_some(sku=_LETTERS, price=_SMALL), max_size=3)
_events = st.lists(
    st.builds(
        lambda rest, n: {**rest, "n": n},
        _some(type=_LETTERS, price=_SMALL, timestamp=_TIMES, items=_items),
        st.integers(0, 3),
    ),
    max_size=3,
)
profiles = _some(
    age=_SMALL,
    city=_LETTERS,
    vip=st.booleans(),
    born=_TIMES,
    tags=st.lists(_LETTERS, min_size=1, max_size=3),
    scores=st.lists(_SMALL, min_size=1, max_size=3),
    address=_some(city=_LETTERS, zip=_SMALL),
    ids=st.dictionaries(_LETTERS, _LETTERS, max_size=2),
    xEvent=_events,
)
contexts = (
    st.just({}) | _some(city=_LETTERS, age=_SMALL) | st.builds(lambda inner: {SCHEMA: inner}, _some(city=_LETTERS))
)

Kinds = tuple[str, ...]  # what bare names belong to, innermost last
Known = tuple[tuple[str, str], ...]  # what names stand for


@dataclass(frozen=True)
class Here:
    """Where a part of a rule is drawn."""

    depth: int
    kinds: Kinds = ("profile",)
    known: Known = ()

    def deeper(self) -> Here:
        return replace(self, depth=self.depth - 1)

    def inside(self, kind: str) -> Here:
        return replace(self, depth=self.depth - 1, kinds=(*self.kinds, kind))

    def naming(self, name: str, kind: str) -> Here:
        known = tuple(entry for entry in self.known if entry[0] != name)
        return replace(self, depth=self.depth - 1, known=(*known, (name, kind)))

    def holders(self, kind: str) -> list[Node]:
        """All that can be written for something of this kind."""
        ups: list[Node] = [Implicit(up) for up, held in enumerate(reversed(self.kinds)) if held == kind]
        names: list[Node] = [Variable(name) for name, held in self.known if held == kind]
        return [*ups, *names, *([Parameter(1)] if kind == "profile" else [])]


_FIELDS: dict[str, dict[str, tuple[str, ...]]] = {
    "number": {"profile": ("age", "address.zip"), "event": ("price", "n"), "item": ("price",)},
    "string": {"profile": ("city", "address.city"), "event": ("type",), "item": ("sku",)},
    "boolean": {"profile": ("vip",)},
    "instant": {"profile": ("born",), "event": ("timestamp",)},
    "strings": {"profile": ("tags", "xEvent.type", "xEvent.items.sku"), "event": ("items.sku",)},
    "numbers": {"profile": ("scores", "xEvent.n", "xEvent.items.price"), "event": ("items.price",)},
    "events": {"profile": ("xEvent",)},
    "items": {"profile": ("xEvent.items",), "event": ("items",)},
}


def _paths_to(what: str, here: Here) -> list[Node]:
    found: list[Node] = [Variable(name) for name, kind in here.known if kind == what]
    for kind, fields in _FIELDS[what].items():
        for holder in here.holders(kind):
            for path in fields:
                node = holder
                for name in path.split("."):
                    node = Property(node, name)
                found.append(node)
    return found


def _call(of: Node | None, name: str, *arguments: Node) -> Node:
    return Call(of, name, arguments)


@st.composite
def conditions(draw: st.DrawFn, depth: int = 3) -> Node:
    """A rule that is true or false."""
    return _Drawing(draw).boolean(Here(depth))


class _Drawing:
    """Draws parts of rules of one sort each."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw

    def one(self, *ways: Callable[[], Node]) -> Node:
        return self.draw(st.sampled_from(ways))()

    def path(self, what: str, here: Here, otherwise: Callable[[], Node]) -> Node:
        paths = _paths_to(what, here)
        return self.draw(st.sampled_from(paths)) if paths and self.draw(st.integers(0, 3)) else otherwise()

    def number(self, here: Here) -> Node:
        leaf = lambda: Literal(self.draw(st.sampled_from([0, 1, 2, 3, 0.5])))  # noqa: E731 - one of several ways
        if here.depth <= 0:
            return self.path("number", here, leaf)
        deep, aggregates = here.deeper(), st.sampled_from(["sum", "average", "min", "max"])
        return self.one(
            lambda: self.path("number", here, leaf),
            lambda: Computed(self.number(deep), self.draw(st.sampled_from(Sum)), self.number(deep)),
            lambda: Negative(self.number(deep)),
            lambda: _call(self.list_of(self.draw(st.sampled_from(["strings", "events", "items"])), deep), "count"),
            lambda: _call(self.list_of("numbers", deep), self.draw(aggregates)),
            lambda: _call(self.list_of("events", deep), self.draw(aggregates), self.number(here.inside("event"))),
            lambda: self.aggregate(here),
            lambda: _call(None, "if", self.boolean(deep), self.number(deep), self.number(deep)),
            lambda: _call(self.instant(deep), self.draw(st.sampled_from(["getMonth", "getYear", "getDayOfMonth"]))),
            lambda: _call(None, self.draw(st.sampled_from(["currentMonth", "currentYear", "currentDayOfMonth"]))),
        )

    def aggregate(self, here: Here) -> Node:
        ranges, inside = self.ranges(here)
        function = self.draw(st.sampled_from(["sum", "average", "min", "max", "count"]))
        return Aggregate(function, self.number(inside), ranges)

    def string(self, here: Here) -> Node:
        leaf = lambda: Literal(self.draw(_LETTERS))  # noqa: E731 - one of several ways
        if here.depth <= 0:
            return self.path("string", here, leaf)
        deep = here.deeper()
        return self.one(
            lambda: self.path("string", here, leaf),
            lambda: Property(ContextData(SCHEMA), "city"),
            lambda: _call(self.list_of("strings", deep), "head"),
            lambda: _call(Property(Parameter(1), "ids"), "get", self.string(deep)),
            lambda: _call(self.string(deep), "regexGroup", Literal("(a)(.*)"), Literal(self.draw(st.integers(0, 2)))),
            lambda: _call(None, "if", self.boolean(deep), self.string(deep), self.string(deep)),
        )

    def instant(self, here: Here) -> Node:
        return self.path(
            "instant",
            here,
            lambda: self.one(
                lambda: TimeWord(self.draw(st.sampled_from(Moment))),
                lambda: _call(None, "date", Literal(2026), Literal(self.draw(st.integers(1, 4))), Literal(28)),
            ),
        )

    def list_of(self, what: str, here: Here) -> Node:
        literal = {"strings": _LETTERS, "numbers": st.sampled_from([0, 1, 2, 0.5])}.get(what)  # no nulls among them
        if here.depth <= 0:
            return self.path(what, here, lambda: Array(()))
        deep = here.deeper()
        if literal is not None:
            return self.one(
                lambda: self.path(
                    what, here, lambda: Array(tuple(map(Literal, self.draw(st.lists(literal, max_size=3)))))
                ),
                lambda: _call(self.list_of(what, deep), "distinct"),
                lambda: _call(self.list_of(what, deep), "intersection", self.list_of(what, deep)),
                lambda: Property(self.list_of("events", deep), {"strings": "type", "numbers": "price"}[what]),
            )
        kind = what.removesuffix("s")
        ways: list[Callable[[], Node]] = [
            lambda: self.path(what, here, lambda: Array(())),
            lambda: Filter(self.list_of(what, deep), self.boolean(here.inside(kind))),
            lambda: _call(self.list_of(what, deep), "filter", self.boolean(here.inside(kind))),
            lambda: _call(self.list_of(what, deep), "filter", Lambda(("z",), self.boolean(here.naming("z", kind)))),
        ]
        if what == "events":
            count = Literal(self.draw(st.integers(0, 2)))
            order = self.draw(st.sampled_from(["topN", "bottomN"]))
            ways.append(lambda: _call(self.list_of(what, deep), order, Property(Implicit(), "n"), count))
            ways.append(lambda: Select(self.ranges(here)[0]))
        return self.one(*ways)

    def ranges(self, here: Here) -> tuple[tuple[Range, ...], Here]:
        source = self.list_of("events", here.deeper())
        inside = here.naming("e", "event")
        condition = self.boolean(inside) if self.draw(st.booleans()) else None
        ranges = [Range("e", source, condition)]
        if self.draw(st.booleans()):
            source = Property(Variable("e"), "items")
            inside = inside.naming("i", "item")
            ranges.append(Range("i", source, self.boolean(inside) if self.draw(st.booleans()) else None))
        return tuple(ranges), inside

    def boolean(self, here: Here) -> Node:
        if here.depth <= 0:
            return self.path("boolean", here, lambda: self.comparison(here))
        deep = here.deeper()
        return self.one(
            lambda: self.comparison(here),
            lambda: self.comparison(deep),
            lambda: self.comparison(deep),
            lambda: Combined(
                self.draw(st.sampled_from(Logic)),
                tuple(self.boolean(deep) for _ in range(self.draw(st.integers(2, 3)))),
            ),
            lambda: Not(self.boolean(deep)),
            lambda: self.text_judged(deep),
            lambda: self.lists_judged(deep),
            lambda: self.occurring(deep),
            lambda: self.occurring(deep),
            lambda: Exists(self.ranges(here)[0]),
            lambda: self.for_all(here),
            lambda: Select(self.ranges(here)[0]),
            lambda: self.let(here),
            lambda: _call(self.one(lambda: self.number(deep), lambda: self.string(deep)), self.nullness()),
        )

    def nullness(self) -> str:
        return self.draw(st.sampled_from(["isNull", "isNotNull"]))

    def for_all(self, here: Here) -> Node:
        (*earlier, last), inside = self.ranges(here)
        return ForAll((*earlier, replace(last, condition=self.boolean(inside))))

    def let(self, here: Here) -> Node:
        kind = self.draw(st.sampled_from(["number", "string"]))
        value = self.number(here.deeper()) if kind == "number" else self.string(here.deeper())
        return Let("x", value, self.boolean(here.naming("x", kind)))

    def comparison(self, here: Here) -> Node:
        both = st.sampled_from([Comparison.EQUAL, Comparison.UNEQUAL, *_SIGNS_OF_TIME])
        lists = st.sampled_from([Comparison.IN, Comparison.NOT_IN])
        equal = st.sampled_from([Comparison.EQUAL, Comparison.UNEQUAL])
        like = Literal(self.draw(st.sampled_from(["%", "a%", "%b", "_", "a_", "%é%", ""])))
        return self.one(
            lambda: Compared(self.number(here), self.draw(both), self.number(here)),
            lambda: Compared(self.string(here), self.draw(both), self.string(here)),
            lambda: Compared(self.string(here), Comparison.LIKE, like),
            lambda: Compared(self.string(here), self.draw(lists), self.list_of("strings", here)),
            lambda: Compared(self.number(here), self.draw(lists), self.list_of("numbers", here)),
            lambda: Compared(self.list_of("strings", here), self.draw(equal), self.list_of("strings", here)),
        )

    def text_judged(self, here: Here) -> Node:
        names = ["startsWith", "doesNotStartWith", "endsWith", "doesNotEndWith", "contains", "doesNotContain", "equals"]
        name = self.draw(st.sampled_from([*names, "notEqualTo", "matches"]))
        if name == "matches":
            pattern = Literal(self.draw(st.sampled_from(["^a", "b$", "(?i)B", "[^a]", "^$"])))
            return _call(self.string(here), name, pattern)
        folded = (Literal(value=False),) if name != "notEqualTo" and self.draw(st.booleans()) else ()
        return _call(self.string(here), name, self.string(here), *folded)

    def lists_judged(self, here: Here) -> Node:
        what = self.draw(st.sampled_from(["strings", "numbers"]))
        name = self.draw(st.sampled_from(["intersects", "subsetOf", "supersetOf", "includes"]))
        other = self.list_of(what, here)
        if name == "includes":
            other = self.string(here) if what == "strings" else self.number(here)
        return _call(self.list_of(what, here), name, other)

    def occurring(self, here: Here) -> Node:
        near = [unit for unit in Unit if unit not in (Unit.CENTURY, Unit.MILLENNIUM)]
        when, units_near = self.instant(here), st.sampled_from(near)
        amount = Literal(self.draw(st.integers(0, 3)))

        def within() -> Node:
            sign, unit, side = self.draw(st.sampled_from(_SIGNS_OF_TIME)), self.draw(units_near), self.draw(sides)
            return Within(when, sign, amount, unit, side, self.instant(here))

        return self.one(
            within,
            within,
            within,
            lambda: Beside(when, self.draw(st.sampled_from([Side.BEFORE, Side.AFTER])), self.instant(here)),
            lambda: On(when, self.instant(here)),
            lambda: On(when, Period(self.draw(st.sampled_from(Which)), self.draw(units_near))),
            lambda: Between(when, self.instant(here), self.instant(here)),
        )
