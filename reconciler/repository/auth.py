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
LOGIN = ("RECONCILER_CLIENT_ID", "RECONCILER_CLIENT_SECRET", "RECONCILER_SCOPES")  # in the place of a token


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
        """The token, without the word Bearer. Raises ``RepositoryError`` if there is none."""
        ...

    def renew(self, refused: Secret, /) -> bool:
        """Told that the repository did not accept this one; whether asking for another may help."""
        ...


@dataclass(frozen=True, slots=True)
class FixedToken:
    """A token somebody else got for us and renews."""

    secret: Secret

    async def token(self) -> Secret:
        """Always the same one."""
        return self.secret

    def renew(self, _refused: Secret, /) -> bool:
        """There is no other."""
        return False


@dataclass(frozen=True, slots=True)
class Credentials:
    """What every call carries to say who is asking."""

    token: TokenProvider
    api_key: str = field(repr=False)
    org: str


def credentials_from(environ: Mapping[str, str]) -> Credentials:
    """The credentials that the environment holds; an access token wins over client credentials.

    Raises ``Unauthorised`` naming every variable that is missing or cannot be sent, all at once, and
    ``ReconcilerError`` if the service that gives out tokens cannot be used.
    """
    values = {name: environ.get(name, "").strip() for name in (TOKEN, *LOGIN, API_KEY, ORG_ID)}
    used = (*((TOKEN,) if values[TOKEN] else LOGIN), API_KEY, ORG_ID)
    missing = [*_missing_token(values), *(name for name in (API_KEY, ORG_ID) if not values[name])]
    unfit = [name for name in used if values[name] and not fit_for_header(values[name])]
    if missing or unfit:
        raise Unauthorised("; ".join(_complaints(missing, unfit)), remedy=f"Set {', '.join(missing or unfit)}.")
    return Credentials(_tokens(values, environ), values[API_KEY], values[ORG_ID])


def _tokens(values: Mapping[str, str], environ: Mapping[str, str]) -> TokenProvider:
    if values[TOKEN]:
        return FixedToken(Secret(values[TOKEN]))
    from reconciler.repository.ims import tokens_from

    client_id, secret, scopes = (values[name] for name in LOGIN)
    return tokens_from(environ, client_id=client_id, secret=secret, scopes=scopes)


def _missing_token(values: Mapping[str, str]) -> list[str]:
    """What is missing for a token, in both ways to have one; the way that was begun is named first."""
    absent = [name for name in LOGIN if not values[name]]
    if values[TOKEN] or not absent:
        return []
    login = " and ".join(filter(None, [", ".join(absent[:-1]), absent[-1]]))
    return [f"{TOKEN} (or {login})" if len(absent) == len(LOGIN) else f"{login} (or {TOKEN})"]


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
