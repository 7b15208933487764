"""A graph of references as Mermaid, DOT and JSON."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from reconciler.graph.build import Graph
from reconciler.model.catalogue import Catalogue
from reconciler.model.kinds import EntityKey, Kind
from reconciler.report.words import visible

_SHAPES = {
    Kind.TAG: ('(["', '"])', "ellipse"),
    Kind.PLACEMENT: ('["', '"]', "box"),
    Kind.RULE: ('{{"', '"}}', "hexagon"),
    Kind.OFFER: ('("', '")', "box"),
    Kind.FALLBACK: ('("', '")', "box"),
    Kind.FILTER: ('[/"', '"/]', "parallelogram"),
    Kind.ACTIVITY: ('[["', '"]]', "component"),
}


def mermaid(catalogue: Catalogue, graph: Graph, keys: Collection[EntityKey]) -> str:
    """A Mermaid flowchart, as GitHub and GitLab draw it in Markdown."""
    numbers = {key: f"n{number}" for number, key in enumerate(sorted(keys))}
    lines = ["flowchart LR"]
    for key, number in numbers.items():
        opening, closing, _ = _SHAPES[key.kind]
        lines.append(f"  {number}{opening}{_mermaid(str(key))}<br/>{_mermaid(_name(catalogue, key))}{closing}")
    for source, target in _edges(graph, keys):
        lines.append(f"  {numbers[source]} --> {numbers[target]}")
    return "\n".join(lines)


def _mermaid(text: str) -> str:
    escaped = "".join(character if character not in '"<>&#' else f"#{ord(character)};" for character in visible(text))
    return escaped.replace("`", "'")


def dot(catalogue: Catalogue, graph: Graph, keys: Collection[EntityKey]) -> str:
    """A Graphviz digraph."""
    lines = ["digraph catalogue {", "  rankdir=LR;", '  node [fontname="sans-serif"];']
    for key in sorted(keys):
        label = f"{_dot(str(key))}\\n{_dot(_name(catalogue, key))}"
        lines.append(f'  "{_dot(str(key))}" [shape={_SHAPES[key.kind][2]}, label="{label}"];')
    for source, target in _edges(graph, keys):
        lines.append(f'  "{_dot(str(source))}" -> "{_dot(str(target))}";')
    return "\n".join([*lines, "}"])


def _dot(text: str) -> str:
    return visible(text).replace("\\", "\\\\").replace('"', '\\"')


def graph_document(catalogue: Catalogue, graph: Graph, keys: Collection[EntityKey]) -> dict[str, Any]:
    """The graph as JSON: nodes, edges with the place of each reference, and an order of creation."""
    return {
        "nodes": [{"key": str(key), "kind": key.kind.value, "name": _name(catalogue, key)} for key in sorted(keys)],
        "edges": [
            {"from": str(source), "to": str(target), "paths": _paths(graph, source, target)}
            for source, target in _edges(graph, keys)
        ],
        "order": [str(key) for key in graph.order() if key in keys],
    }


def _paths(graph: Graph, source: EntityKey, target: EntityKey) -> list[str]:
    return [
        ".".join(str(step) for step in reference.path)
        for reference in graph.outgoing[source]
        if reference.target == target
    ]


def _edges(graph: Graph, keys: Collection[EntityKey]) -> list[tuple[EntityKey, EntityKey]]:
    return [(source, target) for source in sorted(keys) for target in graph.targets(source) if target in keys]


def _name(catalogue: Catalogue, key: EntityKey) -> str:
    entity = catalogue.entities.get(key)
    return (entity.name if entity is not None else None) or ""
