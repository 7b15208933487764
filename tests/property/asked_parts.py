"""Parts of rules, each of one sort of value, over the properties that drawn profiles have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import TypeVar

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

_T = TypeVar("_T")

SCHEMA = "https://ns.example/flight"
Kinds = tuple[str, ...]  # what bare names belong to, innermost last
Known = tuple[tuple[str, str], ...]  # what names stand for

_LETTERS = ("a", "b", "ab", "B")
_NUMBERS = (0, 1, 2, 3, 0.5)
_ORDERINGS = (Comparison.LESS, Comparison.AT_MOST, Comparison.MORE, Comparison.AT_LEAST)
_EQUALITIES = (Comparison.EQUAL, Comparison.UNEQUAL)
_SIGNS = (*Sum, Sum.MODULO, Sum.MODULO)
_UNITS = (*Unit, Unit.DAY, Unit.WEEK, Unit.WEEK, Unit.WEEK, Unit.MONTH, Unit.MONTH, Unit.MONTH)
_JUDGES = ("startsWith", "doesNotStartWith", "endsWith", "doesNotEndWith", "contains", "doesNotContain", "equals")
_FIELDS: dict[str, dict[str, tuple[str, ...]]] = {
    "number": {"profile": ("age", "n", "price", "address.zip"), "event": ("price", "n"), "item": ("price", "n")},
    "string": {"profile": ("city", "sku", "address.city"), "event": ("type", "sku"), "item": ("sku",)},
    "boolean": {"profile": ("vip",)},
    "instant": {"profile": ("born", "timestamp"), "event": ("timestamp",)},
    "strings": {"profile": ("tags", "xEvent.type", "xEvent.items.sku"), "event": ("items.sku",)},
    "numbers": {"profile": ("scores", "xEvent.n", "xEvent.items.price"), "event": ("items.price",)},
    "events": {"profile": ("xEvent",)},
    "items": {"profile": ("xEvent.items",), "event": ("items",)},
}


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

    def functions(self) -> list[str]:
        return [name for name, kind in self.known if kind == "function"]

    def paths_to(self, what: str) -> list[Node]:
        """All names for a value of this sort; of outer elements only those that the innermost one has not."""
        found: list[Node] = [Variable(name) for name, kind in self.known if kind == what]
        for kind, fields in _FIELDS[what].items():
            for holder in self.holders(kind):
                for path in fields:
                    node = holder
                    for name in path.split("."):
                        node = Property(node, name)
                    found.append(node)
        return found


def _call(of: Node | None, name: str, *arguments: Node) -> Node:
    return Call(of, name, arguments)


class Parts:
    """Draws parts of rules of one sort each."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance

    def pick(self, options: Sequence[_T]) -> _T:
        return self.chance.choice(options)

    def maybe(self) -> bool:
        return self.chance.random() < 0.5

    def one(self, *ways: Callable[[], Node]) -> Node:
        return self.pick(ways)()

    def path(self, what: str, here: Here, otherwise: Callable[[], Node]) -> Node:
        paths = here.paths_to(what)
        return self.pick(paths) if paths and self.chance.random() < 0.8 else otherwise()

    def anything(self, here: Here) -> Node:
        """A whole rule: mostly a condition."""
        return self.one(
            *(lambda: self.boolean(here),) * 5,
            *(lambda: self.occurring(here),) * 3,
            *(lambda: self.number(here),) * 2,
            lambda: self.string(here),
            lambda: self.list_of(self.pick(("strings", "numbers")), here),
            *(lambda: self.list_of("events", here),) * 2,
            lambda: self.nested(here),
            *(lambda: Filter(Property(Implicit(), "xEvent"), self.occurring(here.inside("event"))),) * 2,
        )

    # ---------------------------------------------------------------- values

    def number(self, here: Here) -> Node:
        leaf = lambda: Literal(self.pick(_NUMBERS))  # noqa: E731 - one of several ways
        if here.depth <= 0:
            return self.path("number", here, leaf)
        deep, aggregates = here.deeper(), ("sum", "average", "min", "max")
        return self.one(
            lambda: self.path("number", here, leaf),
            lambda: Computed(self.number(deep), self.pick(_SIGNS), self.number(deep)),
            lambda: Computed(self.number(deep), self.pick(_SIGNS), self.number(deep)),
            lambda: Negative(self.number(deep)),
            lambda: _call(self.list_of(self.pick(("strings", "events", "items")), deep), "count"),
            lambda: _call(self.list_of("numbers", deep), self.pick(aggregates)),
            lambda: _call(self.list_of("events", deep), self.pick(aggregates), self.number(here.inside("event"))),
            *(lambda: self.aggregate(here),) * 2,
            lambda: _call(None, "if", self.boolean(deep), self.number(deep), self.number(deep)),
            lambda: _call(self.instant(deep), self.pick(("getMonth", "getYear", "getDayOfMonth"))),
            lambda: _call(None, self.pick(("currentMonth", "currentYear", "currentDayOfMonth"))),
            lambda: Property(Property(Offer(), "rank"), "priority"),
            lambda: Property(ContextData(SCHEMA), "age"),
            *((lambda: self.own_called(here, deep),) * 6 if here.functions() else ()),
        )

    def own_called(self, here: Here, deep: Here) -> Node:
        """A function that the rule itself declares, called or applied to each element."""
        name = self.pick(here.functions())
        if self.maybe():
            return _call(_call(self.list_of("numbers", deep), "map", Variable(name)), self.pick(("sum", "max")))
        return _call(None, name, self.number(deep))

    def aggregate(self, here: Here) -> Node:
        ranges, inside = self.ranges(here)
        return Aggregate(self.pick(("sum", "average", "min", "max", "count", "count")), self.number(inside), ranges)

    def string(self, here: Here) -> Node:
        leaf = lambda: Literal(self.pick(_LETTERS))  # noqa: E731 - one of several ways
        if here.depth <= 0:
            return self.path("string", here, leaf)
        deep = here.deeper()
        return self.one(
            lambda: self.path("string", here, leaf),
            lambda: Property(ContextData(SCHEMA), "city"),
            lambda: _call(Property(Offer(), "characteristics"), "get", Literal("cabin")),
            lambda: _call(self.list_of("strings", deep), "head"),
            lambda: _call(Property(Parameter(1), "ids"), "get", self.string(deep)),
            lambda: _call(self.string(deep), "regexGroup", Literal("(a)(.*)"), Literal(self.chance.randint(0, 2))),
            lambda: _call(None, "if", self.boolean(deep), self.string(deep), self.string(deep)),
        )

    def instant(self, here: Here) -> Node:
        return self.path("instant", here, self.moment)

    def moment(self) -> Node:
        return self.one(
            lambda: TimeWord(Moment.NOW),
            lambda: TimeWord(self.pick(tuple(Moment))),
            lambda: _call(None, "date", *map(Literal, (self.pick((2024, 2026)), self.chance.randint(1, 12), 28))),
        )

    def list_of(self, what: str, here: Here) -> Node:
        if what in ("strings", "numbers"):
            return self.scalars(what, here)
        if here.depth <= 0:
            return self.path(what, here, lambda: Array(()))
        deep, kind = here.deeper(), what.removesuffix("s")
        ways: list[Callable[[], Node]] = [
            lambda: self.path(what, here, lambda: Array(())),
            lambda: Filter(self.list_of(what, deep), self.boolean(here.inside(kind))),
            lambda: _call(self.list_of(what, deep), "filter", self.boolean(here.inside(kind))),
            lambda: _call(self.list_of(what, deep), "filter", Lambda(("z",), self.boolean(here.naming("z", kind)))),
            lambda: self.highest(what, deep, kind),
            lambda: _call(_call(self.list_of(what, deep), "groupBy", *self.key(here.inside(kind))), "get", self.leaf()),
        ]
        if what == "events":
            ways.append(lambda: Filter(self.list_of(what, deep), self.occurring(here.inside(kind))))
            ways.append(lambda: Select(self.ranges(here)[0]))
        return self.one(*ways)

    def scalars(self, what: str, here: Here) -> Node:
        leaf, draw = (_LETTERS, self.string) if what == "strings" else (_NUMBERS, self.number)

        def written() -> Node:
            items = [draw(here.deeper()) if self.maybe() else Literal(self.pick(leaf)) for _ in range(self.few())]
            return Array(tuple(items))

        if here.depth <= 0:
            return self.path(what, here, written)
        deep = here.deeper()
        return self.one(
            lambda: self.path(what, here, written),
            written,
            lambda: _call(self.list_of(what, deep), "distinct"),
            lambda: _call(self.list_of(what, deep), "intersection", self.list_of(what, deep)),
            lambda: Property(self.list_of("events", deep), {"strings": "type", "numbers": "price"}[what]),
            lambda: _call(self.list_of("events", deep), "map", draw(here.inside("event"))),
        )

    def few(self) -> int:
        return self.pick((0, 1, 1, 2, 3))

    def leaf(self) -> Node:
        return Literal(self.pick((*_LETTERS, *_NUMBERS)))

    def nested(self, here: Here) -> Node:
        """Events with an item that is compared with what stands one or two levels further out."""
        inner = replace(here.inside("event").inside("item"), depth=0)
        outer = Property(self.pick((Implicit(1), Implicit(2))), self.pick(("n", "price")))
        compared = Compared(self.number(inner), self.pick((*_EQUALITIES, *_ORDERINGS)), outer)
        return Filter(Property(Implicit(), "xEvent"), Filter(Property(Implicit(), "items"), compared))

    def key(self, here: Here) -> tuple[Node, ...]:
        return (self.one(lambda: self.number(here), lambda: self.string(here)),)

    def highest(self, what: str, here: Here, kind: str) -> Node:
        key = self.number(here.inside(kind)) if self.maybe() else Property(Implicit(), "n")
        return _call(self.list_of(what, here), self.pick(("topN", "bottomN")), key, Literal(self.chance.randint(0, 3)))

    def ranges(self, here: Here) -> tuple[tuple[Range, ...], Here]:
        source = self.list_of("events", here.deeper())
        inside = here.naming("e", "event")
        ranges = [Range("e", source, self.boolean(inside) if self.maybe() else None)]
        if self.maybe():
            source = Property(Variable("e"), "items")
            inside = inside.naming("i", "item")
            ranges.append(Range("i", source, self.boolean(inside) if self.maybe() else None))
        return tuple(ranges), inside

    # ---------------------------------------------------------------- conditions

    def boolean(self, here: Here) -> Node:
        if here.depth <= 0:
            return self.path("boolean", here, lambda: self.comparison(here))
        deep = here.deeper()
        return self.one(
            lambda: self.comparison(here),
            *(lambda: self.comparison(deep),) * 3,
            lambda: Combined(self.pick(tuple(Logic)), tuple(self.boolean(deep) for _ in range(self.pick((2, 3))))),
            lambda: Not(self.boolean(deep)),
            lambda: self.text_judged(deep),
            lambda: self.lists_judged(deep),
            *(lambda: self.occurring(deep),) * 2,
            lambda: Exists(self.ranges(here)[0]),
            lambda: self.for_all(here),
            lambda: Select(self.ranges(here)[0]),
            lambda: self.let(here),
            lambda: _call(*self.key(deep), self.pick(("isNull", "isNotNull"))),
        )

    def for_all(self, here: Here) -> Node:
        (*earlier, last), inside = self.ranges(here)
        return ForAll((*earlier, replace(last, condition=self.boolean(inside))))

    def let(self, here: Here) -> Node:
        if self.chance.random() < 0.4:
            name = self.pick(("f", "g"))
            own = Lambda(("y",), self.number(here.naming("y", "number")))
            return Let(name, own, self.boolean(here.naming(name, "function")))
        kind = self.pick(("number", "string"))
        value = self.number(here.deeper()) if kind == "number" else self.string(here.deeper())
        return Let("x", value, self.boolean(here.naming("x", kind)))

    def comparison(self, here: Here) -> Node:
        both, lists = (*_EQUALITIES, *_ORDERINGS), (Comparison.IN, Comparison.NOT_IN)
        like = Literal(self.pick(("%", "a%", "%b", "_", "a_", "%é%", "")))
        return self.one(
            lambda: Compared(self.number(here), self.pick(both), self.number(here)),
            lambda: Compared(self.string(here), self.pick(both), self.string(here)),
            lambda: Compared(self.string(here), Comparison.LIKE, like),
            lambda: Compared(self.string(here), self.pick(lists), self.list_of("strings", here)),
            lambda: Compared(self.number(here), self.pick(lists), self.list_of("numbers", here)),
            lambda: self.equal_lists(here),
            lambda: Compared(self.instant(here), self.pick(both), self.instant(here)),
            lambda: Compared(self.instant(here), self.pick(both), self.moment()),
        )

    def equal_lists(self, here: Here) -> Node:
        """Two lists, often the same or written with the same operands, null ones too."""
        what = self.pick(("strings", "numbers"))
        left = self.list_of(what, here)
        return Compared(left, self.pick(_EQUALITIES), left if self.maybe() else self.list_of(what, here))

    def text_judged(self, here: Here) -> Node:
        name = self.pick((*_JUDGES, "notEqualTo", "matches"))
        if name == "matches":
            return _call(self.string(here), name, Literal(self.pick(("^a", "b$", "(?i)B", "[^a]", "^$"))))
        folded = (Literal(value=False),) if name != "notEqualTo" and self.maybe() else ()
        return _call(self.string(here), name, self.string(here), *folded)

    def lists_judged(self, here: Here) -> Node:
        what = self.pick(("strings", "numbers"))
        name = self.pick(("intersects", "subsetOf", "supersetOf", "includes"))
        other = self.list_of(what, here)
        if name == "includes":
            other = self.string(here) if what == "strings" else self.number(here)
        return _call(self.list_of(what, here), name, other)

    def occurring(self, here: Here) -> Node:
        when = self.instant(here)
        near = lambda: self.moment() if self.chance.random() < 0.8 else self.instant(here)  # noqa: E731 - mostly now

        def within() -> Node:
            amount = Literal(self.pick((0, 1, 1, 2, 3, 0.5)))
            sign, unit = self.pick((Comparison.EQUAL, *_ORDERINGS)), self.pick(_UNITS)
            return Within(when, sign, amount, unit, self.pick(tuple(Side)), near())

        return self.one(
            *(within,) * 3,
            lambda: Beside(when, self.pick((Side.BEFORE, Side.AFTER)), near()),
            lambda: On(when, near()),
            *(lambda: On(when, Period(self.pick(tuple(Which)), self.pick(_UNITS))),) * 2,
            lambda: Between(when, self.instant(here), self.instant(here)),
        )
