"""Planning lists, and never asks for one object after the other."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from reconciler.emulator.app import Emulator
from reconciler.emulator.asgi import asgi_app
from reconciler.live.snapshot import PAGE_SIZE
from reconciler.model.kinds import Kind
from reconciler.repository.auth import FixedToken, Secret
from reconciler.repository.client import open_writer
from reconciler.repository.connection import Connection
from tests.plan_builders import applied, plan_for
from tests.unit.plan.test_scale import everything_changes_its_tag


def test_a_plan_asks_for_the_pages_of_the_seven_kinds_and_nothing_else() -> None:
    for count in (500, 1000):
        asked = asyncio.run(_requests_of_a_plan(count))
        assert count // 2 <= PAGE_SIZE  # offers, of which there are most
        assert asked == Counter({"GET": len(Kind)})


async def _requests_of_a_plan(count: int) -> Counter[str]:
    """The methods that a plan uses whose every entity differs, once the container is known."""
    was, now = everything_changes_its_tag(count)
    asked: Counter[str] = Counter()
    settings = Connection("http://localhost/data/core/xcore/", "prod", org="o", api_key="k", token=_token())
    with Emulator.open() as emulator:
        served = asgi_app(emulator)

        async def counted(scope: Any, receive: Any, send: Any) -> None:
            asked[scope["method"]] += 1
            await served(scope, receive, send)

        async with open_writer(settings, app=counted) as writer:
            await writer.resolve_container()
            await applied(was, writer)
            asked.clear()
            plan = await plan_for(now, writer)
            assert plan.steps
            return Counter(asked)


def _token() -> FixedToken:
    return FixedToken(Secret("t"))
