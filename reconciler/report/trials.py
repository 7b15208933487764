"""Decision cases in words, as JSON and as JUnit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, assert_never
from xml.sax.saxutils import escape, quoteattr

from reconciler.decision.cases import Expectation, FallbackShown, NothingDecided, NotShown, ShownOffer
from reconciler.decision.coverage import Coverage
from reconciler.decision.decide import Decision
from reconciler.decision.trial import Trial
from reconciler.model.instant import spell_instant
from reconciler.report.decisions import decision_document, shown_text, trace_document
from reconciler.report.words import WIDTH, Paint, no_paint, paragraph, place, plural, visible


def trials_text(
    state: str, trials: Sequence[Trial], coverage: Coverage | None, paint: Paint = no_paint, width: int = WIDTH
) -> str:
    """Every case on a line; below those that failed what was expected, what was decided, and why."""
    lines = paragraph(visible(f"Decision cases, decided from {state}."), "", width)
    lines.append("")
    for trial in trials:
        word = paint("ok    ", "green") if trial.passed else paint("FAILED", "red")
        first, *rest = paragraph(visible(trial.case.claim), "  ", width - len("FAILED"))
        lines += [f"{word}{first}", *(f"{'':6}{line}" for line in rest)]
        if not trial.passed:
            lines += (f"      {line}" for line in _failure(trial, width - 6))
    failed = sum(not trial.passed for trial in trials)
    lines += ["", f"{plural(len(trials), 'case')}, {failed} failed."]
    if coverage is not None:
        lines += ["", *_coverage(coverage, width)]
    return "\n".join(lines)


def _failure(trial: Trial, width: int) -> Iterator[str]:
    yield f"  {place(trial.case.span)}"
    yield from paragraph(f"expected {expected_text(trial.case.expect)}", "  ", width)
    yield from paragraph(f"actual   {actual_text(trial.decision)}", "  ", width)
    for key, cause in trial.why:
        yield from paragraph(visible(f"{key}: {cause.step.value}: {cause.why}"), "    ", width)
    for warning in trial.decision.warnings:
        yield from paragraph(f"warning: {visible(warning)}", "    ", width)


def expected_text(expect: Expectation) -> str:
    """What a case expects."""
    match expect:
        case ShownOffer(keys=(key,)):
            return f"offer/{visible(key)}"
        case ShownOffer(keys=keys):
            return f"one of {', '.join(f'offer/{visible(key)}' for key in keys)}"
        case NotShown(keys=keys):
            return f"not {' nor '.join(f'offer/{visible(key)}' for key in keys)}"
        case FallbackShown():
            return "the fallback"
        case NothingDecided():
            return "no decision"
        case _:
            assert_never(expect)


def actual_text(decision: Decision) -> str:
    """What was decided, and why where it is no offer."""
    return f"{shown_text(decision)}{f', because {visible(decision.reason)}' if decision.reason else ''}"


def _coverage(coverage: Coverage, width: int) -> Iterator[str]:
    covered = (
        ("offers never won", coverage.never_won, coverage.offers),
        ("rules never true", coverage.never_true, coverage.rules),
        ("rules never false", coverage.never_false, coverage.rules),
        ("fallbacks never shown", coverage.never_shown, coverage.fallbacks),
    )
    yield "Coverage:"
    for what, keys, total in covered:
        yield f"  {what}: {len(keys)} of {total}"
        if keys:
            yield from paragraph(visible(", ".join(keys)), "    ", width)


# ---------------------------------------------------------------- JSON and JUnit


def trials_document(state: str, trials: Sequence[Trial], coverage: Coverage | None) -> dict[str, Any]:
    """The same as JSON."""
    document: dict[str, Any] = {
        "state": state,
        "cases": [_trial_document(trial) for trial in trials],
        "failed": sum(not trial.passed for trial in trials),
    }
    if coverage is not None:
        document["coverage"] = {
            "offers": coverage.offers,
            "fallbacks": coverage.fallbacks,
            "rules": coverage.rules,
            "never_won": list(coverage.never_won),
            "never_true": list(coverage.never_true),
            "never_false": list(coverage.never_false),
            "never_shown": list(coverage.never_shown),
        }
    return document


def _trial_document(trial: Trial) -> dict[str, Any]:
    case = trial.case
    decision = {name: value for name, value in decision_document(trial.decision).items() if name != "trace"}
    return {
        "case": case.claim,
        "file": case.span.file,
        "line": case.span.line,
        "activity": case.activity,
        "at": spell_instant(case.at),
        "passed": trial.passed,
        "expected": expected_text(case.expect),
        "actual": decision,
        "why": trace_document(trial.why),
    }


def trials_junit(trials: Sequence[Trial]) -> str:
    """The same as JUnit's XML, one suite for each file. Source: the Ant JUnit schema as Jenkins and GitHub read it."""
    files: dict[str, list[Trial]] = {}
    for trial in trials:
        files.setdefault(trial.case.span.file, []).append(trial)
    failed = sum(not trial.passed for trial in trials)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="decision cases" tests="{len(trials)}" failures="{failed}">',
    ]
    for file, listed in files.items():
        failures = sum(not trial.passed for trial in listed)
        lines.append(f'  <testsuite name={_attribute(file)} tests="{len(listed)}" failures="{failures}">')
        lines += (line for trial in listed for line in _junit_case(trial))
        lines.append("  </testsuite>")
    return "\n".join([*lines, "</testsuites>"])


def _junit_case(trial: Trial) -> Iterator[str]:
    case = trial.case
    head = f"    <testcase name={_attribute(case.claim)} classname={_attribute(case.activity)}"
    head += f' file={_attribute(case.span.file)} line="{case.span.line}"'
    if trial.passed:
        yield f"{head}/>"
        return
    message = f"expected {expected_text(case.expect)}, actual {actual_text(trial.decision)}"
    told = "\n".join(_failure(trial, WIDTH))
    yield f"{head}>"
    yield f"      <failure message={_attribute(message)}>{escape(_xml(told))}</failure>"
    yield "    </testcase>"


def _attribute(text: str) -> str:
    return quoteattr(_xml(visible(text)))


def _xml(text: str) -> str:
    """Text without the two characters that XML 1.0 refuses and ``visible`` leaves."""
    return text.replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")
