"""``eval``: the value of a rule for a profile."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.asking import STDIN, opened_input, read_mapping, read_text, read_zone
from reconciler.cli.command import folder_option, makes_product, output_options
from reconciler.cli.ending import Ending, Exit, Product
from reconciler.cli.loading import parse_at
from reconciler.cli.screen import Screen
from reconciler.model.errors import ReconcilerError

if TYPE_CHECKING:
    from reconciler.pql.errors import RuleError
    from reconciler.pql.rule import Situation

_file = click.Path(path_type=Path)


@click.command("eval")
@click.argument("rule", required=False, metavar="[RULE|-]")
@folder_option
@click.option("--file", type=_file, metavar="FILE", help="Read the rule from a file.")
@click.option("--profile", type=_file, metavar="FILE", help="The profile, a JSON object.")
@click.option("--context", type=_file, metavar="FILE", help="The context data, a JSON object: flat, or by schema id.")
@click.option("--at", metavar="TIME", help="What `now` is, e.g. 2027-01-31T09:00:00Z; by default the clock's time.")
@click.option("--timezone", default="UTC", show_default=True, metavar="ZONE", help="Of days, weeks and months.")
@click.option("--explain", is_flag=True, help="Tell which conditions decided, and the values that they saw.")
@click.option(
    "--batch",
    type=_file,
    is_flag=False,
    flag_value=str(STDIN),
    metavar="[FILE]",
    help="Evaluate lines of JSON: {id, rule, profile, context, at}; from stdin without FILE.",
)
@output_options("text", "json")
@makes_product
def eval_(
    screen: Screen,
    rule: str | None,
    file: Path | None,
    profile: Path | None,
    context: Path | None,
    at: str | None,
    timezone: str,
    explain: bool,
    batch: Path | None,
) -> Product:
    """Evaluate a rule.

    RULE: its text, or - to read it from stdin. The value is printed as JSON; instants are ISO texts.
    """
    situation = _situation(at, timezone, context)
    if batch is not None:
        if rule is not None or file is not None or profile is not None or explain:
            raise click.UsageError("--batch reads rules and profiles from its lines")
        return _batch(screen, batch, situation)
    if (rule is None) is (file is None):
        raise click.UsageError("give a rule, - or --file FILE")
    return _single(screen, rule or "", file, profile, situation, explain=explain)


def _single(
    screen: Screen, rule: str, file: Path | None, profile: Path | None, situation: Situation, *, explain: bool
) -> Product:
    from reconciler.pql.batch import error_document
    from reconciler.pql.errors import RuleError
    from reconciler.pql.rule import compile_rule
    from reconciler.report.rules import explanation_document, explanation_text, value_document, value_text

    text = rule if file is None and rule != str(STDIN) else read_text(file or STDIN)
    person = None if profile is None else read_mapping(profile, "profile")
    try:
        compiled = compile_rule(text)
        value = compiled.evaluate(person, situation)
        judged = explain and (value is None or isinstance(value, bool))  # a number or a text has nothing to explain
        readings = compiled.explain(person, situation) if judged else None
    except RuleError as error:
        _tell(error)
        return Product("", {"error": error_document(error)}, Ending(Exit.ERROR, "the rule has no value"))
    try:
        product = Product(value_text(value), value_document(value))
    except RecursionError:
        raise ReconcilerError("the value is nested too deeply", remedy="Ask for a part of it.") from None
    if readings is None:
        return product
    return replace(product, text=f"{product.text}\n\n{explanation_text(readings, screen.paint)}").plus(
        explanation=explanation_document(readings)
    )


def _tell(error: RuleError) -> None:
    from reconciler.report.rules import rule_error_text

    click.echo(f"Error: {rule_error_text(error)}", err=True)


def _batch(screen: Screen, file: Path, situation: Situation) -> Product:
    """Answer line by line, each as soon as it is read."""
    from reconciler.pql.batch import answer_line
    from reconciler.report.words import as_json_line

    with opened_input(file) as lines:
        screen.format = "text"  # the lines are the product, whatever the format
        for line in lines:
            if line.strip():
                screen.show(as_json_line(answer_line(line, situation)))
    return Product("")


def _situation(at: str | None, timezone: str, context: Path | None) -> Situation:
    from reconciler.pql.rule import Situation

    given = {} if context is None else read_mapping(context, "context data")
    return Situation(parse_at(at), read_zone(timezone), given)
