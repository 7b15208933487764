"""PUT and PATCH (clause G)."""

from __future__ import annotations

import pytest

from tests.emulator_support import NS, XCORE, Caller, Made, json_of, op, xdm

TEXT = NS + "content-component-text"
IMAGE = NS + "content-component-imagelink"


def offer_with_components(repo: Caller, *components: object) -> Made:
    placement = repo.made("offer-placement", name="p")
    shown = [{"xdm:placement": placement.uri, "xdm:components": list(components)}]
    return repo.made("personalized-offer", name="o", representations=shown)


def test_a_put_replaces_instance_and_links(repo: Caller) -> None:
    """G1."""
    made = repo.made("tag", links={"a": {"href": "urn:a"}}, name="t", gone=1)
    response = repo.put(made, xdm(name="u"), {"b": {"href": "urn:b"}})
    assert (response.status, response.headers["ETag"], json_of(response)["repo:etag"]) == (200, '"2"', 2)
    envelope = repo.read(made)
    assert envelope["_instance"] == {"@id": made.uri, "xdm:name": "u"}
    assert sorted(envelope["_links"]) == ["b", "self"]


def test_a_put_keeps_who_created_and_tells_who_changed(repo: Caller) -> None:
    """C3, G6."""
    made = repo.made("tag", name="t")
    before = repo.read(made)
    receipt = json_of(repo.put(made, xdm(name="u"), authorization="Bearer other", x_api_key="other"))
    assert receipt["repo:createdDate"] == before["repo:createdDate"] < receipt["repo:lastModifiedDate"]
    assert receipt["repo:createdBy"] == before["repo:createdBy"] != receipt["repo:lastModifiedBy"]
    assert (receipt["repo:createdByClientId"], receipt["repo:lastModifiedByClientId"]) == ("key", "other")


def test_a_put_of_the_stored_uri_is_accepted_and_of_another_is_not(repo: Caller) -> None:
    """G1, G4."""
    made = repo.made("tag", name="t")
    assert repo.put(made, {"@id": made.uri, "xdm:name": "t"}).status == 200
    assert repo.put(made, {"@id": "xcore:tag:000000000000000", "xdm:name": "t"}).status == 422


def test_a_put_of_what_is_not_there_creates_nothing(repo: Caller) -> None:
    """G1."""
    nowhere = Made("x", "xcore:tag:1", f"{repo.container}/instances/x")
    assert repo.put(nowhere, xdm(name="t")).status == 404
    assert repo.list("tag")["_embedded"]["total"] == 0


def test_another_types_schema_is_refused(repo: Caller) -> None:
    """G1."""
    made = repo.made("tag", name="t")
    content_type = f'{XCORE}hal+json; schema="{NS}offer-placement"'
    assert repo.put(made, xdm(name="t"), content_type=content_type).status == 422


def test_a_patch_changes_instance_and_links_together(repo: Caller) -> None:
    """G2, G6."""
    made = repo.made("tag", name="t")
    response = repo.patch(
        made,
        op("test", "/_instance/xdm:name", value="t"),
        op("replace", "/_instance/xdm:name", value="u"),
        op("add", "/_links/a~1b", value={"href": "urn:x"}),
    )
    assert (response.status, response.headers["ETag"]) == (200, '"2"')
    envelope = repo.read(made)
    assert (envelope["_instance"]["xdm:name"], envelope["_links"]["a/b"]) == ("u", {"href": "urn:x"})


def test_operations_may_move_and_copy_and_remove(repo: Caller) -> None:
    """G2."""
    made = repo.made("tag", name="t", a=[1, 2, 3])
    moved = op("move", "/_instance/b", source="/_instance/xdm:a/0")
    copied = op("copy", "/_instance/c", source="/_instance/xdm:a")
    assert repo.patch(made, moved, copied, op("remove", "/_instance/xdm:a/0")).status == 200
    instance = repo.read(made)["_instance"]
    assert (instance["xdm:a"], instance["b"], instance["c"]) == ([3], 1, [2, 3])


@pytest.mark.parametrize(
    "body",
    [
        {},
        "x",
        [1],
        [{"op": "add", "path": "/_instance/a"}],
        [{"op": "nothing", "path": "/_instance/a"}],
        [{"op": [], "path": "/_instance/a"}],
        [{"op": "remove"}],
        [{"op": "remove", "path": "_instance"}],
        [{"op": "remove", "path": "/_instance/~2"}],
        [{"op": "remove", "path": 1}],
        [{"op": "copy", "path": "/_instance/a"}],
        [{"op": "append", "path": "/_instance/xdm:name", "value": "x"}],
    ],
)
def test_what_is_not_a_patch_is_a_bad_request(repo: Caller, body: object) -> None:
    """G2."""
    assert repo.patch_with(repo.made("tag", name="t"), body).status == 400


