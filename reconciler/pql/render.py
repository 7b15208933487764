"""Tree -> text of a rule, with no more brackets than it needs."""

from __future__ import annotations

from typing import assert_never

from reconciler.pql.names import Names
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
    TimeWord,
    Unit,
    Variable,
    Within,
)
from reconciler.pql.words import AGGREGATES, LEVELS, RESERVED, ROOTS, WHICH, Level

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_PLURALS = {Unit.CENTURY: "centuries", Unit.MILLENNIUM: "millennia"}
_NOT_BARE = RESERVED | AGGREGATES | frozenset(WHICH)
_Scope = Names[None]


def render_rule(tree: Node) -> str:
    """The text of a rule on one line. ``parse_rule`` makes the same tree of it; comments and versions are gone."""
    return _operand(tree, Level.LOOSE, Names(), last=True)


def _operand(node: Node, level: Level, scope: _Scope, *, last: bool) -> str:
    """The text of a node where only what holds so tightly may stand without brackets.

    last: nothing follows inside these brackets, so that what reaches as far as it can may stand without its own.
    """
    holds = _level(node)
    if holds is Level.LOOSE:
        return _named(node, scope) if last else f"({_named(node, scope)})"
    if holds >= level:
        return _text(node, scope, last=last)
    return f"({_text(node, scope, last=True)})"


def _level(node: Node) -> Level:
    match node:
        case Exists() | ForAll() | Select() | Aggregate() | Let() | Lambda():
            return Level.LOOSE
        case Combined(logic=logic):
            return LEVELS[logic]
        case Not():
            return Level.NOT
        case Compared() | Within() | Beside() | On() | Between():
            return Level.COMPARISON
        case Computed(sum=sign):
            return LEVELS[sign]
        case Negative():
            return Level.UNARY
        case _:
            return Level.POSTFIX


def _text(node: Node, scope: _Scope, *, last: bool) -> str:
    match node:
        case Combined(logic=logic, parts=parts):
            inner = Level(LEVELS[logic] + 1)
            texts = [_operand(part, inner, scope, last=False) for part in parts[:-1]]
            return f" {logic} ".join((*texts, _operand(parts[-1], inner, scope, last=last)))
        case Not(of=of):
            return f"not {_operand(of, Level.NOT, scope, last=last)}"
        case Compared(left=left, comparison=comparison, right=right):
            first = _operand(left, Level.SUM, scope, last=False)
            return f"{first} {comparison} {_operand(right, Level.SUM, scope, last=last)}"
        case Computed(left=left, sum=sign, right=right):
            first = _operand(left, LEVELS[sign], scope, last=False)
            return f"{first} {sign} {_operand(right, Level(LEVELS[sign] + 1), scope, last=last)}"
        case Negative(of=of):
            return f"-{_operand(of, Level.UNARY, scope, last=last)}"
        case Within() | Beside() | On() | Between():
            return _time(node, scope, last=last)
        case _:
            return _value(node, scope)


def _time(node: Within | Beside | On | Between, scope: _Scope, *, last: bool) -> str:
    instant = f"{_operand(node.instant, Level.SUM, scope, last=False)} occurs"
    match node:
        case Within(comparison=comparison, amount=amount, unit=unit, side=side, reference=reference):
            length = f"{_operand(amount, Level.SUM, scope, last=False)} {_counted(unit, amount)}"
            return f"{instant} {comparison} {length} {side} {_operand(reference, Level.SUM, scope, last=last)}"
        case Beside(side=side, reference=reference):
            return f"{instant} {side} {_operand(reference, Level.SUM, scope, last=last)}"
        case On(reference=Period(which=which, unit=unit)):
            return f"{instant} {which} {unit}"
        case On(reference=reference):
            return f"{instant} on {_operand(reference, Level.SUM, scope, last=last)}"
        case Between(first=first, last=latest):
            start = _operand(first, Level.SUM, scope, last=False)
            return f"{instant} between {start} and {_operand(latest, Level.SUM, scope, last=last)}"
        case _:
            assert_never(node)


