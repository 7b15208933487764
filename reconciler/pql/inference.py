"""What sort of value a part of a rule gives, as far as its text tells; what comes from data may be anything."""

from __future__ import annotations

from reconciler.pql.functions import FUNCTIONS, Type
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
    Exists,
    Filter,
    ForAll,
    Lambda,
    Let,
    Literal,
    Negative,
    Node,
    Not,
    On,
    Property,
    Select,
    TimeWord,
    Variable,
    Within,
)

Meant = Names[Type | Lambda]

_REFUSED = {  # what a function can do nothing with; strings may spell numbers and instants, numbers are milliseconds
    Type.LIST: frozenset({Type.BOOLEAN, Type.NUMBER, Type.STRING, Type.INSTANT}),
    Type.STRING: frozenset({Type.BOOLEAN, Type.NUMBER, Type.LIST, Type.MAP}),
    Type.PATTERN: frozenset({Type.BOOLEAN, Type.NUMBER, Type.INSTANT, Type.LIST, Type.MAP}),
    Type.NUMBER: frozenset({Type.BOOLEAN, Type.INSTANT, Type.LIST, Type.MAP}),
    Type.INSTANT: frozenset({Type.BOOLEAN, Type.LIST, Type.MAP}),
    Type.BOOLEAN: frozenset({Type.NUMBER, Type.STRING, Type.INSTANT, Type.MAP}),
    Type.MAP: frozenset({Type.BOOLEAN, Type.NUMBER, Type.STRING, Type.INSTANT, Type.LIST}),
    Type.ANY: frozenset[Type](),
}


_ALWAYS = {
    **dict.fromkeys((Exists, ForAll, Combined, Not, Compared, Within, Beside, On, Between), Type.BOOLEAN),
    **dict.fromkeys((Computed, Negative), Type.NUMBER),
    **dict.fromkeys((Array, Filter, Select), Type.LIST),
    TimeWord: Type.INSTANT,
    Property: Type.ANY,
}


def fits(found: Type, wanted: Type) -> bool:
    """Whether a function that wants this can do something with what was found."""
    return found not in _REFUSED[wanted]


class Types:
    """What the parts of one rule give; of each part it is worked out once, since a part has one set of names."""

    def __init__(self) -> None:
        self._known: dict[int, Type] = {}  # by identity: equal parts may stand among other names

    def of(self, node: Node, names: Meant) -> Type:
        """The sort of value that a node gives whenever it gives one."""
        always = _ALWAYS.get(type(node))
        if always is not None:
            return always
        known = self._known.get(id(node))
        if known is None:
            known = self._known[id(node)] = self._of(node, names)
        return known

    def _of(self, node: Node, names: Meant) -> Type:
        match node:
            case Literal(value=value):
                return _literal(value)
            case Aggregate(function=function):
                return Type.ANY if function in ("min", "max") else Type.NUMBER
            case Variable(name=name):
                known = names.get(name, Type.ANY)
                return Type.ANY if isinstance(known, Lambda) else known
            case Let(name=name, value=value, body=body):
                bound = value if isinstance(value, Lambda) else self.of(value, names)
                return self.of(body, names.bound(name, bound))
            case Call():
                return self._result(node, names)
            case _:
                return Type.ANY

    def _result(self, node: Call, names: Meant) -> Type:
        if node.of is None and node.name in names:
            return Type.ANY
        if node.of is None and node.name == "if" and len(node.arguments) == 3:
            then, otherwise = (self.of(argument, names) for argument in node.arguments[1:])
            return then if then is otherwise else Type.ANY
        rows = FUNCTIONS.get(node.name)
        return rows[0].result if rows else Type.ANY


def _literal(value: str | float) -> Type:
    if isinstance(value, bool):
        return Type.BOOLEAN
    return Type.STRING if isinstance(value, str) else Type.NUMBER
