"""Problems in words."""

from __future__ import annotations

from reconciler.model.problem import Code, Problem, SourceSpan
from reconciler.report.problems import problems_text


def test_an_excerpt_stands_between_what_is_wrong_and_what_to_do() -> None:
    span = SourceSpan("rules/adults.yaml", 4, 5)
    problem = Problem(Code.RULE, span, "`==` is no operator", "Write `=`.", excerpt=("age == 18", "    ^^"))
    assert problems_text([problem]).split("\n") == [
        "rules/adults.yaml:4:5: error RC035",
        "    `==` is no operator",
        "      age == 18",
        "          ^^",
        "    -> Write `=`.",
    ]
