"""Where the repository is and on whose behalf it is asked; refuses what would send a token in the clear."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from reconciler.model.errors import ReconcilerError
from reconciler.repository.auth import fit_for_header

if TYPE_CHECKING:
    from reconciler.repository.auth import TokenProvider


@dataclass(frozen=True, slots=True)
class Connection:
    """Everything that is needed to open a repository.

    base_url: the address of the home document.   container: None means the sandbox's only one.
    parallelism: how many requests travel at once.   insecure_http: plain http beyond this host is wanted.
    Raises ``ReconcilerError`` for an address or a name that cannot be used.
    """

    base_url: str
    sandbox: str
    org: str
    api_key: str = field(repr=False)
    token: TokenProvider
    container: str | None = None
    parallelism: int = 10
    insecure_http: bool = False

    def __post_init__(self) -> None:
        refuse_unusable(self.base_url)
        refuse_in_the_clear(self)
        for name in ("sandbox", "org", "api_key"):
            if not getattr(self, name) or not fit_for_header(getattr(self, name)):
                raise ReconcilerError(f"the connection's {name} is empty or cannot be sent in a header")
        if self.parallelism < 1:
            raise ReconcilerError(f"parallelism must be at least 1, not {self.parallelism}")


def refuse_unusable(url: str) -> None:
    """Raise unless the address is an absolute http(s) URL without credentials, query or fragment."""
    remedy = "Write it as https://HOST/data/core/xcore."
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - reading it checks it
    except ValueError as error:
        raise ReconcilerError("the repository's address is not a URL", remedy=remedy) from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ReconcilerError("the repository's address is not an http or https URL", remedy=remedy)
    # Not shown: whatever stands before the @ may be a password.
    if parts.username is not None or parts.password is not None:
        raise ReconcilerError("the repository's address holds credentials", remedy=remedy)
    if parts.query or parts.fragment:
        raise ReconcilerError(f"the repository's address has a query or fragment: {url}", remedy=remedy)


def refuse_in_the_clear(settings: Connection) -> None:
    """Raise for plain http, unless it stays on this host or was asked for."""
    parts = urlsplit(settings.base_url)
    if parts.scheme == "https" or settings.insecure_http or is_loopback(parts.hostname or ""):
        return
    raise ReconcilerError(
        f"plain http would send the access token in the clear: {settings.base_url}",
        remedy="Use https.",
    )


def is_loopback(host: str) -> bool:
    """Whether the host is this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
