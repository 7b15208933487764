"""From the tree of a rule to closures: built once, then called for every profile.

A part of a rule becomes a value (``compile_value``) or a condition (``compile_test``); a value as a condition counts as
true when it is true or a list that is not empty.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

from reconciler.pql import named, occurs, values
from reconciler.pql.calling import bind_helper, compile_call
from reconciler.pql.comparing import PathPlace, compile_comparison
from reconciler.pql.paths import read_from, read_from_slot
from reconciler.pql.scope import PROFILE, RUN, Closure, Frame, Helper, Scope, Test
from reconciler.pql.syntax import (
    Aggregate,
    Array,
    Beside,
    Between,
    Call,
    Combined,
    Compared,
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
    Time,
    TimeWord,
    Variable,
    Within,
)


def compile_whole(tree: Node, scope: Scope) -> tuple[Closure, Test]:
    """A whole rule as a value and as a condition."""
    while isinstance(tree, Lambda):
        scope = bind_parameters(tree, scope)
        tree = tree.body
    return compile_value(tree, scope), compile_test(tree, scope)


def bind_parameters(node: Lambda, scope: Scope) -> Scope:
    """The scope inside a rule that is a function: its first parameter is the profile, others have no value."""
    for number, name in enumerate(node.parameters):
        scope = scope.bound(name, None if number else PROFILE)
    return scope


def compile_value(node: Node, scope: Scope) -> Closure:
    """What gives the value of a part of a rule. Raises ``RuleError`` for what cannot have one."""
    match node:
        case Literal() | Array() | TimeWord() | Period():
            return _written(node, scope)
        case Implicit() | Parameter() | Variable() | ContextData() | Offer() | Property():
            return _path(node, scope)
        case Filter():
            return _filter(node, scope)
        case Call():
            return compile_call(node, scope, compile_value)
        case Computed() | Negative():
            return _arithmetic(node, scope)
        case Select() | Aggregate() | Let() | Lambda():
            return _naming(node, scope)
        case Combined() | Not() | Compared() | Within() | Beside() | On() | Between() | Exists() | ForAll():
            return compile_test(node, scope)
        case _:
            assert_never(node)


def compile_test(node: Node, scope: Scope) -> Test:
    """What tells whether a part of a rule holds; null counts as false."""
    match node:
        case Combined(logic=logic, parts=parts):
            return _combined(logic, [compile_test(part, scope) for part in parts])
        case Not(of=inner):
            test = compile_test(inner, scope)
            return lambda frame: not test(frame)
        case Compared(left=left, right=right):
            sides = compile_value(left, scope), compile_value(right, scope)
            return compile_comparison(node, *sides, scope, _place(left, scope))
        case Within() | Beside() | On() | Between():
            return _occurs(node, scope)
        case Exists(ranges=ranges):
            return named.exists(_through(ranges, scope)[0])
        case ForAll(ranges=ranges):
            return named.for_all(_through(ranges, scope)[0])
        case _:
            value = compile_value(node, scope)
            return lambda frame: values.truth(value(frame))


def _written(node: Literal | Array | TimeWord | Period, scope: Scope) -> Closure:
    match node:
        case Literal(value=value):
            return lambda _frame: value
        case Array(items=items):
            closures = tuple(compile_value(item, scope) for item in items)
            return lambda frame: [closure(frame) for closure in closures]
        case TimeWord(moment=moment):
            return _moment(moment)
        case Period(which=which, unit=unit):
            raise scope.refusal(f"`{which} {unit}` stands only after `occurs`", node)


def _occurs(node: Time, scope: Scope) -> Test:
    instant = compile_value(node.instant, scope)
    match node:
        case Within(amount=amount, reference=reference):
            once = occurs.steady(amount, scope) and occurs.steady(reference, scope)
            ends = compile_value(amount, scope), compile_value(reference, scope)
            return occurs.within(node, instant, *ends, once=once)
        case Beside(side=side, reference=reference):
            return occurs.beside(instant, side, compile_value(reference, scope))
        case On(reference=Period() as period):
            return occurs.in_period(instant, period)
        case On(reference=reference):
            return occurs.on_day(instant, compile_value(reference, scope))
        case Between(first=first, last=last):
            return occurs.between(instant, compile_value(first, scope), compile_value(last, scope))


# ---------------------------------------------------------------- where values come from


def _moment(moment: Moment) -> Closure:
    match moment:
        case Moment.NOW:
            return lambda frame: frame[RUN].now
        case Moment.TODAY:
            return lambda frame: frame[RUN].today
        case Moment.YESTERDAY:
            return lambda frame: frame[RUN].yesterday
        case Moment.TOMORROW:
            return lambda frame: frame[RUN].tomorrow


def _path(node: Node, scope: Scope) -> Closure:
    """Any number of properties of a root, read at once."""
    root, path = _names(node)
    slot = _slot(root, scope)
    if slot is not None:
        return read_from_slot(slot, path)
    match root:
        case Parameter() | Variable():
            return lambda _frame: None
        case ContextData(schema=schema):
            return read_from(lambda frame: frame[RUN].context(schema), path)
        case Offer():
            scope.slots.offer = True
            return read_from(lambda frame: frame[RUN].offer, path)
        case _:
            return read_from(compile_value(root, scope), path)


def _names(node: Node) -> tuple[Node, tuple[str, ...]]:
    names: list[str] = []
    while isinstance(node, Property):
        names.append(node.name.removeprefix("xdm:"))
        node = node.of
    return node, tuple(reversed(names))


def _place(node: Node, scope: Scope) -> PathPlace | None:
    """Where a path begins in the frame, and its names; None for what is no such path."""
    root, path = _names(node)
    slot = _slot(root, scope)
    return None if slot is None else (slot, path)


def _slot(node: Node, scope: Scope) -> int | None:
    """Where the value of a root stands in the frame."""
    match node:
        case Implicit(up=up):
            if up >= len(scope.elements):
                raise scope.refusal(f"`{'^' * up}` goes up beyond the profile", node, "take a `^` away")
            return scope.elements[-1 - up]
        case Parameter(number=1):
            return PROFILE
        case Variable(name=name):
            if name not in scope.names:
                raise scope.refusal(f"nothing here is called `{name}`", node)
            bound = scope.names[name]
            if isinstance(bound, Helper):
                raise scope.refusal(f"the function `{name}` is no value", node, f"use it as in `list.map({name})`")
            return bound
        case _:
            return None


def _filter(node: Filter, scope: Scope) -> Closure:
    source = compile_value(node.of, scope)
    inside, slot = scope.inside_filter()
    test = compile_test(node.condition, inside)

    def run(frame: Frame) -> list[object] | None:
        items = source(frame)
        if not values.is_list(items):
            return None
        kept = []
        for item in items:
            frame[slot] = item
            if test(frame):
                kept.append(item)
        return kept

    return run


# ---------------------------------------------------------------- operations


def _combined(logic: Logic, tests: list[Test]) -> Test:
    whole = logic is Logic.AND
    if len(tests) == 2:
        first, second = tests
        if whole:
            return lambda frame: first(frame) and second(frame)
        return lambda frame: first(frame) or second(frame)

    def run(frame: Frame) -> bool:
        for test in tests:
            if test(frame) is not whole:
                return not whole
        return whole

    return run


def _arithmetic(node: Computed | Negative, scope: Scope) -> Closure:
    if isinstance(node, Computed):
        first, second, how = compile_value(node.left, scope), compile_value(node.right, scope), node.sum
        return lambda frame: values.compute(first(frame), how, second(frame))
    closure = compile_value(node.of, scope)

    def run(frame: Frame) -> object:
        value = closure(frame)
        return -value if values.is_number(value) else None

    return run


# ---------------------------------------------------------------- names for values


def _through(ranges: tuple[Range, ...], scope: Scope) -> tuple[list[named.Through], Scope]:
    """Ranges made ready, and the scope with their names."""
    ready = []
    for item in ranges:
        source = compile_value(item.source, scope)
        scope, slot = scope.named(item.name)
        test = None if item.condition is None else compile_test(item.condition, scope)
        ready.append(named.Through(slot, source, test))
    return ready, scope


def _naming(node: Select | Aggregate | Let | Lambda, scope: Scope) -> Closure:
    match node:
        case Select(ranges=ranges):
            return named.select(_through(ranges, scope)[0])
        case Aggregate(function=function, value=value, ranges=ranges):
            ready, inside = _through(ranges, scope)
            return named.aggregate(function, compile_value(value, inside), ready)
        case Let():
            return _let(node, scope)
        case Lambda():
            raise scope.refusal("a function is no value", node, "use it where an expression for each element is wanted")


def _let(node: Let, scope: Scope) -> Closure:
    inside, begin = bind_let(node, scope)
    body = compile_value(node.body, inside)

    def run(frame: Frame) -> object:
        begin(frame)
        return body(frame)

    return run


def bind_let(node: Let, scope: Scope) -> tuple[Scope, Callable[[Frame], None]]:
    """The scope with the name, and what gives the name its value in a frame."""
    if isinstance(node.value, Lambda):
        return scope.bound(node.name, bind_helper(node.value, scope, compile_value)), lambda _frame: None
    value = compile_value(node.value, scope)
    inside, slot = scope.named(node.name)

    def begin(frame: Frame) -> None:
        frame[slot] = value(frame)

    return inside, begin
