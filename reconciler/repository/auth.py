"""Who is calling: the credentials in the environment, and a wrapper that keeps secrets out of sight."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn, Protocol

from reconciler.repository.errors import Unauthorised

if TYPE_CHECKING:
    from collections.abc import Mapping

TOKEN = "RECONCILER_ACCESS_TOKEN"  # noqa: S105 - the variable's name, not its value
API_KEY = "RECONCILER_API_KEY"
ORG_ID = "RECONCILER_ORG_ID"


class Secret:
    """A text that shows itself only when asked by name: not in repr, formats, tracebacks or pickles."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The text itself; only for the header that needs it."""
        return self._value

    def hide_in(self, text: str) -> str:
        """The text with every occurrence of the secret blacked out: servers have been seen to echo it."""
        return text.replace(self._value, "[hidden]") if self._value else text

    def __repr__(self) -> str:
        return "Secret([hidden])"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not written anywhere")


class TokenProvider(Protocol):
    """Gives a bearer token that is good now; asked anew for every attempt, so that it may renew."""

    async def token(self) -> Secret:
        """The token, without the word Bearer."""
        ...


@dataclass(frozen=True, slots=True)
class FixedToken:
    """A token somebody else got for us and renews."""

    secret: Secret

    async def token(self) -> Secret:
        """Always the same one."""
        return self.secret


@dataclass(frozen=True, slots=True)
class Credentials:
    """What every call carries to say who is asking."""

    token: TokenProvider
    api_key: str = field(repr=False)
    org: str


def credentials_from(environ: Mapping[str, str]) -> Credentials:
    """The credentials that the environment holds.

    Raises ``Unauthorised`` naming every variable that is missing or cannot be sent, all at once.
    """
    values = {name: environ.get(name, "").strip() for name in (TOKEN, API_KEY, ORG_ID)}
    missing = [name for name, value in values.items() if not value]
    unfit = [name for name, value in values.items() if value and not fit_for_header(value)]
    if missing or unfit:
        wrong = Unauthorised("; ".join(_complaints(missing, unfit)))
        wrong.remedy = f"Set {', '.join(missing or unfit)}."
        raise wrong
    return Credentials(FixedToken(Secret(values[TOKEN])), values[API_KEY], values[ORG_ID])


def fit_for_header(value: str) -> bool:
    """Whether a text can travel in an HTTP header: visible ASCII."""
    return value.isascii() and value.isprintable()


def _complaints(missing: list[str], unfit: list[str]) -> list[str]:
    complaints = []
    if missing:
        complaints.append(f"not set in the environment: {', '.join(missing)}")
    if unfit:
        complaints.append(f"holding characters no header can carry: {', '.join(unfit)}")
    return complaints
