"""A place among the tokens of a rule, and what is said when something else stands there."""

from __future__ import annotations

from reconciler.pql.errors import Finding, RuleError, position
from reconciler.pql.hints import hint_for_leftover
from reconciler.pql.syntax import Place
from reconciler.pql.tokens import Sort, Token, tokenize

_LONGEST_SHOWN = 30
_END = Sort.END  # looked up once: an attribute of an enum costs a call


class Cursor:
    """Goes through the tokens from left to right. token: the one that comes next; index: which of ``tokens`` it is."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokenize(text)
        self.index = 0
        self.token = self.tokens[0]

    def move_to(self, index: int) -> None:
        """Make this the token that comes next."""
        self.index = index
        self.token = self.tokens[index]

    def at_end(self) -> bool:
        """Whether the whole rule is behind us."""
        return self.token.sort is _END

    def following(self, steps: int = 1) -> Token:
        """The token so many after the next one; the last is repeated."""
        return self.tokens[min(self.index + steps, len(self.tokens) - 1)]

    def advance(self) -> Token:
        """The next token, which is then behind us; the last stays."""
        token = self.token
        if token.sort is not _END:
            self.index += 1
            self.token = self.tokens[self.index]
        return token

    def accept(self, word: str) -> bool:
        """Whether this word or sign came next; if so it is behind us now."""
        if self.token.word != word:
            return False
        self.index += 1
        self.token = self.tokens[self.index]
        return True

    def expect(self, word: str, hint: str = "") -> Token:
        """This word or sign, or a ``RuleError``."""
        if self.token.word != word:
            raise self.unexpected(f"`{word}`", hint)
        return self.advance()

    def expect_closing(self, opening: Token, closer: str) -> None:
        """The bracket that closes this one, or a ``RuleError`` that tells where it was opened."""
        if self.accept(closer):
            return
        if self.token.sort is _END or self.token.word in (")", "]"):
            line, column = position(self.text, opening.start)
            hint = f"`{opening.word}` in line {line}, column {column} of the rule is not closed"
            raise self.unexpected(f"`{closer}`", hint)
        raise self.leftover(f"an operator or `{closer}`")

    def leftover(self, expected: str) -> RuleError:
        """What to raise where an expression has ended and something that cannot follow it stands."""
        return self.unexpected(expected, hint_for_leftover(self.token, self.following()))

    def unexpected(self, expected: str, hint: str = "") -> RuleError:
        """What to raise when the next token is not what must stand here."""
        return self.error(f"expected {expected}, found {self.shown(self.token)}", self.token.place, hint)

    def error(self, message: str, place: Place, hint: str = "") -> RuleError:
        """What to raise for anything wrong."""
        return RuleError(Finding(message, place, hint), self.text)

    def shown(self, token: Token) -> str:
        """A token as it is called in messages."""
        if token.sort is _END:
            return "the end of the rule"
        written = self.text[token.start : token.end]
        return f"`{written[:_LONGEST_SHOWN]}…`" if len(written) > _LONGEST_SHOWN else f"`{written}`"

    def since(self, start: int) -> Place:
        """From this character to the end of what is behind us."""
        return tuple.__new__(Place, (start, self.tokens[self.index - 1].end))
