"""The lease: one run at a time writes, and whoever lost it writes no more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

from reconciler.live.anchor import SCHEMA, Anchor, AnchorState, Lease, read_anchor
from reconciler.model.errors import ReconcilerError
from reconciler.model.instant import read_instant, spell_instant
from reconciler.model.pointer import spell_pointer
from reconciler.model.stamp import LINK
from reconciler.repository.errors import Conflict, RepositoryError
from reconciler.repository.port import Deleted, Writer
from reconciler.repository.retry import Clock

FIRST_PAUSE_S = 0.05  # before looking again at an anchor that somebody else wrote first
PATIENCE_S = 10.0  # with lists that are late, beside what the terms say
LOOK_S = 1.0  # between two looks at a lease that somebody else holds
RENEWALS = 3  # in each term
_STATE = spell_pointer("_links", LINK)


@dataclass(frozen=True, slots=True)
class Terms:
    """How a lease is taken; seconds. term_s: how long it lasts; settle_s: how long requests of a dead run may still
    arrive; lock_timeout_s: how long to wait for somebody else's.
    """

    term_s: float = 60.0
    settle_s: float = 30.0
    lock_timeout_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Runner:
    """Who is running. run: an id of this run; roots: of its Git repository, empty when not known.

    gone: whether a process, as its own lease named it, is known to be gone; only then is its lease free at once.
    """

    run: str
    holder: str
    process: str
    roots: frozenset[str] = frozenset()
    gone: Callable[[str], bool] = lambda _process: False


class Locked(ReconcilerError):
    """Somebody else holds the lease."""

    def __init__(self, lease: Lease, since: str) -> None:
        self.lease = lease
        super().__init__(
            f"{lease.holder} is applying to this catalogue (run {lease.run}, last heard of {since})",
            remedy=f"Wait for it with --lock-timeout, or, if it is dead: reconciler unlock --run {lease.run}",
        )


class Foreign(ReconcilerError):
    """The catalogue is applied from another Git repository."""

    def __init__(self, catalog: str) -> None:
        super().__init__(
            f"the live catalogue `{catalog}` was applied from another Git repository than this one",
            remedy=f"Give this catalogue another name. If it is to take over: --allow-takeover {catalog}",
        )


@dataclass(slots=True)
class HeldLease:
    """A lease of ours. lost: set once it may be somebody else's."""

    writer: Writer
    clock: Clock
    state: AnchorState
    address: str
    etag: str
    until: float  # on the clock that only goes forward
    lost: asyncio.Event = field(default_factory=asyncio.Event)
    _beat: int = 0  # of the last renewal that was tried
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def lease(self) -> Lease:
        """What the anchor says of us."""
        assert self.state.lease is not None  # noqa: S101 - ours until it is released
        return self.state.lease

    def may_write(self) -> bool:
        """Whether the lease is certainly ours now."""
        return not self.lost.is_set() and self.clock.now() < self.until

    async def assured(self) -> bool:
        """Whether the lease is ours. A run that was asleep, or busy, beyond its term renews it first: that succeeds
        only if nobody has taken it since.
        """
        if not self.may_write():
            await self.renew()
        return self.may_write()

    async def keep(self) -> None:
        """Renew it in time, for as long as it is ours."""
        while not self.lost.is_set():
            await self.clock.sleep(self.lease.term_s / RENEWALS)
            await self.renew()

    async def renew(self) -> None:
        """Renew it once. An error is no loss yet: the term may have room for another try.

        Each try has a beat of its own, so that a beat that is found tells which of them was carried out: only its
        term counts, not that of a later one that met its revision.
        """
        async with self._turn:
            for _ in range(2):
                if self.lost.is_set():
                    return
                begun = self.clock.now()
                self._beat = max(self._beat, self.lease.beat) + 1
                beaten = replace(self.state, lease=replace(self.lease, beat=self._beat))
                try:
                    self.etag = await _put(self.writer, self.address, beaten, self.etag)
                except RepositoryError as error:
                    if not isinstance(error, Conflict) and not error.maybe_carried_out:
                        return
                    before = self.etag
                    await self._look()
                    if self.etag == before:
                        return
                    if self.lease != beaten.lease:
                        continue  # an earlier try was carried out, and its answer lost
                self.state, self.until = beaten, begun + self.lease.term_s
                return

    async def _look(self) -> AnchorState | None:
        """What the anchor says, after an answer that does not tell whose it is; None when it could not be read."""
        try:
            found = await self.writer.lookup(self.address, SCHEMA)
        except RepositoryError:
            return None
        anchor = read_anchor(found) if found is not None else None
        if anchor is None or anchor.state.lease is None or anchor.state.lease.run != self.lease.run:
            self.lost.set()
        else:
            self.state, self.etag = anchor.state, anchor.instance.etag
        return anchor.state if anchor is not None else None

    async def release(self, commit: str | None, *, undone: bool = False) -> bool:
        """Give it back. commit: the one that is now applied in full, None leaves what was, or with ``undone`` says
        that none is applied any more. False: it was not ours.
        """
        if not await self.assured():
            return False
        async with self._turn:
            state = replace(self.state.free(), commit=commit or (None if undone else self.state.commit))
            for _ in range(2):
                try:
                    await _put(self.writer, self.address, state, self.etag)
                except RepositoryError:
                    found = await self._look()
                    if found == state:
                        return True  # the answer was lost
                    if self.lost.is_set():
                        return False
                    continue
                return True
        return False

    async def dissolve(self) -> bool:
        """Delete the anchor, where nothing of the catalogue is left. False: it may still be there."""
        if not await self.assured():
            return False
        async with self._turn:
            try:
                return isinstance(await self.writer.delete(self.address, if_match=self.etag), Deleted)
            except RepositoryError:
                return False


