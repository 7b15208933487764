"""Tokens -> tree: expressions by precedence climbing, nesting bounded."""

from __future__ import annotations

from itertools import pairwise

from reconciler.pql.cursor import Cursor
from reconciler.pql.errors import RuleError
from reconciler.pql.naming import aggregate, lambda_here, let, matching_over, quantified, read_lambda
from reconciler.pql.occurring import read_occurs
from reconciler.pql.syntax import (
    Array,
    Call,
    Combined,
    Compared,
    Computed,
    ContextData,
    Filter,
    Implicit,
    Literal,
    Negative,
    Node,
    Not,
    Offer,
    Parameter,
    Place,
    Property,
    TimeWord,
    Variable,
    children,
)
from reconciler.pql.tokens import Sort, Token
from reconciler.pql.words import (
    AGGREGATES,
    COMPARISONS,
    LEVELS,
    LOGIC,
    MOMENTS,
    NO_VALUE,
    QUANTIFIERS,
    RESERVED,
    ROOTS,
    SUMS,
    UNITS,
    WHICH,
    Level,
)

MAX_NESTING = 100  # expressions inside expressions while reading
MAX_HEIGHT = 200  # of the tree: whoever walks it may recurse
MAX_CALLS = 10_000  # of functions of the rule's own for one answer, what is done for each element counted once
_LONGEST_QUOTED = 40
_BEFORE_OPERANDS = frozenset({"not", "!", "-", "+"})
_AFTER_VALUES = frozenset({".", "["})
_KNOWN = frozenset({*RESERVED, *AGGREGATES, *WHICH, *ROOTS})
_WORD, _SIGN, _END = Sort.WORD, Sort.SIGN, Sort.END  # looked up once: an attribute of an enum costs a call
_AND, _COMPARISON, _SUM = Level.AND, Level.COMPARISON, Level.SUM
_HERE = Implicit()
_TIGHTER = dict(pairwise(Level))
_MISSING = {
    **dict.fromkeys((")", "]"), "remove it, or write what is missing before it"),
    **dict.fromkeys((",", "and", "or"), "write what is missing before it"),
}


def parse_rule(text: str) -> Node:
    """The tree of a rule. Raises ``RuleError`` at the first thing wrong; takes time in proportion to the text."""
    parser = Parser(text)
    if parser.at_end():
        raise parser.error("the rule is empty", parser.token.place, "write a condition, or `true` for everybody")
    tree = parser.expression()
    if not parser.at_end():
        raise parser.leftover("an operator or the end of the rule")
    _refuse_tall(tree, parser)
    return tree


def _refuse_tall(tree: Node, parser: Parser) -> None:
    if len(parser.tokens) < MAX_HEIGHT:
        return  # a token opens one node at most, but the last name of a path, which opens two
    row: list[Node] = [tree]
    above = row
    for _ in range(MAX_HEIGHT):
        row, above = [child for node in row for child in children(node)], row
        if not row:
            return
    raise parser.too_deep(above[0].place)


