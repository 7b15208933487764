"""Which live component is which of the file's."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.diff.components import Matched, match_components
from reconciler.model.spelling import Opaque


def c(text: str) -> dict[str, Any]:
    """``type/format/asset/url``, any of which may be empty."""
    parts = [*text.split("/"), "", "", ""][:4]
    names = ("type", "format", "asset.id", "asset.url")
    return {name: part for name, part in zip(names, parts, strict=True) if part}


def matched(wanted: str, live: str) -> Matched:
    return match_components([c(text) for text in wanted.split()], [c(text) for text in live.split()])


@pytest.mark.parametrize(
    ("wanted", "live", "pairs"),
    [
        ("text html", "html text", ((0, 1), (1, 0))),
        ("text/a text/b", "text/b text/a", ((0, 1), (1, 0))),
        ("text/a text/b", "text/c text/b", ((0, 0), (1, 1))),
        ("text text", "text text", ((0, 0), (1, 1))),
        ("text text", "text", ((0, 0),)),
        ("a//X b//Y", "c//Y d//X", ((0, 1), (1, 0))),
        ("a/f/X a/g/X", "a/g/X a/f/X", ((0, 1), (1, 0))),
        ("a//X a//X", "a//X", ((0, 0),)),
        ("a///u a", "a a///u", ((0, 1), (1, 0))),
    ],
)
def test_components_are_paired(wanted: str, live: str, pairs: tuple[tuple[int, int], ...]) -> None:
    assert matched(wanted, live).pairs == pairs


@pytest.mark.parametrize(
    ("wanted", "live"),
    [
        ("text", "html"),
        ("a//X", "a//Y"),
        ("a//X", "a"),
        ("a", "a//X"),
        ("a///u", "a"),
        ("a", "a///u"),
        ("a///u", "a///v"),
        ("a//X/u", "a///u"),
    ],
)
def test_a_component_never_becomes_one_of_another_type_or_asset(wanted: str, live: str) -> None:
    assert matched(wanted, live) == Matched((), (0,), (0,))


@pytest.mark.parametrize(
    ("wanted", "live", "pairs"),
    [
        ([{"copyline": "A"}, {"copyline": "B"}], [{"copyline": "B"}, {"copyline": "A"}], ((0, 1), (1, 0))),
        ([{"extra.a": "1"}, {}], [{"extra.x": "1"}, {"extra.a": "1", "extra.x": "1"}], ((0, 1), (1, 0))),
        ([{"extra.a": "1"}, {"extra.b": "1"}], [{"extra.a": "1", "extra.b": "1"}, {"extra.a": "1"}], ((0, 1), (1, 0))),
        ([{}, {"copyline": "A"}], [{"copyline": "A"}, {"copyline": "B"}], ((0, 1), (1, 0))),
    ],
)
def test_what_is_alike_is_paired_first(wanted: Any, live: Any, pairs: tuple[tuple[int, int], ...]) -> None:
    assert match_components(wanted, live).pairs == pairs


def test_one_asset_stays_itself_with_another_address_so_that_it_can_be_refused() -> None:
    assert matched("a//X/u", "a//X/v").pairs == ((0, 0),)


def test_what_is_no_component_is_paired_with_none() -> None:
    assert match_components([{}], [{"": Opaque("7")}]) == Matched((), (0,), (0,))