def _counted(unit: Unit, amount: Node) -> str:
    if isinstance(amount, Literal) and amount.value == 1:
        return str(unit)
    return _PLURALS.get(unit, f"{unit}s")


def _named(node: Node, scope: _Scope) -> str:
    match node:
        case Exists(ranges=ranges):
            return f"exists {_ranges(ranges, scope)[0]}"
        case ForAll(ranges=ranges):
            return f"forall {_ranges(ranges, scope)[0]}"
        case Select(ranges=ranges):
            return f"select {_ranges(ranges, scope)[0]}"
        case Aggregate(function=function, value=value, ranges=ranges):
            over, inside = _ranges(ranges, scope)
            of = _operand(value, Level.OR, inside, last=False)
            if not AGGREGATES.isdisjoint(name.lower() for name in inside):
                of = f"({of})"  # else the `over` would belong to a variable `sum`
            return f"{function} {of} over {over}"
        case Let(name=name, value=value, body=body):
            # The value holds as tightly as a sum, so that no `in` of its own stands without brackets.
            bound = _operand(value, Level.SUM, scope, last=False)
            return f"let {name} = {bound} in {_operand(body, Level.LOOSE, scope.bound(name, None), last=True)}"
        case Lambda(parameters=parameters, body=body):
            for name in parameters:
                scope = scope.bound(name, None)
            return f"({', '.join(parameters)}) => {_operand(body, Level.LOOSE, scope, last=True)}"
        case _:
            raise AssertionError(node)


def _ranges(ranges: tuple[Range, ...], scope: _Scope) -> tuple[str, _Scope]:
    """The text of ranges, and what is in scope after them."""
    texts = []
    for number, entry in enumerate(ranges, 1):
        source = _operand(entry.source, Level.POSTFIX, scope, last=False)
        scope = scope.bound(entry.name, None)
        text = f"{entry.name} from {source}"
        if entry.condition is not None:
            condition = _operand(entry.condition, Level.LOOSE, scope, last=number == len(ranges))
            text = f"{text} where {condition}"
        texts.append(text)
    return ", ".join(texts), scope


def _value(node: Node, scope: _Scope) -> str:
    match node:
        case Literal(value=value):
            return _literal(value)
        case Array(items=items):
            return f"[{_list(items, scope)}]"
        case TimeWord(moment=moment):
            return str(moment)
        case Property(of=Implicit(up=0), name=name):
            return f"xdm:{name}" if name in scope or name in ROOTS or name.lower() in _NOT_BARE else name
        case Property(of=of, name=name):
            return f"{_operand(of, Level.POSTFIX, scope, last=False)}.{name}"
        case Filter(of=of, condition=condition):
            inside = _operand(condition, Level.LOOSE, scope, last=True)
            return f"{_operand(of, Level.POSTFIX, scope, last=False)}[{inside}]"
        case Call(of=None, name=name, arguments=arguments):
            called = f"xdm:{name}" if name.lower() in _NOT_BARE else name
            return f"{called}({_list(arguments, scope)})"
        case Call(of=of, name=name, arguments=arguments) if of is not None:
            return f"{_operand(of, Level.POSTFIX, scope, last=False)}.{name}({_list(arguments, scope)})"
        case _:
            return _root(node)


def _root(node: Node) -> str:
    match node:
        case Implicit(up=up):
            return "^" * up
        case Parameter(number=number):
            return f"${number}"
        case Variable(name=name):
            return name
        case ContextData(schema=schema):
            return f"@{{{schema}}}"
        case Offer():
            return "offer"
        case Period(which=which, unit=unit):
            return f"{which} {unit}"
        case _:
            raise AssertionError(node)


def _list(items: tuple[Node, ...], scope: _Scope) -> str:
    return ", ".join(_operand(item, Level.LOOSE, scope, last=True) for item in items)


def _literal(value: str | float) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + "".join(_ESCAPES.get(sign, sign if sign.isprintable() else _coded(sign)) for sign in value) + '"'
    return repr(value)


def _coded(sign: str) -> str:
    units = sign.encode("utf-16-be")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
