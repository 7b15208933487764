from __future__ import annotations

from hashlib import sha256

import pytest

from reconciler.decision.decide import decide
from reconciler.decision.prepare import UnknownActivity
from reconciler.decision.profile import profile_id
from tests.builders import make_catalogue
from tests.decision_cases import NOON, Case, build, make_entity, read_cases

CASES = read_cases()


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_decisions_are_as_the_case_says(case: Case) -> None:
    assert case.lines() == case.decided, case.claim


def test_a_tie_is_broken_by_the_hash_that_the_contract_names() -> None:
    state = build({f"offer/o{number}": {} for number in range(9)})
    for seed, person in (("0", "Ann"), ("1", "Ann"), ("0", "Bob")):
        numbers = {
            key: int.from_bytes(sha256(f"{seed}\0home\0{person}\0{key}".encode()).digest()[:8], "big")
            for key in state.offers
        }
        (decision,) = decide(state, ["home"], {"id": person}, at=NOON, seed=seed, id_field="id")
        assert decision.key == max(numbers, key=lambda key: numbers[key])


def test_an_unknown_activity_is_named_with_the_nearest_one() -> None:
    with pytest.raises(UnknownActivity, match="there is no activity `hoem`") as raised:
        decide(build({}), ["hoem"], {}, at=NOON)
    assert raised.value.remedy == "Did you mean `home`?"


def test_a_catalogue_can_be_asked_without_preparing_it() -> None:
    catalogue = make_catalogue(*(make_entity(name) for name in ("activity/home", "filter/all", "fallback/nothing")))
    assert decide(catalogue, ["home"], {}, at=NOON)[0].key == "nothing"


def test_a_rule_that_fails_for_a_profile_is_false_for_it_and_says_so() -> None:
    state = build({"rule/wild": {"condition": "name.matches(pattern)"}, "offer/seat": {"rule": "wild"}})
    (decision,) = decide(state, ["home"], {"name": "a", "pattern": "("}, at=NOON)
    assert decision.key == "nothing"
    assert decision.trace[0][1].why.startswith("rule wild cannot be evaluated for this profile: ")


@pytest.mark.parametrize(
    ("profile", "field", "found"),
    [
        ({"person": {"id": 7}, "identityMap": {"ECID": [{"id": "1"}]}}, "person.id", "7"),
        ({"identityMap": {"ECID": [{"id": "1"}]}}, "person.id", "1"),
        ({"identityMap": {"ECID": [{"id": ""}, {}], "CRM": [{"id": "3"}]}}, None, "3"),
        ({"identityMap": [], "a": 1}, None, profile_id({"a": 1, "identityMap": []})),
        ({"id": True}, "id", profile_id({"id": True})),
    ],
)
def test_the_id_of_a_profile_is_a_field_else_an_identity_else_a_hash(
    profile: dict[str, object], field: str | None, found: str
) -> None:
    assert profile_id(profile, field) == found


def test_the_hash_of_a_profile_does_not_hang_on_the_order_of_its_fields() -> None:
    assert profile_id({"a": 1, "b": 2}) == profile_id({"b": 2, "a": 1}) != profile_id({"a": 1, "b": 3})
