"""The text of a rule, cut into words, literals and signs."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from enum import Enum, auto
from typing import NamedTuple

from reconciler.pql.errors import Finding, RuleError
from reconciler.pql.syntax import Place

MAX_CHARACTERS = 1024 * 1024
_MAX_DIGITS = 400

_TOKEN = re.compile(  # matches everywhere: what nothing else takes is stray
    r"""\s* (?:
      (?P<named>   xdm:[^\W\d]\w* )
    | (?P<word>    [^\W\d]\w* )
    | (?P<comment> //[^\n]* | /\*[\s\S]*?\*/ )
    | (?P<number>  [0-9]+ (?:\.[0-9]+)? (?:[eE][-+]?[0-9]+)? )
    | (?P<string>  "[^"\\\n]*(?:\\[^\n][^"\\\n]*)*" )
    | (?P<context> @\{\{[^{}]*\}\} | @\{[^{}]*\} )
    | (?P<parameter> \$[0-9]+ )
    | (?P<wrong>   /\* | ===? | !== | && | \|\| | <> | =< | := )
    | (?P<sign>    <= | >= | != | => | [-+*/%=<>!.,:()\[\]^] )
    | (?P<stray>   \S )
    | \Z )""",
    re.VERBOSE,
)
_WORD, _SIGN, _COMMENT = (_TOKEN.groupindex[name] for name in ("word", "sign", "comment"))
_FORBIDDEN = re.compile("[\0\ud800-\udfff]")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|([\s\S]))")
_ESCAPED = {'"': '"', "\\": "\\", "n": "\n", "t": "\t", "r": "\r"}
_VERSION = ";version="

_INSTEAD = {"==": "=", "===": "=", "!==": "!=", "&&": "and", "||": "or", "<>": "!=", "=<": "<=", ":=": "="}
_STRAY = {
    "'": 'write the string in double quotes: `"…"`',
    "‘": 'write the string in double quotes: `"…"`',
    "’": 'write the string in double quotes: `"…"`',
    "“": 'write straight double quotes: `"…"`',
    "”": 'write straight double quotes: `"…"`',
    "`": 'write the string in double quotes: `"…"`, a name without quotes',
    "&": "write `and`",
    "|": "write `or`",
    "~": "write `not`",
    ";": "remove it: a rule is one expression",
    "#": "a comment begins with `//`",
    "?": "write `if (condition, value, otherwise)`",
    "@": "context data is written `@{schema}`",
    "$": "the profile is written `$1`",
    "{": "lists stand in `[…]`; context data is written `@{schema}`",
    "}": "lists stand in `[…]`; context data is written `@{schema}`",
    "≤": "write `<=`",
    "≥": "write `>=`",
    "≠": "write `!=`",
    "–": "write `-`",
    "−": "write `-`",
}


class Sort(Enum):
    """What a token is."""

    WORD = auto()
    NUMBER = auto()
    STRING = auto()
    CONTEXT = auto()
    PARAMETER = auto()
    SIGN = auto()
    END = auto()


class Token(NamedTuple):
    """One word, literal or sign.

    word: a word in lower case, or the sign; empty for literals and for words with ``xdm:``, which are never keywords.
    value: the name as written, without ``xdm:``; the string, number, schema or parameter that was meant.
    start, end: characters from 0, the end not included.
    """

    sort: Sort
    word: str
    value: str | int | float
    start: int
    end: int

    @property
    def place(self) -> Place:
        """Where it stands."""
        return tuple.__new__(Place, (self.start, self.end))


def tokenize(text: str) -> tuple[Token, ...]:
    """All tokens, the last of them ``END``. Raises ``RuleError`` at the first character that means nothing."""
    _refuse_unusable(text)
    tokens: list[Token] = []
    add, make, word_sort, sign_sort = tokens.append, tuple.__new__, Sort.WORD, Sort.SIGN
    for found in _TOKEN.finditer(text):
        group = found.lastindex
        if group is None:
            break  # blanks at the end
        written = found[group]
        start, end = found.span(group)
        if group == _WORD:
            add(make(Token, (word_sort, written.lower(), written, start, end)))
        elif group == _SIGN:
            add(make(Token, (sign_sort, written, written, start, end)))
        elif group != _COMMENT:
            sort, meaning = _MEANINGS[group]
            add(make(Token, (sort, "", meaning(text, start, end), start, end)))
    end = tokens[-1].end if tokens else 0
    add(Token(Sort.END, "", "", end, end))
    return tuple(tokens)


def _refuse_unusable(text: str) -> None:
    if len(text) > MAX_CHARACTERS:
        raise _error(text, f"a rule of more than {MAX_CHARACTERS:,} characters", 0, 0, "split it into several rules")
    found = _FORBIDDEN.search(text)
    if found is not None:
        what = "a NUL character" if found[0] == "\0" else "half of a character (a lone surrogate)"
        raise _error(text, f"{what} in the rule", found.start(), found.end(), "remove it")


def _error(text: str, message: str, start: int, end: int, hint: str) -> RuleError:
    return RuleError(Finding(message, Place(start, end), hint), text)


def _wrong(text: str, start: int, end: int) -> str:
    sign = text[start:end]
    if sign == "/*":
        raise _error(text, "this comment does not end", start, end, "close it with `*/`")
    raise _error(text, f"`{sign}` is no operator", start, end, f"write `{_INSTEAD[sign]}`")


def _stray(text: str, offset: int, _end: int) -> str:
    sign = text[offset]
    if sign == '"':
        end = text.find("\n", offset)
        end = len(text) if end < 0 else end
        hint = 'close it with `"`; a line end inside a string is written `\\n`'
        raise _error(text, "this string does not end", offset, end, hint)
    named = f"`{sign}`" if sign.isprintable() else f"the character U+{ord(sign):04X}"
    raise _error(text, f"{named} has no meaning here", offset, offset + 1, _STRAY.get(sign, "remove it"))


def _string(text: str, start: int, end: int) -> str:
    written = text[start + 1 : end - 1]
    if "\\" not in written:
        return written

    def meant(found: re.Match[str]) -> str:
        code, sign = found.groups()
        if code is not None and code != "0000":
            return chr(int(code, 16))
        if sign in _ESCAPED:
            return _ESCAPED[sign]
        at = start + 1 + found.start()
        if code is not None:
            raise _error(text, "a NUL character in a string", at, at + 6, "remove it")
        if sign == "u":
            raise _error(text, "`\\u` needs four hexadecimal digits", at, at + 2, "write for example `\\u00e9`")
        raise _error(text, f"`\\{sign}` is no escape in a string", at, at + 2, f"write `\\\\{sign}`")

    value = _ESCAPE.sub(meant, written)
    if "\\u" in written:
        try:
            value = value.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            message = "half of a character (a lone surrogate) in a string"
            raise _error(text, message, start, end, "write both halves, or the character itself") from None
    return value


def _named(text: str, start: int, end: int) -> str:
    return text[start + len("xdm:") : end]


def _number(text: str, start: int, end: int) -> int | float:
    written = text[start:end]
    if text[end : end + 1].isalnum() or text[end : end + 1] == "_":
        hint = f"put a space after `{written[:40]}`, or quote it all if it is a string"
        raise _error(text, "a number runs into a word", start, end + 1, hint)
    if len(written) <= _MAX_DIGITS:
        if written.isdigit():
            return int(written)
        value = float(written)
        if math.isfinite(value):
            return value
    raise _error(text, "this number is too large", start, end, "write a smaller one")


def _schema(text: str, start: int, end: int) -> str:
    schema = text[start + 1 : end].strip("{}").partition(_VERSION)[0].strip()
    if not schema:
        raise _error(text, "this context data names no schema", start, end, "write its id: `@{schema}`")
    return schema


def _parameter(text: str, start: int, end: int) -> int:
    written = text[start + 1 : end].lstrip("0")
    if not 0 < len(written) <= 2:
        raise _error(text, "there is no such parameter", start, end, "the profile is written `$1`")
    return int(written)


_MEANINGS: Mapping[int, tuple[Sort, Callable[[str, int, int], str | int | float]]] = {
    _TOKEN.groupindex[name]: sort_and_meaning
    for name, sort_and_meaning in {
        "string": (Sort.STRING, _string),
        "number": (Sort.NUMBER, _number),
        "context": (Sort.CONTEXT, _schema),
        "parameter": (Sort.PARAMETER, _parameter),
        "named": (Sort.WORD, _named),
        "wrong": (Sort.SIGN, _wrong),
        "stray": (Sort.SIGN, _stray),
    }.items()
}
