"""Calls of functions as closures, by the table of functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reconciler.pql import values
from reconciler.pql.comparing import constant
from reconciler.pql.errors import RuleError
from reconciler.pql.functions import FUNCTIONS, Argument, Each, Function, Passing, Type
from reconciler.pql.patterns import BadPattern, Pattern, regular_expression
from reconciler.pql.scope import RUN, Closure, Frame, Helper, Scope
from reconciler.pql.syntax import Call, Lambda, Node, Variable
from reconciler.pql.times import to_instant

Compile = Callable[[Node, Scope], Closure]

_ADMITS: dict[Type, Callable[[Any], bool]] = {
    Type.BOOLEAN: lambda value: isinstance(value, bool),
    Type.NUMBER: lambda value: values.in_range(value) is not None if values.is_number(value) else False,
    Type.STRING: lambda value: isinstance(value, str),
    Type.LIST: values.is_list,
    Type.MAP: values.is_map,
}


def compile_call(node: Call, scope: Scope, compile_value: Compile) -> Closure:
    """What calls a function. Raises ``RuleError`` for one that there is not, or that takes other arguments."""
    helper = scope.helper(node.name) if node.of is None else None
    if helper is not None:
        return _helped(node, helper, scope, compile_value)
    function = _find(node, scope)
    passed: list[Closure] = []
    if node.of is not None and function.receiver is not None:
        passed.append(_typed(node.of, function.receiver, scope, compile_value))
    for given, argument in zip(node.arguments, function.arguments, strict=False):
        passed.append(_passed(given, argument, scope, compile_value))
    return _called(function, tuple(passed))


def _find(node: Call, scope: Scope) -> Function:
    alone = node.of is None
    for function in FUNCTIONS.get(node.name, ()):
        if alone is not (function.receiver is None):
            continue
        if not function.fewest <= len(node.arguments) <= len(function.arguments):
            raise _wrong_count(node, scope)
        return function
    of = "without a value before it" if alone else "of a value"
    raise scope.refusal(f"there is no function `{node.name}` {of}", node)


def _wrong_count(node: Call, scope: Scope) -> RuleError:
    return scope.refusal(f"`{node.name}` does not take {len(node.arguments)} arguments", node)


def _helped(node: Call, helper: Helper, scope: Scope, compile_value: Compile) -> Closure:
    """What calls a function of the rule's own: all arguments have values before its parameters do."""
    slots, body = helper.slots, helper.body
    if len(node.arguments) != len(slots):
        raise _wrong_count(node, scope)
    passed = tuple(compile_value(argument, scope) for argument in node.arguments)

    def run(frame: Frame) -> Any:
        given = [closure(frame) for closure in passed]
        for slot, value in zip(slots, given, strict=True):
            frame[slot] = value
        return body(frame)

    return run


def _called(function: Function, passed: tuple[Closure, ...]) -> Closure:
    carry_out = function.carry_out
    if function.takes_null:
        return lambda frame: carry_out(frame[RUN], *[closure(frame) for closure in passed])
    if len(passed) == 1:
        (only,) = passed
        return lambda frame: None if (value := only(frame)) is None else carry_out(frame[RUN], value)

    def run(frame: Frame) -> Any:
        arguments = []
        for closure in passed:
            value = closure(frame)
            if value is None:
                return None
            arguments.append(value)
        return carry_out(frame[RUN], *arguments)

    return run


# ---------------------------------------------------------------- arguments


def _passed(node: Node, argument: Argument, scope: Scope, compile_value: Compile) -> Closure:
    match argument.passing:
        case Passing.VALUE:
            return _typed(node, argument.type, scope, compile_value)
        case Passing.EACH:
            return _for_each(node, scope, compile_value)
        case Passing.LATER:
            closure = compile_value(node, scope)
            return lambda frame: lambda: closure(frame)


def _typed(node: Node, wanted: Type, scope: Scope, compile_value: Compile) -> Closure:
    """The value where it is of this type, else null."""
    closure = compile_value(node, scope)
    if wanted is Type.ANY:
        return closure
    if wanted is Type.PATTERN:
        return _pattern(node, closure, scope)
    if wanted is Type.INSTANT:
        return lambda frame: to_instant(closure(frame), frame[RUN].zone)
    admits = _ADMITS[wanted]
    return lambda frame: value if admits(value := closure(frame)) else None


def _pattern(node: Node, closure: Closure, scope: Scope) -> Closure:
    def compiled(text: str) -> Pattern:
        try:
            return regular_expression(text)
        except BadPattern as error:
            hint = "look-around, references to groups and possessive repeats are not to be had"
            raise scope.refusal(f"this regular expression cannot be run: {error}", node, hint) from error

    fixed = constant(node)
    if isinstance(fixed, str):
        pattern = compiled(fixed)
        return lambda _frame: pattern
    return lambda frame: compiled(value) if isinstance(value := closure(frame), str) else None


def _for_each(node: Node, scope: Scope, compile_value: Compile) -> Closure:
    """What gives, for a frame, the function of an element."""
    slot, body = bind_element(node, scope, compile_value)

    def bind(frame: Frame) -> Each:
        def each(element: Any) -> Any:
            frame[slot] = element
            return body(frame)

        return each

    return bind


def bind_element(node: Node, scope: Scope, compile_value: Compile) -> tuple[int, Closure]:
    """The slot of an element, and what gives the value of an expression or function for the element that is in it."""
    if isinstance(node, Lambda):
        inside, slot = scope.named(node.parameters[0])
        for name in node.parameters[1:]:
            inside = inside.bound(name, None)
        return slot, compile_value(node.body, inside)
    helper = scope.helper(node.name) if isinstance(node, Variable) else None
    if helper is not None:
        return helper.slots[0], _of_first(helper)
    inside, slot = scope.inside_filter()
    return slot, compile_value(node, inside)


def bind_helper(node: Lambda, scope: Scope, compile_value: Compile) -> Helper:
    """A function of the rule's own made ready."""
    slots = []
    for name in node.parameters:
        scope, slot = scope.named(name)
        slots.append(slot)
    return Helper(tuple(slots), compile_value(node.body, scope))


def _of_first(helper: Helper) -> Closure:
    """What a function gives where only its first parameter has a value."""
    body, others = helper.body, helper.slots[1:]
    if not others:
        return body

    def run(frame: Frame) -> Any:
        for slot in others:
            frame[slot] = None
        return body(frame)

    return run
