"""How many requests the commands make: what reads lists the seven kinds, whatever there is to be told of."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import Served, Workplace

pytestmark = pytest.mark.e2e

HOME, KINDS = 1, 7  # each kind of the example is one page
READING = ["GET"] * (HOME + KINDS)


@pytest.mark.parametrize("command", ["plan", "drift", "list", "pull", "import"])
def test_a_command_that_compares_lists_each_kind_once(example: Workplace, server: Served, command: str) -> None:
    example.run("apply", "cat", "--yes")
    edit_every_offer(server)
    assert asked(example, server, command, "cat") == READING


def test_to_show_one_entity_takes_as_much(example: Workplace, server: Served) -> None:
    example.run("apply", "cat", "--yes")
    assert asked(example, server, "show", "-C", "cat", "offer/elite-upgrade") == READING


def test_files_for_everything_are_imported_from_the_lists(example: Workplace, server: Served) -> None:
    example.run("apply", "cat", "--yes")
    for file in example.root.glob("*/**/*.yaml"):
        file.unlink()
    assert asked(example, server, "import", "cat") == READING
    assert len(list(example.root.glob("*/**/*.yaml"))) >= 86


def edit_every_offer(server: Served) -> None:
    for item in server.live("personalized-offer"):
        server.edit(item, [{"op": "add", "path": "/_instance/xdm:rank", "value": {"xdm:priority": 77}}])


def asked(place: Workplace, server: Served, *arguments: str) -> list[str]:
    """The methods of the requests of one command."""
    before = len(server.requests)
    ran = place.run(*arguments)
    assert "Traceback" not in ran.err
    return [request["method"] for request in server.requests[before:]]
