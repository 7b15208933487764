"""Profiles of a whole file, counted in this process and in others."""

from __future__ import annotations

import gc
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context, parent_process
from pathlib import Path
from typing import ClassVar

from reconciler.decision.impact import NOBODY, Comparison, Counted, count_batch
from reconciler.decision.profiles import PIECE_BYTES, Decoder, Piece, is_parquet, read_pieces
from reconciler.model.errors import ReconcilerError

_CTRL_C = frozenset({signal.SIGINT})


class WorkerLost(ReconcilerError):
    """A worker process ended before its work was done."""


@dataclass(frozen=True, slots=True)
class Labour:
    """How the work is shared. workers: processes; 1 is this one alone.

    alone: profiles that this process counts before it starts others, which takes about as long.
    """

    workers: int = 1
    piece_bytes: int = PIECE_BYTES
    alone: int = 10_000


def usual_workers(path: Path) -> int:
    """Two processes; one on one core, and for Parquet, whose reader takes more memory than two of them may have."""
    if is_parquet(path):
        return 1
    return min(2, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def count_profiles(
    path: Path,
    comparison: Comparison,
    labour: Labour = Labour(),
    on_piece: Callable[[float], None] = lambda _done: None,
) -> Counted:
    """What all profiles of a file are shown before and after, in memory that does not grow with their number.

    on_piece: told how much of the file is done, 0..1.
    Raises ``ProfilesUnreadable`` for the first profile that is none, ``WorkerLost``.
    """
    pieces = read_pieces(path, labour.piece_bytes)
    total = NOBODY
    decoder = Decoder()
    with _without_collector():
        for piece in pieces:
            total = total.plus(_count_piece(comparison, decoder, piece))
            on_piece(piece.done)
            if labour.workers > 1 and total.profiles >= labour.alone:
                break
        following = next(pieces, None)
        if following is not None:
            with closing(_shared(following, pieces, comparison, labour.workers)) as shared:
                for counted, done in shared:
                    total = total.plus(counted)
                    on_piece(done)
    return total


def _count_piece(comparison: Comparison, decoder: Decoder, piece: Piece) -> Counted:
    total = NOBODY
    for batch in decoder.decode(piece):
        total = total.plus(count_batch(comparison, batch))
    return total


def _shared(
    first: Piece, pieces: Iterator[Piece], comparison: Comparison, workers: int
) -> Generator[tuple[Counted, float], None, None]:
    """Pieces counted by other processes, in the order of the file."""
    running: deque[tuple[Future[Counted], float]] = deque()
    pool = ProcessPoolExecutor(workers, get_context("spawn"), _begin, (comparison,))

    def start(piece: Piece) -> None:
        # A worker inherits what is blocked: it hears no Ctrl-C, and ends when this process tells it to.
        with _deaf():
            running.append((pool.submit(_count, piece), piece.done))

    try:
        start(first)
        for piece in islice(pieces, workers):
            start(piece)
        while running:
            future, done = running.popleft()
            yield future.result(), done
            for piece in islice(pieces, 1):
                start(piece)
    except BrokenProcessPool as error:
        raise WorkerLost(
            "a worker process ended before its work was done",
            remedy="Perhaps memory ran out; `--workers 1` counts in one process.",
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _deaf() -> Iterator[None]:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _CTRL_C)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Profiles hold no cycles; looking for some costs more than the rules."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


# ---------------------------------------------------------------- in a worker


class _Worker:
    comparison: ClassVar[Comparison]
    decoder: ClassVar[Decoder]


def _begin(comparison: Comparison) -> None:
    _Worker.comparison, _Worker.decoder = comparison, Decoder()
    gc.disable()
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A parent that was killed tells nobody."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _count(piece: Piece) -> Counted:
    return _count_piece(_Worker.comparison, _Worker.decoder, piece)
