"""Makes the cassettes again, each against a fresh ``reconciler serve``: ``python -m tests.record``."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.wire import CASSETTES, SCENARIOS, play, recorder


def main() -> None:
    """Record every scenario."""
    for scenario in SCENARIOS:
        name = f"{scenario.__name__}.yaml"
        (CASSETTES / name).unlink(missing_ok=True)
        command = [sys.executable, "-m", "reconciler", "serve", "--port", "0", "--fault", "slow-delete=1"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            assert process.stdout is not None
            url = json.loads(process.stdout.readline())["url"]
            with recorder("all").use_cassette(name):
                play(scenario, url)
            process.terminate()
        sys.stdout.write(f"recorded {name}\n")


if __name__ == "__main__":
    main()