@pytest.mark.parametrize(
    "operation",
    [
        op("add", "/_instance/xdm:tags/-", value="x"),
        op("add", "/_instance/a/b", value="x"),
        op("add", "/_instance/xdm:name/x", value="x"),
        op("remove", "/_instance/nothing"),
        op("replace", "/_instance/nothing", value=1),
        op("test", "/_instance/xdm:name", value="other"),
        op("test", "/_instance/one", value=True),
        op("copy", "/_instance/a", source="/_instance/nothing"),
        op("move", "/_instance/list/x", source="/_instance/list"),
        op("add", "/_instance/list/7", value=1),
        op("add", "/_instance/list/01", value=1),
        op("replace", "/_instance/list/-", value=1),
        op("remove", "/_instance/list/-"),
        op("remove", "/_instance"),
        op("remove", "/_links"),
        op("replace", "/_instance", value=[]),
        op("replace", "/_links", value=[]),
        op("add", "/_links/x", value={"title": "no href"}),
    ],
)
def test_an_operation_that_cannot_be_applied_is_refused(repo: Caller, operation: object) -> None:
    """G2."""
    made = repo.made("tag", name="t")
    assert repo.patch(made, op("add", "/_instance/one", value=1), op("add", "/_instance/list", value=[1])).status == 200
    before = repo.read(made)
    assert repo.patch(made, op("add", "/_instance/more", value=1), operation).status == 422
    assert repo.read(made) == before


@pytest.mark.parametrize(
    "operation",
    [
        op("replace", "/repo:etag", value=1),
        op("add", "/anything", value=1),
        op("remove", "/schemas/0"),
        op("replace", "", value={}),
        op("move", "/_instance/a", source="/instanceId"),
        op("remove", "/_links/self"),
        op("add", "/_links/self/title", value="x"),
    ],
)
def test_the_envelope_cannot_be_patched(repo: Caller, operation: object) -> None:
    """C5, G4."""
    made = repo.made("tag", name="t")
    before = repo.read(made)
    assert repo.patch(made, operation).status == 422
    assert repo.read(made) == before


def test_the_envelope_can_be_tested(repo: Caller) -> None:
    """G2."""
    made = repo.made("tag", name="t")
    assert repo.patch(made, op("test", "/repo:etag", value=1), op("test", "/instanceId", value=made.id)).status == 200


def test_a_patched_result_is_validated(repo: Caller) -> None:
    """G3."""
    made = repo.made("tag", name="t")
    response = repo.patch(made, op("replace", "/_instance/xdm:name", value=1))
    assert (response.status, json_of(response)["errors"][0]["path"]) == (422, "/_instance/xdm:name")
    assert repo.read(made)["repo:etag"] == 1


@pytest.mark.parametrize("operation", [op("remove", "/_instance/@id"), op("replace", "/_instance/@id", value="x")])
def test_the_uri_cannot_be_patched(repo: Caller, operation: object) -> None:
    """G4."""
    assert repo.patch(repo.made("tag", name="t"), operation).status == 422


@pytest.mark.parametrize("name", ["repo:id", "repo:resolveURL"])
def test_the_asset_of_a_component_cannot_change(repo: Caller, name: str) -> None:
    """G4."""
    made = offer_with_components(repo, {"@type": IMAGE, "repo:id": "a", "repo:resolveURL": "b"})
    where = f"/_instance/xdm:representations/0/xdm:components/0/{name}"
    assert repo.patch(made, op("replace", where, value="other")).status == 422
    assert repo.patch(made, op("remove", where)).status == 422
    assert repo.patch(made, op("replace", where, value={"repo:id": "a"}.get(name, "b"))).status == 200


def test_a_put_without_the_asset_keeps_it(repo: Caller) -> None:
    """G1, G4."""
    made = offer_with_components(repo, {"@type": IMAGE, "repo:id": "a"})
    instance = repo.read(made)["_instance"]
    del instance["xdm:representations"][0]["xdm:components"][0]["repo:id"]
    assert repo.put(made, instance).status == 200
    assert repo.read(made)["_instance"]["xdm:representations"][0]["xdm:components"][0]["repo:id"] == "a"


def test_components_are_paired_by_their_asset(repo: Caller) -> None:
    """G4. Reordered, removed and added components change no asset."""
    one, two, three = ({"@type": IMAGE, "repo:id": name} for name in "abc")
    made = offer_with_components(repo, one, two)
    where = "/_instance/xdm:representations/0/xdm:components"
    assert repo.patch(made, op("replace", where, value=[two, one])).status == 200
    assert repo.patch(made, op("replace", where, value=[three, one])).status == 422  # in the place of the second
    assert repo.patch(made, op("replace", where, value=[one, three])).status == 200
    assert repo.patch(made, op("remove", f"{where}/0")).status == 200
    assert repo.patch(made, op("replace", f"{where}/0", value={"@type": TEXT})).status == 200


