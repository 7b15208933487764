"""Why a rule holds or does not: the smallest conditions that decided, with the values that they saw."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from reconciler.pql.errors import RuleError
from reconciler.pql.evaluate import bind_let, bind_parameters, compile_test, compile_value
from reconciler.pql.functions import FUNCTIONS, Passing
from reconciler.pql.occurs import steady
from reconciler.pql.scope import Closure, Frame, Scope
from reconciler.pql.syntax import (
    Array,
    Beside,
    Between,
    Call,
    Combined,
    Compared,
    Exists,
    Filter,
    ForAll,
    Lambda,
    Let,
    Logic,
    Node,
    Not,
    On,
    Period,
    Select,
    Within,
)
from reconciler.pql.values import is_list, spell

_LONGEST = 100
_UNREACHED = (RuleError, RecursionError)  # of what evaluating had no need to ask


@dataclass(frozen=True, slots=True)
class Reading:
    """A condition that decided. text: as the rule has it; value: what its operands were; holds: whether it held.

    ``Reading('membership.status = "elite"', 'membership.status = "silver"', False)``
    """

    text: str
    value: str
    holds: bool


Explanation = Callable[[Frame], tuple[Reading, ...]]


def compile_explanation(node: Node, scope: Scope) -> Explanation:
    """What tells which conditions decided, in the order of the rule."""
    match node:
        case Lambda():
            return compile_explanation(node.body, bind_parameters(node, scope))
        case Combined(logic=logic, parts=parts):
            return _combined(logic, [(compile_test(part, scope), compile_explanation(part, scope)) for part in parts])
        case Not(of=inner):
            return compile_explanation(inner, scope)
        case Let():
            inside, begin = bind_let(node, scope)
            body = compile_explanation(node.body, inside)

            def run(frame: Frame) -> tuple[Reading, ...]:
                begin(frame)
                return body(frame)

            return run
        case _:
            return _smallest(node, scope)


def _combined(logic: Logic, parts: list[tuple[Callable[[Frame], bool], Explanation]]) -> Explanation:
    """Those parts that came out as the whole did; behind the first one that decides, those that come out at all."""
    deciding = logic is Logic.OR

    def run(frame: Frame) -> tuple[Reading, ...]:
        decided: list[Explanation] = []
        for test, explain in parts:
            try:
                result = test(frame)
            except _UNREACHED:
                if not decided:
                    raise
                continue
            if result is deciding:
                decided.append(explain)
        shown = decided or [explain for _, explain in parts]
        return tuple(reading for explain in shown for reading in explain(frame))

    return run


def _smallest(node: Node, scope: Scope) -> Explanation:
    test, text = compile_test(node, scope), _words(node, scope)
    shown = [(_words(part, scope), compile_value(part, scope)) for part in _operands(node, scope)]

    def run(frame: Frame) -> tuple[Reading, ...]:
        holds = test(frame)
        value = ", ".join(f"{words} {_shown(closure, frame)}" for words, closure in shown)
        return (Reading(text, value, holds),)

    return run


def _operands(node: Node, scope: Scope) -> Iterator[Node]:
    """What a condition looks at, but for what is always the same."""
    match node:
        case Compared(left=left, right=right):
            candidates: tuple[Node | None, ...] = (left, right)
        case Within(instant=instant, amount=amount, reference=reference):
            candidates = (instant, amount, reference)
        case Beside(instant=instant, reference=reference) | On(instant=instant, reference=reference):
            candidates = (instant, reference)
        case Between(instant=instant, first=first, last=last):
            candidates = (instant, first, last)
        case Call(of=of, name=name, arguments=arguments):
            alone = of is None and scope.helper(name) is not None
            candidates = arguments if alone else (of, *_known_first(name, arguments))
        case Exists(ranges=ranges) | ForAll(ranges=ranges) | Select(ranges=ranges):
            candidates = (ranges[0].source,)
        case Filter(of=of):
            candidates = (of,)
        case _:
            candidates = (node,)
    for part in candidates:
        if part is not None and not isinstance(part, Period | Lambda) and not _constant(part, scope):
            yield part


def _known_first(name: str, arguments: tuple[Node, ...]) -> list[Node]:
    """The arguments that have a value before the function is called."""
    taken = FUNCTIONS[name][0].arguments
    return [node for node, argument in zip(arguments, taken, strict=False) if argument.passing is Passing.VALUE]


def _constant(node: Node, scope: Scope) -> bool:
    return all(_constant(item, scope) for item in node.items) if isinstance(node, Array) else steady(node, scope)


def _words(node: Node, scope: Scope) -> str:
    return _short(" ".join(scope.text[node.place.start : node.place.end].split()))


def _shown(closure: Closure, frame: Frame) -> str:
    """What an operand was; evaluating may have stopped before one that has no value."""
    try:
        value = closure(frame)
        text = spell(value)
    except _UNREACHED:
        return "not reached"
    if is_list(value) and len(text) > _LONGEST:
        return f"= {len(value)} elements"
    return f"= {_short(text)}"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
