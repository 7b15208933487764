"""What decide, test and impact are told alike: seed, ids, time zone, counters, and the files of profiles."""

from __future__ import annotations

import json
import sys
from contextlib import AbstractContextManager, nullcontext
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from reconciler.cli.command import all_of
from reconciler.model.errors import ReconcilerError

if TYPE_CHECKING:
    from datetime import datetime

    from reconciler.decision.decide import Setting
    from reconciler.decision.state import DecisionState

MAX_BYTES = 64 * 1024 * 1024
STDIN = Path("-")

state_option = click.option(
    "--state",
    default="files",
    show_default=True,
    metavar="STATE",
    help="What decides: files, live, a plan file, or a Git revision (git:REF).",
)
setting_options = all_of(
    click.option("--seed", default="0", show_default=True, help="Breaks ties; the same seed, the same winners."),
    click.option("--id-field", metavar="PATH", help="The field with the profile's id; default: its identityMap."),
    click.option(
        "--timezone",
        default="UTC",
        show_default=True,
        metavar="ZONE",
        help="Where the days of rules begin, e.g. Europe/Oslo.",
    ),
    click.option("--counters", type=click.Path(path_type=Path), metavar="FILE", help="Earlier propositions, as JSON."),
)


def make_setting(at: datetime, *, seed: str, id_field: str | None, timezone: str, counters: Path | None) -> Setting:
    """The setting that these options say. Raises ``ReconcilerError`` for counters that cannot be read."""
    from reconciler.decision.counters import NOTHING_PROPOSED, CountersUnreadable, to_counters
    from reconciler.decision.decide import Setting

    try:
        counted = NOTHING_PROPOSED if counters is None else to_counters(read_json(counters))
    except CountersUnreadable as error:
        raise CountersUnreadable(f"{counters}: {error}", remedy=error.remedy) from None
    return Setting(at, read_zone(timezone), counted, seed, id_field)


def refuse_unknown_offers(setting: Setting, counters: Path | None, *states: DecisionState) -> None:
    """Raises ``ReconcilerError`` when the counters name an offer that none of the states has."""
    from reconciler.decision.counters import CountersUnreadable, refuse_unknown_offers

    try:
        refuse_unknown_offers(setting.counters, sorted({key for state in states for key in state.offers}))
    except CountersUnreadable as error:
        raise CountersUnreadable(f"{counters}: {error.message}", remedy=error.remedy) from None


def read_zone(name: str) -> tzinfo:
    """A time zone by its name in the IANA database."""
    from datetime import UTC
    from zoneinfo import ZoneInfo

    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        raise click.BadParameter(f"{name!r} is no time zone, such as Europe/Oslo", param_hint="--timezone") from None


def read_mapping(path: Path, what: str) -> dict[str, Any]:
    """The JSON object in a file. what: what it should hold, for the message."""
    value = read_json(path)
    if not isinstance(value, dict):
        raise ReconcilerError(f"{path} holds no {what}", remedy="Write one JSON object: {…}.")
    return value


def read_json(path: Path) -> Any:
    """The JSON value in a file, or from stdin for ``-``."""
    try:
        return json.loads(read_input(path), parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ReconcilerError(f"{path} is not JSON: {error.msg} in {where}", remedy="Correct the file.") from None
    except (ValueError, RecursionError) as error:
        what = f"{path} is not JSON that can be used: {_why_unusable(error)}"
        raise ReconcilerError(what, remedy="Write plain JSON in UTF-8.") from None


def read_text(path: Path) -> str:
    """The text in a file, or from stdin for ``-``."""
    try:
        return read_input(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ReconcilerError(f"{path} is not in UTF-8", remedy="Save it as UTF-8.") from None


def read_input(path: Path) -> bytes:
    """What is in a file, or comes from stdin for ``-``; no more than 64 MiB."""
    with opened_input(path) as opened:
        try:
            found = opened.read(MAX_BYTES + 1)
        except OSError as error:
            raise _cannot_be_read(path, error) from error
    if len(found) > MAX_BYTES:
        raise ReconcilerError(f"{path} is larger than {MAX_BYTES >> 20} MiB", remedy="Name a smaller file.")
    return found


def opened_input(path: Path) -> AbstractContextManager[BinaryIO]:
    """A file, or stdin for ``-``, which stays open."""
    if path == STDIN:
        return nullcontext(sys.stdin.buffer)
    try:
        return path.open("rb")
    except OSError as error:
        raise _cannot_be_read(path, error) from error


def _cannot_be_read(path: Path, error: OSError) -> ReconcilerError:
    return ReconcilerError(f"{path} cannot be read: {error.strerror}", remedy="Name a file that can be.")


class _RefusedConstant(ValueError):
    """``NaN`` or an infinity, which JSON does not know."""


def _why_unusable(error: ValueError | RecursionError) -> str:
    match error:
        case RecursionError():
            return "it is nested too deeply"
        case UnicodeDecodeError():
            return "it is not in UTF-8"
        case _RefusedConstant():
            return f"{error} is no number"
        case _:
            return "a number in it has too many digits"


def _refuse_constant(name: str) -> Any:
    raise _RefusedConstant(name)
