from __future__ import annotations

from typing import Any

import pytest

from reconciler.decision.counters import CountersUnreadable, to_counters


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], "the counters are no mapping"),
        ({"all": {}}, "'all' is no counter: there are `global` and `profile`"),
        ({"global": [1]}, "`global`: it is no whole number of 0 or more"),
        ({"profile": {"seat": -1}}, "`profile`: the count of 'seat' is no whole number of 0 or more"),
        ({"profile": {"seat": True}}, "`profile`: the count of 'seat' is no whole number of 0 or more"),
    ],
)
def test_counters_of_another_form_are_refused(value: Any, message: str) -> None:
    with pytest.raises(CountersUnreadable) as raised:
        to_counters(value)
    assert raised.value.message == message
