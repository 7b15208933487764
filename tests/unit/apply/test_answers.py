"""What becomes of a step, by what the repository answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.apply.outcomes import AlreadyDone, Done, Failed, Unknown
from reconciler.plan.steps import Plan
from reconciler.repository.port import DeleteRejected, Referrer
from tests.one_clock import OneClock
from tests.plan_builders import Documents, add, edited, live_after, make_plan, remove, state_of
from tests.unit.apply.fakes import DELETE, GET, PATCH, FakeWriter, lost, refused, stale, taken, unauthorised
from tests.unit.apply.support import carried_out, changed, created, plan_from

OLD, NEW = {"tag/t": {"name": "Old"}}, {"tag/t": {"name": "New"}}
APPROVED = {"offer/o": {"status": "approved"}}


def test_a_create_whose_name_is_taken_fails_and_names_the_holder() -> None:
    report, _ = created({"tag/t": {}}, answers={"t": taken()})
    outcome = report.outcomes["create:tag/t"]
    assert isinstance(outcome, Failed)
    assert outcome.message.startswith("the name is taken by xcore:tag:holder")


def test_a_patch_whose_answer_was_lost_is_done_when_the_instance_shows_it() -> None:
    report, writer = changed(OLD, NEW, answers={"t": lost(PATCH)}, carries_out=True)
    assert report.outcomes["patch:tag/t"] == Done()
    assert writer.asked == ["patch t", "lookup t"]


def test_a_patch_goes_on_after_an_edit_of_what_it_does_not_touch() -> None:
    plan, live = plan_from(OLD, NEW)
    edit = edited(live, "tag/t", add("/acme", 1))
    report, writer = carried_out(plan, FakeWriter(edit, answers={"t": stale()}))
    assert writer.etags == ["1", "2"]
    assert writer.asked == ["patch t", "lookup t", "patch t", "lookup t"]
    assert isinstance(report.outcomes["patch:tag/t"], Failed)  # this writer refuses it again


def test_a_patch_whose_answer_was_lost_failed_when_the_instance_stays_as_before() -> None:
    plan, live = plan_from(OLD, NEW)
    fake = FakeWriter(live, answers={"t": lost(PATCH)})
    report, writer = carried_out(plan, fake, clock=OneClock(), settle_s=30.0)
    assert isinstance(report.outcomes["patch:tag/t"], Failed)
    assert writer.asked.count("lookup t") > 5  # until the settle time is over


def test_a_patch_that_nobody_can_look_at_is_unknown() -> None:
    report, _ = changed(OLD, NEW, answers={"t": lost(PATCH)}, lookups={"t": lost(GET)}, carries_out=True)
    assert isinstance(report.outcomes["patch:tag/t"], Unknown)


def test_a_lost_patch_of_an_instance_that_changed_since_is_unknown() -> None:
    plan, live = plan_from(OLD, NEW)
    writer = FakeWriter(edited(live, "tag/t", add("/acme", 1)), answers={"t": lost(PATCH)})
    report, _ = carried_out(plan, writer)
    assert isinstance(report.outcomes["patch:tag/t"], Unknown)


def test_a_refused_patch_fails_without_another_look() -> None:
    report, writer = changed(OLD, NEW, answers={"t": refused(PATCH)})
    assert isinstance(report.outcomes["patch:tag/t"], Failed)
    assert writer.asked == ["patch t"]


def test_a_conflict_over_what_is_already_as_wanted_is_already_done() -> None:
    report, _ = changed(OLD, NEW, answers={"t": stale()}, carries_out=True)
    assert report.outcomes["patch:tag/t"] == AlreadyDone()
    assert (report.tally.patched, report.tally.already_done) == (0, 1)


def test_a_conflict_over_what_somebody_changed_fails_and_says_who() -> None:
    plan, live = plan_from(OLD, NEW)
    writer = FakeWriter(edited(live, "tag/t", add("/xdm:name", "Theirs")), answers={"t": stale()})
    report, _ = carried_out(plan, writer)
    message = "it was changed by someone at 2026-01-01T00:00:00.000Z, after it was read"
    assert report.outcomes["patch:tag/t"] == Failed(message, "Plan again to see the change.", stale=True)


def test_a_conflict_at_the_revision_we_know_is_a_taken_name() -> None:
    report, _ = changed(OLD, NEW, answers={"t": stale()})
    expected = Failed("its name is taken", "Choose another name, or rename that instance.")
    assert report.outcomes["patch:tag/t"] == expected


def test_a_conflict_that_nobody_can_look_at_failed() -> None:
    report, _ = changed(OLD, NEW, answers={"t": taken(PATCH)}, lookups={"t": unauthorised(GET)})
    assert isinstance(report.outcomes["patch:tag/t"], Failed)


def test_a_patch_of_what_is_gone_fails() -> None:
    plan, _ = plan_from(OLD, NEW)
    report, _ = carried_out(plan, FakeWriter(answers={"t": stale()}))
    assert report.outcomes["patch:tag/t"] == Failed("it was deleted meanwhile", "Plan again.")


def test_what_is_read_after_a_lost_answer_carries_the_chain_on() -> None:
    before, after = {"offer/o": {"status": "archived"}}, {"offer/o": {"status": "approved"}}
    report, writer = changed(before, after, answers={"o": lost(PATCH)}, carries_out=True)
    assert list(report.outcomes.values()) == [Done(), Done()]
    assert writer.etags == ["1", "2"]


def test_a_component_that_moved_up_counts_as_patched() -> None:
    placed: Documents = {"placement/p": {}}
    components = [{"type": "text"}, {"type": "html", "content": "x"}]
    before = {**placed, "offer/o": {"representations": [{"placement": "p", "components": components}]}}
    changed_one = [{"type": "html", "content": "y", "extra": {"acme": 1}}]
    after = {**placed, "offer/o": {"representations": [{"placement": "p", "components": changed_one}]}}
    report, _ = changed(before, after, answers={"o": lost(PATCH)}, carries_out=True)
    assert report.outcomes["patch:offer/o"] == Done()


def test_a_delete_goes_under_the_etag_that_the_archiving_left() -> None:
    report, writer = changed(APPROVED, {})
    assert writer.asked == ["patch o", "delete o"]
    assert writer.etags == ["1", "2"]
    assert report.tally.deleted == 1


def test_a_rejected_delete_names_the_referrers_and_that_it_is_archived() -> None:
    plan, live = plan_from(APPROVED, {})
    rejected = DeleteRejected((Referrer("xcore:offer-filter:f", "s", "_instance.ids"),), "references")
    report, _ = carried_out(plan, FakeWriter(live, answers={"delete o": rejected}))
    message = "archived, not deleted; still referred to by xcore:offer-filter:f (_instance.ids)"
    remedy = (
        "Plan again: what refers to it has to go first. "
        "To revive it, put its file back and run: reconciler apply --target offer/o"
    )
    assert report.outcomes["delete:offer/o"] == Failed(message, remedy)
    assert (report.tally.deleted, report.tally.archived) == (0, 1)


def test_a_rejection_for_its_status_says_so() -> None:
    report, _ = changed({"tag/t": {}}, {}, answers={"t": DeleteRejected((), "status")})
    outcome = report.outcomes["delete:tag/t"]
    assert isinstance(outcome, Failed)
    assert outcome.message == "the repository rejected it: status"


def test_a_delete_rejected_because_it_was_changed_meanwhile_is_stale() -> None:
    plan, live = plan_from({"tag/t": {}}, {})
    edit = edited(live, "tag/t", add("/xdm:name", "by hand"))
    report, _ = carried_out(plan, FakeWriter(edit, answers={"t": DeleteRejected((), "etag")}))
    outcome = report.outcomes["delete:tag/t"]
    assert isinstance(outcome, Failed)
    assert outcome.stale
    assert outcome.message.startswith("it was changed by someone at")


def test_a_delete_whose_answer_was_lost_is_done_when_the_instance_is_gone() -> None:
    report, _ = changed({"tag/t": {}}, {}, answers={"t": lost(DELETE)}, carries_out=True)
    assert report.outcomes["delete:tag/t"] == Done()


def test_a_delete_whose_answer_was_lost_is_unknown_while_the_instance_is_there() -> None:
    report, _ = changed({"tag/t": {}}, {}, answers={"t": lost(DELETE)})
    assert isinstance(report.outcomes["delete:tag/t"], Unknown)


@pytest.mark.parametrize("edit", [add("/xdm:name", "by hand"), add("/acme:note", "new")])
def test_a_delete_of_what_somebody_changed_fails_and_says_who(edit: Any) -> None:
    plan, live = plan_from({"tag/t": {}}, {})
    edit = edited(live, "tag/t", edit)
    report, _ = carried_out(plan, FakeWriter(edit, answers={"t": stale()}))
    message = "it was changed by someone at 2026-01-01T00:00:00.000Z, after it was read"
    assert report.outcomes["delete:tag/t"] == Failed(message, "Plan again to see the change.", stale=True)


def test_a_delete_goes_on_after_a_save_that_changed_nothing() -> None:
    plan, live = plan_from({"tag/t": {}}, {})
    saved = edited(live, "tag/t", add("/xdm:name", "t"))
    _, writer = carried_out(plan, FakeWriter(saved, answers={"t": stale()}))
    assert writer.etags[:2] == ["1", "2"]


# ---------------------------------------------------------------- bodies


def test_uris_that_a_create_brings_are_filled_into_those_who_refer() -> None:
    _, writer = created({"tag/t": {}, "offer/o": {"tags": ["t"]}})
    assert writer.bodies["create o"]["_instance"]["xdm:tags"] == ["xcore:new:t"]


def test_a_base_that_needs_a_new_uri_is_the_one_the_next_plan_computes() -> None:
    _, writer = created({"tag/t": {}, "offer/o": {"tags": ["t"]}})
    title = writer.bodies["create o"]["_links"]["reconciler:managed"]["title"]
    assert "tags=;" not in title
    assert not title.endswith("tags=")


def test_the_commit_is_written_into_the_stamp() -> None:
    plan = replace(make_plan({"tag/t": {}}, state_of([])), commit="abc")
    assert _stamp_written(plan)["name"] == "abc"


def test_a_dirty_folder_has_no_commit_to_write() -> None:
    plan = replace(make_plan({"tag/t": {}}, state_of([])), commit="abc", dirty=True)
    assert "name" not in _stamp_written(plan)


def _stamp_written(plan: Plan) -> dict[str, str]:
    _, writer = carried_out(plan, FakeWriter())
    link: dict[str, str] = writer.bodies["create t"]["_links"]["reconciler:managed"]
    return link


def test_a_patch_names_its_instance_in_the_stamp() -> None:
    _, writer = changed(OLD, NEW)
    stamp = writer.bodies["patch t"][-1]
    assert stamp["path"] == "/_links/reconciler:managed"
    assert stamp["value"]["href"] == "urn:reconciler:skyline-air/tag/t#t-tag"


def test_a_plan_that_was_carried_out_is_left_as_it_was() -> None:
    plan = make_plan({"tag/t": {}, "offer/o": {"tags": ["t"]}}, live_after({}))
    before = str(plan)
    carried_out(plan, FakeWriter())
    assert str(plan) == before


def test_removing_what_is_gone_already_is_already_done() -> None:
    plan, live = plan_from({"offer/o": {"characteristics": {"a": "1"}}}, {"offer/o": {}})
    stamp = plan.steps[0].patch[-1]
    writer = FakeWriter(edited(live, "offer/o", remove("/xdm:characteristics/a"), stamp), answers={"o": stale()})
    report, _ = carried_out(plan, writer)
    assert report.outcomes["patch:offer/o"] == AlreadyDone()
