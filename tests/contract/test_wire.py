"""The bytes that the client sends are those of the cassettes, in their order; a change of them is reviewed."""

from __future__ import annotations

import re

import pytest

from reconciler.repository.retry import SystemClock, Timing
from tests.wire import BASE, CASSETTES, SCENARIOS, Scenario, play, recorder


class InstantClock(SystemClock):
    """Waits for nothing."""

    async def sleep(self, seconds: float) -> None:
        assert seconds >= 0


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_the_client_sends_what_was_recorded(scenario: Scenario) -> None:
    with recorder("none").use_cassette(f"{scenario.__name__}.yaml") as cassette:
        play(scenario, BASE, Timing(clock=InstantClock()))
    assert cassette.all_played


def test_no_cassette_holds_a_secret() -> None:
    for path in CASSETTES.glob("*.yaml"):
        assert not re.search(r"a-token|a-key|authorization|x-gw-ims", path.read_text(), re.IGNORECASE), path.name


def test_every_scenario_has_its_cassette_and_none_is_left_over() -> None:
    assert {path.stem for path in CASSETTES.glob("*.yaml")} == {scenario.__name__ for scenario in SCENARIOS}
