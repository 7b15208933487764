from __future__ import annotations

from collections.abc import Iterator

import pytest

from reconciler.emulator.app import Emulator
from tests.emulator_support import Caller, TickingClock


@pytest.fixture
def repo() -> Iterator[Caller]:
    with Emulator.open(clock=TickingClock()) as emulator:
        yield Caller(emulator)
