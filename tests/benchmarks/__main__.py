"""``python -m tests.benchmarks [LINE…] [--quick] [--times N] [--json FILE]``."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from tests.benchmarks.lines import Figure, Line
from tests.benchmarks.measuring import Failed
from tests.benchmarks.registry import LINES
from tests.benchmarks.table import HEAD, document, floor_text, machine, row, title
from tests.benchmarks.workplace import Workplace


def main(arguments: list[str]) -> int:
    """Measure the lines asked for, or all. 1 when a bound is not kept or a line could not be measured."""
    asked = _asked(arguments)
    before = machine()
    print(f"Python {before['python']}, {before['cores']} cores, load {before['load'][0]}\n\n{HEAD}")
    measured: list[tuple[Line, list[Figure]]] = []
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:
        usual = Workplace(Path(folder))
        hurried = Workplace(Path(folder), times=3, small=1_000, large=5_000, profiles=50_000)
        place = hurried if asked.quick else usual
        if asked.times is not None:
            place = replace(place, times=asked.times)
        lines = [line for line in LINES if not asked.line or line.number in asked.line]
        complete = True
        for line in lines:
            figures: list[Figure] = []
            measured.append((line, figures))
            complete &= _measured(line, place, figures)
        floors = "".join(floor_text(count, spent) for count, spent in place.floors.items())
    print(f"\n{floors}load {machine()['load'][0]}")
    if asked.json is not None:
        told = {"times": place.times, "small": place.small, "large": place.large, "floors_s": place.floors}
        asked.json.write_text(json.dumps(document(measured, before, told), indent=1) + "\n")
    return int(not complete or any(figure.kept is False for _, figures in measured for figure in figures))


def _measured(line: Line, place: Workplace, figures: list[Figure]) -> bool:
    """Whether it could be measured; its figures are shown as they come."""
    print(title(line), flush=True)
    try:
        for figure in line.measure(place):
            figures.append(figure)
            print(row(figure), flush=True)
    except Failed as failed:
        print(f"    not measured: {failed}", file=sys.stderr)
        return False
    return True


def _asked(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="Figures against their budgets.")
    parser.add_argument("line", nargs="*", type=int, help="numbers of lines; all by default")
    parser.add_argument("--quick", action="store_true", help="smaller catalogues, three times each")
    parser.add_argument("--times", type=int, help="how often each is measured (5)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="the figures as JSON too")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
