"""Compiled rules that are kept for the next one who asks, in bounded memory."""

from __future__ import annotations

from collections import OrderedDict

from reconciler.pql.rule import Rule, compile_rule

MAX_CHARACTERS = 256 * 1024  # of all texts together; compiled, each takes some 150 bytes
MAX_LENGTH = 10_000


class KeptRules:
    """Rules by their texts, those asked for last; of longer texts than ``MAX_LENGTH`` only the very last one."""

    def __init__(self) -> None:
        self._rules: OrderedDict[str, Rule] = OrderedDict()
        self._long: Rule | None = None
        self._characters = 0

    @property
    def characters(self) -> int:
        """How long the texts of all rules kept are together."""
        return self._characters + (0 if self._long is None else len(self._long.text))

    def compiled(self, text: str) -> Rule:
        """The rule of a text. Raises as ``compile_rule``."""
        if len(text) > MAX_LENGTH:
            return self._of_long(text)
        rule = self._rules.get(text)
        if rule is None:
            rule = self._rules[text] = compile_rule(text)
            self._characters += len(text)
            while self._characters > MAX_CHARACTERS:
                oldest, _ = self._rules.popitem(last=False)
                self._characters -= len(oldest)
        else:
            self._rules.move_to_end(text)
        return rule

    def _of_long(self, text: str) -> Rule:
        rule = self._long
        if rule is None or rule.text != text:
            self._long = None  # gives its memory back before the next one takes some
            del rule
            rule = self._long = compile_rule(text)
        return rule
