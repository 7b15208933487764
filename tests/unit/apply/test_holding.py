"""Whether an instance is already as a patch leaves it."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.apply.holding import holds
from reconciler.model.kinds import Kind
from reconciler.repository.port import Instance
from tests.plan_builders import make_instance


def instance(**properties: Any) -> Instance:
    return make_instance(Kind.OFFER, "o", properties).instance


def add(path: str, value: Any) -> dict[str, Any]:
    return {"op": "add", "path": f"/_instance/{path}", "value": value}


def taken_out(path: str, value: Any) -> list[dict[str, Any]]:
    return [
        {"op": "test", "path": f"/_instance/{path}", "value": value},
        {"op": "remove", "path": f"/_instance/{path}"},
    ]


def test_an_element_is_sought_where_its_array_is_once_those_before_it_are_gone() -> None:
    patch = [add("all/1/parts/-", "new"), *taken_out("all/0", {"parts": ["old"]})]
    assert holds(instance(all=[{"parts": ["kept", "new"]}]), patch)
    assert not holds(instance(all=[{"parts": ["kept"]}]), patch)
    assert not holds(instance(all=[{"parts": ["old"]}, {"parts": ["kept", "new"]}]), patch)


@pytest.mark.parametrize("stored", [{}, {"all": None}, {"all": "text"}])
def test_what_is_added_to_an_array_is_not_there_without_the_array(stored: dict[str, Any]) -> None:
    assert not holds(instance(**stored), [add("all/-", "t")])
    assert holds(instance(**stored), taken_out("all/0", "t"))


def test_members_of_a_long_list_are_not_compared_one_by_one() -> None:
    few, many = (comparisons(count) for count in (500, 1000))
    assert many < 2.2 * few + 10


def comparisons(count: int) -> int:
    """How often members are compared while one half of them takes the place of the other."""
    told = [0]

    class Member(str):
        __slots__ = ()

        def __eq__(self, other: object) -> bool:
            told[0] += 1
            return str.__eq__(self, other)

        __hash__ = str.__hash__

    new, old = ([Member(f"{half}{number}") for number in range(count)] for half in ("new", "old"))
    patch = [add("all/-", member) for member in new]
    patch += [operation for number, member in enumerate(old) for operation in taken_out(f"all/{number}", member)]
    assert holds(instance(all=new), patch)
    return told[0]
