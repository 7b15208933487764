"""Waiting until the lists show what was created, so that the next run sees it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.live.snapshot import PAGE_SIZE
from reconciler.model.kinds import KINDS, Kind
from reconciler.repository.errors import RepositoryError
from reconciler.repository.port import IDS_MAX, Writer
from reconciler.repository.retry import Clock

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.2, 5.0


async def until_listed(
    writer: Writer, created: Mapping[Kind, Sequence[str]], before: Mapping[Kind, int], clock: Clock, settle_s: float
) -> tuple[str, ...]:
    """List the kinds created in until every new URI is there, or the settle time ends. Returns those still missing.

    before: how many instances of each kind there were, which says whether all of a kind take fewer requests to list
    than the new ones by their URIs.
    """
    deadline = clock.now() + settle_s
    missing = {kind: set(uris) for kind, uris in created.items() if uris}
    pause = _FIRST_PAUSE_S
    while True:
        left = {
            kind: uris - await _listed(writer, kind, uris, before.get(kind, 0) + len(created[kind]))
            for kind, uris in missing.items()
        }
        missing = {kind: uris for kind, uris in left.items() if uris}
        if not missing or clock.now() >= deadline:
            return tuple(sorted(uri for uris in missing.values() for uri in uris))
        await clock.sleep(min(pause, max(0.0, deadline - clock.now())))
        pause = min(2 * pause, _LONGEST_PAUSE_S)


async def _listed(writer: Writer, kind: Kind, uris: set[str], total: int) -> set[str]:
    """Those of the URIs that the lists have. total: how many instances of the kind there are."""
    ids = [] if _requests(total, PAGE_SIZE) < _requests(len(uris), IDS_MAX) else sorted(uris)
    pages = writer.pages(KINDS[kind].schema, limit=PAGE_SIZE, ids=ids)
    try:
        return {item.uri async for page in pages for item in page.items}
    except RepositoryError:
        return set()


def _requests(count: int, at_once: int) -> int:
    return -(-count // at_once)
