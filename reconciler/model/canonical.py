"""Canonical JSON: one text per value, whatever the order of its keys. Digests and equality are built on it."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any

Json = Any  # None, bool, int, float, str, or lists and string-keyed dicts of these

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


def canonical_json(value: Json) -> str:
    """The value as JSON with sorted keys and no spare white space."""
    return _encode(value)


def digest(text: str) -> str:
    """SHA-256 of the text's UTF-8 bytes, in hex."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def short_hash(value: Json) -> str:
    """The first 48 bits of SHA-256 over the canonical JSON, base64url: 8 characters."""
    return text_hash(_encode(value))


def text_hash(canonical: str) -> str:
    """The same of what is canonical JSON already."""
    return urlsafe_b64encode(sha256(canonical.encode("utf-8", "surrogatepass")).digest()[:6]).decode()
