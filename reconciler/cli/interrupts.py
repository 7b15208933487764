"""Ctrl-C while a document is printed: it waits, since half a document is worse than none."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_CTRL_C = frozenset({signal.SIGINT})


@contextmanager
def held_back() -> Iterator[Callable[[], bool]]:
    """Hold Ctrl-C back until the block ends, and then drop it. What it gives tells whether somebody pressed it.

    It is blocked and not only caught: a write that a signal cuts short is lost in part where output has no buffer.
    Who reads the document hears the same Ctrl-C, and is gone, if nobody is to wait for it.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _CTRL_C)
    try:
        yield lambda: signal.SIGINT in signal.sigpending()
    finally:
        if signal.SIGINT in signal.sigpending():
            signal.sigwait(_CTRL_C)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
