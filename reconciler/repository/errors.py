"""What can go wrong at the door, sorted by who can fix it; each error carries its data and one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.model.errors import ReconcilerError

if TYPE_CHECKING:
    from collections.abc import Sequence

ETAG_MISMATCH, NAME_TAKEN = "etag-mismatch", "name-taken"  # how the two types of 409 end (clause A6)
TEXT_LIMIT = 500  # characters of the repository's own words in one message


def one_line(text: str) -> str:
    """Foreign text made fit for a message: one line, no control characters, at most 500 characters."""
    flat = " ".join(text.split())
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in flat)
    return shown if len(shown) <= TEXT_LIMIT else shown[: TEXT_LIMIT - 1] + "…"


@dataclass(frozen=True, slots=True)
class Call:
    """One request as errors speak of it; ``in_doubt``: an earlier attempt may have been carried out."""

    method: str
    path: str
    request_id: str
    attempt: int = 1
    in_doubt: bool = False

    def __str__(self) -> str:
        """The words in brackets at the end of a message."""
        tries = f", attempt {self.attempt}" if self.attempt > 1 else ""
        return f"{self.method} {one_line(self.path)}, request {self.request_id}{tries}"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One property that the repository does not accept."""

    path: str
    message: str


@dataclass(frozen=True, slots=True)
class Problem:
    """An error body, whichever of the API's two shapes it had; texts are already short and one line each."""

    type: str = ""
    title: str = ""
    detail: str = ""
    code: str | None = None
    errors: tuple[FieldError, ...] = ()
    current: str | None = None
    holder: str | None = None

    def __str__(self) -> str:
        """Title and detail, or whichever there is."""
        return ": ".join(part for part in (self.title, self.detail) if part)


class RepositoryError(ReconcilerError):
    """The repository did not do what it was asked, or nobody knows.

    call: the request, None if none was made.   status: the HTTP status, None without an answer.
    maybe_carried_out: a write may have taken effect all the same.   transient: asking again may help.
    """

    transient = False
    retry_after_s: float | None = None

    def __init__(
        self,
        what: str,
        *,
        call: Call | None = None,
        status: int | None = None,
        maybe_carried_out: bool = False,
        remedy: str | None = None,
    ) -> None:
        super().__init__(f"{what} ({call})" if call else what, remedy=remedy)
        self.call = call
        self.status = status
        self.maybe_carried_out = _may_change(call) and (maybe_carried_out or (call is not None and call.in_doubt))


def _may_change(call: Call | None) -> bool:
    return call is not None and call.method != "GET"


class NotPermitted(RepositoryError):
    """A write was not sent, because the run may write no more. An earlier attempt of it may have been carried out."""

    remedy = "Plan again; another run may be applying now."

    def __init__(self, *, call: Call) -> None:
        super().__init__("not sent: this run may write no more", call=call)


class Unreachable(RepositoryError):
    """No answer. ``maybe_carried_out`` tells a lost answer from a request that never left."""

    remedy = "Check the address, the network and the proxy settings, then run the command again."

    def __init__(
        self,
        because: str,
        *,
        call: Call,
        maybe_carried_out: bool,
        passing: bool = True,
        remedy: str | None = None,
    ) -> None:
        self.transient = passing
        super().__init__(
            f"no answer from the repository: {one_line(because)}",
            call=call,
            maybe_carried_out=maybe_carried_out,
            remedy=remedy,
        )


class Unauthorised(RepositoryError):
    """The credentials are missing, wrong, or not good for this organisation or sandbox."""

    remedy = (
        "Check RECONCILER_ACCESS_TOKEN (or the client credentials), RECONCILER_API_KEY, RECONCILER_ORG_ID "
        "and the sandbox's name."
    )

    def __init__(
        self,
        what: str,
        *,
        call: Call | None = None,
        status: int | None = None,
        code: str | None = None,
        remedy: str | None = None,
    ) -> None:
        super().__init__(what, call=call, status=status, remedy=remedy)
        self.code = code


class TokenUnavailable(RepositoryError):
    """The service that gives out access tokens gave none, and not because of the credentials."""

    remedy = "Run the command again later; if it stays, check RECONCILER_IMS_URL and the proxy settings."

    def __init__(
        self, because: str, *, passing: bool = False, retry_after_s: float | None = None, remedy: str | None = None
    ) -> None:
        super().__init__(f"no access token: {one_line(because)}", remedy=remedy)
        self.transient = passing
        self.retry_after_s = retry_after_s


