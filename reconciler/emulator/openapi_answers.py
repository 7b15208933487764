"""Answers by status, for the description of the API: their headers, and every way to refuse (clauses A2, A6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from reconciler.emulator.openapi_shapes import COUNT, ENTITY_TAG, TEXT, Node, array, closed
from reconciler.emulator.problems import ETAG_MISMATCH, NAME_TAKEN, PROBLEM_TYPE

JSON = "application/json"
_PLAIN = "about:blank"
_PLAIN_STATUSES = (404, 406, 413, 415, 429, 500, 501, 503)
_LATER = {429, 503}
_SAID_BY_THE_GATEWAY: Mapping[int, Sequence[str]] = {
    400: ["400003"],
    401: ["401013"],
    403: ["403000", "403003", "403010", "403025"],
}


def answered(description: str, content: Mapping[str, Node], headers: Sequence[str] = ()) -> Node:
    """An answer: what it holds by media type, and the headers that it always has beside ``x-request-id``."""
    made: Node = {
        "description": description,
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in (*headers, "x-request-id")},
    }
    return {**made, "content": {media: {"schema": told} for media, told in content.items()}} if content else made


def answer_headers() -> Node:
    """The headers of answers by name."""
    return {
        "ETag": _header("The revision, quoted.", {"type": "string", "pattern": ENTITY_TAG}),
        "Location": _header("Relative to Content-Base.", {"type": "string", "pattern": "^[^/].*[^/]$"}),
        "Content-Base": _header("What relative addresses are resolved against.", {"type": "string", "pattern": "/$"}),
        "Retry-After": _header("Seconds to wait.", COUNT),
        "x-request-id": _header("Of the request, or a new one.", TEXT),
    }


def _header(description: str, schema: Node) -> Node:
    return {"description": description, "required": True, "schema": schema}


def refusals() -> Node:
    """The ways to refuse, by name: mostly the status."""
    invalid = _problem(422, ["errors"], errors=array(closed(["path", "message"], path=TEXT, message=TEXT)), more=COUNT)
    mismatch = _problem(409, ["current"], ETAG_MISMATCH, current={"type": "integer", "minimum": 1})
    taken = _problem(409, ["holder"], NAME_TAKEN, holder=TEXT)
    return {
        **{str(status): _refusal(status, _problem(status)) for status in _PLAIN_STATUSES},
        "400": _refusal(400, _problem(400)),
        "401": _refusal(401, None),
        "403": _refusal(403, _problem(403)),
        "422": _refusal(422, invalid),
        "EtagMismatch": _conflict(mismatch, ("ETag",)),
        "NameTaken": _conflict(taken),
        "Conflict": _conflict({"oneOf": [mismatch, taken]}),
    }


def _refusal(status: int, problem: Node | None) -> Node:
    """A refusal by the repository, by the gateway in front of it, or by either."""
    content = {} if problem is None else {PROBLEM_TYPE: problem}
    codes = _SAID_BY_THE_GATEWAY.get(status)
    if codes is not None:
        content[JSON] = closed(["error_code", "message"], error_code={"enum": codes}, message=TEXT)
    return answered(f"{HTTPStatus(status).phrase}.", content, ("Retry-After",) if status in _LATER else ())


def _conflict(problem: Node, headers: Sequence[str] = ()) -> Node:
    return answered("Another revision is the current one, or the name is taken.", {PROBLEM_TYPE: problem}, headers)


def _problem(status: int, required: Sequence[str] = (), kind: str = _PLAIN, **members: Node) -> Node:
    """What RFC 9457 asks for, and further members."""
    return closed(
        ["type", "title", "status", "detail", *required],
        type={"const": kind},
        title=TEXT,
        status={"const": status},
        detail=TEXT,
        **members,
    )
