"""Values written as people write YAML: any mixture of styles, comments, blank lines and indentations."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from hypothesis import strategies as st

from reconciler.catalogue.documents import parse_documents
from reconciler.catalogue.spelling import block_lines, reads_plain, spell_flow, spell_quoted, spell_single

WORDS = st.sampled_from(
    ["a", "two words", "no", "null", "1e3", "0x1f", "~", "- x", "a: b", "a #b", "it's", 'say "x"', "é✓", "\x01", "{x}"]
)
LINES = st.sampled_from(
    ["one\ntwo", "one\n\n  two\n", "x\n", "\n", " lead\nx", "tab\there\ny\n", "end\n\n", "a\r\nb", "# c\nd\n"]
)
TEXTS = WORDS | LINES | st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
SCALARS = TEXTS | st.none() | st.booleans() | st.integers(-5, 10**6) | st.floats(allow_nan=False, allow_infinity=False)
KEYS = st.sampled_from(["a", "b", "c", "d", "e f", "no", "x:y", "#k", "1"])
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
MAPPINGS = st.dictionaries(KEYS, VALUES, min_size=1, max_size=5)


class Writer:
    """Writes values, throwing dice for each choice of style. shares: whether equal values may be one, by an alias.

    Only the seed of the dice is drawn, since a text has hundreds of choices; 0 stands for the first choice always.
    """

    def __init__(self, draw: st.DrawFn, *, shares: bool = False) -> None:
        seed = draw(st.integers(0, 2**32 - 1))
        self.dice = Random(seed) if seed else None  # noqa: S311 - only styles
        self.shares = shares
        self.anchors: dict[str, str] = {}

    def one_of(self, *choices: Any) -> Any:
        return self.dice.choice(choices) if self.dice else choices[0]

    def text(self, value: str, *, flow: bool) -> str:
        choices = [spell_quoted(value)]
        if (single := spell_single(value)) is not None:
            choices.append(single)
        if reads_plain(value, flow=flow):
            choices.append(value)
        return str(self.one_of(*choices))

    def scalar(self, value: Any, *, flow: bool) -> str:
        return self.text(value, flow=flow) if isinstance(value, str) else spell_flow(value)

    def flow(self, value: Any) -> str:
        return f"*{name}" if (name := self.said(value)) else self.brackets(value)

    def brackets(self, value: Any) -> str:
        """A value on one line, written out."""
        space = self.one_of("", " ", "  ")
        tail = self.one_of("", "", ",")
        if isinstance(value, dict):
            inside = [f"{self.text(name, flow=True)}: {self.flow(item)}" for name, item in value.items()]
        elif isinstance(value, list):
            inside = [self.flow(item) for item in value]
        else:
            return self.scalar(value, flow=True)
        opening, closing = ("{", "}") if isinstance(value, dict) else ("[", "]")
        return opening + space + f",{space or ' '}".join(inside) + (tail if inside else "") + space + closing

    def spread(self, value: list[Any] | dict[str, Any], indent: int) -> list[str]:
        """A collection in brackets with one element a line."""
        elements = (
            [self.flow({name: item})[1:-1].strip(" ,") for name, item in value.items()]
            if isinstance(value, dict)
            else [self.flow(item) for item in value]
        )
        tail = self.one_of("", ",")
        lines = [
            f"{' ' * (indent + 2)}{element}{',' if number < len(elements) - 1 else tail}{self.comment()}"
            for number, element in enumerate(elements)
        ]
        opening, closing = ("{", "}") if isinstance(value, dict) else ("[", "]")
        return [f" {opening}{self.comment()}", *lines, f"{' ' * (indent + 2)}{closing}"]

    def comment(self) -> str:
        return str(self.one_of("", "", "", "  # why"))

    def between(self, indent: int) -> list[str]:
        return list(self.one_of([], [], [], [""], [f"{' ' * indent}# about"]))

    def value(self, value: Any, indent: int) -> list[str]:
        """What follows a key or a dash; lines after the first are indented."""
        if name := self.said(value):
            return [f" *{name}{self.comment()}"]
        first, *rest = self.alone(value, indent)
        spelled = json.dumps(value)
        if self.shareable(value) and spelled not in self.anchors and self.one_of(True, True, False):
            name = f"n{len(self.anchors)}"
            self.anchors[spelled] = name  # after its own parts, which cannot refer to it
            first = f" &{name}{first}"
        return [first, *rest]

    def shareable(self, value: Any) -> bool:
        return self.shares and isinstance(value, str | list | dict) and bool(value)

    def said(self, value: Any) -> str | None:
        """The anchor of the same value further up, where it is to be named rather than written out."""
        name = self.anchors.get(json.dumps(value)) if self.shareable(value) else None
        return name if name and self.one_of(True, True, True, False) else None

    def alone(self, value: Any, indent: int) -> list[str]:
        """The same without looking whether it was said before."""
        if isinstance(value, str) and (block := block_lines(value)) and self.one_of(True, False):
            return [f" {block[0]}{self.comment()}", *(" " * (indent + 2) + line if line else "" for line in block[1:])]
        if isinstance(value, dict | list) and value and self.one_of(True, True, False):
            if self.one_of(True, True, False):
                below = indent + self.one_of(1, 2, 4)
                return [f"{self.comment()}", *self.block(value, below)]
            return self.spread(value, indent)
        return [f" {self.brackets(value)}{self.comment()}"]

    def block(self, value: Any, indent: int) -> list[str]:
        lines: list[str] = []
        entries = value.items() if isinstance(value, dict) else ((None, item) for item in value)
        for name, item in entries:
            lines += self.between(indent)
            if name is None and isinstance(item, dict) and item and self.one_of(True, False):
                inner = self.block(item, indent + 2)
                first = next(number for number, line in enumerate(inner) if line.strip() and "# about" not in line)
                inner = inner[first:]
                lines += [f"{' ' * indent}- {inner[0].lstrip(' ')}", *inner[1:]]
                continue
            head = "-" if name is None else f"{self.text(name, flow=False)}:"
            first, *rest = self.value(item, indent)
            lines += [f"{' ' * indent}{head}{first}", *rest]
        return lines


@st.composite
def written(draw: st.DrawFn, values: st.SearchStrategy[dict[str, Any]] = MAPPINGS) -> tuple[dict[str, Any], str]:
    """A mapping, and a text that means it."""
    value = draw(values)
    writer = Writer(draw)
    lines = [*writer.between(0), *writer.block(value, 0), *writer.between(0)]
    text = "\n".join(lines) + draw(st.sampled_from(["\n", "\n", ""]))
    text = text.replace("\n", draw(st.sampled_from(["\n", "\n", "\r\n"])))
    return parse_documents(text.encode())[0][0].value, text  # a block at the very end has no last line break
