"""Rules as they were probably meant."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from reconciler.pql.render import render_rule
from reconciler.pql.syntax import Call, Combined, Compared, Logic, Node, Range, Select, children


def counted_instead(tree: Node, call: Call) -> str | None:
    """The rule with ``count()`` moved from a condition of a ``select`` to the ``select``; None where it is no such one.

    ``select e from xs where a and (b).count() > 3`` becomes ``(select e from xs where a and b).count() > 3``.
    """
    row = [tree]
    while row:
        for node in row:
            if isinstance(node, Select):
                meant = _moved(node, call)
                if meant is not None:
                    return render_rule(_replaced(tree, node, meant))
        row = [child for node in row for child in children(node)]
    return None


def _moved(select: Select, call: Call) -> Node | None:
    last = select.ranges[-1]
    condition = last.condition
    parts = condition.parts if isinstance(condition, Combined) and condition.logic is Logic.AND else (condition,)
    for number, part in enumerate(parts):
        if isinstance(part, Compared) and part.left is call and call.of is not None:
            kept = (*parts[:number], call.of, *parts[number + 1 :])
            whole = call.of if len(kept) == 1 else Combined(Logic.AND, tuple(node for node in kept if node is not None))
            counted = Select((*select.ranges[:-1], replace(last, condition=whole)))
            return Compared(Call(counted, "count", ()), part.comparison, part.right)
    return None


def _replaced(node: Any, old: Node, new: Node) -> Any:
    """The same tree with one node exchanged."""
    if node is old:
        return new
    if isinstance(node, tuple):
        return tuple(_replaced(item, old, new) for item in node)
    if not isinstance(node, Node | Range):
        return node
    return replace(node, **{name: _replaced(getattr(node, name), old, new) for name in node.__match_args__})
