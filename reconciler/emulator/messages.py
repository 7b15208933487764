"""Request and response as values: what the socket brings, and what goes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

BASE_PATH = "/data/core/xcore"


@dataclass(frozen=True, slots=True)
class Request:
    """One call, before anything was judged.

    path: percent-decoded, with the base path.   query: raw, without the question mark.
    headers: by their names in lower case, whatever case they were given in.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    scheme: str = "http"

    def __post_init__(self) -> None:
        """Give the names of the headers their lower case; a server gives them so."""
        if not all(map(str.islower, self.headers)):
            lower = {name.lower(): value for name, value in self.headers.items()}
            object.__setattr__(self, "headers", lower)

    def header(self, name: str) -> str | None:
        """The header of that name (given in lower case), or None."""
        return self.headers.get(name)


@dataclass(frozen=True, slots=True)
class Response:
    """The answer: header names in their usual spelling, the body as bytes to send.

    cause: what went wrong inside, for the log; it is never sent.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    cause: str | None = None

    def plus(self, headers: Mapping[str, str]) -> Response:
        """The same answer with more headers; those it has already win."""
        return Response(self.status, {**headers, **self.headers}, self.body, self.cause)