def test_components_of_one_asset_are_paired_in_order(repo: Caller) -> None:
    """G1, G4."""
    one, two = ({"@type": IMAGE, "repo:id": "a", "repo:resolveURL": name} for name in "xy")
    made = offer_with_components(repo, one, two)
    assert repo.put(made, repo.read(made)["_instance"]).status == 200
    assert repo.patch(made, op("replace", "/_instance/xdm:name", value="other")).status == 200
    where = "/_instance/xdm:representations/0/xdm:components"
    assert repo.patch(made, op("replace", f"{where}/1/repo:resolveURL", value="z")).status == 422
    assert repo.patch(made, op("add", f"{where}/-", value={**one, "repo:resolveURL": "z"})).status == 200


def test_a_stale_if_match_changes_nothing(repo: Caller) -> None:
    """A6, G5."""
    made = repo.made("tag", name="t")
    assert repo.put(made, xdm(name="u"), if_match='"1"').status == 200
    for response in (repo.put(made, xdm(name="v"), if_match='"1"'), repo.patch(made, if_match="1, 7")):
        assert (response.status, response.headers["ETag"]) == (409, '"2"')
        assert json_of(response)["type"].endswith("/etag-mismatch")
        assert json_of(response)["current"] == 2
    assert repo.read(made)["_instance"]["xdm:name"] == "u"


@pytest.mark.parametrize("condition", ['"1"', "1", 'W/"1"', "*", '"9", "1"'])
def test_the_current_revision_matches(repo: Caller, condition: str) -> None:
    """G5."""
    assert repo.put(repo.made("tag", name="t"), xdm(name="u"), if_match=condition).status == 200


def test_a_quoted_star_is_a_tag_like_others(repo: Caller) -> None:
    """D2, G5. As RFC 9110 says; only the bare one is any revision."""
    made = repo.made("tag", name="t")
    assert repo.put(made, xdm(name="u"), if_match='"*"').status == 409
    assert repo.get(made, if_none_match='"*"').status == 200
    assert repo.get(made, if_none_match="*").status == 304


def test_a_stale_etag_is_told_before_a_bad_patch(repo: Caller) -> None:
    """G3."""
    made = repo.made("tag", name="t")
    assert repo.patch(made, op("remove", "/nothing"), if_match='"7"').status == 409
    assert repo.patch_with(made, {}, if_match='"7"').status == 400


def test_a_stale_etag_is_told_before_a_bad_link(repo: Caller) -> None:
    """G3."""
    made = repo.made("tag", name="t")
    assert repo.put(made, xdm(name="t"), {"docs": {}}, if_match='"7"').status == 409


def test_a_bad_instance_is_told_before_a_taken_name(repo: Caller) -> None:
    """G3."""
    repo.made("personalized-offer", name="taken")
    made = repo.made("personalized-offer", name="o")
    renamed = op("replace", "/_instance/xdm:name", value="taken")
    assert repo.patch(made, renamed, op("add", "/_instance/xdm:tags", value=["xcore:tag:1"])).status == 422
    assert repo.patch(made, renamed).status == 409


def test_an_instance_keeps_its_own_name(repo: Caller) -> None:
    """C6."""
    made = repo.made("tag", name="t")
    assert repo.put(made, xdm(name="t", note=1)).status == 200


def test_a_name_given_up_is_free(repo: Caller) -> None:
    """C6."""
    made = repo.made("tag", name="t")
    assert repo.put(made, xdm(name="u")).status == 200
    repo.made("tag", name="t")


@pytest.mark.parametrize(
    ("kind", "path"), [("personalized-offer", "draft approved archived draft"), ("fallback-offer", "draft approved")]
)
def test_an_offer_moves_along_its_lifecycle(repo: Caller, kind: str, path: str) -> None:
    """I."""
    made = repo.made(kind, name="o")
    for status in path.split():
        assert repo.patch(made, op("add", "/_instance/xdm:status", value=status)).status == 200


@pytest.mark.parametrize(
    ("before", "after"),
    [("draft", "archived"), ("approved", "draft"), ("archived", "approved"), (None, "archived"), ("draft", "live")],
)
def test_no_offer_leaves_its_lifecycle(repo: Caller, before: str | None, after: str) -> None:
    """I."""
    made = repo.made("personalized-offer", **({"name": "o"} if before is None else {"name": "o", "status": before}))
    assert repo.patch(made, op("add", "/_instance/xdm:status", value=after)).status == 422


@pytest.mark.parametrize(("status", "answer"), [("draft", 200), ("approved", 422), ("archived", 422)])
def test_a_status_is_removed_only_from_a_draft(repo: Caller, status: str, answer: int) -> None:
    """I."""
    made = repo.made("personalized-offer", name="o", status=status)
    assert repo.patch(made, op("remove", "/_instance/xdm:status")).status == answer


def test_losing_the_rule_with_the_constraint_is_legal(repo: Caller) -> None:
    """G7."""
    rule = repo.made("eligibility-rule", name="r", condition={"xdm:value": "true"})
    made = repo.made("personalized-offer", name="o", selectionConstraint={"xdm:eligibilityRule": rule.uri})
    assert repo.patch(made, op("replace", "/_instance/xdm:selectionConstraint", value={})).status == 200
    assert repo.delete_and_poll(rule)["outcome"] == "deleted"
