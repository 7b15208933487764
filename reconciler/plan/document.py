"""A plan as a JSON document: stable order, a digest of what it does, no secrets."""

from __future__ import annotations

from typing import Any

from reconciler.model.canonical import canonical_json, digest
from reconciler.model.problem import SourceSpan
from reconciler.plan.reach import Reach
from reconciler.plan.steps import After, Plan, PlannedChange, PlanProblem, PlanWarning, Refusal, Step

FORMAT = 1
BESIDE = frozenset({"validation", "exit"})  # what a command prints beside the plan


def plan_document(plan: Plan) -> dict[str, Any]:
    """The plan as its file has it.

    digest: over catalogue, environment, target and steps without their places and reasons, so that the same state
    gives the same digest on any day.   checksum: over everything else here; not over what a command
    prints beside it (``validation``, ``exit``).
    """
    document: dict[str, Any] = {
        "format": FORMAT,
        "catalog": plan.catalog,
        "environment": plan.environment,
        "target": {
            "repository": plan.target.repository,
            "container": plan.target.container,
            "sandbox": plan.target.sandbox,
        },
        "created": plan.created,
        "expires": plan.expires,
        "made_by": plan.made_by,
        "commit": plan.commit,
        "dirty": plan.dirty,
        "digest": plan_digest(plan),
        "steps": [_step(step) for step in plan.steps],
        "summary": {
            "create": plan.summary.create,
            "patch": plan.summary.patch,
            "delete": plan.summary.delete,
            "stamp": plan.summary.stamp,
            "adopt": plan.summary.adopt,
            "move": plan.summary.move,
            "forget": plan.summary.forget,
        },
        "problems": [_problem(problem) for problem in plan.problems],
        "warnings": [_warning(warning) for warning in plan.warnings],
        "refusals": [_refusal(refusal) for refusal in plan.refusals],
        "unpruned": [str(key) for key in plan.unpruned],
        "left_out": [str(key) for key in plan.left_out],
        "allowed": dict(plan.allowed),
        "renames": [
            {"from": str(rename.old), "to": str(rename.new), "alike": round(rename.alike, 3)} for rename in plan.renames
        ],
        "hidden": [{"key": str(key), "field": field} for key, field in plan.hidden],
        "deselected": [str(key) for key in plan.deselected],
        "reach": {str(key): _reach(plan.reach[key]) for key in sorted(plan.reach)},
        "destroy": plan.destroy,
    }
    return {**document, "checksum": digest(canonical_json(document))}


def _problem(problem: PlanProblem) -> dict[str, Any]:
    return {
        "key": str(problem.key),
        "message": problem.message,
        "remedy": problem.remedy,
        "source": None if problem.source is None else _place(problem.source),
    }


def _warning(warning: PlanWarning) -> dict[str, Any]:
    return {"key": str(warning.key), "message": warning.message, "remedy": warning.remedy}


def _refusal(refusal: Refusal) -> dict[str, Any]:
    return {
        "guard": refusal.guard,
        "message": refusal.message,
        "keys": [str(key) for key in refusal.keys],
        "limit": refusal.limit,
        "allow": refusal.allow,
        "remedy": refusal.remedy,
    }


def _reach(reach: Reach) -> dict[str, Any]:
    """How many, and the first of them."""
    return {
        "activities": {"count": reach.activity_count, "keys": [str(key) for key in reach.activities]},
        "outside": {"count": reach.outside_count, "instances": list(reach.outside)},
    }


def plan_digest(plan: Plan) -> str:
    """What the plan does, in 64 hex digits."""
    steps = []
    for step in plan.steps:
        bare = _step(step)
        bare.pop("reason")
        bare["changes"] = [
            {name: value for name, value in change.items() if name != "source"} for change in bare["changes"]
        ]
        bare.pop("source", None)
        steps.append(bare)
    target = [plan.target.repository, plan.target.container, plan.target.sandbox]
    return digest(canonical_json([plan.catalog, plan.environment, target, steps]))


def _step(step: Step) -> dict[str, Any]:
    document: dict[str, Any] = {
        "id": step.id,
        "action": step.action.value,
        "key": str(step.key),
        "remote_id": step.remote_id,
        "uri": step.uri,
        "name": step.name,
        "if_match": {"after": step.if_match.step} if isinstance(step.if_match, After) else step.if_match,
        "requires": list(step.requires),
        "refs": [{"path": ref.path, "key": str(ref.key)} for ref in step.refs],
        "changes": [_change(change) for change in step.changes],
        "reason": step.reason,
    }
    if step.payload is not None:
        document["payload"] = step.payload
    if step.patch:
        document["patch"] = list(step.patch)
    if step.touched:
        document["touched"] = dict(step.touched)
    if step.pending:
        document["pending"] = [
            {"field": base.field, "kind": base.kind.value, "references": list(base.references), "single": base.single}
            for base in step.pending
        ]
    if step.source is not None:
        document["source"] = _place(step.source)
    return document


def _change(planned: PlannedChange) -> dict[str, Any]:
    change = planned.change
    document: dict[str, Any] = {"path": change.path, "before": change.before, "after": change.after}
    if planned.source is not None:
        document["source"] = _place(planned.source)
    if change.reverts:
        document |= {"reverts": True, "ahead": change.ahead.value}
    return document


def _place(span: SourceSpan) -> dict[str, Any]:
    return {"file": span.file, "line": span.line}
