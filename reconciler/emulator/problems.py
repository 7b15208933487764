"""Bad news as ``application/problem+json``: one constructor for each way to refuse (clause A6)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from reconciler.emulator.messages import Response

PROBLEM_TYPE = "application/problem+json"
ETAG_MISMATCH = "/problems/etag-mismatch"
NAME_TAKEN = "/problems/name-taken"
MOST_FAULTS = 1000  # ours: how many one answer lists


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing that is wrong in a body: a JSON Pointer from the envelope, and what is wrong there."""

    path: str
    message: str


# Stands for each fault that is only counted.
NOT_LISTED = Fault("/_instance", "has more faults than are listed")


class Refused(Exception):
    """The request is answered with a problem. Raised anywhere below the router, caught there only."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def problem(
    status: HTTPStatus,
    detail: str,
    *,
    kind: str = "about:blank",
    title: str | None = None,
    members: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Refused:
    """A refusal with the four members of RFC 9457 and further ones of its own."""
    body = {
        "type": kind,
        "title": title or status.phrase,
        "status": int(status),
        "detail": detail,
        **(members or {}),
    }
    return Refused(Response(status, {"Content-Type": PROBLEM_TYPE, **(headers or {})}, _encode(body)))


def _encode(body: Mapping[str, object]) -> bytes:
    # Details repeat what was sent; a lone surrogate in it must not break the answer.
    return json.dumps(body, ensure_ascii=False).encode(errors="replace")


def bad_request(detail: str) -> Refused:
    """400: the request cannot be read."""
    return problem(HTTPStatus.BAD_REQUEST, detail)


def not_found(detail: str) -> Refused:
    """404: nothing is at this address."""
    return problem(HTTPStatus.NOT_FOUND, detail)


def invalid(detail: str, faults: Sequence[Fault] = ()) -> Refused:
    """422: readable, but not acceptable; ``errors`` lists the faults by path, ``more`` counts those left out."""
    errors = [{"path": fault.path, "message": fault.message} for fault in faults[:MOST_FAULTS]]
    beyond = {"more": len(faults) - MOST_FAULTS} if len(faults) > MOST_FAULTS else {}
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, members={"errors": errors, **beyond})


def etag_mismatch(current: int) -> Refused:
    """409: ``If-Match`` names another revision than the current one."""
    return problem(
        HTTPStatus.CONFLICT,
        f"the current revision is {current}",
        kind=ETAG_MISMATCH,
        title="Revision does not match",
        members={"current": current},
        headers={"ETag": f'"{current}"'},
    )


def name_taken(name: str, holder: str) -> Refused:
    """409: another instance has this unique name."""
    return problem(
        HTTPStatus.CONFLICT,
        f"the name {name!r} is taken by {holder}",
        kind=NAME_TAKEN,
        title="Name is taken",
        members={"holder": holder},
    )
