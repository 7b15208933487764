"""Conditional requests: ``If-Match`` and ``If-None-Match`` against the current revision (D2, G5)."""

from __future__ import annotations

import re

from reconciler.emulator.instances import Instance
from reconciler.emulator.messages import Request
from reconciler.emulator.problems import etag_mismatch

_ENTITY_TAG = re.compile(r'(?:W/)?(?:"([^"]*)"|([^\s,"]+))')


def matches(condition: str, instance: Instance) -> bool:
    """Whether ``*`` or one of the listed tags is the current revision: quoted, unquoted or with ``W/``.

    A quoted ``"*"`` is a tag like others.
    """
    tags = _ENTITY_TAG.findall(condition)
    return any(bare == "*" or str(instance.etag) in {quoted, bare} for quoted, bare in tags)


def require_match(request: Request, instance: Instance) -> None:
    """Refuse with 409 when ``If-Match`` is there and names another revision."""
    condition = request.header("if-match")
    if condition is not None and not matches(condition, instance):
        raise etag_mismatch(instance.etag)


def is_unchanged(request: Request, instance: Instance) -> bool:
    """Whether ``If-None-Match`` says that the caller has the current revision."""
    condition = request.header("if-none-match")
    return condition is not None and matches(condition, instance)
