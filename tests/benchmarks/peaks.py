"""``python -m tests.benchmarks.peaks ARGUMENTS…``: ``impact``, and then the megabytes that it took."""

from __future__ import annotations

import resource
import sys

from reconciler.cli.main import main

if __name__ == "__main__":
    if main(["impact", *sys.argv[1:]]) != 0:
        sys.exit(1)
    own, worker = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print((own + 2 * worker) / 1024)  # all at their peaks at once: no less than it was
