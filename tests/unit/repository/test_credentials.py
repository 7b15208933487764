"""Who is calling: the environment's credentials, secrets kept out of sight, and addresses that are refused."""

from __future__ import annotations

import asyncio
import pickle
import subprocess
import sys
from typing import Any

import pytest

from reconciler.model.errors import ReconcilerError
from reconciler.repository.auth import Credentials, FixedToken, Secret, credentials_from
from reconciler.repository.errors import RepositoryError, Unauthorised, one_line
from reconciler.repository.ims import ImsTokens

from .support import ONE, TAG, TOKEN, Script, answer, reader, settings

ENVIRON = {"RECONCILER_ACCESS_TOKEN": "tok\n", "RECONCILER_API_KEY": "key", "RECONCILER_ORG_ID": "org"}
EVERY = "RECONCILER_CLIENT_ID, RECONCILER_CLIENT_SECRET and RECONCILER_SCOPES"
LOGIN = {
    "RECONCILER_CLIENT_ID": "client",
    "RECONCILER_CLIENT_SECRET": "hush",
    "RECONCILER_SCOPES": "openid,AdobeID",
    "RECONCILER_API_KEY": "key",
    "RECONCILER_ORG_ID": "org",
}


def _refused(script: Script, **changes: Any) -> RepositoryError:
    async def run() -> None:
        async with reader(script, **changes) as source:
            await source.lookup(ONE, TAG)

    with pytest.raises(RepositoryError) as caught:
        asyncio.run(run())
    return caught.value


def test_credentials_come_from_the_environment() -> None:
    """A2."""
    found = credentials_from(ENVIRON)
    assert (asyncio.run(found.token.token()).reveal(), found.api_key, found.org) == ("tok", "key", "org")


@pytest.mark.parametrize(
    ("environ", "missing"),
    [
        (
            {"RECONCILER_API_KEY": " "},
            f"RECONCILER_ACCESS_TOKEN (or {EVERY}), RECONCILER_API_KEY, RECONCILER_ORG_ID",
        ),
        (
            {"RECONCILER_CLIENT_ID": "id", "RECONCILER_API_KEY": "key"},
            "RECONCILER_CLIENT_SECRET and RECONCILER_SCOPES (or RECONCILER_ACCESS_TOKEN), RECONCILER_ORG_ID",
        ),
        (LOGIN | {"RECONCILER_SCOPES": " "}, "RECONCILER_SCOPES (or RECONCILER_ACCESS_TOKEN)"),
        (ENVIRON | {"RECONCILER_ORG_ID": ""}, "RECONCILER_ORG_ID"),
    ],
)
def test_all_missing_variables_are_named_at_once_for_both_ways_to_a_token(
    environ: dict[str, str], missing: str
) -> None:
    """A2."""
    with pytest.raises(Unauthorised) as caught:
        credentials_from(environ)
    assert caught.value.message == f"not set in the environment: {missing}"
    assert caught.value.remedy == f"Set {missing}."


def test_an_access_token_wins_over_client_credentials() -> None:
    """A2."""
    assert asyncio.run(credentials_from(LOGIN | ENVIRON).token.token()).reveal() == "tok"


def test_client_credentials_do_without_an_access_token() -> None:
    """A2."""
    assert isinstance(credentials_from(LOGIN).token, ImsTokens)


def test_a_value_no_header_can_carry_is_named_and_not_shown() -> None:
    """A2."""
    with pytest.raises(Unauthorised, match="no header can carry: RECONCILER_ACCESS_TOKEN") as caught:
        credentials_from(ENVIRON | {"RECONCILER_ACCESS_TOKEN": "sécret"})
    assert "sécret" not in caught.value.message


def test_a_secret_does_not_show_itself() -> None:
    """Secrets never reach a log or a traceback."""
    secret = Secret("hush")
    shown = f"{secret} {secret!r} {Credentials(FixedToken(secret), 'hush', 'org')!r} {settings(api_key='hush')!r}"
    assert "hush" not in shown


def test_a_secret_is_not_written_anywhere() -> None:
    """Secrets never reach a file."""
    with pytest.raises(TypeError):
        pickle.dumps(Secret("hush"))


def test_a_token_that_the_repository_echoes_is_blacked_out() -> None:
    """Secrets never reach a message."""
    error = _refused(Script([answer({"title": "bad", "detail": f"Bearer {TOKEN}"}, 400)]))
    assert "bad: Bearer [hidden]" in error.message


def test_a_token_with_a_line_break_is_not_sent_and_not_shown() -> None:
    """Secrets never reach a message."""
    script = Script([answer({})])
    error = _refused(script, token=FixedToken(Secret("a\r\nb")))
    assert isinstance(error, Unauthorised)
    assert script.asked == []


@pytest.mark.parametrize("status", [401, 403])
def test_the_gateway_says_what_is_wrong_with_the_credentials(status: int) -> None:
    """A2."""
    error = _refused(Script([answer({"error_code": f"{status}013", "message": "Oauth token is not valid"}, status)]))
    assert isinstance(error, Unauthorised)
    assert (error.status, error.code) == (status, f"{status}013")
    assert "Oauth token is not valid" in error.message


def test_a_message_ends_with_method_path_and_request_id() -> None:
    """A6."""
    error = _refused(Script([answer({"title": "no"}, 400)]))
    assert error.call is not None
    assert error.message == (
        f"the repository refused (400): no (GET /data/core/xcore/box-1/instances/i-1, request {error.call.request_id})"
    )


def test_foreign_text_is_one_short_line() -> None:
    """Text from the repository is shown with its control characters made visible."""
    assert one_line("a\n b\x1b[31m\u202e") == r"a b\x1b[31m\u202e"
    assert len(one_line("x" * 9999)) == 500


@pytest.mark.parametrize(
    "url",
    [
        "http://repo.example/data",
        "ftp://repo.example",
        "repo.example",
        "https://me:pa55@repo.example/",
        "https://repo.example/?x=1",
        "https://repo.example:port/",
        "http://127.0.0.1.evil.example/",
    ],
)
def test_an_address_that_would_not_keep_the_token_safe_is_refused(url: str) -> None:
    """Plain http only to loopback."""
    with pytest.raises(ReconcilerError) as caught:
        settings(base_url=url)
    assert "pa55" not in caught.value.message


@pytest.mark.parametrize("url", ["http://localhost:1/x", "http://127.0.0.1/x", "http://[::1]:8/x"])
def test_plain_http_to_this_host_is_fine(url: str) -> None:
    """Plain http only to loopback."""
    assert settings(base_url=url).base_url == url


def test_plain_http_is_possible_when_asked_for() -> None:
    """--insecure-http."""
    assert settings(base_url="http://repo.example/", insecure_http=True).insecure_http


@pytest.mark.parametrize("changes", [{"sandbox": ""}, {"org": "a\nb"}, {"api_key": "é"}, {"parallelism": 0}])
def test_settings_that_no_request_can_carry_are_refused(changes: dict[str, Any]) -> None:
    """A2."""
    with pytest.raises(ReconcilerError):
        settings(**changes)


@pytest.mark.parametrize("module", ["port", "errors", "auth", "connection", "retry"])
def test_staying_offline_does_not_load_httpx(module: str) -> None:
    """Commands that stay offline start fast."""
    code = f"import sys, reconciler.repository.{module}; sys.exit('httpx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
