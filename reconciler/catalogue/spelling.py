"""Values -> YAML text in the canonical layout: two spaces, one line where it fits, ``|`` blocks for lines of text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.model.errors import ReconcilerError
from reconciler.model.instant import canonical_instant

WIDTH = 100  # of a line that holds a whole list or mapping
KEY_LIMIT = 1000  # characters; YAML takes no simple key beyond 1,024

_INDICATORS = frozenset("-?:,[]{}#&*!|>'\"%@`~=<")
# What YAML 1.1 or 1.2 would not read as text; other programs may read these files by the old rules.
_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n", "nan", "inf"})
_NUMBER_LIKE = re.compile(r"[-+.]?[0-9][0-9_,.:a-fA-FxXoO+-]*|\.(inf|nan)", re.IGNORECASE)
_SHORT = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"}


class Unwritable(ReconcilerError):
    """A value that no YAML file can hold."""


def spell_text(text: str, *, flow: bool) -> str:
    """One line that reads as this text. flow: inside brackets, where more characters mean something."""
    if reads_plain(text, flow=flow):
        return text
    if text.isprintable() and "'" not in text and ('"' in text or "\\" in text):
        return f"'{text}'"
    return spell_quoted(text)


def spell_quoted(text: str) -> str:
    """The text in double quotes."""
    return '"' + "".join(_escaped(character) for character in text) + '"'


def spell_single(text: str) -> str | None:
    """The text in single quotes; None where these cannot hold it."""
    return "'" + text.replace("'", "''") + "'" if text.isprintable() else None


def _escaped(character: str) -> str:
    if character in _SHORT:
        return _SHORT[character]
    if character.isprintable():
        return character
    number = ord(character)
    if 0xD800 <= number <= 0xDFFF:
        raise Unwritable(f"a text holds half a character (U+{number:04X}), which no file can hold")
    if number > 0xFFFF:
        return f"\\U{number:08x}"
    return f"\\u{number:04x}" if number > 0xFF else f"\\x{number:02x}"


def reads_plain(text: str, *, flow: bool) -> bool:
    """Whether this text can stand without quotes, for us and for other readers of YAML."""
    if not text or not text.isprintable() or text[0] in _INDICATORS or " " in (text[0], text[-1]):
        return False
    if flow and any(character in ",[]{}:?" for character in text):
        return False
    if ": " in text or " #" in text or text.endswith(":") or text.lower() in _WORDS or text.startswith("..."):
        return False
    return _NUMBER_LIKE.match(text) is None or _is_plain_anyway(text)


def _is_plain_anyway(text: str) -> bool:
    """Text that begins as a number does, and is none in any version of YAML."""
    return canonical_instant(text) is not None or (_NUMBER_LIKE.fullmatch(text) is None and text[0].isdigit())


def spell_key(name: str, *, flow: bool) -> str:
    """A key as text, without its colon."""
    return spell_text(name, flow=flow)


def spell_scalar(value: Any, *, flow: bool) -> str:
    """A text, number, truth value or null on one line."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return spell_text(value, flow=flow)
        case _:
            return repr(value)


def spell_flow(value: Any) -> str:
    """Any value on one line."""
    match value:
        case Mapping():
            return "{" + ", ".join(_flow_entry(name, item) for name, item in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(spell_flow(item) for item in value) + "]"
        case _:
            return spell_scalar(value, flow=True)


def _flow_entry(name: str, value: Any) -> str:
    key = spell_key(name, flow=True)
    return f"? {key} : {spell_flow(value)}" if len(key) > KEY_LIMIT else f"{key}: {spell_flow(value)}"


def spell_entry(name: str, value: Any, indent: int = 0) -> list[str]:
    """``key: value`` as lines. indent: where they will stand; the lines themselves begin at the margin."""
    key = spell_key(name, flow=False)
    if len(key) > KEY_LIMIT:
        return [f"? {key}", f": {spell_flow(value)}"]
    return [f"{key}:{line}" if not number else line for number, line in enumerate(after_key(value, len(key), indent))]


def after_key(value: Any, key_length: int, indent: int) -> list[str]:
    """What follows ``key:``: the rest of its line, and the lines below it."""
    if isinstance(value, str) and (lines := block_lines(value)) is not None:
        return [f" {lines[0]}", *_indented(lines[1:])]
    if fits_one_line(value, indent + key_length + 2):
        return [f" {spell_flow(value) if _is_collection(value) else spell_scalar(value, flow=False)}"]
    if isinstance(value, Mapping):
        return ["", *_indented(spell_mapping(value, indent + 2))]
    return ["", *_indented([line for item in value for line in spell_item(item, indent + 2)])]


def spell_mapping(value: Mapping[str, Any], indent: int = 0) -> list[str]:
    """The entries of a mapping, each from the margin."""
    return [line for name, item in value.items() for line in spell_entry(name, item, indent)]


def spell_item(value: Any, indent: int = 0, *, flow: bool | None = None) -> list[str]:
    """``- value`` as lines. flow: whether a mapping is put in braces; None: when it fits."""
    if flow is None:
        flow = not isinstance(value, Mapping) or not value or fits_one_line(value, indent + 2)
    if flow:
        return [f"- {spell_flow(value) if _is_collection(value) else spell_scalar(value, flow=False)}"]
    lines = spell_mapping(value, indent + 2)
    return [f"- {lines[0]}", *_indented(lines[1:])]


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"  {line}" if line else line for line in lines]


def _is_collection(value: Any) -> bool:
    return isinstance(value, Mapping | list | tuple)


def fits_one_line(value: Any, column: int) -> bool:
    """Whether a value belongs on one line: scalars do; others when they are small and hold no lines of text."""
    if not _is_collection(value) or not value:
        return True
    return _is_small(value, 2) and column + len(spell_flow(value)) <= WIDTH


def _is_small(value: Any, levels: int) -> bool:
    if isinstance(value, Mapping):
        return levels > 0 and all(_is_small(item, levels - 1) for item in value.values())
    if isinstance(value, list | tuple):
        return levels > 0 and not any(_is_collection(item) for item in value)
    return not (isinstance(value, str) and "\n" in value)


def block_lines(text: str) -> list[str] | None:
    """Lines of text as a ``|`` block: its header, then its lines from the margin; None where it cannot be one."""
    body = text.removesuffix("\n")
    lines = body.split("\n")
    blank = any(not line.strip(" ") for line in (lines[0], lines[-1])) or any(
        line and not line.strip() for line in lines
    )
    if "\n" not in text or blank or lines[0][0] in " \t" or not all(_is_line(line) for line in lines):
        return None
    return ["|" if text.endswith("\n") else "|-", *lines]


def _is_line(line: str) -> bool:
    return line.replace("\t", "").isprintable()


def spell_document(value: Mapping[str, Any]) -> str:
    """A whole document, with its final line end."""
    return "\n".join(spell_mapping(value)) + "\n"
