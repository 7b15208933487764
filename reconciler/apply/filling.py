"""A step's body with everything in it that is known only now: URIs of what was created, bases, the commit."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from reconciler.model.kinds import EntityKey
from reconciler.model.pointer import put
from reconciler.model.spelling import Pending
from reconciler.model.stamp import LINK, PendingBase, read_stamp
from reconciler.plan.payloads import STAMP_PATH
from reconciler.plan.steps import Step

Body = Any


def fill(step: Step, uris: Mapping[EntityKey, str], commit: str | None) -> Body:
    """The payload or patch to send. uris: of all entities that this plan has created so far."""
    root = {"payload": copy.deepcopy(step.payload), "patch": [copy.deepcopy(item) for item in step.patch]}
    for ref in step.refs:
        put(root, ref.path, uris[ref.key])
    links = _stamp_holder(root)
    if links is not None:
        links[LINK] = _stamp(links[LINK], step.pending, uris, commit)
        _store(root, links[LINK])
    return root["payload"] if step.payload is not None else root["patch"]


def _stamp_holder(root: Mapping[str, Any]) -> dict[str, Any] | None:
    if root["payload"] is not None:
        links: dict[str, Any] = root["payload"]["_links"]
        return links
    operation = next((item for item in root["patch"] if item["path"] == STAMP_PATH and "value" in item), None)
    return None if operation is None else {LINK: operation["value"]}


def _store(root: Mapping[str, Any], link: Mapping[str, Any]) -> None:
    for item in root["patch"]:
        if item["path"] == STAMP_PATH:
            item["value"] = link


def _stamp(
    link: Mapping[str, Any], pending: tuple[PendingBase, ...], uris: Mapping[EntityKey, str], commit: str | None
) -> dict[str, str]:
    stamp = read_stamp({LINK: link})
    assert stamp is not None  # noqa: S101 - the plan wrote it
    told = {base.field: base.value(lambda key: uris.get(key) or Pending(key)) or "" for base in pending}
    return replace(stamp, bases={**(stamp.bases or {}), **told}, commit=commit).link()
