"""What is wrong with a rule that can be read: functions, arguments, sorts of values, conditions that never change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC
from difflib import get_close_matches

from reconciler.model.problem import Severity
from reconciler.pql.constancy import settled
from reconciler.pql.correcting import counted_instead
from reconciler.pql.errors import Finding
from reconciler.pql.functions import FUNCTIONS, Argument, Function, Passing, Type
from reconciler.pql.inference import Meant, Types, fits
from reconciler.pql.names import Names
from reconciler.pql.patterns import BadPattern, regular_expression
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
    Negative,
    Node,
    Not,
    Offer,
    On,
    Parameter,
    Period,
    Place,
    Property,
    Range,
    Select,
    TimeWord,
    Variable,
    Within,
    children,
)
from reconciler.pql.times import make_date

_SCALARS = frozenset({Type.STRING, Type.NUMBER, Type.BOOLEAN, Type.INSTANT})
_NO_CONDITIONS = frozenset({Type.STRING, Type.NUMBER, Type.INSTANT, Type.MAP})
_PLAIN = frozenset(
    {Literal, Array, TimeWord, Period, Parameter, ContextData, Offer, Property}
    | {Combined, Not, Computed, Negative, Within, Beside, On, Between}
)  # nothing is wrong with them that is not wrong with what is inside
_LIST = Type.LIST  # looked up once: an attribute of an enum costs a call
_OF_LISTS = frozenset({Comparison.IN, Comparison.NOT_IN})
_INSTEAD = {Type.LIST: {"contains": "includes", "equals": "="}}


def check_rule(tree: Node) -> tuple[Finding, ...]:
    """All that is wrong with a rule, in the order of its text; warnings where it works but says nothing."""
    checker = _Checker(tree)
    checker.walk_whole(tree)
    found = checker.findings
    if not found:
        found = _unchanging(tree)
    return tuple(sorted(found, key=lambda finding: finding.place))


def check_condition(tree: Node) -> tuple[Finding, ...]:
    """The same for a rule that decides who is admitted: it has to be true or false, or a list."""
    found = check_rule(tree)
    if any(finding.severity is Severity.ERROR for finding in found):
        return found
    body = tree
    while isinstance(body, Lambda):
        body = body.body
    given = Types().of(body, Names())
    if given not in _NO_CONDITIONS:
        return found
    hint = "write a condition, such as a comparison"
    return (Finding(f"this rule gives {given}, so it is never true", tree.place, hint),)


def _unchanging(tree: Node) -> list[Finding]:
    value = settled(tree)
    if value is None:
        return []
    hint = "everybody has it: say so with `true`" if value else "nobody has it: look for what contradicts itself"
    if isinstance(tree, Literal):
        if value:
            return []  # `true` says what it means
        hint = "nobody has it"
    return [Finding(f"this rule is always {str(value).lower()}", tree.place, hint, Severity.WARNING)]


@dataclass(frozen=True, slots=True)
class _Scope:
    """What is known where a node stands. names: what kind of value each has; levels: filters around it."""

    names: Meant = field(default_factory=Names)
    levels: int = 0

    def named(self, name: str, to: Type | Lambda = Type.ANY) -> _Scope:
        return replace(self, names=self.names.bound(name, to))

    def inside_function(self, function: Lambda) -> _Scope:
        scope = self
        for name in function.parameters:
            scope = scope.named(name)
        return scope

    def is_function(self, node: Node) -> bool:
        """Whether it is a function, or names one of the rule's own."""
        named = self.names.get(node.name) if isinstance(node, Variable) else node
        return isinstance(named, Lambda)

    def inside(self) -> _Scope:
        return replace(self, levels=self.levels + 1)


