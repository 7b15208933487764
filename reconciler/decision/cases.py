"""Documents of ``decisions/`` -> decision cases, each with its place, and everything wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from reconciler.catalogue.complaints import did_you_mean, problems_of, show
from reconciler.catalogue.decisions import DecisionDocument
from reconciler.decision.counters import Counters
from reconciler.decision.state import DecisionState
from reconciler.model.entities import Instant, Key, Part, Raw, Text
from reconciler.model.instant import read_instant
from reconciler.model.problem import Code, Path, Problem, Source, SourceSpan

_EXPECTATIONS = "`offer: KEY`, `fallback: true`, `none: true`, `one_of: [KEY]` or `not: [KEY]`"
_Count = Annotated[int, Field(strict=True, ge=0)]


class _Expect(Part):
    offer: Key | None = None
    fallback: Literal[True] | None = None
    none: Literal[True] | None = None
    one_of: Annotated[tuple[Key, ...], Field(min_length=1)] | None = None
    not_: Annotated[tuple[Key, ...], Field(min_length=1)] | None = Field(default=None, alias="not")


class _Proposed(Part):
    global_: dict[Key, _Count] = Field(default_factory=dict, alias="global")
    profile: dict[Key, _Count] = Field(default_factory=dict)


class _Case(Part):
    case: Text
    activity: Key
    at: Instant
    profile: Raw = Field(default_factory=dict)
    context: Raw = Field(default_factory=dict)
    proposed: _Proposed = _Proposed()
    expect: _Expect


class _CaseFile(Part):
    cases: tuple[_Case, ...]


@dataclass(frozen=True, slots=True)
class ShownOffer:
    """One of these offers is shown. Of one: it is."""

    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotShown:
    """None of these offers is shown; another, or the fallback, or nothing may be."""

    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FallbackShown:
    """The fallback of the activity is the decision."""


@dataclass(frozen=True, slots=True)
class NothingDecided:
    """There is no decision, such as outside the time of the activity."""


Expectation = ShownOffer | NotShown | FallbackShown | NothingDecided


@dataclass(frozen=True, slots=True)
class DecisionCase:
    """Who is expected to be shown what. at: aware. file: as reports name it."""

    claim: str
    activity: str
    at: datetime
    profile: Mapping[str, Any]
    context: Mapping[str, Any]
    counters: Counters
    expect: Expectation
    span: SourceSpan


@dataclass(frozen=True, slots=True)
class Cases:
    """The cases in the order of their files, and what is wrong; a case with a problem is left out."""

    cases: tuple[DecisionCase, ...]
    problems: tuple[Problem, ...]


def read_cases(documents: Iterable[DecisionDocument], state: DecisionState) -> Cases:
    """The cases of these documents. Activities and offers that the state lacks are problems."""
    cases: list[DecisionCase] = []
    problems: list[Problem] = []
    for document in documents:
        if not isinstance(document.value, dict):
            message = f"this document is {show(document.value)}, not a list of cases under `cases`"
            problems.append(Problem(Code.DOCUMENT, document.source.span(), message, "Write `cases:` and a list below."))
            continue
        try:
            read = _CaseFile.model_validate(document.value)
        except ValidationError as error:
            problems += problems_of(error, document.value, document.source, _CaseFile)
            continue
        for position, case in enumerate(read.cases):
            wrong = list(_wrong(case, position, document.source, state))
            problems += wrong
            if not wrong:
                cases.append(_case(case, document.source.span("cases", position)))
    return Cases(tuple(cases), tuple(sorted(problems, key=lambda problem: problem.order)))


def _wrong(case: _Case, position: int, source: Source, state: DecisionState) -> Iterator[Problem]:
    at: Path = ("cases", position)
    if case.activity not in state.activities:
        yield _unknown("activity", case.activity, state.activities, source.span(*at, "activity"))
    if len(case.expect.model_fields_set) != 1:
        said = "nothing" if not case.expect.model_fields_set else "more than one thing"
        message, remedy = f"`expect` says {said}", f"Write one of {_EXPECTATIONS}."
        yield Problem(Code.VALUE, source.span(*at, "expect"), message, remedy)
    if case.expect.offer is not None and case.expect.offer not in state.offers:
        yield _unknown("offer", case.expect.offer, state.offers, source.span(*at, "expect", "offer"))
    for name, keys in (("one_of", case.expect.one_of), ("not", case.expect.not_)):
        for index, key in enumerate(keys or ()):
            if key not in state.offers:
                yield _unknown("offer", key, state.offers, source.span(*at, "expect", name, index))
    for name, counts in (("global", case.proposed.global_), ("profile", case.proposed.profile)):
        for key in counts:
            if key not in state.offers:
                yield _unknown("offer", key, state.offers, source.key_span(*at, "proposed", name, key))


def _unknown(what: str, key: str, known: Iterable[str], span: SourceSpan) -> Problem:
    remedy = did_you_mean(key, known) or f"Name {'an' if what[0] in 'ao' else 'a'} {what} of the catalogue."
    return Problem(Code.DANGLING, span, f"there is no {what} `{key}`", remedy)


def _case(case: _Case, span: SourceSpan) -> DecisionCase:
    at = read_instant(case.at)
    assert at is not None  # noqa: S101 - checked by its type
    counters = Counters(case.proposed.global_, case.proposed.profile)
    return DecisionCase(
        case.case, case.activity, at, case.profile, case.context, counters, _expectation(case.expect), span
    )


def _expectation(expect: _Expect) -> Expectation:
    if expect.offer is not None:
        return ShownOffer((expect.offer,))
    if expect.one_of is not None:
        return ShownOffer(expect.one_of)
    if expect.not_ is not None:
        return NotShown(expect.not_)
    return FallbackShown() if expect.fallback else NothingDecided()
