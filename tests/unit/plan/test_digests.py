"""The digest of a plan is of what it does, and not of the day on which it is made."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from reconciler.plan.build import build_plan
from reconciler.plan.document import plan_digest
from reconciler.plan.steps import Plan
from tests.plan_builders import UNGUARDED, Documents, live_after, make_catalogue

SHOWN: Documents = {
    "placement/p": {},
    "tag/t": {},
    "fallback/f": {"representations": [{"placement": "p"}]},
    "filter/g": {"any_tags": ["t"]},
    "activity/a": {"placement": "p", "filter": "g", "fallback": "f", "status": "live"},
}


def offer(**fields: object) -> dict[str, object]:
    return {"status": "approved", "tags": ["t"], "representations": [{"placement": "p"}], **fields}


WAS: Documents = {**SHOWN, "offer/o": offer(end="2026-12-01T00:00:00Z"), "offer/q": offer()}
AS_MANY: Documents = {**WAS, "offer/n": offer(), "offer/o": offer(end="2026-12-01T00:00:00Z", priority=3)}
NOW: Documents = {**SHOWN, "offer/n": offer(), "offer/o": offer(end="2026-12-01T00:00:00Z", priority=3)}
BEFORE = datetime(2026, 11, 30, 23, tzinfo=UTC)  # an offer and a rule of `ignore` end in the next hours


def planned(at: datetime, now: Documents) -> Plan:
    ignore = [{"select": "tag/*", "field": "name", "reason": "left", "until": "2026-11-30"}]
    return build_plan(make_catalogue(now, ignore=ignore), live_after(WAS), now=at, options=UNGUARDED)


@pytest.mark.parametrize("days", [0, 1, 400])
def test_what_ends_meanwhile_changes_the_digest_only_if_it_changes_a_step(days: int) -> None:
    first, then = planned(BEFORE, AS_MANY), planned(BEFORE + timedelta(days=days, hours=2), AS_MANY)
    assert first.created != then.created
    assert first.steps == then.steps
    assert plan_digest(first) == plan_digest(then)


def test_what_ends_meanwhile_changes_the_order_where_the_old_one_would_starve_somebody() -> None:
    """The archiving of ``q`` need not wait while ``o`` is shown; once ``o`` has ended it waits for ``n``."""
    first, then = planned(BEFORE, NOW), planned(BEFORE + timedelta(hours=2), NOW)
    needs = [step.requires for plan in (first, then) for step in plan.steps if step.id == "archive:offer/q"]
    assert needs == [(), ("create:offer/n",)]
    assert plan_digest(first) != plan_digest(then)