class Conflict(RepositoryError):
    """A 409. The class follows the ``type`` the repository gave, which is only a hint: read again to be sure.

    current: the revision it says it has.   holder: the URI of who it says has the name.
    """

    def __init__(self, what: str, problem: Problem, *, call: Call) -> None:
        super().__init__(what, call=call, status=409)
        self.problem_type = problem.type
        self.current = problem.current
        self.holder = problem.holder


class Stale(Conflict):
    """The instance is no longer the revision that the write was made for."""

    remedy = "Somebody else wrote to it: read it again and plan afresh."

    def __init__(self, problem: Problem, *, call: Call) -> None:
        now = f", it is now revision {problem.current}" if problem.current else ""
        known = problem.type.endswith(ETAG_MISMATCH)
        what = "the instance has changed since it was read" if known else f"an edit conflict: {problem}"
        super().__init__(f"{what}{now}", problem, call=call)


class NameTaken(Conflict):
    """Another instance has the name already."""

    remedy = "Choose another name, or rename or adopt the instance that has it."

    def __init__(self, problem: Problem, *, call: Call) -> None:
        by = f" by {problem.holder}" if problem.holder else ""
        known = problem.type.endswith(NAME_TAKEN)
        what = "the name is taken" if known else f"a conflict, perhaps over the name: {problem}"
        super().__init__(f"{what}{by}", problem, call=call)


class RateLimited(RepositoryError):
    """The repository asked us to slow down for longer than we were ready to wait."""

    transient = True
    remedy = "Run the command again later, or with a lower --parallelism."

    def __init__(self, *, call: Call, retry_after_s: float | None) -> None:
        wait = "" if retry_after_s is None else f", asking for {retry_after_s:g} s of patience"
        super().__init__(f"the repository answers too many requests{wait}", call=call, status=429)
        self.retry_after_s = retry_after_s


class Rejected(RepositoryError):
    """The repository understood and refused: the request must change before it is sent again."""

    remedy = "Correct what the repository names."

    def __init__(self, problem: Problem, *, call: Call, status: int) -> None:
        first = f"; {problem.errors[0].path}: {problem.errors[0].message}" if problem.errors else ""
        more = f" and {len(problem.errors) - 1} more" if len(problem.errors) > 1 else ""
        words = str(problem) or "no reason given"
        super().__init__(f"the repository refused ({status}): {words}{first}{more}", call=call, status=status)
        self.title = problem.title
        self.detail = problem.detail
        self.code = problem.code
        self.errors = problem.errors


class ServerFault(RepositoryError):
    """The repository failed. A write may have been carried out before it did."""

    remedy = "Run the command again; if it stays, give the request id to the repository's operators."

    def __init__(self, problem: Problem, *, call: Call, status: int, retry_after_s: float | None) -> None:
        words = f": {problem}" if str(problem) else ""
        super().__init__(f"the repository failed ({status}){words}", call=call, status=status, maybe_carried_out=True)
        self.transient = status in {500, 502, 503, 504}
        self.retry_after_s = retry_after_s


class Malformed(RepositoryError):
    """An answer that is not what the API promises, so nothing can be concluded from it."""

    remedy = "Check that the address in catalog.yaml is the repository's own and not a proxy or a login page."

    def __init__(self, what: str, *, call: Call | None = None, status: int | None = None) -> None:
        super().__init__(
            f"not an answer of the repository API: {one_line(what)}",
            call=call,
            status=status,
            maybe_carried_out=True,
        )


class Undecided(RepositoryError):
    """A deletion was accepted and its outcome is not known yet."""

    remedy = "Run the command again: what is gone by then is left out."

    def __init__(self, because: str, *, call: Call, status_address: str | None) -> None:
        super().__init__(
            f"the deletion is not decided: {one_line(because)}", call=call, status=202, maybe_carried_out=True
        )
        self.status_address = status_address


class ContainerUnclear(ReconcilerError):
    """The sandbox has no container, or several, and none was chosen. ``containers``: (id, name) of each."""

    def __init__(self, containers: Sequence[tuple[str, str]], *, sandbox: str) -> None:
        self.containers = tuple(containers)
        named = ", ".join(f"{ident} ({one_line(name)})" for ident, name in self.containers)
        found = f"has several containers: {named}" if named else "has no container these credentials may see"
        remedy = "Name one as `container` of the environment." if named else "Check the sandbox and the permissions."
        super().__init__(f"the sandbox {sandbox!r} {found}", remedy=remedy)


class WriteRefused(ReconcilerError):
    """A write was tried through a connection that was opened for reading."""

    def __init__(self, method: str) -> None:
        super().__init__(f"this connection only reads; {method} was refused before it was sent")
