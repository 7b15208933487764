"""What stands before the repository: credentials, and who is calling (clause A2)."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from functools import lru_cache

from reconciler.emulator.jsontext import dump
from reconciler.emulator.messages import Request, Response
from reconciler.emulator.problems import Refused


@dataclass(frozen=True, slots=True)
class Accepted:
    """The only credentials let in; None lets in any that are not empty."""

    token: str | None = field(default=None, repr=False)
    api_key: str | None = field(default=None, repr=False)
    org: str | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the account derived from the token (never the token), the API key and the sandbox."""

    account: str
    api_key: str
    sandbox: str


def identify(request: Request, accepted: Accepted, default_sandbox: str) -> Caller:
    """The caller, or a refusal with one of the gateway's own bodies."""
    token = _token(request)
    if not token or not _is_let_in(token, accepted.token):
        raise _refusal(401, "401013", "Oauth token is not valid")
    api_key = request.header("x-api-key")
    if not api_key:
        raise _refusal(403, "403000", "Api Key is required")
    if not _is_let_in(api_key, accepted.api_key):
        raise _refusal(403, "403003", "Api Key is invalid")
    org = request.header("x-gw-ims-org-id")
    if not org:
        raise _refusal(400, "400003", "Missing header")
    if not _is_let_in(org, accepted.org):
        raise _refusal(403, "403025", "Profile is not valid")
    return Caller(_account(token), api_key, request.header("x-sandbox-name") or default_sandbox)


def _token(request: Request) -> str:
    authorization = request.header("authorization")
    if authorization is None or not authorization.strip():
        raise _refusal(403, "403010", "Oauth token is missing.")
    scheme, _, token = authorization.strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _is_let_in(given: str, only: str | None) -> bool:
    return only is None or hmac.compare_digest(given.encode(), only.encode())


@lru_cache(maxsize=256)
def _account(token: str) -> str:
    return hashlib.sha256(b"account:" + token.encode()).hexdigest()[:24].upper() + "@techacct"


def _refusal(status: int, code: str, message: str) -> Refused:
    body = dump({"error_code": code, "message": message}).encode()
    return Refused(Response(status, {"Content-Type": "application/json"}, body))