class Parser(Cursor):
    """Reads one rule.

    scope: the names declared around here, and for how many calls each stands, which is none but for functions.
    declared: the same in their order, each with what it stood for before. in_let: ``in`` ends the value of a ``let``.
    calls: of the rule's own functions, by what has been read of the rule or of the function around here.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.scope: dict[str, int] = {}
        self.declared: list[tuple[str, int | None]] = []
        self.calls = 0
        self.in_let = False
        self.overs = matching_over(self.tokens) if "over" in text.lower() else {}
        self._nesting = 0

    def expression(self, level: Level = Level.OR) -> Node:
        """An expression of operators that hold at least so tightly.

        ``or = and ("or" and)*``, ``and = not ("and" not)*``, ``not = ("not" | "!") not | comparison``,
        ``comparison = sum (sign sum | "occurs" time)?``, ``sum = product (("+" | "-") product)*``,
        ``product = unary (("*" | "/" | "%") unary)*``, ``unary = "-" unary | postfix``.
        """
        self._nesting += 1
        if self._nesting > MAX_NESTING:
            raise self.too_deep(self.token.place)
        start = self.token.start
        left = self._prefixed(level) if self.token.word in _BEFORE_OPERANDS else self._postfix()
        links = 0
        while (binds := LEVELS.get(self.token.word)) is not None and binds >= level:
            if binds is _COMPARISON:
                if self.in_let and self.token.word == "in":
                    break
                left = self._comparison(left, start)
            elif binds <= _AND:
                left = self._combined(left, start)
            else:
                left = self._computed(left, start)
            links += 1
            if links > MAX_HEIGHT:
                raise self.too_deep(self.token.place)
        self._nesting -= 1
        return left

    def too_deep(self, place: Place) -> RuleError:
        """What to raise for a rule nested deeper than anybody needs."""
        return self.error("this rule is nested too deeply", place, "split it into several rules")

    def bracketed(self, opening: Token, closer: str) -> tuple[Node, ...]:
        """``(expression ("," expression)*)?`` and the closing bracket; the opening one is behind us."""
        if self.accept(closer):
            return ()
        outside, self.in_let = self.in_let, False
        items = [self.expression()]
        while self.accept(","):
            items.append(self.expression())
        self.expect_closing(opening, closer)
        self.in_let = outside
        return tuple(items)

    def _prefixed(self, level: Level) -> Node:
        """``("not" | "!") not``, ``"-" unary``, or a number after ``+``."""
        token = self.token
        word = token.word
        if word in ("not", "!"):
            if level > Level.NOT:
                raise self.error(f"`{word}` cannot stand here without brackets", token.place, f"write `({word} …)`")
            self.advance()
            return Not(self.expression(Level.NOT), place=self.since(token.start))
        if word == "-" and level <= Level.UNARY:
            self.advance()
            return Negative(self.expression(Level.UNARY), place=self.since(token.start))
        if word == "+" and self.following().sort is Sort.NUMBER:
            self.advance()
        return self._postfix()

    def _combined(self, left: Node, start: int) -> Node:
        """``a and b and c``, where ``a`` is read already."""
        word = self.token.word
        inner = _TIGHTER[LEVELS[word]]
        parts = [left]
        while self.accept(word):
            parts.append(self.expression(inner))
        return Combined(LOGIC[word], tuple(parts), place=self.since(start))

    def _computed(self, left: Node, start: int) -> Node:
        """``a + b``, where ``a`` is read already."""
        word = self.advance().word
        right = self.expression(_TIGHTER[LEVELS[word]])
        return Computed(left, SUMS[word], right, place=self.since(start))

    def _comparison(self, left: Node, start: int) -> Node:
        """``a < b`` or ``a occurs …``, where ``a`` is read already."""
        sign = self.advance()
        if sign.word == "occurs":
            node = read_occurs(self, left, start)
        else:
            right = self.expression(_SUM)
            node = Compared(left, COMPARISONS[sign.word], right, place=self.since(start))
        word = self.token.word
        if LEVELS.get(word) is _COMPARISON and not (self.in_let and word == "in"):
            raise self._chained(node)
        return node

    def _chained(self, first: Node) -> RuleError:
        hint = "join two comparisons with `and`, or put brackets around one"
        if isinstance(first, Compared):
            whole = self.text[first.place.start : first.place.end]
            middle = self.text[first.right.place.start : first.right.place.end]
            if len(whole) <= _LONGEST_QUOTED and "\n" not in whole:
                hint = f"write `{whole} and {middle} {self.shown(self.token)[1:-1]} …`"
        return self.error("comparisons do not chain", self.token.place, hint)

    def _postfix(self) -> Node:
        """``value ("." name ("(" arguments ")")? | "[" condition "]")*``."""
        token = self.token
        sort = token.sort
        if sort is _WORD:
            node = self._word(token)
        elif sort is _SIGN:
            node = self._bracketed_or_outwards(token)
        else:
            node = self._literal(token)
        links = 0
        while (word := self.token.word) in _AFTER_VALUES:
            node = self._member(node, token.start) if word == "." else self._filter(node, token.start)
            links += 1
            if links > MAX_HEIGHT:
                raise self.too_deep(self.token.place)
        return node

    def _member(self, of: Node, start: int) -> Node:
        self.advance()
        name = self.token
        if name.sort is not _WORD:
            raise self.unexpected("a name after `.`", "")
        self.advance()
        if self.token.word == "(":
            arguments = self.bracketed(self.advance(), ")")
            return Call(of, str(name.value), arguments, place=self.since(start), named=name.place)
        return Property(of, str(name.value), place=self.since(start))

    def _filter(self, of: Node, start: int) -> Node:
        opening = self.advance()
        conditions = self.bracketed(opening, "]")
        if len(conditions) != 1:
            hint = "write one condition: `[a and b]`; a list follows `in`, `=` or another operator"
            raise self.error("a filter takes one condition", self.since(opening.start), hint)
        return Filter(of, conditions[0], place=self.since(start))

    def _literal(self, token: Token) -> Node:
        sort, value = token.sort, token.value
        if sort is _END:
            raise self._no_value()
        self.advance()
        place = token.place
        if sort is Sort.CONTEXT:
            return ContextData(str(value), place=place)
        return Parameter(int(value), place=place) if sort is Sort.PARAMETER else Literal(value, place=place)

    def _bracketed_or_outwards(self, token: Token) -> Node:
        match token.word:
            case "(":
                return read_lambda(self) if lambda_here(self) else self._parenthesised()
            case "[":
                return Array(self.bracketed(self.advance(), "]"), place=self.since(token.start))
            case "^":
                return self._outwards()
            case _:
                raise self._no_value()

    def _no_value(self) -> RuleError:
        word, following = self.token.word, self.following()
        hint = _MISSING.get(word, "")
        if word == "*" and following.word == "from":
            hint = "name the elements: `select e from …`"
        elif word == "." and following.sort is Sort.NUMBER:
            hint = "write a digit before the point: `0.5`"
        return self.unexpected("a value", hint)

    def _parenthesised(self) -> Node:
        opening = self.advance()
        items = self.bracketed(opening, ")")
        if not items:
            raise self.error("these brackets are empty", self.since(opening.start), "an empty list is written `[]`")
        return items[0] if len(items) == 1 else Array(items, place=self.since(opening.start))

    def _outwards(self) -> Node:
        """``^``, ``^^``: levels further out; a name follows after a point."""
        start, up = self.token.start, 0
        while self.accept("^"):
            up += 1
        word = self.token.word
        if self.token.sort is _WORD and word not in RESERVED and word not in UNITS:
            raise self.unexpected("`.` after `^`", f"write `{'^' * min(up, 3)}.{self.shown(self.token)[1:-1]}`")
        return Implicit(up, place=self.since(start))

    def _word(self, token: Token) -> Node:
        """A word that begins a value: of one that the language does not know a name, a variable or a function."""
        word, name = token.word, str(token.value)
        if word in _KNOWN:
            node = self._known_word(token)
            if node is not None:
                return node
        self.advance()
        if self.token.word == "(":
            arguments = self.bracketed(self.advance(), ")")
            self._count_calls(token)
            return Call(
                None, "if" if word == "if" else name, arguments, place=self.since(token.start), named=token.place
            )
        if word and name in self.scope:
            self._count_calls(token)
            return Variable(name, place=token.place)
        if word in _KNOWN:
            return self._lone_word(token)
        return Property(_HERE, name, place=token.place)

    def _count_calls(self, token: Token) -> None:
        """Refuse functions that call each other so often that an answer would take too long."""
        self.calls += self.scope.get(str(token.value), 0)
        if self.calls > MAX_CALLS:
            message = f"`{token.value}` is called too often: {self.calls:,} calls for one answer"
            raise self.error(message, token.place, "give what is needed twice a name: `let y = f(x) in …`")

    def _known_word(self, token: Token) -> Node | None:
        """What the word begins; None where it may be a name."""
        word = token.word
        if word in NO_VALUE:
            raise self._no_value()
        if word in AGGREGATES and self.index in self.overs:
            return aggregate(self)
        if word in QUANTIFIERS:
            return quantified(self)
        return let(self) if word == "let" else None

    def _lone_word(self, token: Token) -> Node:
        word, name, place = token.word, str(token.value), token.place
        if word in ("true", "false"):
            return Literal(word == "true", place=place)
        if word in MOMENTS:
            return TimeWord(MOMENTS[word], place=place)
        if word == "null":
            raise self.error("`null` cannot be written in a rule", place, "write `x.isNull()` or `x.isNotNull()`")
        if word in WHICH and self.token.word in UNITS:
            shown = f"{word} {self.advance().word}"
            raise self.error(
                f"`{shown}` stands only after `occurs`", self.since(token.start), f"write `x occurs {shown}`"
            )
        if name in ROOTS:
            return Offer(place=place) if name == "offer" else Parameter(1, place=place)
        return Property(_HERE, name, place=place)
