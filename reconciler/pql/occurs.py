"""``occurs`` as closures: where an instant lies from another one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import Any

from reconciler.pql.scope import RUN, Closure, Frame, Scope, Test
from reconciler.pql.situation import Run
from reconciler.pql.syntax import Call, Computed, Literal, Negative, Node, Period, Side, TimeWord, Unit, Which, Within
from reconciler.pql.times import Window, count_units, make_window, to_instant
from reconciler.pql.values import is_number

_AWAY = {Which.LAST: -1, Which.THIS: 0, Which.NEXT: 1}


def steady(node: Node, scope: Scope) -> bool:
    """Whether this has one value for all profiles."""
    match node:
        case Literal() | TimeWord():
            return True
        case Negative(of=inner):
            return steady(inner, scope)
        case Computed(left=left, right=right):
            return steady(left, scope) and steady(right, scope)
        case Call(of=None, name=name, arguments=arguments):
            if name == "if" or scope.helper(name) is not None:
                return False
            return all(steady(argument, scope) for argument in arguments)
        case _:
            return False


def within(node: Within, instant: Closure, amount: Closure, reference: Closure, *, once: bool) -> Test:
    """``occurs <= 6 months before now``. once: both ends are the same for all profiles, so they are worked out once."""

    def window_of(frame: Frame) -> Window | None:
        run: Run = frame[RUN]
        number, near = amount(frame), to_instant(reference(frame), run.zone)
        if near is None or not is_number(number):
            return None
        return make_window(node.comparison, number, node.unit, node.side, near, run.zone)

    return _inside(instant, window_of, once=once)


def _inside(instant: Closure, window_of: Callable[[Frame], Window | None], *, once: bool) -> Test:
    key = object()

    def test(frame: Frame) -> bool:
        run: Run = frame[RUN]
        if not once:
            window = window_of(frame)
        elif key in run.windows:
            window = run.windows[key]
        else:
            window = run.windows[key] = window_of(frame)
        moment = to_instant(instant(frame), run.zone)
        return window is not None and moment is not None and window(moment)

    return test


def in_period(instant: Closure, period: Period) -> Test:
    """``occurs last week``: in the calendar unit so many from that of now."""
    unit, away = period.unit, _AWAY[period.which]

    def window_of(frame: Frame) -> Window:
        run: Run = frame[RUN]
        return _in_unit(count_units(run.now, unit, run.zone) + away, unit, run.zone)

    return _inside(instant, window_of, once=True)


def _in_unit(wanted: int, unit: Unit, zone: tzinfo) -> Window:
    return lambda moment: count_units(moment, unit, zone) == wanted


def beside(instant: Closure, side: Side, reference: Closure) -> Test:
    """``occurs before T``, ``occurs after T``."""
    if side is Side.BEFORE:
        return _instants(lambda _zone, moment, other: moment < other, instant, reference)
    return _instants(lambda _zone, moment, other: moment > other, instant, reference)


def on_day(instant: Closure, reference: Closure) -> Test:
    """``occurs on T``: on the same day."""
    return _instants(
        lambda zone, moment, other: count_units(moment, Unit.DAY, zone) == count_units(other, Unit.DAY, zone),
        instant,
        reference,
    )


def between(instant: Closure, first: Closure, last: Closure) -> Test:
    """``occurs between A and B``."""
    return _instants(lambda _zone, moment, low, high: low <= moment <= high, instant, first, last)


def _instants(judge: Callable[..., bool], *closures: Closure) -> Test:
    """What judges the zone and some instants; false where one is none."""

    def test(frame: Frame) -> bool:
        zone = frame[RUN].zone
        moments: list[datetime | Any] = [to_instant(closure(frame), zone) for closure in closures]
        return None not in moments and judge(zone, *moments)

    return test
