"""Holds one run to the promises: every write when it happens, and the report when the run has ended."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import jsonpatch
import jsonpointer

from reconciler.apply.filling import fill
from reconciler.apply.outcomes import AlreadyDone, Done, Outcome, Report, Unknown
from reconciler.apply.resuming import Resumed
from reconciler.live.snapshot import LiveState
from reconciler.model.kinds import EntityKey
from reconciler.plan.steps import Action, Plan, Step
from tests import starving
from tests.promises.line import Exchange
from tests.promises.world import Held, Turn, World

Leaves = dict[tuple[str, ...], Any]


@dataclass
class Judge:
    """One run. plan, seen: what it means to do, and what was live when that was decided.

    disturbed: somebody else writes meanwhile, so that what customers see is not the run's doing alone.
    saved: the plan was made earlier, so that somebody may refer by now to what it deletes.
    warned: activities of which the plan says that no order of steps keeps them from starving.
    """

    world: World
    disturbed: bool = False
    saved: bool = False
    plan: Plan | None = None
    seen: dict[str, Leaves] = field(default_factory=dict)
    excused: Mapping[str, frozenset[str]] = field(default_factory=dict)
    warned: set[str] = field(default_factory=set)
    writes: list[Turn] = field(default_factory=list)
    broken: list[AssertionError] = field(default_factory=list)
    asked_to_go: set[str] = field(default_factory=set)  # by this run; another may be the one that sees them gone

    def prepared(self, resumed: Resumed, made_from: LiveState) -> None:
        """The run has decided on a plan."""
        self.plan = plan = resumed.plan
        self.seen = {name: leaves(properties) for name, properties in seen_by(resumed, made_from).items()}
        try:
            self.excused = starving.excuses(self.world.shown(), carried_out(resumed, self.world))
        except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException, KeyError):
            self.excused = {}  # others wrote since it has read, while it slept: it must not write
        self.warned = {f"{each.key}" for each in plan.warnings if "will for a moment show nothing" in each.message}
        self.world.planned = {step.remote_id for step in plan.steps if step.remote_id}
        self.world.foreign -= {step.uri for step in plan.steps if step.action is Action.ADOPT and step.uri}

    def __call__(self, exchange: Exchange) -> None:
        """Judge what one exchange did. What is wrong is kept for the end: the run would take it for its own error."""
        try:
            self._judge(exchange)
        except AssertionError as wrong:
            self.broken.append(wrong)

    def ended(self, report: Report | None) -> None:
        """Raise the first promise that the run has broken."""
        if self.broken:
            raise self.broken[0]
        if report is not None:
            self._reported(report)

    def _judge(self, exchange: Exchange) -> None:
        self._nothing_had_to_be_refused(exchange)
        if exchange.method in {"PATCH", "DELETE"}:
            assert exchange.if_match, f"{exchange} without If-Match"
        if exchange.method == "DELETE" and exchange.succeeded:
            self.asked_to_go.add(exchange.path.rpartition("/")[2])
        for turn in self.world.learn(exchange):
            item = turn.after or turn.before
            if item is None or item.is_anchor or turn.before == turn.after:
                continue
            if turn.after is None and item.id not in self.asked_to_go:
                continue  # an earlier run has asked for that
            self.writes.append(turn)
            if turn.after is None:  # it may have been copied since the run has looked, or the lists were late
                self.world.only_copies_are_left(item, seen=() if self.disturbed or self.saved else self.seen)
            self._planned(turn, item)
            self._nobody_is_overwritten(turn, item)
            self._nothing_dangles_or_starves(turn)

    # ------------------------------------------------------------ one write

    def _planned(self, turn: Turn, item: Held) -> None:
        """Promises 2, 3 and 4: only what the plan says, only what is ours, nothing twice."""
        assert self.plan is not None, f"{turn} without a plan"
        assert item.uri not in self.world.foreign | self.world.copies, f"{turn} is not ours"
        wanted = {_action(step) for step in self._steps(item)}
        done = "create" if turn.before is None else "delete" if turn.after is None else "patch"
        assert done in wanted, f"{done} of {item.uri}; the plan says {wanted}"
        if turn.before is None:
            assert item.stamp is not None
            twins = self.world.stamped(self.plan.catalog, item.stamp.key)
            assert len(twins) == 1, f"{item.stamp.key} was made twice: {twins}"

    def _nobody_is_overwritten(self, turn: Turn, item: Held) -> None:
        """Promise 4: what a patch changes, and all of what is deleted, stood as it was when the plan was made."""
        now = leaves(turn.after.properties) if turn.after else {}
        if turn.before is not None:
            before, seen = leaves(turn.before.properties), self.seen.get(item.id, {})
            changed = {path for path in before.keys() | now.keys() if before.get(path) != now.get(path)}
            lost = {path for path in changed if before.get(path) != seen.get(path)}
            assert not lost, f"{item.uri}: somebody's {lost} was overwritten"
        self.seen[item.id] = now

    def _nothing_dangles_or_starves(self, turn: Turn) -> None:
        """Promises 7 and 9."""
        assert not self.world.dangling(), f"after {turn}"
        if self.disturbed:
            return
        shown = self.world.shown()
        found = starving.faults(shown)
        for uri in starving.live_ones(shown):
            new = found[uri] - self._excuse(uri)
            if str(self._key(uri)) in self.warned:
                continue
            assert not new, f"after {turn}: {uri}: {sorted(new)}"

    def _nothing_had_to_be_refused(self, exchange: Exchange) -> None:
        """Promise 7, where the repository would keep it for us: it is not asked for what would leave a dangle."""
        if self.disturbed or self.saved:
            return
        assert exchange.status != httpx.codes.BAD_REQUEST, f"{exchange.body!r} was refused: {exchange.answer!r}"
        if b'"rejected"' in exchange.answer:
            verdict = json.loads(exchange.answer)
            assert verdict.get("outcome") != "rejected" or verdict["reason"] == "etag", verdict

    def _excuse(self, uri: str) -> frozenset[str]:
        """What an activity may lack; one that this run has made is known by its key."""
        made = f"xcore:made:{self._key(uri)}"
        return self.excused.get(uri, frozenset()) | self.excused.get(made, frozenset())

    def _key(self, uri: str) -> EntityKey | None:
        stamp = next(item.stamp for item in self.world if item.uri == uri)
        return None if stamp is None else stamp.key

    def _steps(self, item: Held) -> list[Step]:
        assert self.plan is not None
        stamp = item.stamp
        key = stamp.key if stamp is not None and stamp.catalog == self.plan.catalog else None
        return [
            step for step in self.plan.steps if step.remote_id == item.id or (not step.remote_id and step.key == key)
        ]

    # ------------------------------------------------------------ the report

    def _reported(self, report: Report) -> None:
        """Promise 5: every step that is not unknown agrees with what the repository did."""
        outcomes: dict[EntityKey, list[tuple[Step, Outcome]]] = {}
        for step in report.plan.steps:
            outcome = report.outcomes[step.id]
            assert not isinstance(outcome, Unknown) or "defect" not in outcome.message, f"{step.id}: {outcome}"
            outcomes.setdefault(step.key, []).append((step, outcome))
        for key, told in outcomes.items():
            for action in ("create", "patch", "delete"):
                self._agrees(key, action, [outcome for step, outcome in told if _action(step) == action])

    def _agrees(self, key: EntityKey, action: str, told: list[Outcome]) -> None:
        count = Counter(type(outcome) for outcome in told)
        happened = sum(1 for turn in self._writes_of(key) if _did(turn) == action)
        most = count[Done] + count[AlreadyDone] + count[Unknown]
        assert happened <= most, f"{key}: {happened} times {action}, told {told}"
        if action == "delete":
            happened = max(happened, len((self._ids(key) & self.asked_to_go) - self.world.held.keys()))
        if not self.disturbed:
            assert happened >= count[Done], f"{key}: {happened} times {action}, told {told}"

    def _writes_of(self, key: EntityKey) -> Iterator[Turn]:
        ids = self._ids(key)
        for turn in self.writes:
            item = turn.after or turn.before
            assert item is not None
            stamp = item.stamp
            if item.id in ids or (not ids and stamp is not None and stamp.key == key):
                yield turn

    def _ids(self, key: EntityKey) -> set[str]:
        assert self.plan is not None
        return {step.remote_id for step in self.plan.steps if step.key == key and step.remote_id}


def _did(turn: Turn) -> str:
    return "create" if turn.before is None else "delete" if turn.after is None else "patch"


def _action(step: Step) -> str:
    match step.action:
        case Action.CREATE:
            return "create"
        case Action.DELETE:
            return "delete"
        case _:
            return "patch"


def leaves(value: Any, path: tuple[str, ...] = ()) -> Leaves:
    """Values by their path; an array is one value."""
    if not isinstance(value, Mapping) or not value:
        return {path: value}
    return {end: leaf for name, inner in value.items() for end, leaf in leaves(inner, (*path, name)).items()}


# ---------------------------------------------------------------- what customers see


def seen_by(resumed: Resumed, made_from: LiveState) -> dict[str, Any]:
    """The properties that a plan was made of, by id, after the steps of it that an earlier run has done."""
    seen = {
        item.instance.instance_id: {"_instance": item.instance.properties, "_links": item.instance.links}
        for item in made_from
    }
    uris = {step.key: found.uri for step in resumed.plan.steps if (found := resumed.already.get(step.id))}
    for step in resumed.plan.steps:
        if step.id in resumed.already and step.remote_id in seen and step.patch:
            seen[step.remote_id] = jsonpatch.apply_patch(seen[step.remote_id], fill(step, uris, None))
    return {name: envelope["_instance"] for name, envelope in seen.items()}


def carried_out(resumed: Resumed, world: World) -> starving.World:
    """The world after the steps that are left of a plan. What is to be made stands under its key."""
    end = world.shown()
    left = [step for step in resumed.plan.steps if step.id not in resumed.already]
    made = {step.key: found.uri for step in resumed.plan.steps if (found := resumed.already.get(step.id))}
    uris = made | {step.key: f"xcore:made:{step.key}" for step in left if step.action is Action.CREATE}
    for step in left:
        uri = uris.get(step.key) or world.held[step.remote_id or ""].uri
        body = fill(step, uris, None)
        if step.action is Action.DELETE:
            end.pop(uri, None)
        elif step.action is Action.CREATE:
            end[uri] = (step.key.kind.value, {**body["_instance"], "@id": uri})
        else:
            envelope = {"_instance": end[uri][1], "_links": {}}
            end[uri] = (step.key.kind.value, jsonpatch.apply_patch(envelope, body)["_instance"])
    return end
