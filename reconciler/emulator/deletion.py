"""DELETE and its status resource: asked for, polled, decided, all inside the transaction of the request (clause H)."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus

from reconciler.emulator.conditions import matches, require_match
from reconciler.emulator.instances import Instance, receipt
from reconciler.emulator.instants import format_instant
from reconciler.emulator.jsontext import JsonObject, dump, load_object
from reconciler.emulator.media import RECEIPT
from reconciler.emulator.messages import Response
from reconciler.emulator.problems import not_found
from reconciler.emulator.registry import CONTAINER, EntityType
from reconciler.emulator.store import Deletion, Store
from reconciler.emulator.writes import Call, Parts, address_headers, current

DECIDED_AFTER_S = 5.0  # ours
_IF_MATCH = "If-Match"


def delete(parts: Parts, call: Call, instance_id: str) -> Response:
    """Ask for a deletion: 202 with the place to poll, or at once 200 for a type that nothing can reference."""
    stored, entity = current(parts, call.container, instance_id)
    require_match(call.request, stored)
    if not parts.registry.can_be_referenced(entity):
        return _outcome_response(_decide(parts.store, stored, entity))
    deletion = Deletion(
        token=str(parts.new_uuid()),
        scope=call.container,
        instance_id=instance_id,
        polls_left=int(parts.faults.amount("slow-delete", "DELETE")),
        receipt=dump({**receipt(stored), **_condition(call)}),
        outcome=None,
        asked=format_instant(parts.clock()),
    )
    parts.store.add_deletion(deletion)
    if deletion.polls_left:
        parts.faults.count("slow-delete")
    return _undecided_response(call, deletion, receipt(stored))


def poll(parts: Parts, call: Call, token: str) -> Response:
    """How a request to delete stands: 202 while undecided, then 200 with the outcome, as often as it is asked for."""
    deletion = parts.store.find_deletion(call.container, token)
    if deletion is None:
        raise not_found(f"there is no request to delete {token} in this container")
    if deletion.outcome is not None:
        return _outcome_response(load_object(deletion.outcome))
    stored = parts.store.find(deletion.scope, deletion.instance_id)
    if deletion.polls_left > 0:
        parts.store.count_poll(token)
        body = _receipt_of(deletion) if stored is None else receipt(stored)
        return _undecided_response(call, deletion, body)
    return _outcome_response(_settle(parts, deletion))


def decide_what_is_due(parts: Parts) -> None:
    """Decide what nobody has polled for long: a caller may have lost the answer that said where."""
    waiting = parts.store.undecided()
    if not waiting:
        return
    due = format_instant(parts.clock() - timedelta(seconds=DECIDED_AFTER_S))
    if waiting[0].asked > due:
        return
    with parts.store.writing():
        for deletion in parts.store.undecided():
            if deletion.asked <= due:
                _settle(parts, deletion)


def _settle(parts: Parts, deletion: Deletion) -> JsonObject:
    outcome = _outcome(parts, deletion, parts.store.find(deletion.scope, deletion.instance_id))
    parts.store.settle_deletion(deletion.token, dump(outcome))
    return outcome


def _outcome(parts: Parts, deletion: Deletion, stored: Instance | None) -> JsonObject:
    if stored is None:  # another request to delete it was decided first
        return {**_receipt_of(deletion), "outcome": "deleted"}
    condition = load_object(deletion.receipt).get(_IF_MATCH)
    if isinstance(condition, str) and not matches(condition, stored):
        return _rejection(stored, "etag", [])
    return _decide(parts.store, stored, parts.registry[stored.schema])


def _condition(call: Call) -> dict[str, str]:
    """The ``If-Match`` of the request, which must hold at the decision too; kept beside the receipt."""
    condition = call.request.header("if-match")
    return {} if condition is None else {_IF_MATCH: condition}


def _receipt_of(deletion: Deletion) -> JsonObject:
    return {name: value for name, value in load_object(deletion.receipt).items() if name != _IF_MATCH}


def _decide(store: Store, stored: Instance, entity: EntityType) -> JsonObject:
    """Delete the instance, or say why not; its status is judged before its referrers, a container by what it holds."""
    lifecycle = entity.rules.lifecycle
    if lifecycle is not None and lifecycle.status(stored.values) not in lifecycle.deletable:
        return _rejection(stored, "status", [])
    if stored.schema == CONTAINER and store.knows_scope(stored.instance_id):
        return _rejection(stored, "instances", [])
    referrers = store.referrers(stored)
    if referrers:
        named = [{"@id": each.uri, "schema": each.schema, "property": each.property} for each in referrers]
        return _rejection(stored, "references", named)
    store.remove(stored)
    return {**receipt(stored), "outcome": "deleted"}


def _rejection(stored: Instance, reason: str, referrers: list[dict[str, str]]) -> JsonObject:
    uri: JsonObject = {} if stored.uri is None else {"@id": stored.uri}
    return {
        "outcome": "rejected",
        "reason": reason,
        **uri,
        "instanceId": stored.instance_id,
        "repo:etag": stored.etag,
        "referencedBy": [dict(referrer) for referrer in referrers],
    }


def _undecided_response(call: Call, deletion: Deletion, body: JsonObject) -> Response:
    location = f"{deletion.scope}/deletions/{deletion.token}"
    return _receipt_response(HTTPStatus.ACCEPTED, body).plus(address_headers(call.request, location))


def _outcome_response(outcome: JsonObject) -> Response:
    return _receipt_response(HTTPStatus.OK, outcome)


def _receipt_response(status: HTTPStatus, body: JsonObject) -> Response:
    headers = {"Content-Type": RECEIPT, "ETag": f'"{body["repo:etag"]}"'}
    return Response(status, headers, dump(body).encode())