class _Checker:
    """Walks one rule; ``findings`` grows."""

    def __init__(self, tree: Node) -> None:
        self.tree = tree
        self.findings: list[Finding] = []
        self.corrected = False  # whether a corrected text was looked for, which takes a walk through the whole rule
        self.type_of = Types().of

    def say(self, message: str, node: Node, hint: str = "", *, at: Place | None = None) -> None:
        self.findings.append(Finding(message, node.place if at is None else at, hint))

    def walk_whole(self, tree: Node) -> None:
        scope = _Scope()
        while isinstance(tree, Lambda):
            scope = scope.inside_function(tree)
            tree = tree.body
        self.walk(tree, scope)

    def walk(self, node: Node, scope: _Scope) -> None:
        if type(node) in _PLAIN:
            for child in children(node):
                self.walk(child, scope)
            return
        match node:
            case Compared():
                self._compared(node, scope)
            case Call():
                self._call(node, scope)
            case Implicit(up=up):
                if up > scope.levels:
                    self.say("`^` goes further out than there are filters", node, "remove it")
            case Filter(of=of, condition=condition):
                self.walk(of, scope)
                self.walk(condition, scope.inside())
            case _:
                self._named(node, scope)

    def _named(self, node: Node, scope: _Scope) -> None:
        match node:
            case Exists(ranges=ranges) | ForAll(ranges=ranges) | Select(ranges=ranges):
                self._ranges(ranges, scope)
            case Aggregate(value=value, ranges=ranges):
                self.walk(value, self._ranges(ranges, scope))
            case Let(name=name, value=value, body=body):
                if isinstance(value, Lambda):
                    self.walk(value.body, scope.inside_function(value))
                else:
                    self.walk(value, scope)
                known = value if isinstance(value, Lambda) else self.type_of(value, scope.names)
                self.walk(body, scope.named(name, known))
            case Variable(name=name):
                if scope.is_function(node):
                    self.say(f"the function `{name}` is no value", node, f"use it as in `list.map({name})`")
            case Lambda():
                hint = "use it where an expression for each element is wanted"
                self.say("a function is no value", node, hint)
            case _:
                raise AssertionError(node)

    def _ranges(self, ranges: tuple[Range, ...], scope: _Scope) -> _Scope:
        for entry in ranges:
            self.walk(entry.source, scope)
            scope = scope.named(entry.name)
            if entry.condition is not None:
                self.walk(entry.condition, scope)
        return scope

    def _compared(self, node: Compared, scope: _Scope) -> None:
        self.walk(node.left, scope)
        self.walk(node.right, scope)
        if node.comparison in _OF_LISTS:
            self._looked_in(node, self.type_of(node.right, scope.names))
            return
        types = (self.type_of(node.left, scope.names), self.type_of(node.right, scope.names))
        if _LIST not in types:
            return
        other = types[0] if types[1] is _LIST else types[1]
        if other in _SCALARS:
            hint = "write `value in list`, or compare with a list: `[…]`"
            self.say(f"a list is compared with {other}, which is never true", node, hint)

    def _looked_in(self, node: Compared, found: Type) -> None:
        if found in _SCALARS:
            hint = "write `[value]`: round brackets about one value make no list"
            self.say(f"`{node.comparison}` looks in a list, not in {found}, and is never true", node, hint)

    def _call(self, node: Call, scope: _Scope) -> None:
        known = scope.names.get(node.name) if node.of is None else None
        if isinstance(known, Lambda):
            self._helper(node, known, scope)
            return
        if node.of is not None:
            self.walk(node.of, scope)
        rows = FUNCTIONS.get(node.name, ())
        row = next((row for row in rows if (row.receiver is None) == (node.of is None)), None)
        if row is None:
            self._unknown(node, rows)
        for number, argument in enumerate(node.arguments):
            described = row.arguments[number] if row is not None and number < len(row.arguments) else None
            self._argument(argument, described, node.name, scope)
        if row is not None:
            self._received(node, row, scope)
        if node.of is None and node.name == "date":
            self._dated(node)

    def _helper(self, node: Call, helper: Lambda, scope: _Scope) -> None:
        for argument in node.arguments:
            self.walk(argument, scope)
        if len(node.arguments) != len(helper.parameters):
            shown = ", ".join(helper.parameters)
            self._wrong_count(node, len(helper.parameters), len(helper.parameters), f"{node.name}({shown})")

    def _argument(self, node: Node, described: Argument | None, name: str, scope: _Scope) -> None:
        each = described is not None and described.passing is Passing.EACH
        if scope.is_function(node) and (each or described is None):
            if isinstance(node, Lambda):
                self.walk(node.body, scope.inside_function(node))
            return
        self.walk(node, scope.inside() if each else scope)
        if described is None or each:
            return
        found = self.type_of(node, scope.names)
        if not fits(found, described.type):
            self.say(f"`{name}()` takes {described.type} as its {described.name}, not {found}", node)
        elif described.type is Type.PATTERN and isinstance(node, Literal):
            try:
                regular_expression(str(node.value))
            except BadPattern as error:
                hint = "write one without look-around and without references to its groups"
                self.say(f"this regular expression cannot be run: {error}", node, hint)

    def _received(self, node: Call, row: Function, scope: _Scope) -> None:
        if not row.fewest <= len(node.arguments) <= len(row.arguments):
            self._wrong_count(node, row.fewest, len(row.arguments), _signature(row))
        if node.of is None or row.receiver is None:
            return
        found = self.type_of(node.of, scope.names)
        if fits(found, row.receiver):
            return
        hint = f"it is for {row.receiver}"
        corrected = None
        if node.name == "count" and not self.corrected:
            self.corrected = True
            corrected = counted_instead(self.tree, node)
        if corrected is not None:
            hint = f"write `{corrected}`"
        elif node.name == "count" and found is Type.BOOLEAN:
            hint = "count what a `select` gives: `(select x from list where …).count()`"
        elif instead := _INSTEAD.get(found, {}).get(node.name):
            hint = f"write `{instead}`"
        self.say(f"`{node.name}()` is applied to {found}", node, hint)

    def _dated(self, node: Call) -> None:
        numbers = [part.value for part in node.arguments if isinstance(part, Literal) and type(part.value) is int]
        if len(node.arguments) != 3 or len(numbers) != 3:
            return
        year, month, day = numbers
        if make_date(year, month, day, UTC) is None:
            hint = "it has no value: correct the year, the month or the day"
            self.findings.append(Finding("there is no such day", node.place, hint, Severity.WARNING))

    def _wrong_count(self, node: Call, fewest: int, most: int, signature: str) -> None:
        wanted = (
            f"{fewest}" if fewest == most else f"{fewest} or {most}" if most == fewest + 1 else f"{fewest} to {most}"
        )
        noun = "argument" if wanted == "1" else "arguments"
        wanted = "no" if wanted == "0" else wanted
        message = f"`{node.name}()` takes {wanted} {noun}, not {len(node.arguments)}"
        self.say(message, node, f"write `{signature}`", at=Place(node.named.start, node.place.end))

    def _unknown(self, node: Call, rows: tuple[Function, ...]) -> None:
        if rows and node.of is None:
            self.say(f"`{node.name}()` needs a value before it", node, f"write `{_signature(rows[0])}`")
        elif rows:
            self.say(f"`{node.name}()` takes no value before it", node, f"write `{_signature(rows[0])}`")
        else:
            self.say(f"there is no function `{node.name}`", node, _nearest(node.name, FUNCTIONS), at=node.named)


def _signature(row: Function) -> str:
    shown = ""
    for number, argument in enumerate(row.arguments):
        text = f"{', ' if number else ''}{argument.name}"
        shown += f"[{text}]" if argument.optional else text
    return f"{'' if row.receiver is None else 'x.'}{row.name}({shown})"


def _nearest(name: str, functions: Mapping[str, tuple[Function, ...]]) -> str:
    by_letters = {known.lower(): known for known in functions}
    found = get_close_matches(name.lower(), by_letters, n=1)
    return f"did you mean `{by_letters[found[0]]}`?" if found else ""
