"""Durations on the command line: ``500ms``, ``30s``, ``2m``, ``1h``."""

from __future__ import annotations

import re
from typing import Any

import click

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "": 1.0}
_SPELLED = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|)")


class Duration(click.ParamType[float]):
    """A duration in seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The seconds that a text spells."""
        match = _SPELLED.fullmatch(str(value))
        if match is None:
            self.fail(f"{value!r} is no duration such as 500ms, 30s or 2m", param, ctx)
        return float(match[1]) * _UNITS[match[2]]
