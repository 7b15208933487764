"""What is kept beside an instance so that lists and searches find it: made from its values only."""

from __future__ import annotations

from hashlib import blake2b

from reconciler.emulator.jsontext import Json, JsonObject
from reconciler.emulator.words import index_text, strings_in

NO_TEXT = "\0"  # stands in a column for a value that is no text


def label_and_status(values: JsonObject) -> tuple[str | None, str | None]:
    """The name and the status that an instance is listed by; None when absent."""
    return _as_text(values.get("xdm:name")), _as_text(values.get("xdm:status"))


def _as_text(value: Json) -> str | None:
    return value if value is None or isinstance(value, str) else NO_TEXT


def search_text(values: JsonObject) -> str:
    """The words that a search finds an instance by."""
    return index_text(strings_in(values))


def place_of(scope: str, schema: str) -> str:
    """One word for a scope and a schema, as the full-text index wants it."""
    return "p" + blake2b(f"{scope}\0{schema}".encode(), digest_size=8).hexdigest()
