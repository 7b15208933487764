"""What other programs import from ``reconciler``."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime

import pytest

import reconciler


def test_a_rule_is_compiled_through_the_public_name() -> None:
    rule = reconciler.compile_rule('membership.status = "elite"')
    situation = reconciler.Situation(datetime.now(UTC))
    assert rule.hold_over([{"membership": {"status": "elite"}}, {}], situation) == [True, False]
    with pytest.raises(reconciler.ReconcilerError):
        reconciler.compile_rule("a =")


def test_every_public_name_is_there_and_no_other() -> None:
    assert set(reconciler.__all__) <= set(dir(reconciler))
    assert all(getattr(reconciler, name).__doc__ for name in reconciler.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'compile_rules'"):
        _ = reconciler.compile_rules  # type: ignore[attr-defined]


@pytest.mark.parametrize("code", ["from reconciler import compile_rule as _", "main(['eval', '1 + 1'])"])
def test_rules_load_neither_the_client_nor_the_models(code: str) -> None:
    lines = (
        "import sys\nfrom reconciler.cli.main import main\n",
        f"{code}\n",
        "print(sorted({'httpx', 'deepdiff', 'pydantic', 'asyncio', 'sqlite3', 'ruamel'} & set(sys.modules)))",
    )
    ran = subprocess.run([sys.executable, "-c", "".join(lines)], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "[]"
