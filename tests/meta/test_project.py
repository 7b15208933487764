"""What must stay true of the project as a whole."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reconciler.catalogue.reading import read_catalogue
from reconciler.checks.run import check_catalogue
from reconciler.cli.command import ending_of
from reconciler.cli.commands import COMMANDS
from reconciler.cli.main import cli
from reconciler.graph.build import build_graph
from reconciler.model.entities import ENTITY_TYPES, Entity
from reconciler.model.errors import ReconcilerError
from reconciler.model.kinds import KINDS, Kind

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
COMMON = {"kind", "key", "external", "protect", "only", "extra"}


def test_the_example_has_no_problems_and_every_kind() -> None:
    loaded = read_catalogue(ROOT / "catalog-example")
    at = datetime(2026, 11, 22, tzinfo=UTC)
    assert (loaded.problems, check_catalogue(loaded.catalogue, build_graph(loaded.catalogue), at=at)) == ((), ())
    assert len(loaded.catalogue.entities) >= 60
    assert set(Counter(key.kind for key in loaded.catalogue.entities)) == set(Kind)


@pytest.mark.parametrize("name", list(cli.commands))
def test_every_command_has_help_and_stands_in_the_readme(name: str) -> None:
    command = cli.commands[name]
    assert command.help
    assert len(command.get_short_help_str(70)) < 70
    assert f"`reconciler {name}" in README


@pytest.mark.parametrize("name", list(cli.commands))
def test_every_command_works_in_another_folder(name: str) -> None:
    assert "-C" in [option for parameter in cli.commands[name].params for option in parameter.opts]


def test_the_registry_says_of_every_command_the_first_line_of_its_help() -> None:
    said = {name: offered.help for name, offered in COMMANDS.items()}
    assert said == {name: (command.help or "").splitlines()[0] for name, command in cli.commands.items()}
    assert list(said) == [command.name for command in cli.commands.values()]
    files = {path.stem for path in (ROOT / "reconciler" / "cli" / "commands").glob("[a-z]*.py")}
    assert files == {offered.module for offered in COMMANDS.values()}


@pytest.mark.parametrize(
    ("words", "loaded"), [("--help", []), ("--version", []), ("graph --help", ["graph"]), ("grap", [])]
)
def test_only_the_command_that_is_called_is_imported(words: str, loaded: list[str]) -> None:
    code = (
        "import sys\n"
        "from reconciler.cli.main import main\n"
        f"main({words.split()!r})\n"
        "home = 'reconciler.cli.commands.'\n"
        "print([name.removeprefix(home) for name in sys.modules if name.startswith(home)])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == str(loaded)


@pytest.mark.parametrize("entity", ENTITY_TYPES, ids=lambda entity: entity.KIND.value)
def test_the_registry_knows_every_field_of_every_kind(entity: type[Entity]) -> None:
    registered = {field.yaml[0] for field in KINDS[entity.KIND].fields}
    assert registered == set(entity.model_fields) - COMMON


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_loads_neither_the_client_nor_the_models(option: str) -> None:
    code = (
        "import sys\n"
        "from reconciler.cli.main import main\n"
        f"assert main(['{option}']) == 0\n"
        "print(sorted({'httpx', 'deepdiff', 'pydantic', 'asyncio', 'uvicorn', 'sqlite3', 'ruamel'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "[]"


def test_validate_loads_neither_the_client_nor_deepdiff() -> None:
    code = (
        "import sys\n"
        "from reconciler.cli.main import main\n"
        "assert main(['validate', 'catalog-example', '-q']) == 0\n"
        "print(sorted({'httpx', 'deepdiff', 'uvicorn', 'sqlite3', 'jsonschema_rs'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert ran.stdout.splitlines()[-1] == "[]"


def _subclasses(cls: type[ReconcilerError]) -> set[type[ReconcilerError]]:
    return {cls} | {found for child in cls.__subclasses__() for found in _subclasses(child)}


def test_every_error_has_an_exit_code_and_only_known_ones_are_special() -> None:
    import reconciler.apply.engine
    import reconciler.apply.lease
    import reconciler.apply.resuming
    import reconciler.connect
    import reconciler.emulator.server
    import reconciler.repository.client  # noqa: F401

    codes = {error.__name__: int(ending_of(error.__new__(error)).code) for error in _subclasses(ReconcilerError)}
    special = {name: code for name, code in codes.items() if code != 1}
    assert special == {
        "Foreign": 10,
        "Locked": 14,
        "PlanRefused": 10,
        "PlanStale": 11,
        "Unauthorised": 77,
        "WrongEnvironment": 64,
    }


def test_the_readme_says_the_two_commands_as_they_are_run() -> None:
    assert "pip install . && reconciler apply catalog-example --yes" in README.splitlines()
    assert "pip install -e '.[dev]' && pytest" in README.splitlines()