@asynccontextmanager
async def leased(
    writer: Writer, catalog: str, runner: Runner, terms: Terms, clock: Clock, *, takeover: bool = False
) -> AsyncIterator[HeldLease]:
    """Hold the lease of a catalogue, renewed for as long as the block lasts. It is not given back at its end:
    ``release`` says with which commit, and what was not released runs out.

    takeover: whether a catalogue of another Git repository may be taken.
    Raises ``Locked`` when somebody holds it, ``Foreign`` when it is another repository's.
    """
    held = await take(writer, catalog, runner, terms, clock, takeover=takeover)
    keeping = asyncio.ensure_future(held.keep())
    try:
        yield held
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


async def take(
    writer: Writer, catalog: str, runner: Runner, terms: Terms, clock: Clock, *, takeover: bool = False
) -> HeldLease:
    """Take the lease, waiting for it as long as the terms say."""
    begin = clock.now()
    deadline = begin + terms.lock_timeout_s
    patience = begin + terms.lock_timeout_s + terms.settle_s + PATIENCE_S
    pause = FIRST_PAUSE_S
    lease = Lease(runner.run, runner.holder, runner.process, terms.term_s)
    tried: float | None = None  # since when an answer that was lost may have made it ours
    while True:
        begun = clock.now()
        anchor = await find_anchor(writer, catalog)
        if anchor is not None:
            _refuse_foreign(anchor.state, runner, takeover=takeover)
        if anchor is not None and anchor.state.lease is not None and anchor.state.lease.run == runner.run:
            until = (begun if tried is None else tried) + terms.term_s
            return HeldLease(writer, clock, anchor.state, anchor.instance.address, anchor.instance.etag, until)
        if anchor is None or _is_free(anchor, runner, terms, writer):
            if begun >= patience:
                raise ReconcilerError(
                    f"the anchor `{AnchorState(catalog).name}` cannot be taken: it is there, but the lists lack it",
                    remedy="Try again; the repository's lists are late.",
                )
            tried = begun if tried is None else tried
            held = await _try(writer, anchor, catalog, lease, runner)
            if held is not None:
                state, address, etag = held
                return HeldLease(writer, clock, state, address, etag, begun + terms.term_s)
            await clock.sleep(pause)
            pause = min(2 * pause, LOOK_S)
            continue
        if clock.now() >= deadline:
            assert anchor.state.lease is not None  # noqa: S101 - else it were free
            raise Locked(anchor.state.lease, anchor.instance.modified)
        await clock.sleep(min(LOOK_S, max(0.0, deadline - clock.now())))


