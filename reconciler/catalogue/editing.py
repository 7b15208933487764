"""YAML text with some values changed, and every other byte as it was.

The text is cut, never dumped anew: what differs between a document's value and the wanted one is replaced at its span,
in the style that stands there. The result is read again before it is given out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from reconciler.catalogue.alignment import Aligned, align
from reconciler.catalogue.cutting import BREAK, Cuts
from reconciler.catalogue.documents import MAX_BYTES, parse_documents
from reconciler.catalogue.nodes import DocumentNode, Entry, Node, read_nodes
from reconciler.catalogue.spelling import (
    Unwritable,
    after_key,
    block_lines,
    reads_plain,
    spell_entry,
    spell_flow,
    spell_item,
    spell_quoted,
    spell_scalar,
    spell_single,
)
from reconciler.model.canonical import Json, canonical_json

_BLOCK_HEADER = re.compile(r"[|>]([0-9+-]*)([^\r\n]*)")
_AFTER_ITEM = re.compile(r"[ \t]*(,?)[ \t]*(#[^\r\n]*)?(?=\r|\n|\Z)")
BOM = "\ufeff"


class EditRefused(Unwritable):
    """This text cannot be edited so that only the wanted values change. line: where, from 1; 0 if nowhere."""

    def __init__(self, message: str, remedy: str, line: int = 0) -> None:
        super().__init__(message, remedy=remedy)
        self.line = line


def edit_text(text: bytes, wanted: Mapping[int, Json]) -> bytes:
    """The text with these documents, by index, as wanted; None takes a document out.

    Only lines with changed values differ. Raises ``EditRefused`` when that cannot be done.
    """
    if len(text) > MAX_BYTES:
        raise EditRefused("this file is larger than 5 MiB", "Split it.")
    decoded = _decoded(text)
    bare = decoded.removeprefix(BOM)
    nodes = read_nodes(bare)
    try:
        return _edited(text, bare, nodes, wanted)
    except EditRefused:
        closed = _closed_at_end(bare, nodes)
        if closed is None:
            raise
        return _edited(text, closed, read_nodes(closed), wanted)


@dataclass(frozen=True, slots=True)
class Slice:
    """One document of a text, on its own."""

    text: bytes
    lines_above: int


def slices(text: bytes) -> dict[int, Slice]:
    """Every document of a text by its index."""
    bare = _decoded(text).removeprefix(BOM)
    found: dict[int, Slice] = {}
    lines, position = 0, 0
    for document in read_nodes(bare):
        lines += len(BREAK.findall(bare[position : document.start]))
        position = document.start
        found[document.index] = Slice(bare[document.start : document.end].encode(), lines)
    return found


def _edited(text: bytes, bare: str, nodes: Sequence[DocumentNode], wanted: Mapping[int, Json]) -> bytes:
    documents = {document.index: document for document in nodes}
    editor = _Editor(bare)
    for index, value in sorted(wanted.items()):
        if value is None:
            editor.take_document(documents[index])
        else:
            editor.change(documents[index].root, value)
    edited = editor.made().encode()
    if text.startswith(BOM.encode()):
        edited = BOM.encode() + edited
    if not edited.endswith((b"\n", b"\r")) and not _is_right(text, edited, wanted):
        edited += editor.newline.encode()  # a block that is the last now ends with a line break
    if not _is_right(text, edited, wanted):
        raise _refusal(wanted, documents, bare)
    return edited


def _closed_at_end(text: str, nodes: Sequence[DocumentNode]) -> str | None:
    """The text with a block at its very end told to have no line break, so that lines can follow it; else None."""
    if not nodes or text.endswith(("\n", "\r")):
        return None
    last = nodes[-1].root
    while last.entries or last.items:
        last = last.entries[-1].node if last.entries else last.items[-1]
    header = _BLOCK_HEADER.match(text, last.body) if last.style in {"|", ">"} else None
    if header is None or header[1]:
        return None
    return f"{text[: last.body + 1]}-{text[last.body + 1 :]}"


def _decoded(text: bytes) -> str:
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        raise EditRefused("this file is not UTF-8", "Save it as UTF-8.") from None


def _is_right(before: bytes, after: bytes, wanted: Mapping[int, Json]) -> bool:
    """Whether the edited text reads as was wanted, in these documents and in all others."""
    had, _ = parse_documents(before)
    has, complaints = parse_documents(after)
    kept = [document for document in had if document.index not in wanted or wanted[document.index] is not None]
    expected = [wanted.get(document.index, document.value) for document in kept]
    return not complaints and canonical_json([document.value for document in has]) == canonical_json(expected)


def _refusal(wanted: Mapping[int, Json], nodes: Mapping[int, DocumentNode], text: str) -> EditRefused:
    for index, value in wanted.items():
        root = nodes[index].root
        moved = _anchors(root, value)
        alias = next((node for node in _below(root) if node.alias and node.anchor in moved), None)
        if alias is not None:
            return EditRefused(
                f"what would change is shared by `&{alias.anchor}` and `*{alias.anchor}`",
                "Write the shared value out at each place, then pull again.",
                _line(text, alias.start),
            )
    return EditRefused(
        "this text cannot be edited without changing more than was asked for",
        "Make the change by hand, or write the document in plain block style first.",
        _line(text, nodes[min(wanted)].root.start),
    )


def _anchors(node: Node, wanted: Json) -> set[str | None]:
    """The anchors of values that are to change; in a list that changes, all of them."""
    if _same(node.value, wanted):
        return set()
    if not (node.mapping and isinstance(wanted, dict)):
        return {below.anchor for below in _below(node) if not below.alias}
    inner = (_anchors(entry.node, wanted.get(entry.key)) for entry in node.entries)
    return {node.anchor}.union(*inner)


def _below(node: Node) -> Iterator[Node]:
    """A node and all below it, in the order of the text."""
    yield node
    for child in [entry.node for entry in node.entries] or node.items:
        yield from _below(child)


def _line(text: str, index: int) -> int:
    return len(BREAK.findall(text[:index])) + 1


def _same(one: Json, other: Json) -> bool:
    return one == other and canonical_json(one) == canonical_json(other)


class _Editor(Cuts):
    """Cuts what differs between the values of a text and the wanted ones."""

    # ------------------------------------------------------------ values

    def change(self, node: Node, wanted: Json, *, flow: bool = False, entry: Entry | None = None) -> None:
        """Make this node the wanted value. flow: it stands in brackets; entry: the key that it belongs to."""
        if _same(node.value, wanted):
            return
        if node.mapping and isinstance(wanted, dict) and any(item.key in wanted for item in node.entries):
            self.change_mapping(node, wanted)
        elif node.sequence and isinstance(wanted, list) and wanted and node.items:
            self.change_sequence(node, wanted)
        elif not (node.mapping or node.sequence or node.alias or isinstance(wanted, dict | list)):
            self.change_scalar(node, wanted, flow=flow)
        else:
            self.rewrite(node, wanted, flow=flow, entry=entry)

    def rewrite(self, node: Node, wanted: Json, *, flow: bool, entry: Entry | None) -> None:
        """Another sort of value, with nothing kept of the old one."""
        if entry is None or flow or self.commented(node):
            spelled = spell_flow(wanted) if isinstance(wanted, dict | list) else spell_scalar(wanted, flow=flow)
            self.cut(node.start, node.end, self.apart(node.start) + spelled)
            return
        column = self.column(entry.start)
        colon = self.text.index(":", entry.end) + 1
        lines = after_key(wanted, colon - entry.start, column)
        self.cut(colon, max(node.end, colon), self.joined(lines, column))

    def apart(self, index: int) -> str:
        """A space where a value would touch the colon or dash before it."""
        return " " if index and self.text[index - 1] in ":-" else ""

    def commented(self, node: Node) -> bool:
        """Whether something follows the value on its last line."""
        return bool(self.text[node.end : self.line_end(node.end)].strip())

    def change_scalar(self, node: Node, wanted: Json, *, flow: bool) -> None:
        new = None
        if isinstance(wanted, str):
            new = self.block(node, wanted) if node.style in {"|", ">"} else self.line(node, wanted, flow=flow)
        if new is None:
            new = spell_scalar(wanted, flow=flow)
        self.cut(node.body, node.end, self.apart(node.body) + new)

    def line(self, node: Node, wanted: str, *, flow: bool) -> str | None:
        """A text in the quotes that stand here; without quotes where it can do so, else as is usual."""
        if node.style == '"':
            return spell_quoted(wanted)
        if node.style == "'":
            return spell_single(wanted)
        if not flow and (lines := block_lines(wanted)) and not self.commented(node):
            return self.joined(lines, self.block_column(node))
        return wanted if reads_plain(wanted, flow=flow) else None

    def block_column(self, node: Node) -> int:
        """Where the lines of a block that begins on this node's line stand: deeper than its key."""
        line = self.text[self.line_start(node.start) : node.start]
        dashes = re.match(r"(?: *- +)*", line)
        lead = dashes.end() if dashes else 0
        rest = line[lead:]
        return lead + len(rest) - len(rest.lstrip(" ")) + 2

    def block(self, node: Node, wanted: str) -> str | None:
        """A text as the block that stands here, where it can be one. A folded block stays one for a single line."""
        header = _BLOCK_HEADER.match(self.text, node.body)
        if header is None or "+" in header[1]:
            return None
        single = "\n" not in wanted.removesuffix("\n")
        mark = ">" if node.style == ">" and single else "|"
        lines = block_lines(wanted if not single else f"{wanted.removesuffix(chr(10))}\n\u2026\n")
        if lines is None:
            return None
        body = lines[1:-1] if single else lines[1:]
        chomp = "" if wanted.endswith("\n") else "-"
        column = self.content_column(node, header)
        lines = [f"{mark}{chomp}{header[2]}", *(" " * column + line if line else "" for line in body)]
        return self.newline.join(lines)

    def content_column(self, node: Node, header: re.Match[str]) -> int:
        for line in BREAK.split(self.text[header.end() : node.end]):
            if line.strip(" "):
                return len(line) - len(line.lstrip(" "))
        return self.block_column(node)

    # ------------------------------------------------------------ mappings

    def change_mapping(self, node: Node, wanted: dict[str, Json]) -> None:
        kept = [entry for entry in node.entries if entry.key in wanted]
        for entry in kept:
            self.change(entry.node, wanted[entry.key], flow=node.flow, entry=entry)
        gone = [entry.key not in wanted for entry in node.entries]
        groups = _new_keys(wanted, {entry.key for entry in kept})
        by_key = {entry.key: entry for entry in kept}
        if node.flow:
            spans = [(entry.start, max(entry.node.end, entry.end)) for entry in node.entries]
            texts = {
                after: [spell_flow({name: wanted[name]})[1:-1] for name in names] for after, names in groups.items()
            }
            self.change_flow(spans, gone, {_position(node, after): new for after, new in texts.items()})
            return
        self.take_entries(node, gone)
        for after, names in groups.items():
            column = self.column(kept[0].start) if self.own_line(kept[0].start) else self.column(node.entries[0].start)
            lines = [line for name in names for line in spell_entry(name, wanted[name], column)]
            if after is None:
                self.cut(kept[0].start, kept[0].start, self.joined([*lines, ""], column) + " " * column)
            else:
                entry = by_key[after]
                self.below(max(entry.node.end, entry.end), lines, column)

    def take_entries(self, node: Node, gone: Sequence[bool]) -> None:
        """Take out entries of a block mapping, with their lines."""
        first = 0
        if gone[0] and not self.own_line(node.entries[0].start):  # it shares the line of a dash
            first = gone.index(False)
            self.cut(node.entries[0].start, node.entries[first].start)
        for entry, is_gone in zip(node.entries[first:], gone[first:], strict=True):
            if is_gone:
                self.take_lines(entry.start, max(entry.node.end, entry.end))

    # ------------------------------------------------------------ lists

    def change_sequence(self, node: Node, wanted: list[Json]) -> None:
        aligned = align(node.value, wanted)
        if len(aligned.removed) == len(node.items):
            aligned = Aligned.in_order(len(node.items), len(wanted))
        for here, there in aligned.pairs:
            self.change(node.items[here], wanted[there], flow=node.flow)
        gone = [index in aligned.removed for index in range(len(node.items))]
        if node.flow:
            spans = [(item.start, item.end) for item in node.items]
            new = {after: [spell_flow(wanted[there]) for there in group] for after, group in aligned.added.items()}
            self.change_flow(spans, gone, new)
            return
        self.change_block_sequence(node, wanted, aligned, gone)

    def change_block_sequence(self, node: Node, wanted: list[Json], aligned: Aligned, gone: Sequence[bool]) -> None:
        column = self.column(node.body)
        dashes = [self.dash(item, column) for item in node.items]
        for index, item in enumerate(node.items):
            if gone[index]:
                self.take_lines(dashes[index], item.end)
        flow = all(item.flow for item in node.items) if any(item.mapping for item in node.items) else None
        for after, group in aligned.added.items():
            lines = [line for there in group for line in spell_item(wanted[there], column, flow=flow or None)]
            if after is None:
                first = dashes[gone.index(False)]
                self.cut(first, first, self.joined([*lines, ""], column) + " " * column)
            else:
                self.below(node.items[after].end, lines, column)

    def dash(self, item: Node, column: int) -> int:
        """Where the dash of an item stands: in its list's column, on its line or one above."""
        start = self.line_start(item.start)
        while start and self.text[start + column : start + column + 1] != "-":
            start = self.line_start(start - 1)
        return start + column

    # ------------------------------------------------------------ brackets

    def change_flow(
        self, spans: Sequence[tuple[int, int]], gone: Sequence[bool], new: Mapping[int | None, Sequence[str]]
    ) -> None:
        """Take out and put in elements of a list or mapping in brackets. new: by the element they come after."""
        first_kept = gone.index(False)
        for index, (start, end) in enumerate(spans):
            if not gone[index]:
                continue
            if self.own_line(start) and _AFTER_ITEM.match(self.text, end):
                self.take_lines(start, end)
            elif index < first_kept:
                self.cut(start, spans[index + 1][0])
            else:
                self.cut(spans[index - 1][1], end)
        for after, texts in new.items():
            if after is None:
                start = spans[first_kept][0]
                self.cut(start, start, "".join(f"{text}, " for text in texts))
            else:
                self.put_after(spans[after], texts)

    def put_after(self, span: tuple[int, int], texts: Sequence[str]) -> None:
        """After one element: on lines of their own where it has one, else on its line."""
        start, end = span
        rest = _AFTER_ITEM.match(self.text, end)
        if not (self.own_line(start) and rest):
            self.cut(end, end, "".join(f", {text}" for text in texts))
            return
        if not rest[1]:
            self.cut(end, end, ",")
        lead = self.newline + " " * self.column(start)
        self.cut(rest.end(), rest.end(), lead + f",{lead}".join(texts) + rest[1])

    # ------------------------------------------------------------ documents

    def take_document(self, document: DocumentNode) -> None:
        """Take out a document, its comments and its ``---``."""
        start, end = document.start, document.end
        if not self.text[start:].startswith("---"):  # the first one; what follows begins with its own
            self.cut(start, end)
            return
        self.cut(start, end)


def _new_keys(wanted: Mapping[str, Json], kept: set[str]) -> dict[str | None, list[str]]:
    """The keys to add, each with the kept key that they follow; None where they come first."""
    groups: dict[str | None, list[str]] = {}
    after = None
    for name in wanted:
        if name in kept:
            after = name
        else:
            groups.setdefault(after, []).append(name)
    return groups


def _position(node: Node, key: str | None) -> int | None:
    return next((index for index, entry in enumerate(node.entries) if entry.key == key), None)
