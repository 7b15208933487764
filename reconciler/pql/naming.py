"""The parts of a rule that give a name to a value: quantifiers, ``select``, ``sum … over``, ``let``, lambdas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from reconciler.pql.syntax import Aggregate, Exists, ForAll, Lambda, Let, Node, Range, Select
from reconciler.pql.tokens import Sort, Token
from reconciler.pql.words import AGGREGATES, RESERVED, Level

if TYPE_CHECKING:
    from reconciler.pql.parser import Parser


def quantified(parser: Parser) -> Node:
    """``("exists" | "forall" | "select") range ("," range)*``."""
    first = parser.advance()
    depth = len(parser.declared)
    ranges = _ranges(parser)
    _forget(parser, depth)
    place = parser.since(first.start)
    if first.word == "exists":
        return Exists(ranges, place=place)
    if first.word == "select":
        return Select(ranges, place=place)
    if ranges[-1].condition is None:
        raise parser.unexpected("`where`", "`forall` needs a condition: `forall x from list where …`")
    return ForAll(ranges, place=place)


def aggregate(parser: Parser) -> Node:
    """``function value "over" range ("," range)*``: the ranges are read first, since the value uses their names."""
    over = parser.overs[parser.index]
    function = parser.advance()
    value_at = parser.index
    parser.move_to(over + 1)
    depth = len(parser.declared)
    ranges = _ranges(parser)
    end = parser.index
    parser.move_to(value_at)
    value = parser.expression()
    if parser.index != over:
        raise parser.leftover("an operator or `over`")
    parser.move_to(end)
    _forget(parser, depth)
    return Aggregate(function.word, value, ranges, place=parser.since(function.start))


def matching_over(tokens: Sequence[Token]) -> dict[int, int]:
    """For each aggregate word the index of the ``over`` that belongs to it, on the same level of brackets."""
    pairs: dict[int, int] = {}
    levels: list[list[int]] = [[]]
    for index, token in enumerate(tokens):
        word = token.word
        if word in ("(", "["):
            levels.append([])
        elif word in (")", "]"):
            if len(levels) > 1:
                levels.pop()
        elif word == ",":
            levels[-1].clear()
        elif word in AGGREGATES and (index == 0 or tokens[index - 1].word != "."):
            levels[-1].append(index)
        elif word == "over" and levels[-1] and tokens[index - 1].word != ".":
            pairs[levels[-1].pop()] = index
    return pairs


def let(parser: Parser) -> Node:
    """``"let" name "=" value "in" body``. An ``in`` that compares stands in brackets inside the value."""
    first = parser.advance()
    name = _new_name(parser)
    parser.expect("=")
    depth = len(parser.declared)
    (outside, parser.in_let), (before, parser.calls) = (parser.in_let, True), (parser.calls, 0)
    value = parser.expression()
    parser.in_let = outside
    parser.expect("in", "write `let name = value in condition`")
    if isinstance(value, Lambda):
        _declare(parser, name, 1 + parser.calls)
        parser.calls = before
    else:
        _declare(parser, name)
        parser.calls += before
    body = parser.expression()
    _forget(parser, depth)
    return Let(name, value, body, place=parser.since(first.start))


def lambda_here(parser: Parser) -> bool:
    """Whether ``(a, b) =>`` comes next."""
    steps = 1
    while parser.following(steps).sort is Sort.WORD:
        after = parser.following(steps + 1).word
        if after == ")":
            return parser.following(steps + 2).word == "=>"
        if after != ",":
            return False
        steps += 2
    return False


def read_lambda(parser: Parser) -> Node:
    """``"(" name ("," name)* ")" "=>" body``."""
    first = parser.advance()
    names = [_new_name(parser)]
    while parser.accept(","):
        names.append(_new_name(parser))
    parser.expect(")")
    parser.expect("=>")
    depth = len(parser.declared)
    for name in names:
        _declare(parser, name)
    body = parser.expression()
    _forget(parser, depth)
    return Lambda(tuple(names), body, place=parser.since(first.start))


def _ranges(parser: Parser) -> tuple[Range, ...]:
    """``range ("," range)*`` with ``range = name "from" source (("where" | ":") condition)?``; names stay in scope."""
    ranges = [_range(parser)]
    while parser.token.word == "," and parser.following().sort is Sort.WORD and parser.following(2).word == "from":
        parser.advance()
        ranges.append(_range(parser))
    return tuple(ranges)


def _range(parser: Parser) -> Range:
    start = parser.token.start
    name = _new_name(parser)
    parser.expect("from", f"write `{name} from list`")
    source = parser.expression(Level.POSTFIX)
    _declare(parser, name)
    condition = None
    if parser.accept("where") or parser.accept(":"):
        condition = parser.expression()
    elif parser.token.word == "select":
        raise parser.error(
            "two selects in a row", parser.token.place, "join them in one: `select a from X, b from Y where …`"
        )
    return Range(name, source, condition, place=parser.since(start))


def _declare(parser: Parser, name: str, calls: int = 0) -> None:
    parser.declared.append((name, parser.scope.get(name)))
    parser.scope[name] = calls


def _forget(parser: Parser, depth: int) -> None:
    """Leave the names that were declared first, so many; of others what they meant before."""
    while len(parser.declared) > depth:
        name, before = parser.declared.pop()
        if before is None:
            del parser.scope[name]
        else:
            parser.scope[name] = before


def _new_name(parser: Parser) -> str:
    token = parser.token
    if token.sort is not Sort.WORD or not token.word:
        raise parser.unexpected("a name")
    if token.word in RESERVED or token.value == "offer":
        raise parser.error(f"`{token.value}` cannot be used as a name", token.place, "choose another")
    parser.advance()
    return str(token.value)
