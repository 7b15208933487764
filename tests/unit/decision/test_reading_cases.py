from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.catalogue.decisions import read_decisions
from reconciler.decision.cases import read_cases
from tests.builders import problem_lines
from tests.decision_cases import build

STATE = build({"offer/seat": {}})
RIGHT = "  - {case: right, activity: home, at: 2026-06-01T12:00:00Z, expect: {offer: seat}}\n"


def problems(folder: Path, text: str, name: str = "a.yaml") -> list[str]:
    """What is wrong with one file of cases."""
    file = folder / "decisions" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    documents = read_decisions(folder)
    found = read_cases(documents.documents, STATE)
    return problem_lines((*documents.problems, *found.problems), folder)


def case(**changes: str) -> str:
    fields = {"case": "c", "activity": "home", "at": "2026-06-01T12:00:00Z", "expect": "{offer: seat}", **changes}
    lines = [f"{name}: {value}" for name, value in fields.items() if value]
    return "cases:\n  - " + "\n    ".join(lines) + "\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (case(profil="{}"), "6:5 RC012 `cases[0].profil` is not a field | Did you mean `profile`?"),
        (case(at=""), "2:5 RC011 `cases[0].at` is missing | Add `at: …`."),
        (
            case(at="2026-06-01"),
            (
                "4:9 RC013 `cases[0].at` is `2026-06-01`, not a date-time with an offset"
                " | Write it like 2026-01-31T09:00:00Z or 2026-01-31T10:00:00+01:00."
            ),
        ),
        (case(activity="hoem"), "3:15 RC020 there is no activity `hoem` | Did you mean `home`?"),
        (case(expect="{offer: set}"), "5:21 RC020 there is no offer `set` | Did you mean `seat`?"),
        (case(expect="{one_of: [seat, x]}"), "5:29 RC020 there is no offer `x` | Name an offer of the catalogue."),
        (
            case(expect="{fallback: no}"),
            "5:24 RC013 `cases[0].expect.fallback` is `no`, not one of `true` | Choose one of these.",
        ),
        (case(expect="{not: [x]}"), "5:20 RC020 there is no offer `x` | Name an offer of the catalogue."),
        (
            case(expect="{}"),
            (
                "5:13 RC013 `expect` says nothing | Write one of `offer: KEY`, `fallback: true`, `none: true`,"
                " `one_of: [KEY]` or `not: [KEY]`."
            ),
        ),
        (
            case(expect="{fallback: true, none: true}"),
            (
                "5:13 RC013 `expect` says more than one thing | Write one of `offer: KEY`, `fallback: true`,"
                " `none: true`, `one_of: [KEY]` or `not: [KEY]`."
            ),
        ),
        (case(proposed="{global: {x: 1}}"), "6:25 RC020 there is no offer `x` | Name an offer of the catalogue."),
        (
            "[]\n",
            "1:1 RC008 this document is a list, not a list of cases under `cases` | Write `cases:` and a list below.",
        ),
        ("cases: [\n", "2:1 RC002 "),
    ],
)
def test_a_wrong_case_is_told_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    found = problems(tmp_path, text)
    assert len(found) == 1, found
    assert found[0].startswith(f"decisions/a.yaml:{said}"), found


def test_right_cases_are_read_in_order_from_all_files_and_folders(tmp_path: Path) -> None:
    assert problems(tmp_path, f"cases:\n{RIGHT}---\ncases:\n{RIGHT}", "b.yaml") == []
    (tmp_path / "decisions" / "deep").mkdir()
    (tmp_path / "decisions" / "deep" / "a.yml").write_text(f"cases:\n{RIGHT}")
    found = read_cases(read_decisions(tmp_path).documents, STATE)
    places = [str(item.span).removeprefix(f"{tmp_path.as_posix()}/decisions/") for item in found.cases]
    assert places == ["b.yaml:2:5", "b.yaml:5:5", "deep/a.yml:2:5"]


def test_a_catalogue_without_the_folder_has_no_cases(tmp_path: Path) -> None:
    assert read_decisions(tmp_path).documents == ()