async def unlock(writer: Writer, catalog: str, run: str) -> Lease:
    """Free the lease of a dead run. Raises ``ReconcilerError`` when that run holds none."""
    anchor = await find_anchor(writer, catalog)
    lease = anchor.state.lease if anchor is not None else None
    if anchor is None or lease is None:
        raise ReconcilerError(f"nobody is applying to `{catalog}`", remedy="Nothing needs to be unlocked.")
    if lease.run != run:
        raise ReconcilerError(
            f"the lease is not of run {run}: {lease.holder} holds it as run {lease.run}",
            remedy=f"If that run is dead: reconciler unlock --run {lease.run}",
        )
    await _put(writer, anchor.instance.address, anchor.state.free(), anchor.instance.etag)
    return lease


async def find_anchor(writer: Writer, catalog: str) -> Anchor | None:
    """The anchor of a catalogue. Raises ``ReconcilerError`` when its name is held by something else."""
    name = AnchorState(catalog).name
    async for page in writer.pages(SCHEMA, limit=10, properties=(f"_instance.xdm:name=={name}",)):
        for item in page.items:
            if item.properties.get("xdm:name") == name:
                anchor = read_anchor(item)
                if anchor is None or anchor.state.catalog != catalog:
                    raise ReconcilerError(
                        f"the tag `{name}` ({item.uri}) is not the anchor of this catalogue",
                        remedy="Delete that tag in the repository, or rename it.",
                    )
                return anchor
    return None


def _refuse_foreign(state: AnchorState, runner: Runner, *, takeover: bool) -> None:
    if state.is_of_another(runner.roots) and not takeover:
        raise Foreign(state.catalog)


def _is_free(anchor: Anchor, runner: Runner, terms: Terms, writer: Writer) -> bool:
    """Nobody's, of a process that is gone, or run out so long ago that nothing of its run can still arrive.

    Judged by the repository's clock: it wrote ``modified``, and it says what time it is now.
    """
    lease = anchor.state.lease
    if lease is None or runner.gone(lease.process):
        return True
    renewed = read_instant(anchor.instance.modified)
    if renewed is None:
        return False
    return writer.server_time() >= renewed + timedelta(seconds=lease.term_s + terms.settle_s)


async def _try(
    writer: Writer, anchor: Anchor | None, catalog: str, lease: Lease, runner: Runner
) -> tuple[AnchorState, str, str] | None:
    """Write ourselves in; None when somebody else was faster, or when only another look can tell."""
    try:
        if anchor is None:
            state = AnchorState(catalog, None, runner.roots, lease)
            receipt = await writer.create(SCHEMA, {"xdm:name": state.name}, state.links())
            return state, receipt.address, receipt.etag
        state = replace(anchor.state, roots=runner.roots or anchor.state.roots, lease=lease)
        return state, anchor.instance.address, await _put(writer, anchor.instance.address, state, anchor.instance.etag)
    except RepositoryError as error:
        if isinstance(error, Conflict) or error.maybe_carried_out:
            return None
        raise


async def _put(writer: Writer, address: str, state: AnchorState, etag: str) -> str:
    operations: Sequence[dict[str, object]] = [{"op": "add", "path": _STATE, "value": state.link()}]
    receipt = await writer.patch(address, SCHEMA, operations, if_match=etag)
    return receipt.etag


def since(anchor: Anchor) -> str:
    """When the anchor was last written, for people."""
    written = read_instant(anchor.instance.modified)
    return anchor.instance.modified if written is None else spell_instant(written)
